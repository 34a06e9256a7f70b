//! Files of folders, served in the place of the application.
//!
//! A path means a file of the longest prefix that fits. Small files that were asked for are kept in
//! memory; before each use one call asks the system whether they are still the same. Neither the
//! application nor its language is ever touched, and nothing on the loop waits for a disk: what
//! the kernel does not have in memory is fetched by a thread that may wait.

mod answers;
mod closer;
mod coding;
mod conditional;
mod entry;
mod immutable;
mod lookup;
mod media_type;
mod memory;
mod mount;
mod plan;
mod range;
mod recent;
mod stream;
mod target;
mod validators;
mod waiters;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use appserver_app::{Body, LocalFuture, Response};
use appserver_auth::Verified;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method};

use entry::Entry;
use lookup::Lookup;
use memory::Memory;
use mount::Mount;
use plan::{Asked, plan};
use waiters::Threads;

/// One folder and the prefix that it is under.
#[derive(Clone, Debug)]
pub struct StaticMount {
    /// Begins and ends with a slash; compared with the path decoded once.
    pub prefix: String,
    /// The folder.
    pub root: PathBuf,
    /// How long caches may use a file without asking; `None` says nothing about it.
    pub max_age: Option<Duration>,
    /// Whether files with a hash in their name may be used for a year.
    pub has_immutable: bool,
    /// The name of the file that stands for its folder.
    pub index: Option<String>,
    /// Whether the application is asked for what is not there.
    pub falls_through: bool,
    /// Whose pages may read the files (`Access-Control-Allow-Origin`).
    pub allow_origin: Option<HeaderValue>,
}

/// A folder that cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the folder {root}: {source}")]
pub struct StaticError {
    /// Its path.
    pub root: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// All folders of a worker.
pub struct StaticFiles {
    /// The longest prefix first.
    mounts: Vec<Arc<Mount>>,
    memory: RefCell<Memory>,
    /// Nanoseconds since 1970.
    wall_clock: fn() -> i64,
}

/// For how long, in nanoseconds, nobody looks whether other encodings of a file have come.
const SEEN_TIME: u64 = 1_000_000_000;

/// An answer, now or once something is read; then it is `None` if the application is to answer.
pub(crate) enum Served {
    Now(Response),
    Later(LocalFuture<Option<Response>>),
}

/// Which file a request wants.
pub(crate) struct Wanted<'r> {
    mount: Arc<Mount>,
    /// Decoded, with the prefix.
    path: Cow<'r, [u8]>,
}

impl StaticFiles {
    /// Opens the folders. `memory` is how many bytes of files are kept, about.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn open(mounts: Vec<StaticMount>, memory: usize) -> Result<Self, StaticError> {
        let threads = Threads::new();
        let mounts = mounts.into_iter().map(|mount| Mount::open(mount, &threads).map(Arc::new));
        let mut mounts = mounts.collect::<Result<Vec<_>, _>>()?;
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        let memory = RefCell::new(Memory::new(memory));
        Ok(Self { mounts, memory, wall_clock: validators::wall_clock })
    }

    /// What a request wants, if it wants a file. Where the application gets what is not there, it
    /// gets what only it can answer as well.
    pub(crate) fn wanted<'r>(&self, head: &'r Parts) -> Option<Wanted<'r>> {
        let path = target::decode(head.uri.path());
        let mount = self.mounts.iter().find(|mount| path.starts_with(&mount.prefix))?;
        let is_ours = !mount.falls_through || reads(&head.method);
        is_ours.then(|| Wanted { mount: Arc::clone(mount), path })
    }

    /// Answers a request that wants a file. `now` is the worker's clock in nanoseconds.
    pub(crate) fn serve(self: &Rc<Self>, wanted: Wanted<'_>, head: &Parts, now: u64) -> Served {
        if !reads(&head.method) {
            return Served::Now(answers::not_allowed());
        }
        let asked = Asked {
            fields: &head.headers,
            is_head: head.method == Method::HEAD,
            is_private: head.extensions.get::<Verified>().is_some(),
            wall_clock: self.wall_clock,
        };
        match self.recall(&wanted, asked, now) {
            Some(response) => Served::Now(response),
            None => Served::Later(Box::pin(Lookup::new(self, wanted, head, now).run())),
        }
    }

    /// The answer, if everything that it needs is in memory and still true.
    fn recall(&self, wanted: &Wanted<'_>, asked: Asked<'_>, now: u64) -> Option<Response> {
        let entry = self.memory.borrow_mut().find(&wanted.path)?;
        if !is_fresh(&entry, now) {
            return None;
        }
        let plan = plan(&entry, asked)?;
        let variant = entry.variants.get(plan.variant)?;
        let body = match plan.part {
            None => Body::Empty,
            Some(part) => Body::full(cut(variant.content()?, part)?),
        };
        wanted.mount.is_current(&entry, variant, now).then(|| plan.answer(body))
    }
}

/// Whether a file was looked at a moment ago.
fn is_fresh(entry: &Entry, now: u64) -> bool {
    now.saturating_sub(entry.seen) < SEEN_TIME
}

/// Whether a request reads, and does no more.
fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Some bytes of those that are kept.
fn cut(content: &Bytes, (at, length): (u64, u64)) -> Option<Bytes> {
    let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
    let end = at.checked_add(length).filter(|end| *end <= content.len())?;
    Some(content.slice(at..end))
}

#[cfg(test)]
mod tests;
