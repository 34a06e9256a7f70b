//! One connection of the load, and the requests that go over it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Instant;

use http::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Duration, sleep, sleep_until};

use super::{Tally, Window};

/// What is sent as `User-Agent`, so that an app's own log tells where these requests come from.
const AGENT: &str = concat!("appserver-tune/", env!("CARGO_PKG_VERSION"));
/// After a failure nobody asks at once: a server that refuses connections would keep a CPU busy.
const PAUSE: Duration = Duration::from_millis(20);

/// Whom to ask, and what.
#[derive(Clone, Debug)]
pub(in super::super) struct Target {
    address: SocketAddr,
    uris: Vec<Uri>,
    fields: HeaderMap,
}

impl Target {
    /// These paths of the server at this address. Fields of `extra` replace our own of the same name.
    pub(in super::super) fn new(
        address: SocketAddr,
        paths: &[PathAndQuery],
        extra: &[(http::HeaderName, HeaderValue)],
    ) -> Self {
        let mut fields = HeaderMap::new();
        let host = HeaderValue::from_str(&address.to_string());
        fields.insert(HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
        fields.insert(ACCEPT, HeaderValue::from_static("*/*"));
        fields.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, _) in extra {
            fields.remove(name);
        }
        fields.extend(extra.iter().map(|(name, value)| (Some(name.clone()), value.clone())));
        Self { address, uris: paths.iter().cloned().map(Uri::from).collect(), fields }
    }

    fn request(&self, number: usize) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        if let Some(uri) = self.uris.get(number % self.uris.len().max(1)) {
            request.uri_mut().clone_from(uri);
        }
        request.headers_mut().clone_from(&self.fields);
        request
    }
}

/// A whole answer, whose body nobody looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Answer {
    /// Its status.
    pub(in super::super) status: StatusCode,
    /// Where a redirect leads.
    pub(in super::super) location: Option<String>,
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Trouble {
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] std::io::Error),
    /// The connection broke.
    #[error("{}", innermost(.0))]
    Broken(#[from] hyper::Error),
}

/// The cause that says most: the outer ones only tell that there was one.
fn innermost(error: &hyper::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("the connection broke: {cause}")
}

/// Asks for the path of this number, over a connection of its own.
///
/// # Errors
/// No whole answer came.
pub(in super::super) async fn ask_once(target: &Target, number: usize) -> Result<Answer, Trouble> {
    let mut line = Line::default();
    line.ask(target, number).await
}

/// A connection, where there is one.
#[derive(Default)]
struct Line {
    sender: Option<SendRequest<Empty<Bytes>>>,
}

impl Line {
    async fn ask(&mut self, target: &Target, number: usize) -> Result<Answer, Trouble> {
        let mut kept = self.sender.take().filter(|sender| !sender.is_closed());
        loop {
            let is_new = kept.is_none();
            let sender = match kept.take() {
                Some(sender) => sender,
                None => connect(target.address).await?,
            };
            match exchange(sender, target.request(number)).await {
                Ok((answer, sender)) => {
                    self.sender = sender;
                    return Ok(answer);
                }
                // A server may close an idle connection whenever it likes, also while it is asked
                // (RFC 9112, 9.3.1).
                Err(Failed::Unanswered(_)) if !is_new => {}
                Err(Failed::Unanswered(error) | Failed::Cut(error)) => return Err(error.into()),
            }
        }
    }
}

enum Failed {
    /// No byte of an answer.
    Unanswered(hyper::Error),
    /// An answer without its end.
    Cut(hyper::Error),
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, Trouble> {
    let stream = TcpStream::connect(address).await.map_err(Trouble::Connect)?;
    stream.set_nodelay(true).map_err(Trouble::Connect)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// One request and its answer; also the connection, if it can be used again.
async fn exchange(
    mut sender: SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
) -> Result<(Answer, Option<SendRequest<Empty<Bytes>>>), Failed> {
    sender.ready().await.map_err(Failed::Unanswered)?;
    let response = sender.send_request(request).await.map_err(Failed::Unanswered)?;
    let (head, mut body) = response.into_parts();
    while let Some(frame) = body.frame().await {
        frame.map_err(Failed::Cut)?;
    }
    let location = head.headers.get(LOCATION).filter(|_| head.status.is_redirection());
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let is_kept = !sender.is_closed();
    Ok((Answer { status: head.status, location }, is_kept.then_some(sender)))
}

/// Asks again and again, until the end of the window or of the requests. Only what is answered inside
/// the window counts.
pub(super) async fn keep_asking(
    target: &Target,
    (first, window): (usize, Window),
    (tally, is_left): (&RefCell<Tally>, &dyn Fn() -> bool),
) {
    let mut line = Line::default();
    let mut end = pin!(sleep_until(window.end.into()));
    let mut number = first;
    while is_left() {
        let began = Instant::now();
        let outcome = tokio::select! {
            biased;
            outcome = line.ask(target, number) => outcome,
            () = &mut end => {
                tally.borrow_mut().waiting(began.elapsed());
                return;
            }
        };
        number = number.wrapping_add(1);
        let now = Instant::now();
        if now >= window.end {
            return;
        }
        let has_failed = outcome.is_err();
        if now >= window.begin {
            count(&mut tally.borrow_mut(), outcome, now - began);
        }
        if has_failed {
            sleep(PAUSE).await;
        }
    }
}

fn count(tally: &mut Tally, outcome: Result<Answer, Trouble>, took: Duration) {
    match outcome {
        Ok(answer) => {
            tally.answered(answer.status, took);
            if tally.location.is_none() {
                tally.location = answer.location;
            }
        }
        Err(trouble) => tally.failed(trouble.to_string()),
    }
}
