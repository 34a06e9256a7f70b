//! PyJWT and simplejwt beside the server, over some ten thousand tokens: the same verdict and the same
//! identity, or a difference that `docs/jwt-differences.md` lists.
//!
//! `tests/jwt_oracle/run.py` makes the tokens and compares.

use std::path::Path;
use std::process::Command;

use appserver_testkit::Server;
use appserver_testkit::python::{self, Python};
use appserver_testkit::server::Builder;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/jwt_oracle/run.py");

#[test]
fn tokens_are_judged_as_by_pyjwt() {
    let python = python::newest();
    let builder = Builder::source("");
    let project = builder.project().to_owned();
    run(&python, &["settings", text(&project)]);
    let server: Server = builder.python(&python).workers(1).start();
    let port = server.address().port().to_string();
    run(&python, &["compare", text(&project), &port]);
}

fn run(python: &Python, words: &[&str]) {
    let output = Command::new(python.interpreter()).arg(SCRIPT).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    eprintln!("{said}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
