//! Request bodies, in both modes.

use crate::server::{Setup, TestServer};

fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut stream =
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(size) {
        stream.extend(format!("{:x}\r\n", chunk.len()).bytes());
        stream.extend(chunk);
        stream.extend(b"\r\n");
    }
    stream.extend(b"0\r\nX-Sum: 1\r\n\r\n");
    stream
}

fn sized(body: &[u8]) -> Vec<u8> {
    let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn bodies_arrive_as_they_were_sent() {
    let body: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0] ^ 7).collect();
    for (setup, from) in
        [(Setup::new(), ["memory", "file"]), (Setup::new().streamed(), ["stream"; 2])]
    {
        let server = setup.start();
        let mut client = server.client();
        for (length, from) in [(1, from[0]), (60_000, from[0]), (300_000, from[1])] {
            for stream in [sized(&body[..length]), chunked(&body[..length], 7001)] {
                let answer = client.send(stream).read();
                assert!(answer.body == body[..length], "{length} bytes");
                assert_eq!(answer.header("x-from"), Some(from), "{length} bytes");
            }
        }
    }
}

#[test]
fn a_large_body_arrives_where_no_file_can_be_made() {
    let nowhere = std::path::PathBuf::from("/proc/self");
    let server = Setup::new().with(|config| config.temp_dir = nowhere).start();
    let body = vec![b'x'; 300_000];
    for _ in 0..2 {
        let answer = server.client().send(sized(&body)).read();
        assert_eq!((answer.status, answer.header("x-from")), (200, Some("file")));
        assert!(answer.body == body);
    }
}

#[test]
fn the_go_ahead_is_given_only_to_bodies_that_are_wanted() {
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.start();
        let mut client = server.client();
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length:";
        client.send(format!("{head} 5\r\n\r\n"));
        assert_eq!(client.read().status, 100);
        assert_eq!(client.send("hello").read().text(), "hello");
        client.send(format!("{head} 99999999\r\n\r\n"));
        let answer = client.read();
        assert_eq!((answer.status, answer.closes()), (413, true));
        client.expect_close();
    }
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let body = vec![b'x'; (1 << 20) + 1];
    for setup in [Setup::new(), Setup::new().streamed()] {
        let server = setup.start();
        for stream in [sized(&body), chunked(&body, 65536)] {
            let mut client = server.client();
            client.try_send(stream);
            let answer = client.read();
            assert_eq!((answer.status, answer.closes()), (413, true));
        }
    }
}

#[test]
fn a_cut_body_never_reaches_the_application() {
    let server = TestServer::start();
    for stream in [sized(b"hello"), chunked(b"hello", 3)] {
        let mut client = server.client();
        client.send(&stream[..stream.len() - 1]).finish_sending();
        let answer = client.read();
        assert_eq!((answer.status, answer.closes()), (400, true));
        client.expect_close();
    }
    assert_eq!(server.probe.calls(), 0);
}

#[test]
fn an_answer_before_the_end_of_the_body_arrives() {
    let server = Setup::new().streamed().start();
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nxxx");
    server.wait("the call", |server| server.probe.calls() == 1);
    client.try_send(vec![b'x'; 500_000]);
    let answer = client.read();
    assert_eq!((answer.text(), answer.closes()), ("hello", true));
    client.finish_sending().expect_close();
}
