//! `check`: are the settings right, and does the application load?

use std::os::fd::AsFd;

use appserver_os::{Exit, memfd, process, spawn, wait};

use crate::cli::AppKind;
use crate::commands::{LoadNative, print};
use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::launch::{self, Interpreter};
use crate::settings::{self, Sources};

/// Checks without serving: the application is loaded in a child, or in this process if it is
/// built in.
pub(super) fn check(
    kind: AppKind,
    sources: &Sources,
    load_native: LoadNative<'_>,
) -> Result<u8, Failure> {
    let loaded = settings::load(sources)?;
    let handed = launch::handed(kind, &loaded)?;
    match &handed.target {
        None => load_native().map_err(|error| Failure::new(FailureKind::AppLoad, error))?,
        Some(_) => {
            let code = in_child(&handed, sources)?;
            if code != 0 {
                return Ok(code);
            }
        }
    }
    let target = handed.target.as_deref().unwrap_or("the built-in application");
    Ok(print(&format!("ok: the settings are right and {target} loads")))
}

/// The child says itself what is wrong.
fn in_child(handed: &Handed, sources: &Sources) -> Result<u8, Failure> {
    let failed = |error: std::io::Error| Failure::of(FailureKind::Failed, &error);
    let python = Interpreter::find(handed, sources)?;
    let text = serde_json::to_vec(handed).map_err(|error| failed(error.into()))?;
    let file = memfd::with_contents(c"appserver-check", &text).map_err(failed)?;
    let mut command = python.command("check", process::number(&file));
    command.current_dir(&handed.directory).envs(&handed.settings.env);
    let child = spawn::spawn(command, &[file.as_fd()]).map_err(|error| {
        let text = format!("cannot run {}: {error}", python.program().display());
        Failure::new(FailureKind::AppLoad, text)
    })?;
    match wait::until_ended(child.pid).map_err(failed)? {
        Exit::Code(code) => Ok(u8::try_from(code).unwrap_or(1)),
        end @ (Exit::Signal(_) | Exit::Unseen) => {
            let text = format!("the application ended the interpreter while it was loaded: {end}");
            Err(Failure::new(FailureKind::AppLoad, text))
        }
    }
}
