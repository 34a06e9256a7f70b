//! The example, used the way its README says.

use std::process::Command;

use appserver_testkit::program;
use serde_json::json;

use super::elsewhere::package;
use super::{ask, ask_with, bearer};
use crate::e2e::site::{Setup, in_both_modes};

in_both_modes! {
    the_example_hands_tokens_out_and_takes_them,
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn manage(setup: &Setup, database: &str, command: &str) {
    let mut process = Command::new(setup.python.interpreter());
    process.args(["manage.py", command, "--verbosity", "0"]);
    process.current_dir(program::example("drf-jwt")).env("NOTES_DATABASE", database);
    process.env("PYTHONPATH", package(&setup.python)).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = process.output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

fn the_example_hands_tokens_out_and_takes_them(setup: &Setup) {
    let builder = setup.example("drf-jwt", "").without_target().workers(1);
    let database = builder.home().join("db.sqlite3").display().to_string();
    manage(setup, &database, "migrate");
    manage(setup, &database, "seed");
    let server = builder.env("NOTES_DATABASE", &database).start();
    let login = json!({"username": "ann", "password": "ann-password"}).to_string();
    let pair = ask(&server, "POST", "/api/token/", &[JSON], login.as_bytes());
    let pair = pair.assert_status(200).json();
    let (access, refresh) = (pair["access"].as_str().unwrap(), pair["refresh"].as_str().unwrap());
    let me = ask_with(&server, "/api/me/", access).assert_status(200).json();
    assert_eq!(
        (&me["username"], &me["user_id"], &me["calls"]),
        (&json!("ann"), &json!("1"), &json!(1))
    );
    // What the server refuses is no call.
    for token in [refresh, "wrong"] {
        ask_with(&server, "/api/me/", token).assert_status(401);
    }
    server.get("/api/me/").assert_status(401);
    assert_eq!(ask_with(&server, "/api/me/", access).json()["calls"], 2);
    let user = ask_with(&server, "/api/token-user/", access).assert_status(200).json();
    assert_eq!(user, json!({"id": "1", "kind": "TokenUser"}));
    let note = json!({"text": "the second note"}).to_string();
    let authorized = [JSON, ("Authorization", &bearer(access))];
    ask(&server, "POST", "/api/notes/", &authorized, note.as_bytes()).assert_status(201);
    let notes = ask_with(&server, "/api/notes/", access).assert_status(200).json();
    assert_eq!(
        (&notes[0]["text"], &notes[1]["text"]),
        (&json!("the first note"), &json!("the second note"))
    );
    // A refreshed token is as good; simplejwt's own views want none.
    let body = json!({"refresh": refresh}).to_string();
    let renewed =
        ask(&server, "POST", "/api/token/refresh/", &[JSON], body.as_bytes()).assert_status(200);
    ask_with(&server, "/api/me/", renewed.json()["access"].as_str().unwrap()).assert_status(200);
    server.get("/about/").assert_status(200);
    server.stop();
}
