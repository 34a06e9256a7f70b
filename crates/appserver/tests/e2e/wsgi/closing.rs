//! `close()` is called once on whatever an app returned, however its response ends.

use crate::e2e::site::{Setup, ask, eventually, exchange, in_both_modes};

in_both_modes! {
    iterables_are_closed_at_their_end,
    iterables_are_closed_when_the_client_goes_away,
    what_close_raises_is_logged,
}

fn iterables_are_closed_at_their_end(setup: &Setup) {
    let server = setup.serve();
    server.get("/tracked?chunks=5").assert_status(200);
    server.get("/tracked?chunks=0").assert_status(200);
    ask(&server, "HEAD", "/tracked", &[], b"").assert_status(200);
    exchange(&server, "GET /tracked-raise HTTP/1.1\r\nHost: a\r\n\r\n");
    exchange(&server, "GET /tracked HTTP/1.0\r\n\r\n");
    eventually(&server, "/closes", |response| {
        let counts = response.json();
        assert!(counts["closed"].as_u64() <= Some(5), "closed twice: {counts}");
        counts["made"] == 5 && counts["closed"] == 5
    });

    server.get("/generator").assert_status(200);
    server.get("/generator?fail=0").assert_status(500);
    exchange(&server, "GET /generator?fail=2 HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually(&server, "/closed", |response| response.json()["generator"] == 3);
    server.stop();
}

fn iterables_are_closed_when_the_client_goes_away(setup: &Setup) {
    let server = setup.serve();
    for path in ["/endless", "/endless-object"] {
        let mut client = server.client();
        client.send_request("GET", path, &[], b"").unwrap();
        client.take(500_000).unwrap();
    }
    ask(&server, "HEAD", "/endless-object", &[], b"").assert_status(200);
    eventually(&server, "/closed", |response| {
        let counts = response.json();
        counts["endless"] == 1 && counts["endless-object"] == 2
    });
    server.stop();
}

/// The response is decided by then.
fn what_close_raises_is_logged(setup: &Setup) {
    let server = setup.serve();
    assert_eq!(server.get("/close-raises").assert_status(200).text(), "a body\n");
    server.log().wait_for("this close() always raises");
    eventually(&server, "/closed", |response| response.json()["close-raises"] == 1);
    server.stop();
}
