//! As much of a browser as a Django site needs: cookies, forms, redirects that are not followed.

use std::collections::BTreeMap;

use appserver_testkit::{Client, Response, Server};

use crate::e2e::site::answered;

/// One visitor with one connection.
pub(super) struct Browser<'a> {
    server: &'a Server,
    client: Client,
    cookies: BTreeMap<String, String>,
}

/// A field of a form; a file has a name.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) content: &'a [u8],
}

const BOUNDARY: &str = "a-line-that-is-in-no-file";

impl<'a> Browser<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server, client: server.client(), cookies: BTreeMap::new() }
    }

    /// A visitor who has logged in.
    pub(super) fn logged_in(server: &'a Server, user: &str) -> Self {
        let mut browser = Self::new(server);
        browser.get("/login/").assert_status(200);
        let password = format!("{user}-password");
        let form = [("username", user), ("password", password.as_str())];
        browser.submit("/login/", &form).assert_status(302);
        browser
    }

    pub(super) fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, &[], b"")
    }

    /// Sends a form with the token that the page before has set.
    pub(super) fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.token();
        let fields = fields.iter().copied().chain([("csrfmiddlewaretoken", token.as_str())]);
        let pairs = fields.map(|(name, value)| format!("{name}={}", value.replace(' ', "+")));
        let body = pairs.collect::<Vec<_>>().join("&");
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &form, body.as_bytes())
    }

    /// Sends a form with files.
    pub(super) fn submit_parts(&mut self, path: &str, parts: &[Part<'_>]) -> Response {
        let token = self.token();
        let token = Part { name: "csrfmiddlewaretoken", file: None, content: token.as_bytes() };
        let mut body = Vec::new();
        for part in [&token].into_iter().chain(parts) {
            let file = part.file.map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
            let name = part.name;
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        self.ask("POST", path, &[("Content-Type", &form)], &body)
    }

    /// Sends JSON with the token in a header, as scripts do.
    pub(super) fn post_json(&mut self, path: &str, json: &serde_json::Value) -> Response {
        let token = self.token();
        let headers = [("Content-Type", "application/json"), ("X-CSRFToken", token.as_str())];
        self.ask("POST", path, &headers, json.to_string().as_bytes())
    }

    /// Sends a request with the cookies, and keeps those of the response.
    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let cookies = self.cookies();
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let response = self.client.request(method, path, &headers, body);
        let response = answered(self.server, response);
        for cookie in response.headers_named("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// The cookies, as a `Cookie` header has them.
    pub(super) fn cookies(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn token(&self) -> String {
        self.cookies.get("csrftoken").cloned().unwrap_or_default()
    }
}
