//! `wsgi.file_wrapper`: the bytes that reading the object would give, and no others.

use crate::e2e::site::{Setup, answered, ask, body, eventually, in_both_modes};

in_both_modes! {
    files_arrive_exactly_and_with_their_length,
    a_file_is_sent_from_where_it_was_read_to,
    objects_whose_descriptor_lies_are_read,
    a_file_is_closed_when_the_client_goes_away,
}

fn pattern(size: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(size).collect()
}

fn files_arrive_exactly_and_with_their_length(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for size in [0, 1, 4096, 131_072, 131_073, 1_000_000] {
        let file = answered(&server, client.get(&format!("/file?size={size}")));
        assert_eq!(file.header("content-length"), Some(size.to_string().as_str()));
        assert!(file.body == pattern(size), "the file of {size} bytes arrived changed");
        let like = answered(&server, client.get(&format!("/file-like?size={size}")));
        assert!(like.body == pattern(size), "the object of {size} bytes arrived changed");
    }
    let head = ask(&server, "HEAD", "/file?size=1000", &[], b"");
    assert_eq!(head.header("content-length"), Some("1000"));
    server.stop();
}

fn a_file_is_sent_from_where_it_was_read_to(setup: &Setup) {
    let server = setup.serve();
    for offset in [0, 1, 299_999, 300_000] {
        let file = server.get(&format!("/offset-file?offset={offset}"));
        assert!(file.body == body(300_000)[offset..], "from {offset}: {} bytes", file.body.len());
    }
    eventually(&server, "/closed-file", |response| response.json()["offset"] == true);
    server.stop();
}

/// A `gzip.GzipFile` has a descriptor, but of the packed bytes.
fn objects_whose_descriptor_lies_are_read(setup: &Setup) {
    let server = setup.serve();
    let file = server.get("/gzip-file").assert_status(200);
    assert!(file.body == body(300_000), "{} bytes of something else", file.body.len());
    eventually(&server, "/closed-file", |response| response.json()["gzip"] == true);
    server.stop();
}

fn a_file_is_closed_when_the_client_goes_away(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    client.send_request("GET", "/sparse-file", &[], b"").unwrap();
    client.take(100_000).unwrap();
    drop(client);
    eventually(&server, "/closed-file", |response| response.json()["sparse"] == true);
    server.stop();
}
