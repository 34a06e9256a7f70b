//! How a server starts, and how it says that it cannot.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use appserver_testkit::{Builder, Server, program, python};

const BROKEN: &str = "import json\n\ndef make():\n    return json.no_such_thing\n\nmake()\n";

fn plain() -> Builder {
    Server::example("wsgi-plain", "app:application")
}

/// Ready means that the first request is answered: no client needs to try again.
#[test]
fn the_first_request_after_ready_is_answered() {
    let server = plain().workers(2).start();
    assert_eq!(server.get("/").assert_status(200).text(), "hello\n");
    assert_eq!(server.status().ready, 2);
    server.stop();
}

#[test]
fn every_python_serves_and_reloads() {
    for python in python::all() {
        for threads in [1, 4] {
            let server = plain().python(&python).workers(2).threads(threads).start();
            server.get("/").assert_status(200);
            assert!(server.client().get("/os-exit").is_err());
            server.log().wait_for("died: exit code 3");
            assert!(server.reload().is_ok(), "{python:?}: {:?}", server.log());
            server.wait_workers(2);
            assert_eq!(server.get("/").assert_status(200).text(), "hello\n");
            server.stop();
        }
    }
}

#[test]
fn a_django_project_is_found_by_its_manage_py() {
    let server = Server::example("django-shop", "").copied().without_target().start();
    let page = server.get("/admin/login/").assert_status(200);
    assert!(page.text().contains("csrfmiddlewaretoken"), "{}", page.text());
    server.stop();
}

#[test]
fn a_factory_is_called() {
    let server = Server::example("wsgi-plain", "app:create_app()").start();
    assert_eq!(server.get("/").assert_status(200).text(), "hello\n");
    server.stop();
}

#[test]
fn a_wrong_attribute_is_told_with_what_is_near() {
    let ended = Server::example("wsgi-plain", "app:aplication").run();
    ended.assert_code(4).assert_said("aplication").assert_said("application");
}

#[test]
fn a_wrong_module_is_told_with_what_is_near() {
    let ended = Server::example("wsgi-plain", "aap:application").run();
    ended.assert_code(4).assert_said("aap").assert_said("app");
}

#[test]
fn an_empty_folder_is_told_with_what_was_tried() {
    let ended = Builder::source("").without_target().run();
    ended.assert_code(4).assert_said("manage.py is not there").assert_said("app.py defines no");
}

#[test]
fn an_import_that_fails_is_told_with_its_own_traceback() {
    for preload in ["--preload=true", "--preload=false"] {
        let ended = Builder::source(BROKEN).args([preload]).run();
        ended.assert_code(4).assert_said("line 4, in make").assert_said("no_such_thing");
        assert!(!ended.text.contains("ready: "), "{}", ended.text);
    }
}

/// It does not fit into one message between the server's processes.
#[test]
fn an_endless_failure_is_told_with_its_ends() {
    let source = "def make():\n    raise ValueError('x' * 1_000_000 + ' the end')\n\nmake()\n";
    for preload in ["--preload=true", "--preload=false"] {
        let ended = Builder::source(source).args([preload]).run();
        ended.assert_code(4).assert_said("line 2, in make").assert_said("xx the end");
        ended.assert_said("bytes are cut out");
    }
}

#[test]
fn a_worker_that_cannot_be_forked_ends_the_start() {
    let source = "import os\n\ndef fork():\n    raise BlockingIOError(11, 'no room')\n\nos.fork = fork\n\n\
        def application(environ, start_response):\n    return []\n";
    let ended = Builder::source(source).args(["--preload=true"]).workers(2).run();
    ended
        .assert_code(3)
        .assert_said("worker failed to boot: cannot fork it")
        .assert_said("no room");
}

#[test]
fn a_syntax_error_is_told_with_its_line() {
    let ended = Builder::source("def application(:\n").run();
    ended.assert_code(4).assert_said("SyntaxError").assert_said("line 1");
}

#[test]
fn a_worker_that_dies_before_it_is_ready_ends_the_start() {
    let source = "import os\nos._exit(7)\n";
    let ended = Builder::source(source).args(["--preload=false"]).workers(2).run();
    ended.assert_code(3).assert_said("worker failed to boot").assert_said("exit code 7");
}

/// Whoever waits for the import must be told where it waits.
#[test]
fn an_import_that_hangs_is_ended_with_a_stack() {
    for preload in ["--preload=true", "--preload=false"] {
        let source = "def hang():\n    while True:\n        pass\n\nhang()\n";
        let arguments = ["--boot-timeout", "3s", preload];
        let ended = Builder::source(source).args(arguments).run();
        ended.assert_code(3).assert_said("boot_timeout").assert_said("in hang");
    }
}

#[test]
fn an_unknown_setting_is_told_with_the_nearest_name() {
    let ended = plain().args(["--set", "gracefull_timeout=5s"]).run();
    ended.assert_code(2).assert_said("gracefull_timeout").assert_said("graceful_timeout");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let file = "worker = 2\ntimeout = \"soon\"\n";
    let ended = plain().copied().file("appserver.toml", file).run();
    ended.assert_code(2).assert_said("`workers`").assert_said("soon").assert_said("2 mistakes");
}

#[test]
fn a_port_in_use_is_told_with_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound").to_string();
    let ended = plain().bind(&address).run();
    ended.assert_code(1).assert_said(&address).assert_said("hint: another program listens there");
}

#[test]
fn check_loads_the_app_without_serving() {
    let target = "app:application";
    let ended = plain().without_target().command(&["check", target]).run();
    ended.assert_code(0).assert_said("ok:");
    let ended = Builder::source(BROKEN).without_target().command(&["check", target]).run();
    ended.assert_code(4).assert_said("line 4, in make");
    let ended = plain().command(&["check"]).args(["--workers", "many"]).run();
    ended.assert_code(2).assert_said("many");
}

#[test]
fn config_show_names_the_place_of_each_value() {
    let ended = plain()
        .copied()
        .file("appserver.toml", "threads = 3\n")
        .env("APPSERVER_TIMEOUT", "7s")
        .without_target()
        .command(&["config", "show"])
        .args(["--workers", "5"])
        .run();
    ended.assert_code(0);
    let line = |key: &str| {
        let lines = ended.text.lines();
        lines.filter(|line| line.trim_start().starts_with(key)).collect::<String>()
    };
    for (key, value, place) in [
        ("threads", "3", "appserver.toml:1"),
        ("timeout", "7s", "APPSERVER_TIMEOUT"),
        ("workers", "5", "--workers"),
        ("backlog", "2048", "default"),
    ] {
        let line = line(key);
        assert!(line.contains(value) && line.contains(place), "{line:?} in\n{}", ended.text);
    }
}

/// As a shell would find it.
#[test]
fn an_interpreter_may_be_named_without_its_directory() {
    let interpreter = python::newest().interpreter();
    let folder = interpreter.parent().expect("it is in a folder").to_owned();
    let name = interpreter.file_name().expect("it has a name").to_owned();
    let server = plain().without_python().env("PATH", folder).args(["--python".into(), name]);
    let server = server.start();
    server.get("/").assert_status(200);
    server.stop();
    let ended = plain().args(["--python", "no-such-python"]).run();
    ended.assert_code(4).assert_said("no-such-python is not on the PATH");
}

/// Two servers of one machine that nobody has told apart.
#[test]
fn a_second_server_leaves_the_control_socket_to_the_first() {
    let first = plain().start();
    let runtime_dir = first.runtime_dir();
    let arguments = ["--runtime-dir".into(), runtime_dir.into_os_string()];
    let second = plain().without_runtime_dir().args(arguments).start();
    assert!(second.log().contains("another server answers there"), "{:?}", second.log());
    second.get("/").assert_status(200);
    assert_eq!(first.status().pid, first.pid());
    second.stop();
    assert_eq!(first.status().ready, first.workers().len());
    first.stop();
}

/// A container with a random user id, a root that cannot be written and no home.
#[test]
fn a_random_user_without_any_writable_place_serves() {
    if !is_root() {
        eprintln!("not tested: only root can become another user");
        return;
    }
    let builder = Builder::native("native-axum");
    let program = builder.home().join("native-axum");
    std::fs::copy(program::built("native-axum"), &program).expect("the program can be copied");
    let home = builder.home().to_owned();
    for folder in [home.clone(), home.join("project")] {
        let readable = std::fs::Permissions::from_mode(0o555);
        std::fs::set_permissions(folder, readable).expect("the folder is ours");
    }
    // Some containers do not even let root have mounts of its own.
    let script = "\
        user='setpriv --reuid 65534 --regid 65534 --clear-groups'
        if ! unshare --mount true; then exec $user \"$@\"; fi
        exec unshare --mount sh -c 'mount -o remount,bind,ro / && exec \"$@\"' sh $user \"$@\"";
    let server = builder
        .program(&program)
        .through(&["sh", "-c", script, "sh"])
        .env("HOME", "/nowhere")
        .env("TMPDIR", "/nowhere")
        .without_runtime_dir()
        .workers(2)
        .start();
    assert_eq!(server.get("/").assert_status(200).text(), "Hello from axum\n");
    assert!(!server.log().contains("control socket at"), "{:?}", server.log());
    assert!(server.log().contains("no control socket: "), "{:?}", server.log());
    server.stop();
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
