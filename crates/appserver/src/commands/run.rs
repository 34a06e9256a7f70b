//! `run`: become the master of a server.

use std::path::PathBuf;

use appserver_os::process;

use crate::cli::AppKind;
use crate::failure::{Failure, FailureKind};
use crate::handed;
use crate::launch::Launcher;
use crate::settings::{self, Loaded, Sources, value::Umask};

/// Serves until told to stop.
pub(super) fn run(kind: AppKind, sources: Sources) -> Result<u8, Failure> {
    let runtime_dir = settings::runtime_dir(&sources);
    let mut launcher = Launcher::new(kind, sources);
    let (first, loaded) = launcher.deployment()?;
    handed::init_log(&loaded.settings);
    launcher.warn();
    let files = process::raise_open_files().unwrap_or(0);
    greet(&first, &loaded, files);
    let _pidfile = Pidfile::write(&loaded)?;
    let runtime_dir = place_of_control(runtime_dir);
    let code = appserver_supervisor::master::run(
        Box::new(launcher),
        first,
        runtime_dir,
        env!("CARGO_PKG_VERSION"),
    )
    .map_err(|error| {
        Failure::new(FailureKind::Failed, format!("the master cannot run: {error}"))
    })?;
    Ok(u8::try_from(code).unwrap_or(1))
}

fn greet(first: &appserver_supervisor::Deployment, loaded: &Loaded, files: u64) {
    let addresses = first.listeners.iter().filter_map(|listener| listener.local_address().ok());
    for address in addresses {
        tracing::info!("listening on {address}");
    }
    let workers = first.policy.workers;
    let threads = loaded.settings.threads;
    tracing::info!(
        "appserver {} starts; workers: {workers}, threads in each: {threads}",
        env!("CARGO_PKG_VERSION")
    );
    tracing::debug!("open files: at most {files} per process");
}

/// A control socket is a convenience: without a place for it there is none.
fn place_of_control(directory: Option<PathBuf>) -> Option<PathBuf> {
    let Some(directory) = directory else {
        tracing::info!("no control socket: no writable directory was found; set `runtime_dir`");
        return None;
    };
    match std::fs::create_dir_all(&directory) {
        Ok(()) => Some(directory),
        Err(error) => {
            tracing::warn!("no control socket: cannot make {}: {error}", directory.display());
            None
        }
    }
}

/// A file with the master's process id, removed when the master ends.
struct Pidfile(PathBuf);

impl Pidfile {
    fn write(loaded: &Loaded) -> Result<Option<Self>, Failure> {
        let Some(path) = &loaded.settings.pidfile else { return Ok(None) };
        let path = loaded.directory.join(path);
        let umask = loaded.settings.umask.map(Umask::bits);
        let text = format!("{}\n", std::process::id());
        let written = process::with_umask(umask, || std::fs::write(&path, text));
        written.map_err(|error| {
            let text = format!("cannot write the pid file {}: {error}", path.display());
            Failure::new(FailureKind::Failed, text)
        })?;
        Ok(Some(Self(path)))
    }
}

impl Drop for Pidfile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
