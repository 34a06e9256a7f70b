//! What the server says of itself over its control socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::DEADLINE;

/// Name of the socket in the runtime directory.
pub const SOCKET: &str = "appserver.sock";

/// How the server is; `docs` of the control socket name more fields.
#[derive(Clone, Debug, Deserialize)]
pub struct Status {
    /// Process id of the master.
    pub pid: i32,
    /// `starting`, `ready`, `degraded`, `reloading` or `stopping`.
    pub state: String,
    /// The generation that serves.
    pub generation: u64,
    /// Wanted workers.
    pub workers: usize,
    /// Workers that are ready.
    pub ready: usize,
    /// Where it listens.
    pub listeners: Vec<String>,
    /// Requests answered since the start.
    pub requests: u64,
    /// Requests in the application now.
    pub in_flight: u64,
    /// Open connections.
    pub connections: u64,
}

/// How a worker is.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Worker {
    /// Its slot.
    pub slot: usize,
    /// Its process id.
    pub pid: i32,
    /// Its generation.
    pub generation: u64,
    /// `booting`, `ready` or `draining`.
    pub state: String,
    /// Requests answered by its slot since the server started.
    pub requests: u64,
    /// Requests in the application now.
    pub in_flight: u64,
    /// Open connections.
    pub connections: u64,
    /// Resident memory in bytes.
    pub rss: u64,
}

/// Asks the server of this runtime directory.
///
/// # Errors
/// When nobody answers there.
pub fn ask(runtime: &Path, request: &Value) -> std::io::Result<Value> {
    let mut stream = UnixStream::connect(runtime.join(SOCKET))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.write_all(format!("{request}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// The status.
///
/// # Errors
/// When nobody answers there.
pub fn status(runtime: &Path) -> std::io::Result<Status> {
    let answer = ask(runtime, &json!({"command": "status"}))?;
    Ok(serde_json::from_value(answer["value"].clone())?)
}

/// The workers, by slot: those that boot, those that serve and those that stop.
///
/// # Errors
/// When nobody answers there.
pub fn workers(runtime: &Path) -> std::io::Result<Vec<Worker>> {
    let answer = ask(runtime, &json!({"command": "workers"}))?;
    Ok(serde_json::from_value(answer["value"].clone())?)
}
