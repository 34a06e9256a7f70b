//! Who may use whom. Imports go down only: what a crate keeps out, nobody can bring in by accident.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::{refuse, root};

/// Each crate of the workspace and what it may use; names without `appserver-`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("os", &[]),
    ("app", &[]),
    ("auth", &[]),
    ("passwords", &[]),
    // Of `auth` only what revocations are about.
    ("store", &["auth"]),
    // Of `os` the memory that processes share, and the priority of threads.
    ("issuer", &["auth", "os", "passwords", "store"]),
    ("telemetry", &["os"]),
    ("supervisor", &["os", "telemetry"]),
    // Of `os` only the listeners, the clock, and folders whose files are served.
    ("http", &["app", "auth", "os", "telemetry"]),
    // Of `os` only what a selector waits with: epoll, timers, the clock.
    // Of `issuer` only what it asks an application, what a Django project says of it, and the SQLite
    // library that it borrows.
    ("python", &["app", "auth", "issuer", "os", "telemetry"]),
    // Never `python`: the binary runs with no interpreter linked (docs/decisions/0001).
    (
        "appserver",
        &["app", "auth", "http", "issuer", "os", "passwords", "store", "supervisor", "telemetry"],
    ),
    (
        "extension",
        &["app", "appserver", "auth", "http", "issuer", "os", "python", "supervisor", "telemetry"],
    ),
    ("testkit", &[]),
    ("bench-client", &[]),
    ("bench-floor", &[]),
    ("bench-micro", &[]),
    ("native-axum", &["appserver"]),
];

/// Libraries that would let a crate do what another one is for.
const RESERVED: &[(&str, &[&str])] = &[
    ("pyo3", &["python", "extension"]),
    // `appserver` is a client only: it fetches keys.
    ("hyper", &["appserver", "http", "bench-floor"]),
    ("sqlx", &["store"]),
    ("redis", &["store"]),
    ("argon2", &["passwords"]),
    ("bcrypt", &["passwords"]),
    ("clap", &["appserver"]),
    ("figment", &["appserver"]),
    ("socket2", &["os"]),
    ("signal-hook", &["os"]),
    ("libc", &["os"]),
];

struct Import {
    from: String,
    to: String,
    /// Of the workspace, not of the registry.
    is_ours: bool,
    for_tests: bool,
}

fn short(name: &str) -> &str {
    name.strip_prefix("appserver-").unwrap_or(name)
}

fn imports() -> (BTreeSet<String>, Vec<Import>) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let output = cargo.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (mut crates, mut imports) = (BTreeSet::new(), Vec::new());
    for package in metadata["packages"].as_array().unwrap() {
        let from = short(package["name"].as_str().unwrap()).to_owned();
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = short(dependency["name"].as_str().unwrap()).to_owned();
            let is_ours = dependency["path"].is_string();
            let for_tests = dependency["kind"] == "dev";
            imports.push(Import { from: from.clone(), to, is_ours, for_tests });
        }
        crates.insert(from);
    }
    (crates, imports)
}

#[test]
fn every_crate_is_in_the_table() {
    let (crates, _) = imports();
    let table: BTreeSet<String> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crates, table);
}

#[test]
fn crates_use_only_what_is_below_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let (_, imports) = imports();
    let breaches: Vec<String> = imports
        .iter()
        .filter(|import| import.is_ours && !import.for_tests)
        .filter(|import| !table[import.from.as_str()].contains(&import.to.as_str()))
        .map(|import| format!("{} uses {}", import.from, import.to))
        .collect();
    refuse("imports go down only", &breaches);
}

#[test]
fn the_testkit_is_for_tests_only() {
    let (_, imports) = imports();
    let breaches: Vec<String> = imports
        .iter()
        .filter(|import| import.to == "testkit" && !import.for_tests)
        .map(|import| import.from.clone())
        .collect();
    refuse("the testkit is a dev-dependency", &breaches);
}

#[test]
fn reserved_libraries_stay_where_they_belong() {
    let table: BTreeMap<&str, &[&str]> = RESERVED.iter().copied().collect();
    let (_, imports) = imports();
    let breaches: Vec<String> = imports
        .iter()
        .filter(|import| !import.is_ours && !import.for_tests)
        .filter(|import| {
            let owners = table.get(import.to.as_str());
            owners.is_some_and(|owners| !owners.contains(&import.from.as_str()))
        })
        .map(|import| format!("{} uses {}", import.from, import.to))
        .collect();
    refuse("this library is another crate's affair", &breaches);
}
