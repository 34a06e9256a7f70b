//! What the test application does with WebSockets, by their path.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use appserver_app::websocket::{Acceptance, Close, Event, Message, Socket, Verdict};
use appserver_app::{Body, LocalFuture, Request, Response};
use appserver_auth::Verified;
use bytes::Bytes;
use http::HeaderMap;

use crate::app::{CountDrop, Probe, describe};

/// Of each message that `/ws/flood` sends.
pub(crate) const PIECE: usize = 16 * 1024;

pub(crate) fn open(probe: &Probe, request: &Request, socket: Arc<Socket>) -> LocalFuture<Verdict> {
    probe.calls.fetch_add(1, Ordering::SeqCst);
    let probe = probe.clone();
    let path = request.head.uri.path().to_owned();
    if path == "/ws/slow" {
        let guard = CountDrop(Arc::clone(&probe.dropped));
        return Box::pin(async move {
            probe.release.notified().await;
            std::mem::forget(guard);
            accept(Box::pin(echo(socket, probe)))
        });
    }
    let verdict = match path.as_str() {
        "/ws/who" => who(request),
        "/ws/seen" | "/open/ws/seen" => accept(Box::pin(seen(socket, describe(request)))),
        "/ws/deny" => deny(),
        "/ws/fields" => with_fields(accept(Box::pin(echo(socket, probe)))),
        "/ws/close" => accept(Box::pin(close(socket, probe))),
        "/ws/done" => accept(Box::pin(done(socket))),
        "/ws/flood" => accept(Box::pin(flood(socket, probe))),
        "/ws/deaf" => accept(Box::pin(async move {
            probe.release.notified().await;
            echo(socket, probe).await;
        })),
        _ => accept(Box::pin(echo(socket, probe))),
    };
    Box::pin(std::future::ready(verdict))
}

fn accept(session: LocalFuture<()>) -> Verdict {
    Verdict::Accept(Acceptance { protocol: None, headers: HeaderMap::new(), session })
}

fn with_fields(verdict: Verdict) -> Verdict {
    let Verdict::Accept(mut acceptance) = verdict else { return verdict };
    acceptance.protocol = Some("chat".parse().unwrap());
    for (name, value) in [
        ("x-app", "yes"),
        ("connection", "close"),
        ("content-length", "5"),
        ("sec-websocket-accept", "forged"),
    ] {
        acceptance.headers.insert(name, value.parse().unwrap());
    }
    Verdict::Accept(acceptance)
}

/// Denies, and says who has asked.
fn who(request: &Request) -> Verdict {
    let verified = request.head.extensions.get::<Verified>();
    let subject = verified.and_then(Verified::subject);
    Verdict::Deny(Response::new(Body::full(subject.unwrap_or_else(|| "nobody".to_owned()))))
}

fn deny() -> Verdict {
    let mut response = Response::new(Body::full("not you"));
    *response.status_mut() = http::StatusCode::FORBIDDEN;
    Verdict::Deny(response)
}

async fn next(socket: &Socket) -> Event {
    poll_fn(|cx| socket.poll_event(cx)).await
}

fn text(text: &str) -> Message {
    Message::Text(Bytes::copy_from_slice(text.as_bytes()))
}

/// Sends back what comes; says "bye" when the client leaves, which nobody hears.
async fn echo(socket: Arc<Socket>, probe: Probe) {
    loop {
        match next(&socket).await {
            Event::Message(message) => {
                poll_fn(|cx| socket.poll_room(cx)).await;
                let _ = socket.send(message);
            }
            Event::Closed(close) => {
                assert!(socket.send(text("bye")).is_err());
                return probe.closed.lock().unwrap().push(close);
            }
        }
    }
}

/// Sends what the request was.
async fn seen(socket: Arc<Socket>, description: String) {
    socket.send(text(&description)).unwrap();
}

async fn close(socket: Arc<Socket>, probe: Probe) {
    socket.send(text("last")).unwrap();
    socket.close(Close { code: 4001, reason: "bye".into() }).unwrap();
    assert!(socket.send(text("too late")).is_err());
    if let Event::Closed(close) = next(&socket).await {
        probe.closed.lock().unwrap().push(close);
    }
}

async fn done(socket: Arc<Socket>) {
    socket.send(text("last")).unwrap();
}

/// Sends for as long as there is room; counts what it has sent.
async fn flood(socket: Arc<Socket>, probe: Probe) {
    loop {
        poll_fn(|cx| socket.poll_room(cx)).await;
        let message = Message::Binary(Bytes::from(vec![b'x'; PIECE]));
        if socket.send(message).is_err() {
            return;
        }
        probe.calls.fetch_add(1, Ordering::SeqCst);
    }
}
