//! A connection of a lent library: a thread of its own, which may block.
//!
//! Promises that a call which is given up is followed by nothing: the thread finishes the statement
//! that is under way, closes the connection, which undoes what was not committed, and ends. Only who
//! opens the next one waits for that, not even who ends the runtime.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::lent::{Cell, Done, LentError, Library, Session};

use super::{Dialect, Fault, Line, Value};

/// A connection. To drop it closes it.
pub(crate) struct LentConnection {
    jobs: Sender<Job>,
}

/// A statement, and who wants to know what it comes to.
struct Job {
    sql: String,
    values: Vec<Value>,
    answer: oneshot::Sender<Result<Done, LentError>>,
}

impl LentConnection {
    /// Opens a file that is there, when there is room for one more of these `threads`: one that was
    /// given up may take long to close, and must not be followed by more and more of them.
    ///
    /// Cancel safety: dropped, it is closed again.
    pub(super) async fn open(
        (library, path): (&Arc<dyn Library>, &Path),
        patience: Duration,
        threads: &Arc<Semaphore>,
    ) -> Result<Self, Fault> {
        let room = Arc::clone(threads).acquire_owned().await;
        let room = room.map_err(|_| Fault::Lost("closed".to_owned()))?;
        let (jobs, waiting) = mpsc::channel();
        let (opened, result) = oneshot::channel();
        let (library, path) = (Arc::clone(library), path.to_owned());
        let work = move || {
            // Given back when the connection is closed.
            let _room = room;
            match library.open(&path, patience) {
                Ok(session) => {
                    if opened.send(Ok(())).is_ok() {
                        work(session, &waiting);
                    }
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        };
        let started = thread::Builder::new().name("sqlite".to_owned()).spawn(work);
        started.map_err(|error| Fault::Lost(format!("no thread can be started: {error}")))?;
        result.await.unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { jobs })
    }

    /// Runs a statement.
    ///
    /// Cancel safety: dropped, the statement is run all the same, and the connection closed after it.
    pub(super) async fn call(&mut self, sql: &str, values: &[Value]) -> Result<Done, Fault> {
        // Numbered parameters have names in SQLite, which libraries want to be given with the values.
        let (sql, numbers) = Dialect::parameters(sql, |_| "?".to_owned());
        let numbered = numbers.iter().filter_map(|number| values.get(number.checked_sub(1)?));
        let values = numbered.cloned().collect();
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { sql, values, answer }).map_err(|_| ended())?;
        Ok(answered.await.unwrap_or_else(|_| Err(ended()))?)
    }
}

/// Runs statements for as long as somebody waits for them.
fn work(mut session: Box<dyn Session>, waiting: &Receiver<Job>) {
    while let Ok(Job { sql, values, answer }) = waiting.recv() {
        if answer.is_closed() || answer.send(session.execute(&sql, &values)).is_err() {
            return;
        }
    }
}

fn ended() -> LentError {
    LentError::Gone("the thread of the connection has ended".to_owned())
}

/// A row as the bundled library's driver would read it.
pub(super) fn line(cells: Vec<Cell>) -> Result<Line, Fault> {
    cells.into_iter().map(value).collect::<Result<_, _>>().map(Line)
}

fn value(cell: Cell) -> Result<Option<Value>, Fault> {
    Ok(Some(match cell {
        Cell::Null => return Ok(None),
        Cell::Int(number) => Value::Int(number),
        Cell::Real(number) => Value::Text(number.to_string()),
        Cell::Text(text) => Value::Text(text),
        Cell::Blob(bytes) => {
            let text = String::from_utf8(bytes);
            Value::Text(text.map_err(|_| Fault::Refused("bytes are no text".to_owned()))?)
        }
    }))
}
