//! What an application speaks is seen from it, unless a setting says it.

use appserver_testkit::Builder;

use super::{everywhere, source};
use crate::e2e::site::Setup;

everywhere! {
    every_shape_of_an_asgi_app_is_seen,
    every_shape_of_a_wsgi_app_is_seen,
    a_setting_overrules_what_is_seen,
    a_search_finds_an_asgi_app,
    a_check_loads_an_asgi_app,
    it_is_loaded_by_each_worker_if_that_is_set,
}

const ANSWER: &str = "
import functools

async def answer(scope, receive, send):
    assert scope['type'] == 'http'
    await send({'type': 'http.response.start', 'status': 200})
    await send({'type': 'http.response.body', 'body': b'ASGI'})

def respond(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'WSGI']
";

const ASGI: &[&str] = &[
    "application = answer",
    "application = functools.partial(answer)",
    "
async def with_more(settings, scope, receive, send):
    return await answer(scope, receive, send)
application = functools.partial(with_more, {})",
    "
class App:
    async def __call__(self, scope, receive, send):
        await answer(scope, receive, send)
application = App()",
    "
class App:
    async def asgi(self, scope, receive, send):
        await answer(scope, receive, send)
application = App().asgi",
    "
def traced(function):
    @functools.wraps(function)
    def call(scope, receive, send):
        return function(scope, receive, send)
    return call
application = traced(answer)",
    "
def application(scope, receive, send):
    return answer(scope, receive, send)",
    "
class Middleware:
    def __init__(self, app):
        self.app = app
    def __call__(self, scope, receive, send):
        return self.app(scope, receive, send)
application = Middleware(answer)",
    "
class Response:
    def __init__(self, scope, receive, send):
        self.arguments = scope, receive, send
    def __await__(self):
        return answer(*self.arguments).__await__()
async def application(scope, receive, send):
    await Response(scope, receive, send)",
];

const WSGI: &[&str] = &[
    "application = respond",
    "application = functools.partial(respond)",
    "
class App:
    def __call__(self, environ, start_response):
        return respond(environ, start_response)
application = App()",
    "
class application:
    def __init__(self, environ, start_response):
        self.body = respond(environ, start_response)
    def __iter__(self):
        return iter(self.body)",
    "
def application(environ, start_response, *more):
    return respond(environ, start_response)",
    "
def application(environ, start_response, settings=None):
    return respond(environ, start_response)",
    "
def application(*arguments):
    return respond(*arguments)",
    "
import flask
application = flask.Flask('app')
@application.route('/')
def view():
    return 'WSGI'",
];

fn app(setup: &Setup, shape: &str) -> Builder {
    source(setup, &format!("{ANSWER}\n{shape}\n"))
}

#[track_caller]
fn assert_speaks(builder: Builder, wanted: &str, shape: &str) {
    let server = builder.workers(1).start();
    assert_eq!(server.get("/").assert_status(200).text(), wanted, "{shape}");
    server.stop();
}

fn every_shape_of_an_asgi_app_is_seen(setup: &Setup) {
    for shape in ASGI {
        assert_speaks(app(setup, shape), "ASGI", shape);
    }
}

fn every_shape_of_a_wsgi_app_is_seen(setup: &Setup) {
    for shape in WSGI {
        assert_speaks(app(setup, shape), "WSGI", shape);
    }
}

fn a_setting_overrules_what_is_seen(setup: &Setup) {
    let hidden = "
def application(*arguments):
    return answer(*arguments) if len(arguments) == 3 else respond(*arguments)";
    for (interface, wanted) in [("asgi", "ASGI"), ("wsgi", "WSGI"), ("auto", "WSGI")] {
        let builder = app(setup, hidden).args(["--interface", interface]);
        assert_speaks(builder, wanted, interface);
    }
    let builder = app(setup, hidden).file("appserver.toml", "interface = \"asgi\"\n");
    assert_speaks(builder, "ASGI", "appserver.toml");
    // A failure of each request, and of nothing else.
    let forced = app(setup, "application = respond").args(["--interface", "asgi"]);
    let server = forced.start();
    server.get("/").assert_status(500);
    server.log().wait_for("TypeError");
    server.stop();
}

fn a_search_finds_an_asgi_app(setup: &Setup) {
    for (file, name) in [("asgi.py", "application"), ("main.py", "app"), ("app.py", "app")] {
        let builder = Builder::source("").file(file, format!("{ANSWER}\n{name} = answer\n"));
        let builder = builder.python(&setup.python).without_target();
        assert_speaks(builder, "ASGI", file);
    }
}

fn a_check_loads_an_asgi_app(setup: &Setup) {
    let check =
        |shape: &str, command: &[&str]| app(setup, shape).without_target().command(command).run();
    check("application = answer", &["check", "app:application"]).assert_code(0).assert_said("ok:");
    check("application = 1 / 0", &["check", "app:application"])
        .assert_code(4)
        .assert_said("ZeroDivisionError");
}

fn it_is_loaded_by_each_worker_if_that_is_set(setup: &Setup) {
    let shape = "
import os
loaded_by = os.getpid()
async def application(scope, receive, send):
    assert scope['type'] == 'http'
    await send({'type': 'http.response.start', 'status': 200})
    whose = b'own' if loaded_by == os.getpid() else b'shared'
    await send({'type': 'http.response.body', 'body': whose})";
    for (preload, wanted) in [("--preload=false", "own"), ("--preload=true", "shared")] {
        assert_speaks(app(setup, shape).args([preload]), wanted, preload);
    }
}
