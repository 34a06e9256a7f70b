//! Work that needs the application: done in the user's interpreter, in a child that says itself what
//! is wrong.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::Command;

use appserver_os::spawn::{self, Spawned};
use appserver_os::{Exit, memfd, process, wait};
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
    ended(&start((handed, sources), mode, words, |_| {})?)
}

/// The same, and returns also what it writes to its standard output.
///
/// # Errors
/// As [`run`].
pub(super) fn ask(
    (handed, sources): (&Handed, &Sources),
    mode: &str,
    words: &impl Serialize,
) -> Result<(u8, String), Failure> {
    let (mut reader, writer) = io::pipe().map_err(failed)?;
    let child = start((handed, sources), mode, words, |command| {
        command.stdout(writer);
    })?;
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).map_err(failed)?;
    Ok((ended(&child)?, String::from_utf8_lossy(&answer).into_owned()))
}

fn start(
    (handed, sources): (&Handed, &Sources),
    mode: &str,
    words: &impl Serialize,
    prepare: impl FnOnce(&mut Command),
) -> Result<Spawned, Failure> {
    let python = Interpreter::find(handed, sources)?;
    let text = serde_json::to_vec(words).map_err(|error| failed(error.into()))?;
    let file = memfd::with_contents(c"appserver-words", &text).map_err(failed)?;
    let mut command = python.command(mode, process::number(&file));
    command.current_dir(&handed.directory).envs(&handed.settings.env);
    prepare(&mut command);
    spawn::spawn(command, &[file.as_fd()]).map_err(|error| {
        let text = format!("cannot run {}: {error}", python.program().display());
        Failure::new(FailureKind::AppLoad, text)
    })
}

fn ended(child: &Spawned) -> Result<u8, Failure> {
    match wait::until_ended(child.pid).map_err(failed)? {
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
