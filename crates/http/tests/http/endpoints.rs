//! Paths that the server answers in the place of the application, after authentication.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use appserver_app::{
    Answered, BodyMode, Endpoints, LocalFuture, Request, RequestBody, Response, TooLong,
};
use appserver_auth::{Unchecked, Verified};

use crate::app::full;
use crate::auth::{bearer, config, request, rule, token};
use crate::client::Client;
use crate::server::{Setup, TestServer};

/// The longest body.
const MOST: u64 = 16;

/// Answers below `/own` with what it was called with; never answers `/own/never`.
pub(crate) struct Own;

impl Endpoints for Own {
    fn takes(&self, path: &str) -> bool {
        path.starts_with("/own")
    }

    fn most_body(&self) -> u64 {
        MOST
    }

    fn call(&self, request: Request) -> LocalFuture<Response> {
        if request.head.uri.path() == "/own/never" {
            return Box::pin(std::future::pending());
        }
        let extensions = &request.head.extensions;
        let who = match (extensions.get::<Unchecked>(), extensions.get::<Verified>()) {
            (Some(_), _) => "unchecked".to_owned(),
            (None, Some(verified)) => verified.subject().unwrap_or_default(),
            (None, None) => "nobody".to_owned(),
        };
        let body = match (extensions.get::<TooLong>(), request.body) {
            (Some(TooLong), RequestBody::Empty) => "too long".to_owned(),
            (None, RequestBody::Empty) => "nothing".to_owned(),
            (None, RequestBody::Memory(bytes)) => bytes.escape_ascii().to_string(),
            _ => "elsewhere".to_owned(),
        };
        let mut response = full(format!("{} {who}: {body}", request.head.method));
        response.extensions_mut().insert(Answered("done"));
        Box::pin(async move {
            tokio::task::yield_now().await;
            response
        })
    }
}

/// Of an application that takes bodies in this way; tokens are needed, but not at `/own/open`.
fn start(mode: BodyMode) -> TestServer {
    setup(mode).start()
}

fn setup(mode: BodyMode) -> Setup {
    let mut auth = config();
    let open = rule("/own/open", appserver_auth::config::Requirement::None);
    auth.rules.insert(0, open);
    auth.cors_origins.push("https://shop.example".to_owned());
    let mut setup = Setup::new().guarded(auth).with_endpoints();
    setup.mode = mode;
    setup
}

fn post(path: &str, fields: &str, body: &str) -> String {
    let length = format!("Content-Length: {}\r\n{fields}", body.len());
    request(&format!("POST {path}"), &length) + body
}

#[test]
fn the_application_never_sees_what_is_answered_for_it() {
    for mode in [BodyMode::Whole, BodyMode::Streamed] {
        let server = start(mode);
        let mut client = server.client();
        assert_eq!(
            client.send(request("GET /own/open", "")).read().text(),
            "GET unchecked: nothing"
        );
        let answer = client.send(post("/own/open/x", "", "hello")).read();
        assert_eq!((answer.status, answer.text()), (200, "POST unchecked: hello"));
        assert!(!answer.closes());
        let head = client.send(request("HEAD /own/open", "")).read_head();
        assert_eq!((head.status, head.header("content-length")), (200, Some("23")));
        assert_eq!(client.send(request("GET /open/seen", "")).read().status, 200);
        assert_eq!(server.probe.calls(), 1);
    }
}

/// The order of the steps: who it is comes first.
#[test]
fn who_it_is_is_known_before() {
    let server = start(BodyMode::Whole);
    let mut client = server.client();
    assert_eq!(client.send(request("GET /own", "")).read().status, 401);
    let answer = client.send(request("GET /own", &bearer(&token::of("7")))).read();
    assert_eq!(answer.text(), "GET 7: nothing");
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let answer = client.send(request("GET /own/open", upgrade)).read();
    assert_eq!(answer.text(), "GET unchecked: nothing");
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn a_body_is_read_whole_up_to_its_limit() {
    for mode in [BodyMode::Whole, BodyMode::Streamed] {
        let server = start(mode);
        let longest = "x".repeat(16);
        let answer = server.client().send(post("/own/open", "", &longest)).read();
        assert_eq!(answer.text(), format!("POST unchecked: {longest}"));
        let chunked = "Transfer-Encoding: chunked\r\n";
        let pieces = "9\r\nchunk one\r\n7\r\n chunk \r\n0\r\n\r\n";
        let answer = server.client().send(request("POST /own/open", chunked) + pieces).read();
        assert_eq!(answer.text(), "POST unchecked: chunk one chunk ");
        let answer = server.client().send(post("/own/open", "", &"x".repeat(17))).read();
        assert_eq!(answer.text(), "POST unchecked: too long");
        let head = request("POST /own/open", "Content-Length: 17\r\n");
        let answer = server.client().send(head).read();
        assert_eq!((answer.text(), answer.closes()), ("POST unchecked: too long", true));
        let pieces = "9\r\nchunk one\r\n8\r\n chunk  \r\n";
        let answer = server.client().send(request("POST /own/open", chunked) + pieces).read();
        assert_eq!((answer.text(), answer.closes()), ("POST unchecked: too long", true));
        let announced = format!("Content-Length: {}\r\n", 2 << 20);
        let answer = server.client().send(request("POST /own/open", &announced)).read();
        assert_eq!(answer.status, 413);
        assert_eq!(server.probe.calls(), 0);
    }
}

#[test]
fn a_body_is_asked_for_when_it_is_wanted() {
    let server = start(BodyMode::Whole);
    let mut client = server.client();
    let expect = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    client.send(request("POST /own/open", expect));
    assert_eq!(client.read().status, 100);
    assert_eq!(client.send("hello").read().text(), "POST unchecked: hello");
    assert_eq!(client.send(request("POST /own", expect)).read().status, 401);
}

#[test]
fn a_malformed_body_is_refused() {
    let server = start(BodyMode::Whole);
    let chunked = request("POST /own/open", "Transfer-Encoding: chunked\r\n") + "x\r\n";
    assert_eq!(server.client().send(chunked).read().status, 400);
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn old_clients_are_answered() {
    let server = start(BodyMode::Whole);
    let mut client = server.client();
    let answer = client.send("GET /own/open HTTP/1.0\r\n\r\n").read();
    assert_eq!(answer.text(), "GET unchecked: nothing");
    client.expect_close();
}

/// All places of the application are taken, and its own requests are turned away.
#[test]
fn the_application_may_be_busy() {
    let server = setup(BodyMode::Whole).with(|config| config.limit_concurrency = Some(1)).start();
    let mut first = server.client();
    first.send(request("GET /open/hold", ""));
    server.wait("the call", |server| server.probe.calls() == 1);
    let mut client = server.client();
    assert_eq!(client.send(request("GET /open/seen", "")).read().status, 503);
    for _ in 0..3 {
        assert_eq!(client.send(request("GET /own/open", "")).read().status, 200);
    }
    server.probe.release.notify_one();
    assert_eq!(first.read().text(), "released");
}

#[test]
fn a_call_that_takes_too_long_is_given_up_and_nothing_else() {
    let short = std::time::Duration::from_millis(50);
    let server = setup(BodyMode::Whole).with(|config| config.timeouts.request = Some(short));
    let server = server.start();
    let answer = server.client().send(request("GET /own/never", &bearer(&token::of("7")))).read();
    assert_eq!(answer.status, 504);
    assert!(server.recycled.lock().unwrap().is_empty());
    assert_eq!(server.probe.dropped.load(Ordering::SeqCst), 0);
}

#[test]
fn pages_of_other_origins_may_read_as_far_as_is_set() {
    let server = start(BodyMode::Whole);
    let mut client = server.client();
    let origin = |origin: &str| format!("Origin: {origin}\r\n");
    let allowed = client.send(request("GET /own/open", &origin("https://shop.example"))).read();
    for (name, value) in [
        ("access-control-allow-origin", "https://shop.example"),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "WWW-Authenticate, Retry-After"),
        ("vary", "Origin"),
    ] {
        assert_eq!(allowed.header(name), Some(value));
    }
    for fields in [origin("https://other.example"), String::new()] {
        let answer = client.send(request("GET /own/open", &fields)).read();
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("vary"), Some("Origin"), "{answer:?}");
    }
}

#[test]
fn a_preflight_is_answered_for_those_who_may_read() {
    let server = start(BodyMode::Whole);
    let mut client = server.client();
    let preflight = |client: &mut Client, origin: &str, path: &str| {
        let fields = format!(
            "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: content-type,x-mine\r\n"
        );
        client.send(request(&format!("OPTIONS {path}"), &fields)).read()
    };
    for path in ["/own/open", "/own/closed"] {
        let answer = preflight(&mut client, "https://shop.example", path);
        assert_eq!((answer.status, answer.text()), (204, ""));
        for (name, value) in [
            ("access-control-allow-origin", "https://shop.example"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "GET, HEAD, POST"),
            ("access-control-allow-headers", "content-type,x-mine"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
    let answer = preflight(&mut client, "https://other.example", "/own/open");
    assert_eq!((answer.status, answer.text()), (200, "OPTIONS unchecked: nothing"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn the_access_log_tells_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let mut server = setup(BodyMode::Whole).log_json_to(&file).start();
    let mut client = server.client();
    client.send(request("GET /own/open", "")).read();
    client.send(request("GET /own", &bearer(&token::of("7")))).read();
    drop(client);
    server.drain();
    server.join();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &serde_json::Value| line["auth"].to_string();
    assert!(told(&lines[0]).contains("done"), "{text}");
    assert!(told(&lines[1]).contains("done") && lines[1].to_string().contains("local"), "{text}");
}

/// For the set-up of tests.
pub(crate) fn own() -> Rc<dyn Endpoints> {
    Rc::new(Own)
}
