//! Threads: as many as promised, and each keeps what is its own.

use std::collections::HashMap;

use appserver_testkit::{Client, Server};

use crate::e2e::site::{Setup, answered, everywhere, in_both_modes, newest};

in_both_modes! {
    what_is_local_to_a_thread_survives,
    slow_readers_cost_nothing,
}

/// In `threading.local`, a framework keeps its database connection.
fn what_is_local_to_a_thread_survives(setup: &Setup) {
    let server = setup.serve();
    meet(&server, setup.threads);
    let mut requests: HashMap<u64, u64> = HashMap::new();
    let mut client = server.client();
    for _ in 0..40 {
        let facts = answered(&server, client.get("/thread")).json();
        let count = requests.entry(facts["thread_id"].as_u64().unwrap()).or_default();
        *count += 1;
        assert_eq!(facts["requests_in_thread"].as_u64(), Some(*count), "a thread forgot: {facts}");
    }
    assert!(requests.len() <= setup.threads, "{} threads", requests.len());
    server.stop();
}

/// Makes so many requests that all of them must be in the app at once.
fn meet(server: &Server, parties: usize) {
    let target = format!("/barrier?parties={parties}");
    let mut clients: Vec<Client> = (0..parties).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send_request("GET", &target, &[], b"").unwrap();
    }
    for mut client in clients {
        answered(server, client.read_response()).assert_status(200);
    }
}

/// More responses that nobody reads than there are threads, and requests that stop in every part.
fn slow_readers_cost_nothing(setup: &Setup) {
    let server = setup.serve();
    let mut slow = Vec::new();
    for target in ["/endless", "/endless-object", "/sparse-file"].repeat(3) {
        let mut client = server.client();
        client.send_request("GET", target, &[], b"").unwrap();
        client.take(100).unwrap();
        slow.push(client);
    }
    for part in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n"].repeat(3) {
        let mut client = server.client();
        client.send(part).unwrap();
        slow.push(client);
    }
    for _ in 0..3 {
        let mut client = server.client();
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart").unwrap();
        slow.push(client);
    }
    for _ in 0..20 {
        assert_eq!(server.get("/").text(), "hello\n");
        assert_eq!(server.get("/stream?chunks=3").assert_status(200).body.len(), 48);
    }
    // What was slow is not lost.
    let mut last = slow.pop().unwrap();
    last.send(" done").unwrap();
    assert_eq!(answered(&server, last.read_response()).text(), "part done");
    drop(slow);
    server.stop();
}

/// Four views meet in the middle, round after round: the pool is as large as it says, and takes
/// the next request as soon as a thread is free.
#[test]
fn as_many_views_run_at_once_as_there_are_threads() {
    everywhere(4, |setup| {
        let server = setup.serve();
        for _ in 0..20 {
            meet(&server, 4);
        }
        server.stop();
    });
}

/// A busy pool is no stuck one: a view has its own time, however long its request was queued.
#[test]
fn time_in_the_queue_is_not_the_views() {
    let app = newest(2).example("wsgi-plain", "app:application");
    let server = app.workers(1).args(["--timeout=3s"]).start();
    let mut clients: Vec<Client> = (0..4).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send_request("GET", "/sleep?seconds=2", &[], b"").unwrap();
    }
    for mut client in clients {
        answered(&server, client.read_response()).assert_status(200);
    }
    server.stop();
}
