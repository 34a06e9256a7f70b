//! The project of `issue_drf` behind a server that gives its tokens out.

use std::path::{Path, PathBuf};

use appserver_testkit::{Builder, Response, Server};
use serde_json::{Value, json};

use crate::e2e::auth_python::token::SECRET;
use crate::e2e::site::{APPS, ask};

pub(super) const OBTAIN: &str = "/api/token/";
pub(super) const REFRESH: &str = "/api/token/refresh/";
pub(super) const VERIFY: &str = "/api/token/verify/";
pub(super) const BLACKLIST: &str = "/api/token/blacklist/";
pub(super) const LOGOUT_ALL: &str = "/api/token/logout-all/";
pub(super) const ME: &str = "/api/me/";
pub(super) const HELLO: &str = "/open/hello/";

/// Everything is the project's, and `/open/` is for everybody.
const FROM_DJANGO: &str = "
[auth.jwt]
from_django = true

[[auth.jwt.rules]]
path = \"/open/\"
require = \"none\"
";

/// What tests have in the way that are not about it.
const WITHOUT_LIMITS: &str = "per_address = \"off\"\nper_user = \"off\"\ntiers = []\n";

/// A machine that is busy with something else is not what is tested.
const PATIENT: &str = "timeout = \"30s\"\npoll = \"100ms\"\n";

/// A server to be.
pub(super) struct Project {
    threads: usize,
    workers: usize,
    target: &'static str,
    issue: String,
    limits: String,
    store: String,
    tables: String,
    simple_jwt: Value,
    env: Vec<(String, String)>,
    folder: Option<PathBuf>,
    state: Option<PathBuf>,
}

/// The project with two workers, rotation as in families, and no limits of logins.
pub(super) fn project() -> Project {
    Project {
        threads: 1,
        workers: 2,
        target: "issue_drf:application",
        issue: "mode = \"family\"\n".to_owned(),
        limits: WITHOUT_LIMITS.to_owned(),
        store: PATIENT.to_owned(),
        tables: String::new(),
        simple_jwt: json!({}),
        env: Vec::new(),
        folder: None,
        state: None,
    }
}

impl Project {
    /// With these lines of `[auth.jwt.issue]` instead.
    pub(super) fn issue(mut self, lines: &str) -> Self {
        self.issue = format!("{lines}\n");
        self
    }

    /// With these limits of logins.
    pub(super) fn limits(mut self, lines: &str) -> Self {
        self.limits = format!("{lines}\n");
        self
    }

    /// With these tables.
    pub(super) fn tables(mut self, text: &str) -> Self {
        self.tables.push_str(&format!("{text}\n"));
        self
    }

    /// With these lines of `[auth.jwt.store]`.
    pub(super) fn store(mut self, lines: &str) -> Self {
        self.store = format!("{PATIENT}{lines}\n");
        self
    }

    /// With what the project itself says, in simplejwt's words.
    pub(super) fn simple_jwt(mut self, simple_jwt: Value) -> Self {
        self.simple_jwt = simple_jwt;
        self
    }

    /// With so many workers.
    pub(super) fn workers(mut self, count: usize) -> Self {
        self.workers = count;
        self
    }

    /// With so many threads in each worker.
    pub(super) fn threads(mut self, count: usize) -> Self {
        self.threads = count;
        self
    }

    /// As an ASGI application.
    pub(super) fn asgi(mut self) -> Self {
        self.target = "issue_drf:asgi";
        self
    }

    /// With this variable.
    pub(super) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// With its database in this folder, which others may share.
    pub(super) fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// With its own state in this folder.
    pub(super) fn state(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state = Some(folder.into());
        self
    }

    /// What it is started with.
    pub(super) fn builder(&self) -> Builder {
        let Self { target, workers, threads, issue, limits, store, tables, .. } = self;
        let state = self.state.iter().map(|folder| format!("state_dir = {folder:?}\n"));
        let state: String = state.collect();
        let settings = format!(
            "{state}app = {target:?}\nworkers = {workers}\nthreads = {threads}\n\
             [python]\npath = [{APPS:?}]\n{FROM_DJANGO}\n\
             [auth.jwt.issue]\nenabled = true\n{issue}\n\
             [auth.jwt.issue.limits]\n{limits}\n[auth.jwt.store]\n{store}\n{tables}"
        );
        let builder = Server::example("wsgi-plain", "").without_target().copied();
        let builder = builder.file("appserver.toml", settings);
        let folder = self.folder.clone().unwrap_or_else(|| builder.home().to_owned());
        let environment = self.environment(&folder);
        environment.into_iter().fold(builder, |builder, (name, value)| builder.env(name, value))
    }

    /// The variables that describe the project.
    pub(super) fn environment(&self, folder: &Path) -> Vec<(String, String)> {
        let mut all = vec![
            ("ISSUE_FOLDER".to_owned(), folder.display().to_string()),
            ("ISSUE_SECRET".to_owned(), SECRET.to_owned()),
            ("ISSUE_SIMPLE_JWT".to_owned(), self.simple_jwt.to_string()),
        ];
        all.extend(self.env.iter().cloned());
        all
    }

    /// Starts it.
    #[track_caller]
    pub(super) fn start(&self) -> Server {
        self.builder().start()
    }
}

/// Sends JSON.
#[track_caller]
pub(super) fn post(server: &Server, path: &str, body: &Value) -> Response {
    post_with(server, path, body, &[])
}

/// Sends JSON with these fields besides.
#[track_caller]
pub(super) fn post_with(
    server: &Server,
    path: &str,
    body: &Value,
    fields: &[(&str, &str)],
) -> Response {
    let mut all = vec![("Content-Type", "application/json")];
    all.extend(fields);
    ask(server, "POST", path, &all, body.to_string().as_bytes())
}

/// A pair of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Pair {
    /// The tokens of an answer that has both.
    #[track_caller]
    pub(super) fn of(response: &Response) -> Self {
        let told = response.clone().assert_status(200).json();
        let token = |name: &str| told[name].as_str().expect("both are there").to_owned();
        Self { access: token("access"), refresh: token("refresh") }
    }
}

/// Logs a user in whose password is as the project has made it.
#[track_caller]
pub(super) fn login(server: &Server, user: &str) -> Pair {
    Pair::of(&try_login(server, user, &format!("{user}-password")))
}

/// Tries to log in.
#[track_caller]
pub(super) fn try_login(server: &Server, user: &str, password: &str) -> Response {
    post(server, OBTAIN, &json!({"username": user, "password": password}))
}

/// Uses a refresh token.
#[track_caller]
pub(super) fn refresh(server: &Server, token: &str) -> Response {
    post(server, REFRESH, &json!({"refresh": token}))
}

/// The status of a protected view.
#[track_caller]
pub(super) fn me(server: &Server, access: &str) -> u16 {
    ask(server, "GET", ME, &[("Authorization", &format!("Bearer {access}"))], b"").status
}

/// Ends everything that the owner of an access token has.
#[track_caller]
pub(super) fn logout_all(server: &Server, access: &str) -> Response {
    post_with(server, LOGOUT_ALL, &json!({}), &[("Authorization", &format!("Bearer {access}"))])
}

/// Waits for the next second to begin: whoever logs out ends everything that was issued in the same
/// second, and tokens tell whole seconds.
pub(super) fn next_second() {
    let second = crate::e2e::auth_python::token::now();
    appserver_testkit::wait_until("the next second", || {
        crate::e2e::auth_python::token::now() > second
    });
}

/// The claims of a token, unverified.
#[track_caller]
pub(super) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a token.
#[track_caller]
pub(super) fn header(token: &str) -> Value {
    part(token, 0)
}

#[track_caller]
fn part(token: &str, which: usize) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let text = token.split('.').nth(which).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}
