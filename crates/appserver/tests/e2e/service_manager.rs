//! What a service manager, or a platform, says to the server and hears from it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;

use appserver_testkit::{Address, Builder, Client, DEADLINE, Server};

fn plain() -> Builder {
    Server::example("wsgi-plain", "app:application")
}

/// sd_listen_fds(3).
#[test]
fn its_sockets_are_used() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = Address::Tcp(listener.local_addr().expect("it is bound"));
    let script = "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\" 3<&0 </dev/null";
    let server = plain()
        .stdin(OwnedFd::from(listener))
        .through(&["sh", "-c", script, "sh"])
        .without_bind()
        .start();
    for _ in 0..2 {
        let mut client = Client::connect(&address).expect("it listens there");
        assert_eq!(client.get("/").expect("it is answered").text(), "hello\n");
        assert!(server.reload().is_ok(), "{:?}", server.log());
    }
    server.stop();
}

/// sd_notify(3).
#[test]
fn it_is_told_when_the_server_is_ready_reloads_and_stops() {
    let builder = plain().workers(2);
    let path = builder.home().join("notify");
    let socket = UnixDatagram::bind(&path).expect("it can be bound");
    socket.set_read_timeout(Some(DEADLINE)).expect("it is a socket");
    let server = builder.env("NOTIFY_SOCKET", &path).start();
    hears(&socket, "READY=1");
    assert!(server.reload().is_ok(), "{:?}", server.log());
    hears(&socket, "RELOADING=1");
    hears(&socket, "READY=1");
    server.stop();
    hears(&socket, "STOPPING=1");
}

#[track_caller]
fn hears(socket: &UnixDatagram, state: &str) {
    let mut buffer = [0; 1024];
    loop {
        let size = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{state}: {error}"));
        let text = String::from_utf8_lossy(&buffer[..size]);
        if text.lines().any(|line| line == state) {
            return;
        }
    }
}

#[test]
fn the_number_of_workers_may_come_from_the_platform() {
    let server = plain().env("WEB_CONCURRENCY", "3").start();
    assert_eq!(server.workers().len(), 3);
    server.stop();
}
