//! ASGI 3 (HTTP 2.5, Lifespan 2.0), sentence by sentence, on every interpreter.

mod asyncio;
mod detection;
mod ending;
mod extensions;
mod failures;
mod lifespan;
mod limits;
mod receive;
mod scope;
mod send;

use appserver_testkit::{Builder, Client, Server};
use serde_json::Value;

use super::site::{Setup, eventually};

/// Makes a test of each function, which runs it once per interpreter.
macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {
        mod everywhere {
            $(#[test] fn $name() { crate::e2e::site::everywhere(1, super::$name); })*
        }
    };
}
use everywhere;

/// The conformance application.
fn conformance(setup: &Setup) -> Builder {
    setup.with_apps("asgi_conformance:application")
}

/// The conformance application in one worker, so that it can take notes.
fn serve(setup: &Setup) -> Server {
    serve_with(setup, &[])
}

/// The same with these arguments.
fn serve_with(setup: &Setup, arguments: &[&str]) -> Server {
    conformance(setup).workers(1).args(arguments).start()
}

/// An application of a test's own.
fn source(setup: &Setup, source: &str) -> Builder {
    Builder::source(source).python(&setup.python)
}

/// Waits until the application has noted this.
#[track_caller]
fn await_note(server: &Server, name: &str, wanted: &Value) {
    eventually(server, &format!("/noted?name={name}"), |noted| noted.json() == *wanted);
}

/// Reads until this text comes, and returns everything up to its end.
#[track_caller]
fn read_until(client: &mut Client, text: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(text.as_bytes()) {
        match client.take(1) {
            Ok(byte) => seen.extend(byte),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&seen)),
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}
