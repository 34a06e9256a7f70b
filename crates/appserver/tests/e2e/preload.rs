//! Loading the application before the workers are forked, and when that is not done.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use appserver_testkit::{Builder, Server, program, python};

const APP: &str = "
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [FACTS().encode()]
";

/// An application that tells which process imported it, after `import_time` has run in it.
fn app(import_time: &str) -> Builder {
    let facts = "
import os
IMPORTED_BY = os.getpid()
def FACTS():
    return 'shared' if IMPORTED_BY != os.getpid() else 'own'
";
    Builder::source(&format!("{facts}\n{import_time}\n{APP}"))
}

const THREAD: &str = "
import threading
LEFT = threading.Event()
threading.Thread(target=LEFT.wait, name='left-behind', daemon=True).start()
";

const SOCKET: &str = "
import socket
LISTENER = socket.create_server(('127.0.0.1', 0))
LEFT = socket.create_connection(LISTENER.getsockname())
";

fn told(server: &Server) -> String {
    server.get("/").assert_status(200).text()
}

#[test]
fn an_application_is_loaded_once_and_shared() {
    for python in python::all() {
        let server = app("").python(&python).workers(2).start();
        assert_eq!(told(&server), "shared");
        server.stop();
    }
}

#[test]
fn an_import_that_leaves_a_thread_is_named_and_not_shared() {
    for python in python::all() {
        let server = app(THREAD).python(&python).workers(2).start();
        assert!(server.log().contains("'left-behind'"), "{:?}", server.log());
        assert!(server.log().contains("loaded by each worker"), "{:?}", server.log());
        assert_eq!(told(&server), "own");
        assert!(server.reload().is_ok(), "{:?}", server.log());
        assert_eq!(told(&server), "own");
        server.stop();
    }
}

#[test]
fn an_import_that_leaves_a_socket_is_named_and_not_shared() {
    let server = app(SOCKET).start();
    assert!(server.log().contains("connected to ('127.0.0.1'"), "{:?}", server.log());
    assert_eq!(told(&server), "own");
    server.stop();
}

#[test]
fn preloading_can_be_forced_and_forbidden() {
    let server = app(THREAD).args(["--preload=true"]).start();
    assert!(server.log().contains("'left-behind'"), "{:?}", server.log());
    assert_eq!(told(&server), "shared");
    server.stop();
    let server = app("").args(["--preload=false"]).start();
    assert_eq!(told(&server), "own");
    server.stop();
}

/// The mold starts over after it has given up its rights; it must not try to do so twice.
#[test]
fn an_import_that_leaves_a_thread_does_so_as_another_user() {
    let Some(python) = python_for_everybody() else {
        eprintln!("skipped: needs root, and a python3 and a checkout that other users can read");
        return;
    };
    let app = app(&format!("{THREAD}\nassert os.getuid() == 65534"));
    for folder in [app.home(), app.project()] {
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    let user = ["--python", python, "--user", "65534", "--group", "65534"];
    let server = app.without_python().args(user).start();
    assert_eq!(told(&server), "own");
    server.stop();
}

/// The system's interpreter, if another user could run our package in it.
fn python_for_everybody() -> Option<&'static str> {
    const PYTHON: &str = "/usr/bin/python3";
    let program = program::built("appserver");
    let places = program.parent()?.parent()?.join("python");
    let script = "import sys; sys.path[:0] = [sys.argv[1] + '/cp%d%d' % sys.version_info[:2]]; \
                  import appserver._appserver";
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", PYTHON, "-c", script];
    let status = Command::new("setpriv").args(user).arg(places).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success()).then_some(PYTHON)
}

/// Logs are worth less than the service: a disk that is full does not decide how it ends.
#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let full = ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"];
    Server::example("wsgi-plain", "app:missing").through(&full).run().assert_code(4);
}
