//! The access log: one line per answered request, written when it is complete.

mod line;

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessFormat {
    /// The Combined Log Format, with the duration in microseconds and the request id behind it.
    #[default]
    Combined,
    /// One JSON object per line.
    Json,
}

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTarget {
    /// Standard output.
    Stdout,
    /// Appended to a file.
    File(PathBuf),
}

/// One answered request.
#[derive(Clone)]
pub struct AccessRecord<'a> {
    /// The client's address, as a trusted proxy reported it where there is one.
    pub client: &'a str,
    /// Method.
    pub method: &'a str,
    /// Target as it was sent.
    pub target: &'a str,
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub protocol: &'a str,
    /// Status.
    pub status: u16,
    /// Body bytes sent.
    pub bytes: u64,
    /// From the complete head to the last byte of the answer.
    pub duration: Duration,
    /// The `Referer` field.
    pub referer: Option<&'a [u8]>,
    /// The `User-Agent` field.
    pub user_agent: Option<&'a [u8]>,
    /// The request's id.
    pub id: &'a dyn std::fmt::Display,
    /// What came of authentication, where there is any.
    pub auth: Option<AccessAuth<'a>>,
}

/// What came of the authentication of one request.
#[derive(Clone, Copy, Debug)]
pub struct AccessAuth<'a> {
    /// `verified`, `anonymous`, `open` where tokens were not looked at, or the name of the reason for
    /// which it was refused.
    pub result: &'a str,
    /// Whose token it was, as far as that is known.
    pub provider: Option<&'a str>,
    /// Whom a verified token is about.
    pub subject: Option<&'a str>,
}

/// The access log of one worker.
#[derive(Debug)]
pub struct AccessLog {
    target: AccessTarget,
    format: AccessFormat,
    out: RefCell<Out>,
}

#[derive(Debug)]
enum Out {
    Stdout(io::Stdout),
    File(File),
}

impl AccessLog {
    /// Opens the log.
    ///
    /// # Errors
    /// When the file cannot be opened for appending.
    pub fn open(target: AccessTarget, format: AccessFormat) -> io::Result<Self> {
        let out = RefCell::new(open(&target)?);
        Ok(Self { target, format, out })
    }

    /// Opens the file anew, after something has moved it away. On failure the old one stays.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn reopen(&self) -> io::Result<()> {
        *self.out.borrow_mut() = open(&self.target)?;
        Ok(())
    }

    /// Writes one line, whole. A log that cannot be written never disturbs a request.
    pub fn write(&self, record: &AccessRecord<'_>) {
        let text = match self.format {
            AccessFormat::Combined => line::combined(record),
            AccessFormat::Json => line::json(record),
        };
        let _ = match &mut *self.out.borrow_mut() {
            Out::Stdout(out) => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
            Out::File(file) => file.write_all(text.as_bytes()),
        };
    }
}

fn open(target: &AccessTarget) -> io::Result<Out> {
    match target {
        AccessTarget::Stdout => Ok(Out::Stdout(io::stdout())),
        AccessTarget::File(path) => Ok(Out::File(append(path)?)),
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
