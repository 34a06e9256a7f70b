//! The server under load: a child of ours in a process group of its own.
//!
//! Whatever happens, nothing of it is left: it is asked to stop, and killed where it does not, with
//! all that the app has started. If this process is killed, the kernel asks the server to stop; then
//! nobody is left to end what the app has started.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use appserver_os::{Exit, Pid, Signal};
use appserver_supervisor::control::{self, Answer, Request};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::{UnixDatagram, unix::pipe};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::grid::Point;
use super::group::Group;
use super::recipe::Recipe;
use super::said::Said;
use crate::failure::{Failure, FailureKind};

/// How long the server may take to stop before it is killed. A request that still runs is nobody's.
const STOP: Duration = Duration::from_secs(10);
/// How long its last words may take to be read, after all that could be ended has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The longest folder for sockets: their paths have 107 bytes (unix(7)), and need a name each.
const LONGEST_FOLDER: usize = 60;

/// A server that is ready.
pub(super) struct Server {
    group: Group,
    said: Rc<RefCell<Said>>,
    /// Ends when no process of the server is left that could say something.
    listener: JoinHandle<()>,
    /// Removed after the group has ended.
    home: TempDir,
}

impl Server {
    /// Starts a server of this combination. It is not ready yet. Must be called within a `LocalSet`.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(recipe: &Recipe, point: Point) -> Result<(Self, Ready), Failure> {
        let failed = |error: io::Error| {
            Failure::new(FailureKind::Failed, format!("cannot start the server: {error}"))
        };
        let home = tempfile::Builder::new().prefix("appserver-tune-").tempdir_in(folder());
        let home = home.map_err(failed)?;
        recipe.make_state(home.path())?;
        let path = home.path().join("notify");
        let socket = UnixDatagram::bind(&path).map_err(failed)?;
        let (reader, writer) = io::pipe().map_err(failed)?;
        let reader = pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
        let mut command = recipe.command(point, home.path(), &path);
        command.stdout(Stdio::null()).stderr(writer);
        let group = Group::start(command, &[], Signal::SIGTERM).map_err(failed)?;
        let said = Rc::new(RefCell::new(Said::default()));
        let listener = tokio::task::spawn_local(listen(reader, Rc::clone(&said)));
        Ok((Self { group, said, listener, home }, Ready(socket)))
    }

    /// Waits until all its workers serve; returns its address.
    ///
    /// # Errors
    /// It ended instead, with what it said.
    pub(super) async fn wait_ready(&mut self, ready: Ready) -> Result<SocketAddr, Failure> {
        tokio::select! {
            heard = ready.wait() => heard.map_err(|error| {
                Failure::new(FailureKind::Failed, format!("cannot hear of the server: {error}"))
            })?,
            _ = self.group.ended() => return Err(self.ended().await),
        }
        let answer = control::ask(self.home.path(), Request::Status);
        let listeners = match answer {
            Ok(Answer::Status(status)) => status.listeners,
            _ => Vec::new(),
        };
        let address = listeners.iter().find_map(|text| loopback(text));
        address.ok_or_else(|| {
            let failure = Failure::new(FailureKind::Failed, "the server does not tell its address");
            failure.detail(self.said())
        })
    }

    /// The process group of all its processes.
    pub(super) fn group(&self) -> Pid {
        self.group.id()
    }

    /// How many requests each of its workers has answered since the start.
    pub(super) fn counts(&self) -> Vec<u64> {
        match control::ask(self.home.path(), Request::Workers) {
            Ok(Answer::Workers(workers)) => {
                workers.into_iter().map(|worker| worker.requests).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What it said last.
    pub(super) fn said(&self) -> String {
        self.said.borrow().text()
    }

    /// Stops it, gracefully if it can. Once is enough.
    ///
    /// # Cancel safety
    /// Dropped before the end, it may be called again.
    pub(super) async fn stop(&mut self) {
        if self.group.is_over() {
            return;
        }
        self.group.tell(Signal::SIGTERM);
        let _ = timeout(STOP, self.group.ended()).await;
        self.group.end();
    }

    /// Why it has ended before it was ready: its own words and exit code.
    async fn ended(&mut self) -> Failure {
        let exit = self.group.end();
        let _ = timeout(LAST_WORDS, &mut self.listener).await;
        let kind = match exit {
            Some(Exit::Code(2)) => FailureKind::Usage,
            Some(Exit::Code(3)) => FailureKind::WorkerBoot,
            Some(Exit::Code(4)) => FailureKind::AppLoad,
            _ => FailureKind::Failed,
        };
        Failure::new(kind, "the server does not start").detail(self.said())
    }
}

/// Where the server says that it is ready (sd_notify(3)).
pub(super) struct Ready(UnixDatagram);

impl Ready {
    async fn wait(self) -> io::Result<()> {
        let mut buffer = [0; 1024];
        loop {
            let count = self.0.recv(&mut buffer).await?;
            let mut lines = buffer.get(..count).unwrap_or_default().split(|byte| *byte == b'\n');
            if lines.any(|line| line == b"READY=1") {
                return Ok(());
            }
        }
    }
}

/// Where the sockets are.
fn folder() -> PathBuf {
    let usual = std::env::temp_dir();
    match usual.as_os_str().len() {
        ..=LONGEST_FOLDER => usual,
        _ => Path::new("/tmp").to_owned(),
    }
}

/// The address in `http://127.0.0.1:8000`. No other than this machine's is ever asked.
fn loopback(listener: &str) -> Option<SocketAddr> {
    let address: SocketAddr = listener.strip_prefix("http://")?.parse().ok()?;
    address.ip().is_loopback().then_some(address)
}

/// Keeps what the server says, until nobody is left to say anything.
async fn listen(mut pipe: pipe::Receiver, said: Rc<RefCell<Said>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        said.borrow_mut().add(buffer.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::loopback;

    #[test]
    fn only_this_machine_is_asked() {
        assert!(loopback("http://127.0.0.1:8000").is_some());
        for listener in ["http://192.0.2.1:80", "http://0.0.0.0:80", "unix:/x", "127.0.0.1:80"] {
            assert_eq!(loopback(listener), None, "{listener}");
        }
    }
}
