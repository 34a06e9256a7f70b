//! Runs operations on a few connections.
//!
//! The connections are kept here and not by the driver's pool, because that waits out a database
//! that is down and keeps connections whose caller has given up. Here a database that refuses is
//! told at once, and a connection goes back only when nothing is under way on it.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::StoreError;

use super::schema::{Find, Make};
use super::target::File;
use super::{Connection, Dialect, Fault, Schema, Target};

/// Connections to a server that one process has at most: an operation takes well under a
/// millisecond, and all workers share the server's hundred or so.
const CONNECTIONS: usize = 4;

/// How long making tables may take: it happens once, and a disk that is busy takes its time.
const MAKING: Duration = Duration::from_secs(30);

/// How often an operation that gets into others' way is tried.
const TRIES: usize = 8;

/// How an operation works on the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads, each statement by itself.
    Read,
    /// It writes with its last statement, which may be repeated without harm.
    Step,
    /// It writes, in a transaction.
    Write,
    /// It writes what must last, even if the machine loses power the next moment.
    Lasting,
}

impl Access {
    fn is_transaction(self) -> bool {
        matches!(self, Self::Write | Self::Lasting)
    }
}

/// What comes of an operation.
pub(crate) enum Outcome<T> {
    /// Commit.
    Keep(T),
    /// Roll back: nothing has changed.
    Undo(T),
}

/// Something to be done in one transaction, if need be several times.
pub(crate) trait Operation: Sync {
    /// What it comes to.
    type Output: Send;

    /// How it works.
    const ACCESS: Access;

    /// Whether our tables are made and it is tried again, where one is not there.
    const NEEDS_TABLES: bool = true;

    /// Does it.
    fn run(
        &self,
        on: &mut Connection,
    ) -> impl Future<Output = Result<Outcome<Self::Output>, Fault>> + Send;
}

/// A database.
pub(crate) struct Database {
    target: Target,
    schema: Option<Schema>,
    timeout: Duration,
    lane: Lane,
    /// SQLite has one writer: who only reads need not wait for it.
    reading: Option<Lane>,
}

impl Database {
    /// A database that is not yet connected to, with tables of ours if it is to have some.
    pub(crate) fn new(target: Target, timeout: Duration, schema: Option<Schema>) -> Self {
        let is_file = target.dialect() == Dialect::Sqlite;
        Self {
            target,
            schema,
            timeout,
            lane: Lane::new(if is_file { 1 } else { CONNECTIONS }),
            reading: is_file.then(|| Lane::new(1)),
        }
    }

    /// Its kind.
    pub(crate) fn dialect(&self) -> Dialect {
        self.target.dialect()
    }

    /// Does an operation, within the time that one may take.
    ///
    /// Cancel safety: dropped, it has either happened or not.
    pub(crate) async fn perform<O: Operation>(&self, what: &O) -> Result<O::Output, StoreError> {
        self.within(self.timeout, what).await
    }

    async fn within<O: Operation>(
        &self,
        time: Duration,
        what: &O,
    ) -> Result<O::Output, StoreError> {
        match tokio::time::timeout(time, self.insist(what)).await {
            Ok(done) => done.map_err(StoreError::from),
            Err(_) => Err(StoreError::Unavailable("there was no answer in time".to_owned())),
        }
    }

    /// Makes the tables that are ours, where they are not there.
    pub(crate) async fn prepare(&self) -> Result<(), StoreError> {
        let Some(schema) = &self.schema else { return Ok(()) };
        if self.perform(&Find(schema)).await? {
            return Ok(());
        }
        self.within(self.timeout.max(MAKING), &Make(schema)).await
    }

    async fn insist<O: Operation>(&self, what: &O) -> Result<O::Output, Fault> {
        let mut is_prepared = false;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(what).await {
                Err(Try::Again(_)) if tries < TRIES => tokio::task::yield_now().await,
                Err(Try::Failed(Fault::NoTable(_))) if O::NEEDS_TABLES && !is_prepared => {
                    is_prepared = true;
                    if let Some(schema) = &self.schema {
                        self.attempt(&Make(schema)).await.map_err(Try::into_fault)?;
                    }
                }
                done => return done.map_err(Try::into_fault),
            }
        }
    }

    async fn attempt<O: Operation>(&self, what: &O) -> Result<O::Output, Try> {
        let lane = match (O::ACCESS, &self.reading) {
            (Access::Read, Some(lane)) => lane,
            _ => &self.lane,
        };
        let permit = lane.permits.acquire().await;
        let _permit = permit.map_err(|_| Try::Failed(Fault::Lost("closed".to_owned())))?;
        let mut file = self.target.file();
        let (mut connection, is_new) = match lane.take(file) {
            Some(connection) => (connection, false),
            None => match self.target.connect(self.timeout, &lane.threads).await {
                Ok(connection) => {
                    file = file.or_else(|| self.target.file());
                    (connection, true)
                }
                Err(fault @ Fault::Lost(_)) => return Err(Try::Failed(fault)),
                Err(fault) => return Err(Try::new(fault)),
            },
        };
        let done = self.transact(what, &mut connection).await;
        match &done {
            Err(Try::Again(Fault::Lost(_))) => {
                // The others will not have fared better. A new one is as good as it gets.
                lane.clear();
                if is_new {
                    return done.map_err(|failed| Try::Failed(failed.into_fault()));
                }
            }
            Err(Try::Failed(Fault::Lost(_))) => lane.clear(),
            // A server that was demoted: another connection may reach the one that writes.
            Err(Try::Failed(Fault::Refused(_))) => {}
            Err(_) if O::ACCESS.is_transaction() => {
                if connection.run("ROLLBACK").await.is_ok() {
                    lane.give(connection, file);
                }
            }
            _ => lane.give(connection, file),
        }
        done
    }

    async fn transact<O: Operation>(
        &self,
        what: &O,
        connection: &mut Connection,
    ) -> Result<O::Output, Try> {
        if !O::ACCESS.is_transaction() {
            return match what.run(connection).await.map_err(Try::new)? {
                Outcome::Keep(output) | Outcome::Undo(output) => Ok(output),
            };
        }
        let is_lasting = O::ACCESS == Access::Lasting && self.target.is_lax();
        if is_lasting {
            connection.run("PRAGMA synchronous = FULL").await.map_err(Try::new)?;
        }
        let begin = self.dialect().begin(self.timeout);
        connection.run(&begin).await.map_err(Try::new)?;
        let output = match what.run(connection).await.map_err(Try::new)? {
            Outcome::Undo(output) => {
                connection.run("ROLLBACK").await.map_err(Try::new)?;
                output
            }
            Outcome::Keep(output) => {
                // If the connection is lost here, nobody knows: it must not be done twice.
                connection.run("COMMIT").await.map_err(|fault| match fault {
                    Fault::Lost(_) => Try::Failed(fault),
                    other => Try::new(other),
                })?;
                output
            }
        };
        if is_lasting {
            let _ = connection.run("PRAGMA synchronous = NORMAL").await;
        }
        Ok(output)
    }
}

/// How an attempt has failed.
enum Try {
    /// Nothing has happened, and the same again may succeed.
    Again(Fault),
    /// It will not.
    Failed(Fault),
}

impl Try {
    fn new(fault: Fault) -> Self {
        match fault {
            Fault::Conflict(_) | Fault::Lost(_) => Self::Again(fault),
            other => Self::Failed(other),
        }
    }

    fn into_fault(self) -> Fault {
        match self {
            Self::Again(fault) | Self::Failed(fault) => fault,
        }
    }
}

/// Connections that take turns, each with the file that it was made to.
struct Lane {
    permits: Semaphore,
    /// Of connections that have threads of their own.
    threads: Arc<Semaphore>,
    idle: Mutex<Vec<(Connection, Option<File>)>>,
}

impl Lane {
    fn new(connections: usize) -> Self {
        let threads = Arc::new(Semaphore::new(connections));
        Self { permits: Semaphore::new(connections), threads, idle: Mutex::new(Vec::new()) }
    }

    /// One that is not in use. Those to a file that was removed or replaced are closed: what is
    /// written there is seen by nobody who opens it now.
    fn take(&self, file: Option<File>) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, made_to)| *made_to == file);
        idle.pop().map(|(connection, _)| connection)
    }

    fn give(&self, connection: Connection, file: Option<File>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((connection, file));
    }

    fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
