//! Answering operators.

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Answer, Request, SOCKET_NAME};

/// No question is longer.
const LONGEST_QUESTION: u64 = 4096;
/// An operator who says nothing for so long is not one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the server waits for its last answers to be written.
const FAREWELL: Duration = Duration::from_secs(1);

/// A question, and where its answer goes.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub request: Request,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// The control socket of this server; its file goes when it is dropped.
#[derive(Debug)]
pub struct ControlServer {
    path: PathBuf,
    accepting: JoinHandle<()>,
    /// Ends when nobody waits for an answer any more.
    asking: mpsc::Receiver<Infallible>,
}

impl ControlServer {
    /// Opens the socket in this directory, for its owner only. Must run within a `LocalSet`.
    ///
    /// # Errors
    /// When the directory is not writable, or another server answers there.
    pub fn open(directory: &Path, questions: mpsc::UnboundedSender<Question>) -> io::Result<Self> {
        let path = directory.join(SOCKET_NAME);
        if std::os::unix::net::UnixStream::connect(&path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server answers there"));
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let (asker, asking) = mpsc::channel(1);
        let accepting =
            tokio::task::spawn_local(accept(listener, Desk { questions, _asker: asker }));
        Ok(Self { path, accepting, asking })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes no more questions, and gives answers that are on their way the time to arrive: whoever
    /// asked for the end of the server hears that it was heard.
    pub async fn finish(mut self) {
        self.accepting.abort();
        let _ = tokio::time::timeout(FAREWELL, self.asking.recv()).await;
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What each conversation needs.
#[derive(Clone)]
struct Desk {
    questions: mpsc::UnboundedSender<Question>,
    /// Held for as long as somebody waits for an answer.
    _asker: mpsc::Sender<Infallible>,
}

async fn accept(listener: UnixListener, desk: Desk) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let desk = desk.clone();
                tokio::task::spawn_local(async move {
                    let _ = converse(stream, desk).await;
                });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn converse(mut stream: UnixStream, desk: Desk) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(LONGEST_QUESTION));
    tokio::time::timeout(PATIENCE, read.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Request>(&line) {
        Err(error) => Answer::Failed(format!("not a question: {error}")),
        Ok(request) => {
            let (answer, answered) = oneshot::channel();
            let _ = desk.questions.send(Question { request, answer });
            answered.await.unwrap_or_else(|_| Answer::Failed("the server is stopping".to_owned()))
        }
    };
    let mut text = serde_json::to_vec(&answer)?;
    text.push(b'\n');
    write.write_all(&text).await
}
