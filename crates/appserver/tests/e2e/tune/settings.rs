//! The operator's settings are those of the server under load, but for what is tried and where it
//! listens; the settings file is changed only when that is wanted, and only where it has to be.

use std::net::TcpListener;

use appserver_testkit::{Builder, Server};

use super::{HELLO, combinations, result, tune};

/// Serves only where its settings have come through, to this machine, and beside another server.
const STRICT: &str = "\
import os

def application(environ, start_response):
    right = os.environ.get('SHOP_NAME') == 'tea' and environ['REMOTE_ADDR'] == '127.0.0.1'
    right = right and environ['SERVER_NAME'] == '127.0.0.1' and environ['SCRIPT_NAME'] == '/shop'
    right = right and not os.path.exists('serving.pid') and not os.path.exists('run')
    start_response('200 OK' if right else '500 Wrong', [('Content-Length', '0')])
    return []
";

/// Leaves a letter for each request.
const COUNTED: &str = "\
def application(environ, start_response):
    with open('asked', 'a') as file:
        file.write('x')
    start_response('200 OK', [('Content-Length', '0')])
    return []
";

/// What `--write` leaves of a settings file, or makes without one.
fn written(builder: Builder) -> String {
    let server = tune(builder).args(["--workers", "2", "--threads", "3", "--write"]).spawn();
    server.wait_end();
    let text = std::fs::read_to_string(server.project().join("appserver.toml"));
    server.end().assert_code(0).assert_said("written to ");
    text.expect("there is a settings file")
}

#[test]
fn nothing_is_written_unless_wanted() {
    let builder = tune(Builder::source(HELLO)).args(["--workers", "1", "--threads", "1"]);
    let server = builder.spawn();
    server.wait_end();
    assert!(!server.project().join("appserver.toml").exists());
    server.end().assert_code(0);
}

#[test]
fn writing_keeps_everything_else() {
    let file =
        "# our shop\nworkers = \"auto\" # for now\n\n[http]\n# slow clients\nbody_timeout = '1m'\n";
    let expected = "# our shop\nworkers = 2 # for now\nthreads = 3\n\n[http]\n# slow clients\nbody_timeout = '1m'\n";
    assert_eq!(written(Builder::source(HELLO).file("appserver.toml", file)), expected);
    assert_eq!(written(Builder::source(HELLO)), "workers = 2\nthreads = 3\n");
}

/// The file of all machines, say, in the manner of another system.
#[test]
fn writing_follows_links_and_keeps_rights_and_endings() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let builder = tune(Builder::source(HELLO).file("real.toml", "workers = 1\r\n[http]\r\n"));
    let [file, link] = ["real.toml", "appserver.toml"].map(|name| builder.project().join(name));
    let mode = std::fs::Permissions::from_mode(0o604);
    std::fs::set_permissions(&file, mode.clone()).expect("it is ours");
    symlink("real.toml", &link).expect("a link can be made");
    let server = builder.args(["--workers", "2", "--threads", "3", "--write"]).spawn();
    server.wait_end();
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert_eq!(text, "workers = 2\r\nthreads = 3\r\n[http]\r\n");
    let now = std::fs::metadata(&file).expect("it is there").permissions();
    assert_eq!(now.mode() & 0o7777, mode.mode());
    assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
    server.end().assert_code(0);
}

#[test]
fn folders_of_files_are_served_as_ever() {
    let app = tune(Builder::source(HELLO).file("app.css", "body {}"));
    let app = app.args(["--static", "/static/=.", "--url", "/static/app.css"]);
    let ended = app.args(["--workers", "1", "--threads", "1", "--json"]).run();
    assert_eq!(combinations(&result(ended.assert_code(0))), [(1, 1, 0)]);
}

#[test]
fn a_variable_that_wins_over_the_file_is_named() {
    let builder = tune(Builder::source(HELLO)).env("WEB_CONCURRENCY", "9");
    let ended = builder.args(["--workers", "1", "--threads", "1", "--write"]).run();
    ended.assert_code(0).assert_said("WEB_CONCURRENCY is set, which wins over the file");
}

#[test]
fn settings_are_kept_and_the_address_is_not() {
    // The server that serves meanwhile.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound");
    let file = format!(
        "bind = \"{address}\"\nworkers = 7\npidfile = \"serving.pid\"\nruntime_dir = \"run\"\n\n\
         [env]\nSHOP_NAME = \"tea\"\n\n[log]\naccess = \"access.log\"\n"
    );
    let builder = tune(Builder::source(STRICT).file("appserver.toml", file));
    let arguments = ["--workers", "1,2", "--threads", "1", "--set", "http.root_path=/shop"];
    let arguments = arguments.into_iter().chain(["--url", "/shop/tea", "--json"]);
    let server: Server = builder.env("PORT", "8000").args(arguments).spawn();
    server.wait_end();
    for name in ["serving.pid", "run", "access.log"] {
        assert!(!server.project().join(name).exists(), "{name} belongs to the server that serves");
    }
    let result = result(server.end().assert_code(0));
    assert_eq!(combinations(&result), [(1, 1, 0), (2, 1, 0)]);
}

#[test]
fn wrong_settings_are_told_as_ever() {
    let builder = tune(Builder::source(HELLO).file("appserver.toml", "wrokers = 2\n"));
    builder.run().assert_code(2).assert_said("`workers`");
    let bound = tune(Builder::source(HELLO)).args(["--bind", "0.0.0.0:80"]).run();
    bound.assert_code(2).assert_said("--bind").assert_said("leave it out");
}

/// What does not fit is left out and named; what would need too much is not recommended.
#[test]
fn time_and_memory_are_bounds() {
    let app = || tune(Builder::source(HELLO)).args(["--workers", "1,2", "--threads", "1"]);
    let ended = app().args(["--max-time", "1ms"]).run();
    ended
        .assert_code(1)
        .assert_said("left out: 1 worker x 1 thread: no time")
        .assert_said("--max-time");
    let ended = app().args(["--memory-limit", "1MiB"]).run();
    ended
        .assert_code(1)
        .assert_said("no combination works")
        .assert_said("2 workers x 1 thread: it may need");
}

#[test]
fn requests_are_a_bound() {
    let bounds = ["--requests", "20", "--warm-up", "0s", "--workers", "1", "--threads", "1"];
    let server = Builder::source(COUNTED).command(&["tune"]).args(bounds).spawn();
    server.wait_end();
    let asked = std::fs::read(server.project().join("asked")).expect("it was asked").len();
    server.end().assert_code(0);
    // One more looks whether the page is there.
    assert_eq!(asked, 21);
}
