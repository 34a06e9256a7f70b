//! From settings to a deployment: what the master needs to run one generation.

mod listeners;
mod python;

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use appserver_os::{SharedMemory, clock};
use appserver_supervisor::control::KeysStatus;
use appserver_supervisor::plan::MAX_WORKERS;
use appserver_supervisor::{Deploy, Deployment, Policy, Watch};

use crate::auth;
use crate::cli::AppKind;
use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::issuing;
use crate::issuing::shelf::DeniedShelf;
use crate::jwks::{self, Shelf};
use crate::settings::{self, Loaded, Sources};

use listeners::Listeners;

pub(crate) use python::Interpreter;

/// The first argument of a program that is to be a mold.
pub(crate) const MOLD_ARGUMENT: &str = "__mold";

/// Reads settings and binds sockets, again at each reload.
pub(crate) struct Launcher {
    kind: AppKind,
    sources: Sources,
    listeners: Listeners,
    shelf: Shelf,
    denied: DeniedShelf,
    warnings: Vec<String>,
}

impl Launcher {
    /// For this kind of application, with settings from these sources.
    pub(crate) fn new(kind: AppKind, sources: Sources) -> Self {
        Self {
            kind,
            sources,
            listeners: Listeners::default(),
            shelf: Shelf::default(),
            denied: DeniedShelf::default(),
            warnings: Vec::new(),
        }
    }

    /// What the settings say now.
    ///
    /// # Errors
    /// When they are wrong, no application or interpreter is found, or an address cannot be bound.
    pub(crate) fn deployment(&mut self) -> Result<(Deployment, Loaded), Failure> {
        let loaded = settings::load(&self.sources)?;
        let (handed, warnings) = handed(self.kind, &loaded, &self.sources)?;
        self.warnings = warnings;
        let mold = self.mold_command(&handed)?;
        enter(&loaded)?;
        let listeners = self.listeners.bind(&handed)?;
        let shared = self.shelf.serve(handed.auth.as_ref()).map_err(|error| {
            Failure::new(
                FailureKind::Failed,
                format!("no memory for keys that are fetched: {error}"),
            )
        })?;
        if let Some(issuer) = &handed.issuer {
            issuing::state::make_all((&loaded, &self.sources.environment), issuer)?;
        }
        let denied = self.denied.serve(handed.issuer.as_ref());
        let denied = denied.map_err(|error| {
            Failure::new(FailureKind::Failed, format!("no memory for what is revoked: {error}"))
        })?;
        let settings = serde_json::to_value(&handed)
            .map_err(|error| Failure::of(FailureKind::Failed, &error))?;
        let policy = policy(&handed);
        let watch = watch(&handed);
        let reasons = appserver_auth::Reason::ALL.map(appserver_auth::Reason::name).to_vec();
        let keys = keys(handed.auth, &shared);
        let shared = denied.into_iter().chain(shared).collect();
        let deployment =
            Deployment { policy, watch, settings, listeners, shared, reasons, keys, mold };
        Ok((deployment, loaded))
    }

    /// Logs what should be looked at in the settings that were read last.
    pub(crate) fn warn(&mut self) {
        for warning in self.warnings.drain(..) {
            tracing::warn!("{warning}");
        }
    }

    fn mold_command(&self, handed: &Handed) -> Result<Box<dyn Fn(i32) -> Command>, Failure> {
        let environment = handed.settings.env.clone();
        let directory = handed.directory.clone();
        let prepare = move |mut command: Command| {
            command.current_dir(&directory).envs(&environment);
            command
        };
        match self.kind {
            AppKind::Discover => {
                let python = Interpreter::find(handed, &self.sources)?;
                Ok(Box::new(move |fd| prepare(python.command("mold", fd))))
            }
            AppKind::Native { .. } => {
                // The path, not the running file: a rebuilt program is the new code.
                let program = self.sources.program.clone();
                Ok(Box::new(move |fd| {
                    let mut command = Command::new(&program);
                    command.arg(MOLD_ARGUMENT).arg(fd.to_string());
                    prepare(command)
                }))
            }
        }
    }
}

/// Relative paths of the settings mean this directory.
fn enter(loaded: &Loaded) -> Result<(), Failure> {
    std::env::set_current_dir(&loaded.directory).map_err(|error| {
        let text = format!("cannot run in {}: {error}", loaded.directory.display());
        Failure::new(FailureKind::Failed, text)
    })
}

impl Deploy for Launcher {
    fn prepare(&mut self) -> Result<Deployment, String> {
        let (deployment, _) = self.deployment().map_err(|failure| failure.to_string())?;
        self.warn();
        Ok(deployment)
    }
}

/// What molds and workers are to know, and what should be looked at.
///
/// # Errors
/// When no application was named and none is found, or what the settings about tokens name is wrong.
pub(crate) fn handed(
    kind: AppKind,
    loaded: &Loaded,
    sources: &Sources,
) -> Result<(Handed, Vec<String>), Failure> {
    let auth::Resolved { config, issuer, warnings } = auth::resolve(loaded, &sources.environment)?;
    let target = match kind {
        AppKind::Discover => Some(loaded.target()?),
        AppKind::Native { .. } if config.as_ref().is_some_and(|auth| auth.from_django) => {
            let text = "auth.jwt.from_django: a built-in application is no Django project";
            return Err(Failure::new(FailureKind::Usage, text));
        }
        AppKind::Native { .. } if issuer.as_ref().is_some_and(|issuer| issuer.has_callback) => {
            let text =
                "auth.jwt.issue.claims_callback: a built-in application has no such function";
            return Err(Failure::new(FailureKind::Usage, text));
        }
        AppKind::Native { .. } => None,
    };
    let (settings, directory) = (loaded.settings.clone(), loaded.directory.clone());
    Ok((Handed { settings, target, directory, auth: config, issuer }, warnings))
}

/// What has come of fetching keys, whenever somebody asks.
fn keys(
    config: Option<appserver_auth::Config>,
    memories: &[Arc<SharedMemory>],
) -> Box<dyn Fn() -> Vec<KeysStatus>> {
    let memories = memories.to_vec();
    Box::new(move || {
        let reports = config.as_ref().map(|config| jwks::report(config, &memories));
        reports.unwrap_or_default().into_iter().map(keys_status).collect()
    })
}

fn keys_status(report: jwks::Report) -> KeysStatus {
    let age = |since| clock::monotonic_ns().saturating_sub(since) / 1_000_000_000;
    let counts = report.counts.iter().filter(|(_, count)| *count > 0);
    KeysStatus {
        provider: report.provider,
        age: report.fetched_ns.map(age),
        failures: report.failures,
        fetches: counts.map(|(result, count)| (result.name().to_owned(), count)).collect(),
    }
}

fn policy(handed: &Handed) -> Policy {
    let settings = &handed.settings;
    Policy {
        // `auto` knows no limit.
        workers: (settings.workers.count() as usize).min(MAX_WORKERS),
        boot_timeout: Some(settings.boot_timeout.into()),
        graceful_timeout: settings.graceful_timeout.into(),
    }
}

fn watch(handed: &Handed) -> Watch {
    let settings = &handed.settings;
    Watch {
        request_timeout: settings.timeout.get().map(Duration::from),
        max_age: settings.max_worker_age.get().map(Duration::from),
        max_rss: settings.max_worker_rss.get().map(|size| size.len() as u64),
    }
}
