//! Where a server listens: ports, both families, Unix sockets, and sockets that were handed down.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

use appserver_testkit::{Address, Builder, Client, Server, Signal};

fn plain() -> Builder {
    Server::example("wsgi-plain", "app:application").workers(2)
}

#[track_caller]
fn greets(address: &Address) {
    let mut client = Client::connect(address).expect("it listens there");
    assert_eq!(client.get("/").expect("it is answered").text(), "hello\n", "{address}");
}

fn at(path: &Path) -> String {
    format!("unix:{}", path.display())
}

#[test]
fn a_unix_socket_is_removed_at_the_end() {
    let builder = plain();
    let file = builder.home().join("app.sock");
    let server = builder.bind(at(&file)).start();
    assert_eq!(server.address(), Address::Unix(file.clone()));
    greets(&server.address());
    // Asked before the test's own folder goes, with everything in it.
    server.signal(Signal::SIGTERM);
    server.wait_end();
    assert!(!file.exists());
    server.end().assert_code(0);
}

/// A server that was killed could not clean up.
#[test]
fn a_socket_that_nobody_answers_on_is_replaced() {
    let builder = plain();
    let file = builder.home().join("app.sock");
    drop(UnixListener::bind(&file).expect("it can be bound"));
    assert!(file.exists(), "a socket outlives its server");
    let server = builder.bind(at(&file)).start();
    greets(&server.address());
    server.stop();
}

#[test]
fn a_socket_that_somebody_answers_on_is_not_replaced() {
    let builder = plain();
    let file = builder.home().join("app.sock");
    let other = UnixListener::bind(&file).expect("it can be bound");
    let server = builder.bind(at(&file)).spawn();
    server.wait_end();
    assert!(Client::connect(&Address::Unix(file)).is_ok());
    server.end().assert_code(1).assert_said("hint: another program listens there");
    drop(other);
}

#[test]
fn a_file_that_is_no_socket_is_not_replaced() {
    let builder = plain();
    let file = builder.home().join("notes.txt");
    std::fs::write(&file, "notes").expect("it can be written");
    let server = builder.bind(at(&file)).spawn();
    server.wait_end();
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "notes");
    server.end().assert_code(1);
}

#[test]
fn ipv6_and_others_at_once() {
    let builder = plain();
    let file = builder.home().join("app.sock");
    let mut binds = vec!["127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned(), at(&file)];
    if TcpListener::bind("[::1]:0").is_ok() {
        binds.push("[::1]:0".to_owned());
    } else {
        eprintln!("not tested: this machine has no IPv6");
    }
    binds.dedup();
    let wanted = binds.len();
    let server = binds.into_iter().fold(builder, Builder::bind).start();
    let addresses = server.addresses();
    assert_eq!(addresses.len(), wanted, "{addresses:?}");
    addresses.iter().for_each(greets);
    server.stop();
}

/// Our end of it stays open, so that the port is ours before and after.
#[test]
fn a_socket_that_was_handed_down_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = Address::Tcp(listener.local_addr().expect("it is bound"));
    let own = OwnedFd::from(listener.try_clone().expect("it can be shared"));
    let server = plain()
        .stdin(own)
        .through(&["sh", "-c", "exec \"$@\" 3<&0 </dev/null", "sh"])
        .bind("fd://3")
        .start();
    assert_eq!(server.address(), address);
    greets(&address);
    assert!(server.reload().is_ok(), "{:?}", server.log());
    greets(&address);
    server.stop();
    drop(listener);
}

/// After the start the number is one of the master's own descriptors.
#[test]
fn a_reload_takes_no_other_socket_by_number() {
    let file = |more: &str| format!("bind = [\"127.0.0.1:0\"{more}]\n");
    let server = plain().copied().file("appserver.toml", file("")).without_bind().start();
    let workers = server.worker_pids();
    for number in 3..20 {
        server.replace("appserver.toml", file(&format!(", \"fd://{number}\"")));
        let refused = server.reload().expect_err("it is not ours to give");
        assert!(refused.contains("it was not handed down at the start"), "{refused}");
    }
    assert_eq!(server.worker_pids(), workers);
    greets(&server.address());
    server.replace("appserver.toml", file(""));
    assert!(server.reload().is_ok(), "{:?}", server.log());
    server.stop();
}
