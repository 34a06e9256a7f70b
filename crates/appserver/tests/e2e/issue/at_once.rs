//! Many who ask in the same moment, each over a connection that is open before.

use std::sync::Barrier;
use std::thread;

use appserver_testkit::{Client, Response, Server};
use serde_json::{Value, json};

use super::project::{OBTAIN, REFRESH};

/// One of them.
pub(super) struct Asking<'a> {
    server: &'a Server,
    client: Client,
}

impl Asking<'_> {
    /// Sends JSON.
    #[track_caller]
    pub(super) fn post(mut self, path: &str, body: &Value) -> Response {
        let fields = [("Content-Type", "application/json")];
        self.ask("POST", path, &fields, body.to_string().as_bytes())
    }

    /// Reads a page.
    #[track_caller]
    pub(super) fn get(mut self, path: &str) -> Response {
        self.ask("GET", path, &[], b"")
    }

    /// Tries to log in.
    #[track_caller]
    pub(super) fn try_login(self, user: &str, password: &str) -> Response {
        self.post(OBTAIN, &json!({"username": user, "password": password}))
    }

    /// Uses a refresh token.
    #[track_caller]
    pub(super) fn refresh(self, token: &str) -> Response {
        self.post(REFRESH, &json!({"refresh": token}))
    }

    #[track_caller]
    fn ask(&mut self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Response {
        let result = self.client.request(method, path, fields, body);
        crate::e2e::site::answered(self.server, result)
    }
}

/// Makes so many calls at once, to these servers in turn, and gives all answers.
pub(super) fn all_at_once<T: Send>(
    servers: &[&Server],
    count: usize,
    call: impl Fn(Asking<'_>, usize) -> T + Sync,
) -> Vec<T> {
    appserver_testkit::process::allow_many_files();
    let barrier = Barrier::new(count);
    let all: Vec<Asking<'_>> = (servers.iter().cycle().take(count))
        .map(|server| Asking { server, client: server.client() })
        .collect();
    thread::scope(|scope| {
        let start = |(number, asking)| {
            let (barrier, call) = (&barrier, &call);
            scope.spawn(move || {
                barrier.wait();
                call(asking, number)
            })
        };
        let threads: Vec<_> = all.into_iter().enumerate().map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
