//! `wsgiref.validate` between server and app finds nothing to complain about.

use crate::e2e::site::{Setup, ask, body, eventually, exchange, in_both_modes};

in_both_modes! {
    the_validator_has_no_complaints,
}

fn the_validator_has_no_complaints(setup: &Setup) {
    let server = setup.with_apps("conformance:validated").workers(1).start();
    for path in ["/", "/list", "/stream", "/empty-first", "/lazy", "/write", "/tracked", "/environ"]
    {
        for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
            ask(&server, method, path, &[("X-A", "1"), ("X-A", "2")], b"").assert_status(200);
        }
    }
    for size in [0, 10, 3_000_000] {
        let length = size.to_string();
        let headers = [("Content-Type", "text/plain"), ("Content-Length", length.as_str())];
        let digest = ask(&server, "POST", "/digest", &headers, &body(size)).assert_status(200);
        assert_eq!(digest.json()["size"], size);
    }
    server.get("/respond?status=204+No+Content").assert_status(204);
    server.get("/exc-info").assert_status(500);
    server.get("/raise").assert_status(500);
    exchange(&server, "GET /tracked-raise HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut client = server.client();
    client.send_request("GET", "/endless", &[], b"").unwrap();
    client.take(1000).unwrap();
    drop(client);
    eventually(&server, "/closed", |response| response.json()["endless"].as_u64() >= Some(1));

    let text = server.stop().text;
    for complaint in ["AssertionError", "WSGIWarning", "garbage collected"] {
        assert!(!text.contains(complaint), "{complaint}:\n{text}");
    }
}
