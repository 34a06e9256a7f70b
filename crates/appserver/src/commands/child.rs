//! Work that needs the application: done in the user's interpreter, in a child that says itself what
//! is wrong.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;

use appserver_os::{Exit, memfd, process, spawn, wait};
use serde::Serialize;

use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::launch::Interpreter;
use crate::settings::Sources;

/// Runs our package in this mode, with these words in memory that only it can read. Returns its exit
/// code.
///
/// # Errors
/// There is no interpreter, or it cannot be run, or it is ended while it works.
pub(super) fn run(
    (handed, sources): (&Handed, &Sources),
    mode: &str,
    words: &impl Serialize,
) -> Result<u8, Failure> {
    let Prepared { command, memory } = prepare((handed, sources), mode, words)?;
    let program = command.get_program().to_owned();
    let child = spawn::spawn(command, &[memory.as_fd()]);
    let child = child.map_err(|error| cannot_run(&program, &error))?;
    code(wait::until_ended(child.pid).map_err(failed)?)
}

/// What [`run`] starts, for others who wait in their own way.
pub(super) struct Prepared {
    /// The command.
    pub(super) command: Command,
    /// The words, which it has to inherit.
    pub(super) memory: OwnedFd,
}

/// Our package in this mode, with these words, as it is to be started.
///
/// # Errors
/// There is no interpreter.
pub(super) fn prepare(
    (handed, sources): (&Handed, &Sources),
    mode: &str,
    words: &impl Serialize,
) -> Result<Prepared, Failure> {
    let python = Interpreter::find(handed, sources)?;
    let text = serde_json::to_vec(words).map_err(|error| failed(error.into()))?;
    let memory = memfd::with_contents(c"appserver-words", &text).map_err(failed)?;
    let mut command = python.command(mode, process::number(&memory));
    command.current_dir(&handed.directory).envs(&handed.settings.env);
    Ok(Prepared { command, memory })
}

/// That the interpreter cannot be started.
pub(super) fn cannot_run(program: &OsStr, error: &io::Error) -> Failure {
    let text = format!("cannot run {}: {error}", program.display());
    Failure::new(FailureKind::AppLoad, text)
}

/// The exit code of the interpreter.
///
/// # Errors
/// It was ended while it worked.
pub(super) fn code(exit: Exit) -> Result<u8, Failure> {
    match exit {
        Exit::Code(code) => Ok(u8::try_from(code).unwrap_or(1)),
        end @ (Exit::Signal(_) | Exit::Unseen) => {
            let text = format!("the application ended the interpreter while it was loaded: {end}");
            Err(Failure::new(FailureKind::AppLoad, text))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` calls takes the error itself")]
fn failed(error: io::Error) -> Failure {
    Failure::of(FailureKind::Failed, &error)
}
