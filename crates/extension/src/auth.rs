//! What the settings leave to a Django project: whom tokens come from.

use std::io::{self, Write};

use appserver::handed::Handed;
use appserver_auth::django::{self, Note};
use appserver_auth::{Config, Gate};
use appserver_issuer::Config as Issuing;
use appserver_issuer::django as giving;
use appserver_python::load::Interface;
use appserver_supervisor::BootReport;
use pyo3::prelude::*;

/// What becomes of notes about the project's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notes {
    /// They go to the log.
    Logged,
    /// They go to standard error.
    Printed,
    /// Somebody else tells them.
    Kept,
}

/// Asks the loaded project, where the settings want that, and puts what it says in their place. Once
/// it has been asked, workers that are forked later know already.
///
/// # Errors
/// When there is no project, or it says what cannot be used.
pub(crate) fn settle(
    py: Python<'_>,
    handed: &mut Handed,
    (telling, interface): (Notes, Interface),
) -> Result<(), BootReport> {
    let Some(config) = handed.auth.as_ref() else { return Ok(()) };
    mounted(py, config, interface)?;
    if !config.from_django {
        return tell(py, config, false);
    }
    let (config, issuing, notes) = match &handed.issuer {
        Some(issuing) => {
            let (config, issuing, notes) = read_issuing(py, config, issuing)?;
            (config, Some(issuing), notes)
        }
        None => {
            let (config, notes) = read(py, config)?;
            (config, None, notes)
        }
    };
    for Note(note) in notes {
        match telling {
            Notes::Logged => tracing::warn!("Django's settings for tokens: {note}"),
            Notes::Printed => {
                let _ = writeln!(io::stderr(), "warning: Django's settings for tokens: {note}");
            }
            Notes::Kept => {}
        }
    }
    tell(py, &config, true)?;
    handed.auth = Some(config);
    if issuing.is_some() {
        handed.issuer = issuing;
        appserver_python::django::watch_users(py)
            .map_err(|error| unusable(&format!("cannot watch the users: {error}"), None))?;
    }
    Ok(())
}

/// Django takes a mount of its own off the paths of ASGI, so that rules would be about other paths
/// than those that it serves. In WSGI it does not.
fn mounted(py: Python<'_>, config: &Config, interface: Interface) -> Result<(), BootReport> {
    let unread =
        |error: PyErr| BootReport::worker(format!("cannot read FORCE_SCRIPT_NAME: {error}"));
    let Some(name) = appserver_python::django::script_name(py).map_err(unread)? else {
        return Ok(());
    };
    let name = name.trim_end_matches('/');
    if interface == Interface::Wsgi || name == config.root_path {
        return Ok(());
    }
    Err(BootReport {
        summary: format!(
            "FORCE_SCRIPT_NAME of the Django project is {name:?}, and http.root_path is {:?}: the rules \
             of auth.jwt would be about other paths than those that Django serves",
            config.root_path
        ),
        hint: Some("set both to the same path, or leave FORCE_SCRIPT_NAME out".to_owned()),
        app_failed: true,
        ..BootReport::default()
    })
}

fn tell(py: Python<'_>, config: &Config, is_django: bool) -> Result<(), BootReport> {
    let names: Vec<&str> = config.providers.iter().map(|provider| provider.name.as_str()).collect();
    appserver_python::auth::tell(py, &names, is_django)
        .map_err(|error| BootReport::worker(error.to_string()))
}

/// Who may call what, now that the project has been asked.
pub(crate) fn report(handed: &Handed) -> Option<String> {
    let gate = Gate::new(handed.auth.clone()?).ok();
    let target = handed.target.as_deref().unwrap_or_default();
    let policy = appserver::auth::report(target, gate.as_ref());
    let issuing = handed.issuer.as_ref().map(appserver::issuing::report);
    Some([Some(policy), issuing].into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn read(py: Python<'_>, config: &Config) -> Result<(Config, Vec<Note>), BootReport> {
    let project = appserver_python::django::describe(py);
    let project = project.map_err(|error| unread(&error))?.ok_or_else(none)?;
    let (merged, notes) =
        django::merge(config, &project).map_err(|problem| unusable(&problem, None))?;
    check(&merged)?;
    Ok((merged, notes))
}

/// The same for a server that gives the tokens out.
fn read_issuing(
    py: Python<'_>,
    config: &Config,
    issuing: &Issuing,
) -> Result<(Config, Issuing, Vec<Note>), BootReport> {
    let below = |path: &String| path.strip_prefix(&config.root_path).unwrap_or(path).to_owned();
    // A project knows its paths without the mount.
    let paths = issuing.paths.iter().map(|(endpoint, path)| (*endpoint, below(path))).collect();
    let project = appserver_python::django::describe_issuing(py, &paths);
    let project = project.map_err(|error| unread(&error))?.ok_or_else(none)?;
    let (merged, issuing, notes) =
        giving::settle(config, issuing, &project).map_err(|problem| unusable(&problem, None))?;
    check(&merged)?;
    Ok((merged, issuing, notes))
}

fn unread(error: &PyErr) -> BootReport {
    unusable(&format!("cannot read the project's settings: {error}"), None)
}

fn none() -> BootReport {
    let hint = "set auth.jwt.from_django = false, and name a provider, or serve a Django project";
    unusable("the application has loaded no Django settings", Some(hint))
}

fn check(config: &Config) -> Result<(), BootReport> {
    let Err(problems) = Gate::new(config.clone()) else { return Ok(()) };
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(unusable(&problems.join("; "), None))
}

fn unusable(problem: &str, hint: Option<&str>) -> BootReport {
    BootReport {
        summary: format!("auth.jwt.from_django: {problem}"),
        hint: hint.map(str::to_owned),
        app_failed: true,
        ..BootReport::default()
    }
}
