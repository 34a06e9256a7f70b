//! WebSockets, from the handshake to the end.

pub(crate) mod app;
pub(crate) mod client;

use std::sync::atomic::Ordering;
use std::time::Duration;

use appserver_app::websocket::Close;

use crate::client::Client;
use crate::server::{Setup, TestServer};
use client::{
    BINARY, CLOSE, PING, PONG, TEXT, close, close_payload, expect_closed, frame, open, open_with,
    read_frame, request,
};

const SOON: Duration = Duration::from_millis(100);

/// Waits until the application has heard how so many WebSockets have ended.
fn ends(server: &TestServer, count: usize) -> Vec<(u16, String)> {
    server.wait("the end", |server| server.probe.closed.lock().unwrap().len() == count);
    let closed = server.probe.closed.lock().unwrap();
    closed.iter().map(|close| (close.code, close.reason.to_string())).collect()
}

fn echoes(client: &mut Client, text: &str) {
    client.send(frame(TEXT, text));
    assert_eq!(read_frame(client), (TEXT, text.into()));
}

#[test]
fn messages_come_back() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws");
    for length in [0, 1, 125, 126, 65_535, 65_536, 1 << 20] {
        let message = vec![b'x'; length];
        client.send(frame(BINARY, &message));
        assert!(read_frame(&mut client) == (BINARY, message), "{length}");
    }
    echoes(&mut client, "ὕδωρ");
    assert_eq!(server.report().in_flight, 1);
    client.send(close(1000, "done"));
    expect_closed(&mut client, 1000, "done");
    assert_eq!(ends(&server, 1), [(1000, "done".to_owned())]);
    server.wait("the end of the request", |server| server.report().in_flight == 0);
}

#[test]
fn frames_right_behind_the_handshake_count() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.start();
        let mut client = server.client();
        client.send(request("/ws/slow", "")).send(frame(TEXT, "early"));
        server.wait("the call", |server| server.probe.calls() == 1);
        client.send(frame(TEXT, "bird"));
        server.probe.release.notify_one();
        assert_eq!(client.read().status, 101);
        assert_eq!(read_frame(&mut client), (TEXT, b"early".into()));
        assert_eq!(read_frame(&mut client), (TEXT, b"bird".into()));
        let mut client = server.client();
        client.send([request("/ws", "").into_bytes(), frame(TEXT, "same piece")].concat());
        assert_eq!(client.read().status, 101);
        assert_eq!(read_frame(&mut client), (TEXT, b"same piece".into()));
    }
}

#[test]
fn a_denied_handshake_leaves_the_connection_to_http() {
    let server = TestServer::start();
    let mut client = server.client();
    let next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(format!("{next}{}{next}{next}", request("/ws/deny", "")));
    assert_eq!(client.read().text(), "hello");
    let answer = client.read();
    assert_eq!((answer.status, answer.text()), (403, "not you"));
    assert_eq!(client.read().text(), "hello");
    assert_eq!(client.read().text(), "hello");
    client.send(request("/ws", ""));
    assert_eq!(client.read().status, 101);
    echoes(&mut client, "second try");
}

#[test]
fn a_malformed_handshake_is_refused() {
    let server = TestServer::start();
    let answer = |from: &str, to: &str| {
        let request = request("/ws", "");
        assert!(request.contains(from));
        server.client().send(request.replace(from, to)).read()
    };
    let version = answer("Version: 13", "Version: 8");
    assert_eq!((version.status, version.header("sec-websocket-version")), (426, Some("13")));
    assert_eq!(answer("Sec-WebSocket-Version: 13\r\n", "").status, 426);
    assert_eq!(answer("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "").status, 400);
    for key in ["dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZQ==", "==", ""]
    {
        assert_eq!(answer("dGhlIHNhbXBsZSBub25jZQ==", key).status, 400, "{key}");
    }
    assert_eq!(answer("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx").status, 400);
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn what_is_no_handshake_is_an_ordinary_request() {
    let server = TestServer::start();
    let handshake = request("/ws", "");
    for (from, to) in [
        ("GET", "HEAD"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("Upgrade: WebSocket", "Upgrade: WebSocketish"),
        ("keep-alive, Upgrade", "keep-alive"),
    ] {
        let mut client = server.client();
        assert_eq!(client.send(handshake.replacen(from, to, 1)).read_head().status, 200, "{from}");
    }
    server.probe.is_without_websockets.store(true, Ordering::SeqCst);
    let answer = server.client().send(handshake).read();
    assert_eq!((answer.status, answer.text()), (200, "hello"));
}

#[test]
fn the_application_may_choose_a_protocol_and_add_fields() {
    let server = TestServer::start();
    let (mut client, answer) =
        open_with(&server, "/ws/fields", "Sec-WebSocket-Protocol: x, chat\r\n");
    assert_eq!(answer.header("sec-websocket-protocol"), Some("chat"));
    assert_eq!(answer.header("x-app"), Some("yes"));
    assert_eq!(answer.header("content-length"), None);
    let connection = answer.head.lines().filter(|line| line.to_lowercase().contains("connection:"));
    assert_eq!(connection.collect::<Vec<_>>(), ["connection: Upgrade"]);
    echoes(&mut client, "hello");
}

#[test]
fn a_handshake_whose_client_leaves_is_given_up() {
    let server = Setup::new().streamed().start();
    let mut client = server.client();
    client.send(request("/ws/slow", ""));
    server.wait("the call", |server| server.probe.calls() == 1);
    drop(client);
    server.wait("the drop", |server| server.probe.dropped.load(Ordering::SeqCst) == 1);
}

#[test]
fn the_client_may_close_without_a_word() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws");
    client.send(frame(CLOSE, ""));
    assert_eq!(read_frame(&mut client), (CLOSE, Vec::new()));
    client.expect_close();
    assert_eq!(ends(&server, 1), [(Close::NO_STATUS, String::new())]);
}

#[test]
fn a_lost_connection_is_told() {
    let server = TestServer::start();
    drop(open(&server, "/ws"));
    assert_eq!(ends(&server, 1), [(Close::ABNORMAL, String::new())]);
}

#[test]
fn the_application_closes_and_hears_the_answer() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws/close");
    assert_eq!(read_frame(&mut client), (TEXT, b"last".into()));
    assert_eq!(read_frame(&mut client), (CLOSE, close_payload(4001, "bye")));
    client.send(frame(TEXT, "crossing")).send(frame(PING, "")).send(close(4002, "ok"));
    client.expect_close();
    assert_eq!(ends(&server, 1), [(4002, "ok".to_owned())]);
}

#[test]
fn a_session_that_is_done_closes() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws/done");
    assert_eq!(read_frame(&mut client), (TEXT, b"last".into()));
    assert_eq!(read_frame(&mut client), (CLOSE, close_payload(1000, "")));
    client.send(close(1000, ""));
    client.expect_close();
    server.wait("the end of the request", |server| server.report().in_flight == 0);
}

#[test]
fn a_close_is_not_waited_for_without_end() {
    let server = Setup::new().with(|config| config.websocket.ping_timeout = SOON).start();
    let mut client = open(&server, "/ws/close");
    assert_eq!(read_frame(&mut client), (TEXT, b"last".into()));
    assert_eq!(read_frame(&mut client), (CLOSE, close_payload(4001, "bye")));
    assert_eq!(ends(&server, 1), [(Close::ABNORMAL, String::new())]);
    client.expect_close();
}

#[test]
fn who_breaks_the_rules_is_told_and_left() {
    let server = TestServer::start();
    for (count, (bytes, code, reason)) in [
        (vec![0x81, 0x01, b'x'], 1002, "frame without a mask"),
        (frame(TEXT, b"\xff"), 1007, "invalid UTF-8"),
        (frame(BINARY, vec![0; (1 << 20) + 1]), 1009, "message too big"),
        (frame(0xc1, "not compressed"), 1002, "reserved bit set"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = open(&server, "/ws");
        echoes(&mut client, "before");
        client.send(bytes);
        expect_closed(&mut client, code, reason);
        let expected = (Close::ABNORMAL, reason.to_owned());
        assert_eq!(ends(&server, count + 1).last(), Some(&expected));
    }
}

#[test]
fn pings_are_answered_between_fragments() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws");
    let pings = [frame(PING, "are"), frame(PING, "you"), frame(PING, "there")].concat();
    client.send([frame(0x01, "one "), pings, frame(0x80, "two")].concat());
    let mut frames = [(); 4].map(|()| read_frame(&mut client));
    // The order among pongs counts, not that between them and the message.
    frames.sort_by_key(|(first, _)| *first == PONG);
    assert_eq!(frames[0], (TEXT, b"one two".into()));
    assert_eq!(frames[1..], ["are", "you", "there"].map(|text| (PONG, text.into())));
}

#[test]
fn what_came_before_a_violation_is_heeded() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws");
    client.send([frame(TEXT, "good"), frame(0x83, "bad")].concat());
    assert_eq!(read_frame(&mut client), (TEXT, b"good".into()));
    expect_closed(&mut client, 1002, "unknown opcode");
}

#[test]
fn a_client_that_only_pings_is_not_answered_without_end() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws");
    client.set_blocking(false);
    let pings = frame(PING, [b'x'; 125]).repeat(1000);
    let mut sent = 0;
    while client.try_send_some(&pings[sent % pings.len()..]).is_some_and(|count| {
        sent += count;
        sent < 256 << 20
    }) {}
    assert!(sent < 256 << 20, "the server gathers answers without end");
}

#[test]
fn a_silent_client_is_pinged_and_then_left() {
    let change = |config: &mut appserver_http::Config| {
        config.websocket.ping_interval = Some(SOON);
        config.websocket.ping_timeout = SOON;
    };
    let server = Setup::new().with(change).start();
    let mut client = open(&server, "/ws");
    for _ in 0..2 {
        assert_eq!(read_frame(&mut client), (PING, Vec::new()));
        client.send(frame(PONG, ""));
    }
    assert_eq!(read_frame(&mut client), (PING, Vec::new()));
    expect_closed(&mut client, 1011, "ping timeout");
    assert_eq!(ends(&server, 1), [(Close::ABNORMAL, "ping timeout".to_owned())]);
}

#[test]
fn a_session_outlasts_the_deadlines_of_http() {
    let change = |config: &mut appserver_http::Config| {
        config.timeouts.keepalive = SOON;
        config.timeouts.request = Some(SOON);
        config.timeouts.header = SOON;
    };
    let server = Setup::new().with(change).start();
    let mut client = open(&server, "/ws");
    // As long as another connection takes to be found quiet, twice.
    for _ in 0..2 {
        let mut other = server.client();
        assert_eq!(other.get("/").status, 200);
        other.expect_close();
    }
    assert_eq!(server.report().oldest, None);
    echoes(&mut client, "still here");
}

#[test]
fn an_application_that_does_not_take_is_not_flooded() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws/deaf");
    let piece = frame(BINARY, vec![b'x'; 64 * 1024]);
    client.set_blocking(false);
    let mut sent = 0;
    // Until the kernel's buffers are full, because nobody reads.
    while client.try_send_some(&piece[sent % piece.len()..]).is_some_and(|count| {
        sent += count;
        sent < 256 << 20
    }) {}
    assert!(sent < 256 << 20, "the server reads without end");
    client.set_blocking(true);
    server.probe.release.notify_one();
    let expected = sent / piece.len();
    for _ in 0..expected {
        assert_eq!(read_frame(&mut client).1.len(), 64 * 1024);
    }
}

/// The end of the stream is behind messages that nobody takes.
#[test]
fn a_client_that_leaves_an_application_that_does_not_take_is_noticed() {
    let change = |config: &mut appserver_http::Config| {
        config.websocket.ping_interval = Some(SOON);
        config.websocket.ping_timeout = SOON;
    };
    let server = Setup::new().with(change).start();
    let mut client = open(&server, "/ws/deaf");
    let piece = frame(BINARY, vec![b'x'; 64 * 1024]);
    // The first fills the queue; the second is not read.
    client.send(&piece).send(&piece).finish_sending();
    client.read_to_end();
    server.probe.release.notify_one();
    assert_eq!(ends(&server, 1), [(Close::ABNORMAL, String::new())]);
}

#[test]
fn a_client_that_does_not_read_slows_the_application_and_is_cut() {
    let server = Setup::new().with(|config| config.timeouts.write = SOON).start();
    let client = open(&server, "/ws/flood");
    server.wait("the cut", |server| {
        server.report().accepted == 1 && server.report().connections == 0
    });
    // As much as the kernel takes, and a queue.
    assert!(server.probe.calls() * app::PIECE < 64 << 20);
    drop(client);
}

#[test]
fn messages_are_compressed_both_ways() {
    let server = TestServer::start();
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    let (mut client, answer) = open_with(&server, "/ws", offer);
    let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(answer.header("sec-websocket-extensions"), Some(agreed));
    client.send(frame(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
    assert_eq!(read_frame(&mut client), (TEXT, b"Hello".into()));
    client.send(frame(TEXT, "x".repeat(1000)));
    let (first, packed) = read_frame(&mut client);
    assert!(first == 0xc1 && packed.len() < 100);
    client.send(frame(0xc1, packed.clone()));
    assert_eq!(read_frame(&mut client), (0xc1, packed));
    let setup = Setup::new().with(|config| config.websocket.deflate = false);
    let (_, answer) = open_with(&setup.start(), "/ws", offer);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

#[test]
fn a_drain_leaves_sockets_open_until_the_last_call() {
    let mut server = TestServer::start();
    let mut client = open(&server, "/ws");
    server.drain();
    echoes(&mut client, "while draining");
    server.last_call();
    assert_eq!(read_frame(&mut client), (CLOSE, close_payload(1012, "")));
    client.send(close(1012, ""));
    client.expect_close();
    drop(client);
    server.join();
    assert_eq!(ends(&server, 1), [(1012, String::new())]);
}

#[test]
fn an_abort_cuts_sockets() {
    let mut server = TestServer::start();
    let mut client = open(&server, "/ws");
    server.abort();
    client.expect_close();
    server.join();
}

#[test]
fn the_access_log_shows_the_whole_connection() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let server = Setup::new().log_to(&file).start();
    let mut client = open(&server, "/ws");
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), "");
    echoes(&mut client, "hello");
    client.send(close(1000, ""));
    expect_closed(&mut client, 1000, "");
    drop(client);
    server.wait("the line", |_| std::fs::read_to_string(&file).is_ok_and(|log| !log.is_empty()));
    let log = std::fs::read_to_string(&file).unwrap();
    assert!(log.contains("\"GET /ws HTTP/1.1\" 101 11 "), "{log}");
}
