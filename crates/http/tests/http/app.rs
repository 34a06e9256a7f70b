//! An application that does what its path says.

use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use appserver_app::websocket::{Close, Socket, Verdict};
use appserver_app::{
    Application, Body, BodyError, BodyMode, LocalFuture, Reply, Request, RequestBody, Response,
    Ticket,
};
use appserver_auth::{Unchecked, Verified};
use bytes::Bytes;
use http_body::Frame;
use tokio::sync::Notify;

use crate::{extras, websocket};

/// No answer is kept back for so long.
const LONG: Duration = Duration::from_millis(2);

/// What a test can see and do of the application from outside.
#[derive(Clone, Default)]
pub(crate) struct Probe {
    /// Calls of the application.
    pub(crate) calls: Arc<AtomicUsize>,
    /// Calls whose future was dropped before it was ready.
    pub(crate) dropped: Arc<AtomicUsize>,
    /// Lets `/hold` and `/tail` go on.
    pub(crate) release: Arc<Notify>,
    /// `/block` holds the whole loop up while this is locked.
    pub(crate) gate: Arc<Mutex<()>>,
    /// As the gate, for `/block-next`.
    pub(crate) next_gate: Arc<Mutex<()>>,
    /// How WebSockets have ended.
    pub(crate) closed: Arc<Mutex<Vec<Close>>>,
    /// The keys of remote providers.
    pub(crate) keys: crate::auth::keys::Remote,
    /// The application does not take WebSockets.
    pub(crate) is_without_websockets: Arc<AtomicBool>,
}

impl Probe {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

pub(crate) struct TestApp {
    pub(crate) mode: BodyMode,
    pub(crate) is_timed: bool,
    pub(crate) is_called_in_turns: bool,
    pub(crate) probe: Probe,
}

impl Application for TestApp {
    fn body_mode(&self) -> BodyMode {
        self.mode
    }

    fn is_timed(&self) -> bool {
        self.is_timed
    }

    fn is_called_in_turns(&self) -> bool {
        self.is_called_in_turns
    }

    fn uses_early_hints(&self) -> bool {
        self.mode == BodyMode::Streamed
    }

    fn takes_websockets(&self) -> bool {
        !self.probe.is_without_websockets.load(Ordering::SeqCst)
    }

    fn websocket(&self, request: Request, socket: Arc<Socket>) -> LocalFuture<Verdict> {
        websocket::app::open(&self.probe, &request, socket)
    }

    fn call(&self, request: Request) -> Reply {
        self.probe.calls.fetch_add(1, Ordering::SeqCst);
        let path = request.head.uri.path();
        // What needs no token, and what may have one, does the same.
        let path = ["/open/", "/maybe/"]
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix))
            .map_or_else(|| path.to_owned(), |rest| format!("/{rest}"));
        match path.as_str() {
            "/echo" => echo(request.body),
            "/seen" => Reply::Ready(full(describe(&request))),
            "/hold" => self.hold(),
            "/tail" => self.tail(),
            "/queued" => never(Ticket::default()),
            "/begun" => {
                let ticket = Ticket::default();
                assert!(ticket.begin());
                never(ticket)
            }
            "/block" => {
                drop(self.probe.gate.lock().unwrap());
                Reply::Ready(full("unblocked"))
            }
            "/block-next" => {
                drop(self.probe.next_gate.lock().unwrap());
                Reply::Ready(full("unblocked"))
            }
            "/slow" => {
                let since = Instant::now();
                while since.elapsed() < LONG {}
                Reply::Ready(full("slow"))
            }
            "/stream" => Reply::Ready(Response::new(pieces(vec![Ok("one "), Ok("two")]))),
            "/broken" => Reply::Ready(Response::new(pieces(vec![Ok("one "), Err(())]))),
            "/large" => Reply::Ready(full(vec![b'x'; 32 << 20])),
            "/short" => Reply::Ready(with_length(full("hello"), "10")),
            "/long" => Reply::Ready(with_length(full("hello"), "2")),
            "/odd-length" => Reply::Ready(with_length(full("hello"), "five")),
            "/cached" => {
                Reply::Ready(with_field(full("hello"), "cache-control", "public, max-age=9"))
            }
            "/mine" => {
                Reply::Ready(with_field(full("hello"), "cache-control", "max-age=9, Private"))
            }
            "/te" => Reply::Ready(with_field(full("hello"), "transfer-encoding", "gzip")),
            "/204" => Reply::Ready(with_status(with_length(full("hello"), "5"), 204)),
            "/304" => Reply::Ready(with_status(with_length(full("hello"), "5"), 304)),
            "/102" => Reply::Ready(with_status(full(""), 102)),
            _ => extras::call(&self.probe, &path, request)
                .unwrap_or_else(|| Reply::Ready(full("hello"))),
        }
    }
}

impl TestApp {
    /// Waits until a test says so.
    fn hold(&self) -> Reply {
        let guard = CountDrop(Arc::clone(&self.probe.dropped));
        let release = Arc::clone(&self.probe.release);
        Reply::Pending(Box::pin(async move {
            release.notified().await;
            std::mem::forget(guard);
            full("released")
        }))
    }

    /// Answers later, and ends the answer only when a test says so.
    fn tail(&self) -> Reply {
        let release = Arc::clone(&self.probe.release);
        let end = Box::pin(async move { release.notified().await });
        let response = Response::new(Body::Stream(Box::pin(Tail(Some(end)))));
        Reply::Pending(Box::pin(std::future::ready(response)))
    }
}

/// Never answers.
fn never(ticket: Ticket) -> Reply {
    Reply::Queued(Box::pin(std::future::pending()), Arc::new(ticket))
}

pub(crate) struct CountDrop(pub(crate) Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Response {
    Response::new(Body::full(bytes))
}

pub(crate) fn with_length(response: Response, length: &str) -> Response {
    with_field(response, "content-length", length)
}

pub(crate) fn with_field(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

fn with_status(mut response: Response, status: u16) -> Response {
    *response.status_mut() = status.try_into().unwrap();
    response
}

fn echo(body: RequestBody) -> Reply {
    match body {
        RequestBody::Empty => Reply::Ready(full("")),
        RequestBody::Memory(bytes) => Reply::Ready(with_field(full(bytes), "x-from", "memory")),
        RequestBody::File(mut spooled) => {
            let mut bytes = Vec::new();
            spooled.file.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes.len() as u64, spooled.length);
            Reply::Ready(with_field(full(bytes), "x-from", "file"))
        }
        RequestBody::Stream(mut stream) => Reply::Pending(Box::pin(async move {
            let mut bytes = Vec::new();
            while let Some(frame) = poll_fn(|cx| stream.as_mut().poll_frame(cx)).await {
                match frame {
                    Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
                    Err(error) => return failed(&error),
                }
            }
            with_field(full(bytes), "x-from", "stream")
        })),
    }
}

/// What a streaming application might answer to a body that failed.
fn failed(error: &BodyError) -> Response {
    let status = match error {
        BodyError::Malformed(_) => 400,
        BodyError::Timeout => 408,
        BodyError::TooLarge(_) => 413,
        _ => 500,
    };
    with_status(full(error.to_string()), status)
}

pub(crate) fn describe(request: &Request) -> String {
    let head = &request.head;
    let mut text = format!("{} {} {:?}\n", head.method, head.uri, head.version);
    for (name, value) in &head.headers {
        text += &format!("{name}: {}\n", value.as_bytes().escape_ascii());
    }
    text += &format!("scheme {}\nid {}\n", request.scheme().as_str(), request.id);
    if let Some(client) = request.forwarded.as_ref().and_then(|told| told.client.as_ref()) {
        text += &format!("client {client}\n");
    }
    if head.extensions.get::<Unchecked>().is_some() {
        text += "unchecked\n";
    }
    if let Some(verified) = head.extensions.get::<Verified>() {
        text += &format!("verified {}\n", verified.subject().unwrap_or_default());
    }
    text
}

/// A body of unknown length, piece by piece.
fn pieces(mut pieces: Vec<Result<&'static str, ()>>) -> Body {
    pieces.reverse();
    Body::Stream(Box::pin(Pieces { pieces, _here: Rc::new(()) }))
}

struct Pieces {
    pieces: Vec<Result<&'static str, ()>>,
    /// Response bodies need not be `Send`.
    _here: Rc<()>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.pieces.pop().map(|piece| {
            let piece = piece.map_err(|()| BodyError::Application)?;
            Ok(Frame::data(Bytes::from_static(piece.as_bytes())))
        }))
    }
}

/// One piece, once it is awaited.
struct Tail(Option<LocalFuture<()>>);

impl http_body::Body for Tail {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(end) = &mut self.0 else { return Poll::Ready(None) };
        std::task::ready!(end.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"the end")))))
    }
}
