//! Asking a running server.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::{Answer, Request, SOCKET_NAME};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens there.
    #[error("no server answers at {path}")]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// The kernel's answer.
        source: std::io::Error,
    },
    /// The server went away, or answered something else.
    #[error("the server closed the connection without an answer")]
    NoAnswer,
}

/// Asks the server whose control socket is in this directory, and waits for its answer.
///
/// # Errors
/// When no server is there or it gives no answer.
pub fn ask(runtime_dir: &Path, request: Request) -> Result<Answer, ControlError> {
    let path = runtime_dir.join(SOCKET_NAME);
    let connected = UnixStream::connect(&path);
    let mut stream = connected.map_err(|source| ControlError::Unreachable { path, source })?;
    let mut line = serde_json::to_vec(&request).map_err(|_| ControlError::NoAnswer)?;
    line.push(b'\n');
    stream.write_all(&line).map_err(|_| ControlError::NoAnswer)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(|_| ControlError::NoAnswer)?;
    serde_json::from_str(&answer).map_err(|_| ControlError::NoAnswer)
}
