//! Error pages are not tuned: what is wrong is said, with what to do.

use appserver_testkit::{Builder, Server};

use super::{HELLO, result, tune};

const BROKEN: &str = "import json\n\ndef make():\n    return json.no_such_thing\n\nmake()\n";
/// Lets only those in who know the word.
const CLOSED: &str = "\
def application(environ, start_response):
    known = environ.get('HTTP_AUTHORIZATION') == 'Bearer tea'
    start_response('200 OK' if known else '401 Unauthorized', [('Content-Length', '0')])
    return []
";
/// Answers a few times only.
const TIRED: &str = "\
asked = []

def application(environ, start_response):
    asked.append(1)
    status = '200 OK' if len(asked) < 5 else '429 Too Many Requests'
    start_response(status, [('Content-Length', '0')])
    return []
";
/// Has moved to where there is encryption.
const MOVED: &str = "\
def application(environ, start_response):
    headers = [('Location', 'https://shop.example/'), ('Content-Length', '0')]
    start_response('301 Moved Permanently', headers)
    return []
";

fn small(builder: Builder) -> Builder {
    tune(builder).args(["--workers", "1", "--threads", "1"])
}

#[test]
fn an_app_that_does_not_load_is_told_with_its_traceback() {
    let ended = small(Builder::source(BROKEN)).run();
    ended.assert_code(4).assert_said("line 4, in make").assert_said("no_such_thing");
    let ended = small(Builder::source(HELLO).without_target()).args(["app:nothing"]).run();
    ended.assert_code(4).assert_said("nothing");
}

/// A worker would be given up after the same time.
#[test]
fn an_app_that_never_loads_is_given_up() {
    let source = "import threading\n\ndef hang():\n    threading.Event().wait()\n\nhang()\n";
    let ended = small(Builder::source(source)).args(["--boot-timeout", "1s"]).run();
    ended.assert_code(4).assert_said("not loaded after 1s (`boot_timeout`)");
    ended.assert_said("line 4 in hang").assert_said("--boot-timeout");
}

/// It loads, but not in a worker: only the server can tell.
#[test]
fn a_server_that_does_not_start_is_told_with_its_words() {
    let source = format!(
        "import os\n\ndef fork():\n    raise BlockingIOError(11, 'no room')\n\nos.fork = fork\n\n{HELLO}"
    );
    let ended = small(Builder::source(&source)).args(["--preload=true"]).run();
    ended.assert_code(3).assert_said("the server does not start").assert_said("no room");
}

#[test]
fn a_page_that_is_not_there() {
    let ended = small(Server::example("wsgi-plain", "app:application"))
        .args(["--url", "/no-such-page"])
        .run();
    ended.assert_code(1).assert_said("/no-such-page is answered with 404").assert_said("--url");
    assert!(!ended.text.contains("recommended"), "{}", ended.text);
}

#[test]
fn a_page_that_fails_is_told_with_its_traceback() {
    let ended =
        small(Server::example("wsgi-plain", "app:application")).args(["--url", "/raise"]).run();
    ended.assert_code(1).assert_said("500").assert_said("this path always raises");
}

#[test]
fn a_django_project_wants_its_own_host() {
    let shop = || {
        let shop = Server::example("django-shop", "mysite.wsgi:application").copied();
        small(shop.env("SHOP_HOSTS", "shop.example")).args(["--url", "/admin/login/"])
    };
    shop().run().assert_code(1).assert_said("400").assert_said("--host");
    shop().args(["--host", "shop.example"]).run().assert_code(0).assert_said("workers = 1");
}

#[test]
fn a_page_that_wants_to_know_who_asks() {
    let closed = || small(Builder::source(CLOSED));
    closed().run().assert_code(1).assert_said("401").assert_said("--header-file");
    closed().args(["--header", "Authorization: Bearer tea"]).run().assert_code(0);
    let file = closed().file("fields", "Accept: text/html\n\nAuthorization: Bearer tea\n");
    file.args(["--header-file", "fields"]).run().assert_code(0);
    let wrong = closed().file("fields", "Bearer tea\n").args(["--header-file", "fields"]).run();
    let argument = closed().args(["--header", "Authorization Bearer tea"]).run();
    for wrong in [wrong, argument] {
        wrong.assert_code(2).assert_said("expected a header field");
        assert!(!wrong.text.contains("tea"), "{}", wrong.text);
    }
}

#[test]
fn an_app_that_refuses_under_load() {
    let ended = small(Builder::source(TIRED)).run();
    ended
        .assert_code(1)
        .assert_said("under load")
        .assert_said("429")
        .assert_said("limits how often");
}

#[test]
fn a_redirect_is_measured_and_told() {
    let ended = small(Builder::source(MOVED)).args(["--json"]).run();
    let result = result(ended.assert_code(0));
    let notes = result["notes"].to_string();
    assert!(notes.contains("/ redirects to https://shop.example/ (301)"), "{notes}");
    assert!(notes.contains("X-Forwarded-Proto"), "{notes}");
}

#[test]
fn only_paths_of_the_own_server_can_be_asked() {
    for url in ["http://192.0.2.1/", "//192.0.2.1/x y", "index.html"] {
        small(Builder::source(HELLO)).args(["--url", url]).run().assert_code(2);
    }
}
