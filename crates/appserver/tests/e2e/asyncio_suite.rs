//! CPython's own tests of asyncio pass with the event loop of a worker, on every version.
//!
//! `tests/asyncio/run.py` says how, and which tests are left out.

use std::process::Command;

use appserver_testkit::{program, python};

const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/asyncio/run.py");

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
    let output =
        Command::new(python.interpreter()).arg(RUNNER).env("PYTHONPATH", built).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    eprintln!("{said}");
}
