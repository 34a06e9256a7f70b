//! However it ends, no process is left, and what was measured is told.

use std::path::Path;

use appserver_testkit::process::Exit;
use appserver_testkit::{Builder, Server, Signal, wait_until};

use super::tune;

/// Answers, and leaves a sign that it was asked.
const SIGN: &str = "\
def application(environ, start_response):
    open('asked', 'w').close()
    start_response('200 OK', [('Content-Length', '0')])
    return []
";

/// Starts programs that say nothing, where their caller does not look for them: in its group, in a
/// session of their own, and behind a parent that has ended.
const STARTS: &str = "\
import subprocess

def start(**how):
    nothing = subprocess.DEVNULL
    subprocess.Popen(['sleep', '3600'], stdin=nothing, stdout=nothing, stderr=nothing, **how)

def start_all():
    start()
    start(start_new_session=True)
    nothing = subprocess.DEVNULL
    behind = ['sh', '-c', 'setsid sleep 3600 & exit']
    subprocess.run(behind, stdin=nothing, stdout=nothing, stderr=nothing)
";

/// The processes that have something of this folder in their environment.
fn around(home: &Path) -> Vec<String> {
    let home = home.to_str().expect("it is text").as_bytes();
    let entries = std::fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let found = entries.filter(|entry| {
        let variables = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        variables.windows(home.len()).any(|part| part == home)
    });
    found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A measurement that would take an hour, under way.
fn endless() -> Server {
    endless_of(SIGN)
}

fn endless_of(source: &str) -> Server {
    let builder = Builder::source(source).command(&["tune"]).args(["--duration", "1h"]);
    let server = builder.args(["--max-time", "2h", "--workers", "2", "--threads", "1"]).spawn();
    wait_until("the app is asked", || server.project().join("asked").exists());
    assert!(around(server.home()).len() > 3, "a server has several processes");
    server
}

#[test]
fn a_signal_ends_the_server_too() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let server = endless();
        server.signal(signal);
        assert_eq!(server.wait_end(), Exit::Code(code), "{}", server.log().text());
        wait_until("no process is left", || around(server.home()).is_empty());
        let left: Vec<_> =
            std::fs::read_dir(server.home().join("tmp")).unwrap().flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        server.end().assert_said("interrupted");
    }
}

/// An app with such programs: each worker starts them, and the first import as well.
fn starter() -> String {
    format!("{STARTS}\nstart_all()\n\n{SIGN}")
}

#[test]
fn what_the_app_has_started_ends_too() {
    let server = tune(Builder::source(&starter()).args(["--preload=false"]))
        .args(["--workers", "2", "--threads", "1"])
        .spawn();
    assert_eq!(server.wait_end(), Exit::Code(0), "{}", server.log().text());
    assert_eq!(around(server.home()), [""; 0], "programs are left");
    server.end();
}

#[test]
fn a_signal_ends_what_the_app_has_started() {
    let server = endless_of(&starter());
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_end(), Exit::Code(130), "{}", server.log().text());
    assert_eq!(around(server.home()), [""; 0], "programs are left");
    server.end();
}

/// The app is loaded once to see what it is, before any server is there.
#[test]
fn a_signal_ends_the_first_import() {
    let source = format!(
        "{STARTS}\nimport threading\nstart_all()\nopen('asked', 'w').close()\nthreading.Event().wait()\n"
    );
    let server = Builder::source(&source).command(&["tune"]).spawn();
    wait_until("the app is loaded", || server.project().join("asked").exists());
    server.signal(Signal::SIGINT);
    assert_eq!(server.wait_end(), Exit::Code(130), "{}", server.log().text());
    assert_eq!(around(server.home()), [""; 0], "programs are left");
    server.end().assert_said("interrupted");
}

/// Nothing can be done then but by the kernel.
#[test]
fn a_kill_ends_the_server_too() {
    let server = endless();
    server.kill(server.pid());
    assert_eq!(server.wait_end(), Exit::Signal(Signal::SIGKILL));
    wait_until("no process is left", || around(server.home()).is_empty());
    server.end();
}

#[test]
fn what_was_measured_is_told_after_a_signal() {
    let workers = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16";
    let server = tune(Builder::source(SIGN)).args(["--workers", workers, "--threads", "1"]).spawn();
    server.log().wait_for("[1/16] 1 worker x 1 thread");
    server.signal(Signal::SIGINT);
    let ended = server.end();
    ended.assert_code(130).assert_said("CPU/request").assert_said("interrupted");
    assert!(!ended.text.contains("recommended"), "{}", ended.text);
    assert!(!ended.text.contains("[16/16]"), "{}", ended.text);
}
