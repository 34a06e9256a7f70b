//! Files in the place of the application: as a step among others, and on the wire.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use appserver_app::BodyMode;
use appserver_auth::config::Requirement;
use appserver_http::StaticMount;
use tempfile::TempDir;

use crate::auth::{bearer, config, request, rule, token};
use crate::server::{Setup, TestServer};

/// A folder under this prefix.
fn folder(prefix: &str) -> (TempDir, StaticMount) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.css"), "body {}").unwrap();
    let mount = StaticMount {
        prefix: prefix.to_owned(),
        root: home.path().to_owned(),
        max_age: Some(Duration::from_secs(60)),
        has_immutable: true,
        index: None,
        falls_through: false,
        allow_origin: None,
    };
    (home, mount)
}

fn start(setup: Setup) -> (TempDir, TestServer) {
    let (home, mount) = folder("/static/");
    (home, setup.with_files(vec![mount]).start())
}

/// A file without any blocks on the disk, larger than what sockets take.
fn make_large(folder: &Path, length: u64) {
    File::create(folder.join("large.bin")).unwrap().set_len(length).unwrap();
}

const LARGE: u64 = 64 << 20;

#[test]
fn a_file_is_answered_in_the_place_of_the_application() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let (_home, server) = start(setup);
        let mut client = server.client();
        for _ in 0..3 {
            let answer = client.get("/static/a.css");
            assert_eq!((answer.status, answer.text()), (200, "body {}"));
            assert_eq!(answer.header("content-type"), Some("text/css; charset=utf-8"));
            assert_eq!(answer.header("content-length"), Some("7"));
            assert!(answer.header("date").is_some() && !answer.closes());
        }
        let head = client.send(request("HEAD /static/a.css", "")).read_head();
        assert_eq!((head.status, head.header("content-length")), (200, Some("7")));
        let tag = head.header("etag").unwrap();
        let fields = format!("If-None-Match: {tag}\r\n");
        let unchanged = client.send(request("GET /static/a.css", &fields)).read();
        assert_eq!((unchanged.status, unchanged.header("content-length")), (304, None));
        assert_eq!(client.get("/static/b.css").status, 404);
        assert_eq!(server.probe.calls(), 0);
        assert_eq!(client.get("/seen").status, 200);
        assert_eq!(server.probe.calls(), 1);
        server.wait("all counted", |server| server.report().requests() == 7);
    }
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let (home, server) = start(Setup::new());
    make_large(home.path(), 300_000);
    let mut client = server.client();
    let all = ["GET /static/large.bin", "GET /seen", "GET /static/a.css", "GET /static/none"];
    client.send(all.map(|line| request(line, "")).concat());
    assert_eq!(client.read().body.len(), 300_000);
    assert_eq!(client.read().status, 200);
    assert_eq!(client.read().text(), "body {}");
    assert_eq!(client.read().status, 404);
}

/// The order of the steps: who it is comes first, then what the server itself answers.
#[test]
fn the_step_has_its_place() {
    let (home, mut mount) = folder("/");
    mount.falls_through = true;
    let mut auth = config();
    auth.rules.push(rule("/own/open", Requirement::None));
    let setup = Setup::new().guarded(auth).with_endpoints().with_files(vec![mount]);
    fs::create_dir(home.path().join("own")).unwrap();
    fs::write(home.path().join("own/open"), "shadowed").unwrap();
    let server = setup.start();
    let mut client = server.client();
    assert_eq!(client.send(request("GET /a.css", "")).read().status, 401);
    let known = bearer(&token::of("7"));
    let answer = client.send(request("GET /a.css", &known)).read();
    assert_eq!(answer.text(), "body {}");
    assert_eq!(answer.header("cache-control"), Some("max-age=60, private"));
    let answer = client.send(request("GET /own/open", "")).read();
    assert_eq!(answer.text(), "GET unchecked: nothing");
    assert_eq!(server.probe.calls(), 0);
    assert_eq!(client.send(request("GET /open/seen", "")).read().status, 200);
    assert_eq!(server.probe.calls(), 1);
}

#[test]
fn what_falls_through_reaches_the_application_with_its_body() {
    for mode in [BodyMode::Whole, BodyMode::Streamed] {
        let (_home, mut mount) = folder("/");
        mount.falls_through = true;
        let setup = Setup::new().with_files(vec![mount]);
        let server = if mode == BodyMode::Whole { setup } else { setup.streamed() }.start();
        let mut client = server.client();
        let fields = "Content-Length: 5\r\n";
        let answer = client.send(request("GET /echo", fields) + "hello").read();
        assert_eq!(answer.text(), "hello");
        let answer = client.send(request("POST /echo", fields) + "hello").read();
        assert_eq!(answer.text(), "hello");
    }
}

#[test]
fn a_body_that_nobody_reads_ends_the_connection() {
    let (_home, server) = start(Setup::new());
    let mut client = server.client();
    let fields = "Content-Length: 100000\r\n";
    let answer = client.send(request("POST /static/a.css", fields)).read();
    assert_eq!((answer.status, answer.closes()), (405, true));
}

#[test]
fn a_slow_reader_holds_nobody_up() {
    let (home, server) = start(Setup::new());
    make_large(home.path(), LARGE);
    let mut slow = server.client();
    slow.send(request("GET /static/large.bin", ""));
    let head = String::from_utf8(slow.read_to(b"\r\n\r\n")).unwrap();
    assert!(head.contains(&format!("content-length: {LARGE}\r\n")), "{head}");
    for _ in 0..3 {
        assert_eq!(server.client().get("/seen").status, 200);
        assert_eq!(server.client().get("/static/a.css").text(), "body {}");
    }
    let body = slow.read_exactly(usize::try_from(LARGE).unwrap());
    assert!(body.iter().all(|byte| *byte == 0));
    assert_eq!(slow.get("/static/a.css").text(), "body {}");
}

/// The length has been announced: only a cut tells the client that bytes are missing.
#[test]
fn a_file_that_shrinks_cuts_its_connection() {
    let (home, server) = start(Setup::new());
    make_large(home.path(), LARGE);
    let mut client = server.client();
    client.send(request("GET /static/large.bin", ""));
    client.read_to(b"\r\n\r\n");
    File::options().write(true).open(home.path().join("large.bin")).unwrap().set_len(9).unwrap();
    let body = client.read_to_end();
    assert!((body.len() as u64) < LARGE, "{} bytes", body.len());
    // It is known by its new length at once.
    assert_eq!(server.client().get("/static/large.bin").body, [0; 9]);
}

#[test]
fn a_download_ends_before_the_drain_does() {
    let (home, mut server) = start(Setup::new());
    make_large(home.path(), LARGE);
    let mut client = server.client();
    client.send(request("GET /static/large.bin", ""));
    client.read_to(b"\r\n\r\n");
    server.drain();
    assert_eq!(client.read_exactly(usize::try_from(LARGE).unwrap()).len() as u64, LARGE);
    client.expect_close();
    server.join();
}

#[test]
fn a_reader_that_takes_nothing_is_cut() {
    let short = Duration::from_millis(50);
    let (home, server) = start(Setup::new().with(|config| config.timeouts.write = short));
    make_large(home.path(), LARGE);
    let mut client = server.client();
    client.send(request("GET /static/large.bin", ""));
    client.read_to(b"\r\n\r\n");
    server.wait("the end", |server| server.report().connections == 0);
    assert!((client.read_to_end().len() as u64) < LARGE);
}

#[test]
fn files_are_in_the_access_log() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let (_home, server) = start(Setup::new().log_to(log.path()));
    let mut client = server.client();
    assert_eq!(client.get("/static/a.css?v=1").status, 200);
    assert_eq!(client.get("/static/none").status, 404);
    drop(client);
    drop(server);
    let text = fs::read_to_string(log.path()).unwrap();
    assert!(text.contains("\"GET /static/a.css?v=1 HTTP/1.1\" 200 7 "), "{text}");
    assert!(text.contains("\"GET /static/none HTTP/1.1\" 404 10 "), "{text}");
}
