//! CPython's own tests of asyncio pass with the event loop of a worker, on every version, and so do
//! ours of its selector.
//!
//! `tests/asyncio/run.py` says how, and which tests are left out.

use std::path::Path;
use std::process::Command;

use appserver_testkit::{program, python};

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/asyncio");

#[test]
fn on_cpython_3_10() {
    passes(10);
}

#[test]
fn on_cpython_3_11() {
    passes(11);
}

#[test]
fn on_cpython_3_12() {
    passes(12);
}

#[test]
fn on_cpython_3_13() {
    passes(13);
}

/// Runs them on this version, if it was prepared. What is printed says whether they were skipped.
fn passes(minor: u32) {
    let Some(python) = python::all().into_iter().find(|python| python.version == (3, minor)) else {
        eprintln!("skipped: there is no CPython 3.{minor}");
        return;
    };
    let built = program::target().join(format!("python/cp3{minor}"));
    for tests in ["test_selector.py", "run.py"] {
        let mut command = Command::new(python.interpreter());
        command.arg(Path::new(TESTS).join(tests)).env("PYTHONPATH", &built);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{said}");
        eprintln!("{said}");
    }
}
