//! What the server that serves keeps is not touched, and its tokens are good meanwhile.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use appserver_testkit::{Builder, Server, Signal, program};
use serde_json::json;

use super::{result, tune};
use crate::e2e::site::ask;

/// Tokens that the server signs with keys of its own. Only somebody known gets to `/me`.
const SETTINGS: &str = "\
state_dir = 'kept'

[auth.jwt.issue]
enabled = true

[[auth.jwt.rules]]
path = '/me'
require = 'local'
";
const PASSWORD: &str = "correct horse";

fn native() -> Builder {
    Builder::native(program::built("native-axum"))
}

/// A token of a user, of a server in this folder.
fn token(server: &Server) -> String {
    let builder = native().file("input", PASSWORD);
    let input = File::open(builder.project().join("input")).expect("it is there");
    let add = builder.in_folder(server.project()).command(&["users", "add", "ada"]);
    add.stdin(input).run().assert_code(0);
    let body = json!({"username": "ada", "password": PASSWORD}).to_string();
    let fields = [("Content-Type", "application/json")];
    let answer = ask(server, "POST", "/api/token/", &fields, body.as_bytes()).assert_status(200);
    answer.json()["access"].as_str().expect("a token").to_owned()
}

/// Every file below a folder, with when it was changed last and what it holds.
fn snapshot(folder: &Path) -> BTreeMap<String, (i64, i64, Vec<u8>)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(snapshot(&path));
            continue;
        }
        let found = entry.metadata().expect("it is there");
        let bytes = fs::read(&path).expect("it can be read");
        files.insert(path.display().to_string(), (found.mtime(), found.mtime_nsec(), bytes));
    }
    files
}

#[test]
fn the_state_of_the_server_that_serves_is_left_alone() {
    let server = native().file("appserver.toml", SETTINGS).start();
    let token = token(&server);
    // What it does meanwhile should not be taken for somebody else's doing.
    server.signal(Signal::SIGTERM);
    server.wait_end();
    let kept = server.project().join("kept");
    let before = snapshot(&kept);
    assert!(before.len() > 2, "there are keys and a store: {:?}", before.keys());
    let ask = |field: &str| {
        let app = tune(native()).in_folder(server.project());
        app.args(["--workers", "1", "--url", "/me", "--json", "--header", field]).run()
    };
    let known = ask(&format!("Authorization: Bearer {token}"));
    assert_eq!(result(known.assert_code(0))["combinations"][0]["errors"], 0);
    ask("Accept: */*").assert_code(1).assert_said("401");
    assert!(snapshot(&kept) == before, "it was changed");
    server.end();
}

/// Workers that are not root have to get to what tune has made for them.
#[test]
fn another_user_gets_to_the_state() {
    if fs::metadata("/proc/self").expect("it is there").uid() != 0 {
        eprintln!("not tested: only root can become another user");
        return;
    }
    let builder = native().file("appserver.toml", SETTINGS);
    let copy = builder.home().join("native-axum");
    fs::copy(program::built("native-axum"), &copy).expect("the program can be copied");
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(builder.home(), everybody).expect("the folder is ours");
    let app = tune(builder.program(&copy)).args(["--user", "3999999999", "--group", "3999999998"]);
    let ended = app.args(["--workers", "1", "--url", "/.well-known/jwks.json", "--json"]).run();
    assert_eq!(result(ended.assert_code(0))["combinations"][0]["errors"], 0);
}

#[test]
fn nothing_is_kept_where_nothing_was() {
    let tuned = tune(native().file("appserver.toml", SETTINGS)).args(["--workers", "1"]).spawn();
    tuned.wait_end();
    assert!(!tuned.project().join("kept").exists());
    assert!(!tuned.project().join(".appserver").exists());
    tuned.end().assert_code(0);
}
