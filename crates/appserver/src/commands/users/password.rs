//! A new password: asked for twice on the terminal, which does not show it, or read from the standard
//! input where that is none. It is never an argument, which other users can read.

use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;

use appserver_os::terminal::{self, Typed};
use appserver_os::{Signal, process};

use crate::failure::{Failure, FailureKind};

/// The least that NIST SP 800-63B lets people choose.
const SHORTEST: usize = 8;

/// A password for this user that is no obvious mistake, of at most so many bytes.
///
/// # Errors
/// Nothing is typed, or twice something different, or something that nobody should use.
pub(super) fn ask(name: &str, longest: usize) -> Result<String, Failure> {
    let bytes = match io::stdin().is_terminal() {
        true => twice(name)?,
        false => line()?,
    };
    check(name, bytes, longest)
}

fn twice(name: &str) -> Result<Vec<u8>, Failure> {
    let first = typed(&format!("New password of {name}: "))?;
    match typed("The same again: ")? == first {
        true => Ok(first),
        false => Err(Failure::new(FailureKind::Failed, "the two passwords are not the same")),
    }
}

fn typed(prompt: &str) -> Result<Vec<u8>, Failure> {
    let mut screen = io::stderr();
    let _ = write!(screen, "{prompt}").and_then(|()| screen.flush());
    let typed = terminal::read_hidden(io::stdin().as_fd());
    let _ = writeln!(screen);
    match typed.map_err(|error| Failure::of(FailureKind::Failed, &error))? {
        Typed::Line(line) => Ok(line),
        Typed::Interrupt => process::die_of(Signal::SIGINT),
        Typed::End => Err(Failure::new(FailureKind::Failed, "no password was given")),
    }
}

/// The first line of the standard input.
fn line() -> Result<Vec<u8>, Failure> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line).map_err(|error| {
        Failure::new(FailureKind::Failed, format!("cannot read the standard input: {error}"))
    })?;
    for end in [b'\n', b'\r'] {
        line.pop_if(|last| *last == end);
    }
    Ok(line)
}

/// Refuses what nobody should use. Nothing of a password is in a message.
fn check(name: &str, bytes: Vec<u8>, longest: usize) -> Result<String, Failure> {
    let refused = |problem: String| Failure::new(FailureKind::Failed, problem);
    if bytes.len() > longest {
        return Err(refused(format!("a password cannot be longer than {longest} bytes")));
    }
    let Ok(password) = String::from_utf8(bytes) else {
        return Err(refused("a password has to be UTF-8 text".to_owned()));
    };
    if password.chars().count() < SHORTEST {
        return Err(refused(format!("a password has to have at least {SHORTEST} characters")));
    }
    if password.to_lowercase() == name.to_lowercase() {
        return Err(refused("a password cannot be the name".to_owned()));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, password: &[u8]) -> Result<String, String> {
        check(name, password.to_vec(), 64).map_err(|failure| failure.message)
    }

    #[test]
    fn obvious_mistakes_are_refused() {
        let long = [b'x'; 65];
        for (password, problem) in [
            (&b"seven77"[..], "a password has to have at least 8 characters"),
            ("pâsswör".as_bytes(), "a password has to have at least 8 characters"),
            (b"", "a password has to have at least 8 characters"),
            (b"ADA Lovelace", "a password cannot be the name"),
            (b"not\xfftext", "a password has to be UTF-8 text"),
            (&long, "a password cannot be longer than 64 bytes"),
        ] {
            assert_eq!(checked("Ada Lovelace", password), Err(problem.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_taken_as_it_is() {
        for password in ["pâss-wörd", " 8 letters ", "correct horse battery staple"] {
            assert_eq!(checked("ada", password.as_bytes()), Ok(password.to_owned()));
        }
    }
}
