//! Verified tokens in the hands of applications: what they are told, that nobody can make it up, and
//! what Django makes of it.

mod django;
mod elsewhere;
mod frameworks;
mod handoff;
mod native;
mod project;
mod together;
pub(super) mod token;

use appserver_testkit::{Builder, Response, Server};

use super::site::{APPS, Setup, ask};
use token::SECRET;

/// One provider with a shared secret; `/open/` is for everybody, `/closed/` for those with a token.
const SETTINGS: &str = r#"
[auth.jwt.providers.local]
algorithms = ["HS256"]
secret = { env = "TEST_SECRET" }

[[auth.jwt.rules]]
path = "/open/"
require = "none"

[[auth.jwt.rules]]
path = "/closed/"
require = "required"
"#;

/// An app of `tests/apps` in one worker with these settings.
fn with_settings(setup: &Setup, target: &str, settings: &str) -> Builder {
    let text = format!("workers = 1\n{settings}");
    let builder = setup.example("wsgi-plain", target).copied().file("appserver.toml", text);
    builder.args(["--pythonpath", APPS]).env("TEST_SECRET", SECRET)
}

/// Asks with a token.
fn ask_with(server: &Server, path: &str, token: &str) -> Response {
    ask(server, "GET", path, &[("Authorization", &bearer(token))], b"")
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
