//! What the application of the tests does for this module.

use std::future::poll_fn;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use appserver_app::{
    Body, BodyError, FileBody, LocalFuture, Reply, Request, RequestBody, Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Frame, SizeHint};

use crate::app::{CountDrop, Probe, full, with_field, with_length};

/// More than one block of a file, and more than a socket takes at once.
pub(super) const FILE_LENGTH: usize = 3 << 20;

pub(crate) fn call(probe: &Probe, path: &str, request: Request) -> Option<Reply> {
    Some(match path {
        "/hints" => hints(probe, &request),
        "/hints-late" => late_hints(&request),
        "/trailers" => {
            Reply::Ready(with_field(streamed(Trailed::new()), "trailer", "x-sum, X-Two"))
        }
        "/trailers-unnamed" => Reply::Ready(streamed(Trailed::new())),
        "/some" => some(probe, request.body),
        "/none" => none(probe, request.body),
        "/silent" => silent(probe),
        "/file" => Reply::Ready(Response::new(Body::File(file(FILE_LENGTH as u64)))),
        "/file-cut" => Reply::Ready(with_length(Response::new(Body::File(file(7))), "5")),
        "/file-short" => Reply::Ready(with_length(Response::new(Body::File(file(3))), "5")),
        "/file-shrunk" => Reply::Ready(Response::new(Body::File(shrunk()))),
        "/stream-long" => Reply::Ready(with_length(streamed(Sized(Some("hello"))), "2")),
        _ => return None,
    })
}

fn streamed(body: impl http_body::Body<Data = Bytes, Error = BodyError> + 'static) -> Response {
    Response::new(Body::Stream(Box::pin(body)))
}

fn link(target: &str) -> HeaderMap {
    let value = HeaderValue::try_from(format!("<{target}>; rel=preload")).unwrap();
    HeaderMap::from_iter([(http::header::LINK, value)])
}

/// Sends two hints, one after the other, and answers when a test says so.
fn hints(probe: &Probe, request: &Request) -> Reply {
    let Some(hints) = request.hints.clone() else {
        return Reply::Ready(full("no hints"));
    };
    let release = Arc::clone(&probe.release);
    Reply::Pending(Box::pin(async move {
        for target in ["/a.css", "/b.js"] {
            hints.send(link(target));
            poll_fn(|cx| hints.poll_sent(cx)).await;
        }
        release.notified().await;
        full("hinted")
    }))
}

/// Hints and answers in one breath; hints once more while the answer is sent.
fn late_hints(request: &Request) -> Reply {
    let hints = request.hints.clone().unwrap();
    hints.send(link("/late.css"));
    let tail = async move {
        hints.send(link("/later.css"));
        poll_fn(|cx| hints.poll_sent(cx)).await;
    };
    Reply::Ready(streamed(Silent(Box::pin(tail), None)))
}

/// Reads some of the body, and no more.
fn some(probe: &Probe, body: RequestBody) -> Reply {
    let guard = CountDrop(Arc::clone(&probe.dropped));
    let begun = Arc::clone(&probe.calls);
    Reply::Pending(Box::pin(async move {
        let _guard = guard;
        let RequestBody::Stream(mut stream) = body else { return full("no stream") };
        let frame = poll_fn(|cx| stream.as_mut().poll_frame(cx)).await;
        assert!(frame.is_some_and(|frame| frame.is_ok()));
        begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        std::future::pending().await
    }))
}

/// Keeps the body without reading any of it.
fn none(probe: &Probe, body: RequestBody) -> Reply {
    let guard = CountDrop(Arc::clone(&probe.dropped));
    Reply::Pending(Box::pin(async move {
        let _kept = (guard, body);
        std::future::pending().await
    }))
}

/// Begins an answer, and never goes on.
fn silent(probe: &Probe) -> Reply {
    let guard = CountDrop(Arc::clone(&probe.dropped));
    Reply::Ready(streamed(Silent(Box::pin(std::future::pending()), Some(guard))))
}

/// Ends when its future does.
struct Silent(LocalFuture<()>, #[expect(dead_code, reason = "dropped with it")] Option<CountDrop>);

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.0.as_mut().poll(cx).map(|()| None)
    }
}

/// One piece, and trailers.
struct Trailed(Vec<Frame<Bytes>>);

impl Trailed {
    fn new() -> Self {
        let fields = [("x-sum", "5d41"), ("x-two", "2"), ("x-three", "3")];
        let trailers = fields.map(|(name, value)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        let trailers = Frame::trailers(HeaderMap::from_iter(trailers));
        Self(vec![trailers, Frame::data(Bytes::from_static(b"hello"))])
    }
}

impl http_body::Body for Trailed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Poll::Ready(self.0.pop().map(Ok))
    }
}

/// A stream that knows its length.
struct Sized(Option<&'static str>);

impl http_body::Body for Sized {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = self.0.take();
        Poll::Ready(piece.map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.map_or(0, |piece| piece.len() as u64))
    }
}

fn file(length: u64) -> FileBody {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![b'f'; usize::try_from(length).unwrap()]).unwrap();
    FileBody::from_offset(file, 0).unwrap()
}

/// A file that was longer when its response was made.
fn shrunk() -> FileBody {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"less").unwrap();
    FileBody::new(file, 0, 10)
}
