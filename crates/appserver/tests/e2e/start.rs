//! How a server starts, and how it says that it cannot.

use appserver_testkit::Server;

/// Ready means that the first request is answered: no client needs to try again.
#[test]
fn the_first_request_after_ready_is_answered() {
    let server = Server::example("wsgi-plain", "app:application").workers(2).start();
    assert_eq!(server.get("/").assert_status(200).text(), "hello\n");
    assert_eq!(server.status().ready, 2);
    server.stop();
}
