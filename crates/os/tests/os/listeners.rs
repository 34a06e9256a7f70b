//! Listening sockets: bound, shared, replaced.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, IntoRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use appserver_os::{ExclusiveListener, ListenAddress, Listening, Stream};

use super::in_a_loop;

const BACKLOG: i32 = 64;

fn tcp(address: &str) -> Listening {
    Listening::bind(&ListenAddress::Tcp(address.parse().unwrap()), BACKLOG).unwrap()
}

fn unix(path: &Path) -> std::io::Result<Listening> {
    Listening::bind(&ListenAddress::Unix(path.to_owned()), BACKLOG)
}

fn connect(listening: &Listening) -> TcpStream {
    match listening.local_address().unwrap() {
        ListenAddress::Tcp(address) => TcpStream::connect(address).unwrap(),
        other => panic!("{other}"),
    }
}

fn clone(listening: &Listening) -> Listening {
    Listening::from_fd(listening.as_fd().try_clone_to_owned().unwrap()).unwrap()
}

#[test]
fn port_0_becomes_a_port() {
    let listening = tcp("127.0.0.1:0");
    let ListenAddress::Tcp(address) = listening.local_address().unwrap() else { panic!() };
    assert_ne!(address.port(), 0);
    assert_eq!(listening.local_address().unwrap().to_string(), format!("http://{address}"));
}

#[test]
fn an_address_in_use_is_refused() {
    let listening = tcp("127.0.0.1:0");
    let error = Listening::bind(&listening.local_address().unwrap(), BACKLOG).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[test]
fn a_socket_file_is_removed_with_its_listener() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listening = unix(&path).unwrap();
    assert_eq!(listening.local_address().unwrap(), ListenAddress::Unix(path.clone()));
    UnixStream::connect(&path).unwrap();
    drop(listening);
    assert!(!path.exists());
}

#[test]
fn a_socket_file_that_nobody_answers_on_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _listening = unix(&path).unwrap();
    UnixStream::connect(&path).unwrap();
}

#[test]
fn a_socket_file_that_somebody_answers_on_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let _other = UnixListener::bind(&path).unwrap();
    assert_eq!(unix(&path).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    UnixStream::connect(&path).unwrap();
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    assert!(unix(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn an_inherited_socket_must_listen() {
    let listening = tcp("127.0.0.1:0");
    let address = listening.local_address().unwrap();
    let number = listening.as_fd().try_clone_to_owned().unwrap().into_raw_fd();
    let inherited = Listening::bind(&ListenAddress::Inherited(number), BACKLOG).unwrap();
    assert_eq!(inherited.local_address().unwrap(), address);
    assert!(Listening::from_fd(connect(&listening).into()).is_err());
}

#[test]
fn a_connection_is_accepted_with_both_addresses() {
    let listening = tcp("127.0.0.1:0");
    let client = connect(&listening);
    in_a_loop(async {
        let accepted = ExclusiveListener::new(listening).unwrap().accept().await.unwrap();
        assert!(matches!(accepted.stream, Stream::Tcp(_)));
        assert_eq!(accepted.peer, ListenAddress::Tcp(client.local_addr().unwrap()));
        assert_eq!(accepted.local, ListenAddress::Tcp(client.peer_addr().unwrap()));
    });
}

#[test]
fn behind_a_wildcard_the_address_that_the_client_used_is_told() {
    let listening = tcp("0.0.0.0:0");
    let ListenAddress::Tcp(bound) = listening.local_address().unwrap() else { panic!() };
    let client = TcpStream::connect(("127.0.0.1", bound.port())).unwrap();
    in_a_loop(async {
        let accepted = ExclusiveListener::new(listening).unwrap().accept().await.unwrap();
        assert_eq!(accepted.local, ListenAddress::Tcp(client.peer_addr().unwrap()));
    });
}

#[test]
fn a_unix_connection_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.sock");
    let listening = unix(&path).unwrap();
    let _client = UnixStream::connect(&path).unwrap();
    in_a_loop(async {
        let accepted = ExclusiveListener::new(listening).unwrap().accept().await.unwrap();
        assert!(matches!(accepted.stream, Stream::Unix(_)));
        assert_eq!(accepted.local, ListenAddress::Unix(path.clone()));
    });
}

/// Accepts in a thread and a loop of its own until the gate closes; returns how many.
fn accept_until(listening: Listening, gate: Listening) -> std::thread::JoinHandle<usize> {
    std::thread::spawn(move || {
        in_a_loop(async {
            let shared = ExclusiveListener::new(listening).unwrap();
            let gate = ExclusiveListener::new(gate).unwrap();
            let mut count = 0;
            loop {
                tokio::select! {
                    biased;
                    accepted = shared.accept() => {
                        let Stream::Tcp(stream) = accepted.unwrap().stream else { panic!() };
                        let mut stream = stream.into_std().unwrap();
                        stream.write_all(b"x").unwrap();
                        count += 1;
                    }
                    _ = gate.accept() => return count,
                }
            }
        })
    })
}

#[test]
fn two_loops_share_a_socket_and_every_connection_is_accepted_once() {
    let listening = tcp("127.0.0.1:0");
    let gates = [tcp("127.0.0.1:0"), tcp("127.0.0.1:0")];
    let loops = gates.each_ref().map(|gate| accept_until(clone(&listening), clone(gate)));
    for _ in 0..100 {
        let mut answer = [0];
        connect(&listening).read_exact(&mut answer).unwrap();
    }
    let _signals = gates.each_ref().map(connect);
    let counts = loops.map(|accepting| accepting.join().unwrap());
    assert_eq!(counts.iter().sum::<usize>(), 100);
}

#[test]
fn what_the_kernel_has_queued_is_taken_without_waiting() {
    let listening = tcp("127.0.0.1:0");
    let _clients = [connect(&listening), connect(&listening)];
    in_a_loop(async {
        let exclusive = ExclusiveListener::new(listening).unwrap();
        let queued = || exclusive.try_accept().unwrap().is_some();
        assert_eq!([queued(), queued(), queued()], [true, true, false]);
    });
}
