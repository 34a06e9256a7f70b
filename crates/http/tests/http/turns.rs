//! Several requests at once, for an application that is called on the loop's thread.

use crate::server::Setup;

const BLOCK: &str = "GET /block HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a call takes long for does not keep back an answer that is there.
#[test]
fn an_answer_does_not_wait_for_calls_that_block() {
    for setup in [Setup::new(), Setup::new().called_directly()] {
        let server = setup.start();
        let [mut first, mut second, mut third] = [(); 3].map(|()| server.client());
        let next_gate = server.probe.next_gate.lock().unwrap();
        let gate = server.probe.gate.lock().unwrap();
        first.send(BLOCK);
        server.wait("the call", |server| server.probe.calls() == 1);
        second.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
        third.send("GET /block-next HTTP/1.1\r\nHost: a\r\n\r\n");
        drop(gate);
        assert_eq!(first.read().text(), "unblocked");
        assert_eq!(second.read().text(), "slow");
        drop(next_gate);
        assert_eq!(third.read().text(), "unblocked");
    }
}

/// Requests that wait for their call are not with the application yet.
#[test]
fn requests_in_line_take_no_place_of_the_application() {
    for setup in [Setup::new(), Setup::new().called_directly()] {
        let server = setup.with(|config| config.limit_concurrency = Some(1)).start();
        let mut clients: Vec<_> = (0..8).map(|_| server.client()).collect();
        let gate = server.probe.gate.lock().unwrap();
        clients[0].send(BLOCK);
        server.wait("the call", |server| server.probe.calls() == 1);
        for client in &mut clients[1..] {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        drop(gate);
        assert!(clients.iter_mut().all(|client| client.read().status == 200));
    }
}
