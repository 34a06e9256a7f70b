//! What the settings leave to a Django project: whom tokens come from.

use std::io::{self, Write};

use appserver::handed::Handed;
use appserver_auth::django::{self, Note};
use appserver_auth::{Config, Gate};
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
    telling: Notes,
) -> Result<(), BootReport> {
    let Some(config) = handed.auth.as_ref().filter(|config| config.from_django) else {
        return Ok(());
    };
    let (config, notes) = read(py, config)?;
    for Note(note) in notes {
        match telling {
            Notes::Logged => tracing::warn!("Django's settings for tokens: {note}"),
            Notes::Printed => {
                let _ = writeln!(io::stderr(), "warning: Django's settings for tokens: {note}");
            }
            Notes::Kept => {}
        }
    }
    handed.auth = Some(config);
    Ok(())
}

/// Who may call what, now that the project has been asked.
pub(crate) fn report(handed: &Handed) -> Option<String> {
    let gate = Gate::new(handed.auth.clone()?).ok();
    let target = handed.target.as_deref().unwrap_or_default();
    Some(appserver::auth::report(target, gate.as_ref()))
}

fn read(py: Python<'_>, config: &Config) -> Result<(Config, Vec<Note>), BootReport> {
    let project = appserver_python::django::describe(py)
        .map_err(|error| unusable(&format!("cannot read the project's settings: {error}"), None))?;
    let Some(project) = project else {
        let hint =
            "set auth.jwt.from_django = false, and name a provider, or serve a Django project";
        return Err(unusable("the application has loaded no Django settings", Some(hint)));
    };
    let (merged, notes) =
        django::merge(config, &project).map_err(|problem| unusable(&problem, None))?;
    check(&merged)?;
    Ok((merged, notes))
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
