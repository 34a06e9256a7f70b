//! The conformance application on every interpreter and in both modes of WSGI.

use std::time::Instant;

use appserver_testkit::python::{self, Python};
use appserver_testkit::{Builder, ClientError, DEADLINE, Response, Server};

/// Makes two tests of each function: with the app on the loop thread, and with a pool of threads.
/// A test runs its function once per interpreter.
macro_rules! in_both_modes {
    ($($name:ident),* $(,)?) => {
        mod one_thread {
            $(#[test] fn $name() { crate::e2e::site::everywhere(1, super::$name); })*
        }
        mod four_threads {
            $(#[test] fn $name() { crate::e2e::site::everywhere(4, super::$name); })*
        }
    };
}
pub(super) use in_both_modes;

/// Modules of the tests' own.
pub(super) const APPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apps");

/// One way to run an app.
pub(super) struct Setup {
    pub(super) python: Python,
    pub(super) threads: usize,
}

/// Calls `test` for each interpreter that was prepared. What is printed here is seen only when the
/// test fails; its last line says where.
pub(super) fn everywhere(threads: usize, test: impl Fn(&Setup)) {
    for python in python::all() {
        let (major, minor) = python.version;
        eprintln!("on CPython {major}.{minor}, threads = {threads}:");
        test(&Setup { python, threads });
    }
}

/// The newest interpreter in this mode, for what does not depend on the version.
pub(super) fn newest(threads: usize) -> Setup {
    Setup { python: python::newest(), threads }
}

impl Setup {
    /// This app of an example.
    pub(super) fn example(&self, example: &str, target: &str) -> Builder {
        Server::example(example, target).python(&self.python).threads(self.threads)
    }

    /// The conformance application in one worker, so that it can count.
    pub(super) fn conformance(&self) -> Builder {
        self.with_apps("conformance:application").workers(1)
    }

    /// A target of `tests/apps`.
    pub(super) fn with_apps(&self, target: &str) -> Builder {
        self.example("wsgi-plain", target).args(["--pythonpath", APPS])
    }

    /// The conformance application, ready.
    pub(super) fn serve(&self) -> Server {
        self.conformance().start()
    }
}

/// How often the conformance application was called, and by which process it was answered.
pub(super) fn calls(server: &Server) -> (u64, u64) {
    let answer = server.get("/calls").assert_status(200).json();
    (answer["calls"].as_u64().unwrap(), answer["pid"].as_u64().unwrap())
}

/// Sends these bytes and returns all that comes until the server closes.
pub(super) fn exchange(server: &Server, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut client = server.client();
    client.send(bytes).unwrap();
    client.read_to_end().unwrap()
}

/// One request over a connection of its own.
pub(super) fn ask(
    server: &Server,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    answered(server, server.client().request(method, target, headers, body))
}

/// The response, or the end of the test with the server's log.
#[track_caller]
pub(super) fn answered(server: &Server, result: Result<Response, ClientError>) -> Response {
    match result {
        Ok(response) => response,
        Err(error) => panic!("{error}; the server said:\n{}", server.log().text()),
    }
}

/// Asks until the answer is as wanted, for what the server does after an answer.
#[track_caller]
pub(super) fn eventually(server: &Server, path: &str, is_so: impl Fn(&Response) -> bool) {
    let end = Instant::now() + DEADLINE;
    loop {
        let response = server.get(path);
        if is_so(&response) {
            return;
        }
        assert!(Instant::now() < end, "{path} still says {}", response.text());
    }
}

/// Looks until nothing has changed during many turns of the worker's loop, which answers this path.
#[track_caller]
pub(super) fn settled(server: &Server, path: &str, mut look: impl FnMut() -> usize) -> usize {
    let (mut last, mut same) = (look(), 0);
    while same < 50 {
        server.get(path).assert_status(200);
        let next = look();
        same = if next == last { same + 1 } else { 0 };
        last = next;
    }
    last
}

/// The bytes that `conformance.body(size)` makes.
pub(super) fn body(size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size + 512);
    let mut number = 0;
    while body.len() < size {
        body.extend_from_slice(format!("{number}:").as_bytes());
        body.resize(body.len() + number * 7 % 301, b'x');
        body.resize(body.len() + 1 + number % 3 / 2, b'\n');
        number += 1;
    }
    body.truncate(size);
    body
}
