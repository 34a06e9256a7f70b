//! The same project where the server verifies nothing: simplejwt does, or it is an error.

use std::process::Command;

use appserver_testkit::program;
use appserver_testkit::python::{self, Python};
use serde_json::{Value, json};

use super::token::{SECRET, of_user, spoiled};
use super::{ask_with, with_settings};
use crate::e2e::site::{APPS, everywhere};

/// The package, built for this interpreter.
pub(super) fn package(python: &Python) -> String {
    let (major, minor) = python.version;
    program::target().join(format!("python/cp{major}{minor}")).display().to_string()
}

/// What the project answers under the standard library's server.
fn elsewhere(python: &Python, token: &str, more: &[&str]) -> Value {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(python.interpreter());
    command.arg(format!("{APPS}/edge_elsewhere.py")).arg(token).args(more);
    command.env("PYTHONPATH", format!("{}:{APPS}", package(python)));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("EDGE_SECRET", SECRET);
    command.env("EDGE_DATABASE", home.path().join("edge.sqlite3"));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_else(|| panic!("it said nothing: {errors}"));
    serde_json::from_str(last).unwrap()
}

#[test]
fn under_another_server_simplejwt_verifies() {
    for python in python::all() {
        let token = of_user(&json!("1"), &json!({}));
        let told = elsewhere(&python, &token, &[]);
        assert_eq!(told["under_server"], false);
        assert_eq!((&told["anonymous"][0], &told["anyone"][0]), (&json!(401), &json!(200)));
        assert_eq!(
            (&told["db"][1]["user"], &told["db"][1]["auth"]),
            (&json!("ann"), &json!("AccessToken"))
        );
        assert_eq!(told["token"][1]["kind"], "TokenUser");
        assert_eq!(
            (&told["plain"][1]["user"], &told["plain"][1]["auth"]),
            (&json!("ann"), &json!("AccessToken"))
        );
        for name in ["spoiled", "plain spoiled"] {
            assert_eq!(
                (&told[name][0], &told[name][1]["code"]),
                (&json!(401), &json!("token_not_valid"))
            );
        }
        assert_eq!(
            (&told["forged"][0], &told["said by the client"][0]),
            (&json!(400), &json!(401))
        );
    }
}

#[test]
fn without_simplejwt_nobody_is_taken_for_anonymous() {
    for python in python::all() {
        let told = elsewhere(&python, &of_user(&json!("1"), &json!({})), &["without"]);
        for name in ["anonymous", "anyone", "db", "token", "plain", "spoiled", "said by the client"]
        {
            assert_eq!(told[name][0], 500, "{name}: {told}");
        }
    }
}

#[test]
fn where_the_server_has_no_providers_simplejwt_verifies() {
    everywhere(1, |setup| {
        for target in ["edge_drf:application", "edge_drf:asgi"] {
            let builder = with_settings(setup, target, "").env("EDGE_SECRET", SECRET);
            let database = builder.home().join("edge.sqlite3");
            let server = builder.env("EDGE_DATABASE", database).start();
            let token = of_user(&json!("1"), &json!({}));
            for path in ["/api/db/", "/plain/"] {
                let told = ask_with(&server, path, &token).assert_status(200).json();
                assert_eq!((&told["user"], &told["auth"]), (&json!("ann"), &json!("AccessToken")));
                ask_with(&server, path, &spoiled(&token)).assert_status(401);
            }
            assert_eq!(ask_with(&server, "/api/async/", &token).json()["user"], "ann");
            server.stop();
        }
    });
}
