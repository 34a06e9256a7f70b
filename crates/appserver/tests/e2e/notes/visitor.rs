//! As much of a browser as the API needs: cookies, and where requests come from.

use std::collections::BTreeMap;

use appserver_testkit::{Client, Response, Server};
use serde_json::{Value, json};

use crate::e2e::site::answered;

/// Where the server's own pages are from: clients of these tests call it so.
const OWN: (&str, &str) = ("Origin", "http://localhost");

/// One visitor with one connection.
pub(super) struct Visitor<'a> {
    server: &'a Server,
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server, client: server.client(), cookies: BTreeMap::new() }
    }

    /// A visitor who has logged in as ann.
    #[track_caller]
    pub(super) fn logged_in(server: &'a Server) -> Self {
        let mut visitor = Self::new(server);
        let credentials = json!({"username": "ann", "password": "ann-password"});
        let answer = visitor.post("/api/token/", &credentials).assert_status(200);
        assert_eq!(answer.json(), json!({}), "the tokens are in the cookies only");
        visitor
    }

    /// The same visitor over another connection.
    pub(super) fn with_cookies_of(other: &Self) -> Self {
        let Self { server, cookies, .. } = other;
        Self { server, client: server.client(), cookies: cookies.clone() }
    }

    pub(super) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// The value of a cookie, which is empty once it is removed.
    pub(super) fn cookie(&self, name: &str) -> String {
        self.cookies.get(name).cloned().unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, &[], b"")
    }

    /// Sends JSON as a page of the server does; nothing instead of null.
    #[track_caller]
    pub(super) fn post(&mut self, path: &str, body: &Value) -> Response {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let fields = [OWN, ("Content-Type", "application/json")];
        self.ask("POST", path, &fields, body.as_bytes())
    }

    /// Sends a form as a page of another site does.
    #[track_caller]
    pub(super) fn post_from(&mut self, origin: &str, path: &str) -> Response {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[("Origin", origin), form], b"text=not+mine")
    }

    #[track_caller]
    fn ask(&mut self, method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Response {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let mut fields = fields.to_vec();
        if !cookies.is_empty() {
            fields.push(("Cookie", &cookies));
        }
        let response = answered(self.server, self.client.request(method, path, &fields, body));
        for cookie in response.headers_named("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }
}
