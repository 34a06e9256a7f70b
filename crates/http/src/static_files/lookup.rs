//! One request for a file that memory has no answer to: look, open, answer.
//!
//! Each step is tried on the loop first, without waiting. Only where the kernel would have to wait
//! for a disk it is done by a thread that may, of which each folder has so many.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use appserver_app::{Body, Response};
use appserver_auth::Verified;
use appserver_os::folder::Wait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::entry::{Entry, Variant};
use super::mount::{Look, Mount, Opened};
use super::plan::{Asked, Plan, plan};
use super::stream::{Closing, FileStream};
use super::validators::is_settled;
use super::waiters::Waiters;
use super::{StaticFiles, Wanted, answers, cut, is_fresh};

/// A file that is replaced while it is opened is looked for anew, so often.
const MOST_LOOKS: usize = 3;

/// A request, with what it may need later.
pub(super) struct Lookup {
    files: Rc<StaticFiles>,
    mount: Arc<Mount>,
    /// Decoded, with the prefix.
    path: Arc<[u8]>,
    target: Uri,
    fields: HeaderMap,
    is_head: bool,
    is_private: bool,
    /// The worker's clock.
    now: u64,
}

impl Lookup {
    /// Of a request that wants a file.
    pub(super) fn new(files: &Rc<StaticFiles>, wanted: Wanted<'_>, head: &Parts, now: u64) -> Self {
        Self {
            files: Rc::clone(files),
            mount: wanted.mount,
            path: wanted.path.as_ref().into(),
            target: head.uri.clone(),
            fields: head.headers.clone(),
            is_head: head.method == Method::HEAD,
            is_private: head.extensions.get::<Verified>().is_some(),
            now,
        }
    }

    /// The answer; `None` if the application is to give it.
    pub(super) async fn run(self) -> Option<Response> {
        match self.try_run().await {
            Ok(response) => response,
            Err(error) => {
                let path = String::from_utf8_lossy(&self.path);
                tracing::error!(%error, %path, "cannot read a static file");
                Some(answers::of_failure(&error))
            }
        }
    }

    async fn try_run(&self) -> io::Result<Option<Response>> {
        let mut known = self.known();
        for _ in 0..MOST_LOOKS {
            let entry = match known.take() {
                Some(entry) => entry,
                None => match self.look().await? {
                    Look::File(entry) => self.keep(*entry),
                    Look::Folder => return Ok(Some(answers::with_slash(&self.target))),
                    Look::Nothing => return Ok(self.nothing()),
                },
            };
            let Some(plan) = plan(&entry, self.asked()) else { break };
            if let Some(body) = self.body(&entry, &plan).await? {
                return Ok(Some(plan.answer(body)));
            }
        }
        let why = "the file is replaced again and again";
        Err(io::Error::new(io::ErrorKind::ResourceBusy, why))
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            fields: &self.fields,
            is_head: self.is_head,
            is_private: self.is_private,
            wall_clock: self.files.wall_clock,
        }
    }

    /// What was found a moment ago, if it is still so and only bytes are missing.
    fn known(&self) -> Option<Rc<Entry>> {
        let entry = self.files.memory.borrow_mut().find(&self.path)?;
        let is_same = |it: &Variant| self.mount.is_current(&entry, it, self.now);
        let is_known = is_fresh(&entry, self.now) && entry.variants.iter().all(is_same);
        is_known.then_some(entry)
    }

    fn nothing(&self) -> Option<Response> {
        self.files.memory.borrow_mut().forget(&self.path);
        (!self.mount.falls_through).then(answers::not_found)
    }

    async fn look(&self) -> io::Result<Look> {
        let (mount, path, now) = (Arc::clone(&self.mount), Arc::clone(&self.path), self.now);
        let look = move |wait| {
            let below = path.get(mount.prefix.len()..).unwrap_or_default();
            mount.look(below, now, wait)
        };
        run(&self.mount.waiters, look).await
    }

    /// Keeps what was found, with the bytes that were kept before and are the same.
    fn keep(&self, entry: Entry) -> Rc<Entry> {
        let mut memory = self.files.memory.borrow_mut();
        if let Some(before) = memory.find(&self.path) {
            entry.inherit(&before);
        }
        let entry = Rc::new(entry);
        memory.keep(&self.path, Rc::clone(&entry));
        entry
    }

    /// The bytes of an answer; `None` if the file has changed since it was found.
    async fn body(&self, entry: &Entry, plan: &Plan) -> io::Result<Option<Body>> {
        let Some((at, length)) = plan.part else { return Ok(Some(Body::Empty)) };
        let Some(variant) = entry.variants.get(plan.variant) else { return Ok(None) };
        if let Some(content) = variant.content() {
            return Ok(cut(content, (at, length)).map(Body::full));
        }
        let (mount, path, stamp) = (Arc::clone(&self.mount), variant.path.clone(), variant.stamp);
        let open = move |wait| mount.open_file(&path, &stamp, wait);
        Ok(match run(&self.mount.waiters, open).await? {
            Opened::Changed => None,
            Opened::File(file, is_near) => {
                let closing = if is_near { Closing::Here } else { Closing::Elsewhere };
                let (part, waiters) = ((at, length), &self.mount.waiters);
                Some(Body::Stream(Box::pin(FileStream::new(file, part, closing, waiters))))
            }
            Opened::Whole(content) => {
                self.keep_content(entry, plan.variant, &content);
                cut(&content, (at, length)).map(Body::full)
            }
        })
    }

    fn keep_content(&self, entry: &Entry, place: usize, content: &Bytes) {
        let variant = entry.variants.get(place);
        let is_lasting = variant.is_some_and(|it| is_settled(&it.stamp, (self.files.wall_clock)()));
        let mut memory = self.files.memory.borrow_mut();
        if is_lasting && memory.admit(&self.path, content.len()) {
            entry.set_content(place, content.clone());
        }
    }
}

/// Does something here if that needs no waiting, else where it may wait.
async fn run<T: Send + 'static>(
    waiters: &Waiters,
    job: impl Fn(Wait) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match job(Wait::Never) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        done => return done,
    }
    waiters.run(move || job(Wait::ForDisk)).await
}
