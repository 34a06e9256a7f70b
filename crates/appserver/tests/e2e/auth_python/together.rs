//! Two users at the same time: nobody is ever taken for the other.

use std::thread;

use appserver_testkit::Server;
use serde_json::{Value, json};

use super::ask_with;
use super::project::project;
use super::token::of_user;
use crate::e2e::site::everywhere;

const ROUNDS: usize = 40;

/// One of four clients, each as a user of its own or as nobody.
fn ask_often(server: &Server, path: &str, (id, name): (&str, &str)) {
    let token = of_user(&json!(id), &json!({}));
    for _ in 0..ROUNDS {
        let told = ask_with(server, path, &token).assert_status(200).json();
        if path.contains("slow") {
            assert_eq!(told, json!({"users": [name, name], "auth": id}));
        } else {
            assert_eq!((&told["user"], &told["id"]), (&json!(name), &json!(id)));
        }
    }
}

fn ask_as_nobody(server: &Server) {
    for _ in 0..ROUNDS {
        let told = server.get("/plain/").assert_status(200).json();
        assert_eq!((&told["user"], &told["auth"]), (&json!("AnonymousUser"), &json!("NoneType")));
    }
}

fn all_at_once(server: &Server, path: &str) {
    let users = [("1", "ann"), ("2", "bob"), ("1", "ann"), ("2", "bob")];
    thread::scope(|scope| {
        for user in users {
            scope.spawn(move || ask_often(server, path, user));
        }
        scope.spawn(|| ask_as_nobody(server));
    });
}

#[test]
fn threads_do_not_mix_users() {
    everywhere(4, |setup| {
        let server = project(setup, "edge_drf:application", &Value::Object(<_>::default())).start();
        for path in ["/slow/", "/api/db/", "/api/cached/"] {
            all_at_once(&server, path);
        }
        server.stop();
    });
}

#[test]
fn tasks_do_not_mix_users() {
    everywhere(1, |setup| {
        let server = project(setup, "edge_drf:asgi", &Value::Object(<_>::default())).start();
        for path in ["/aslow/", "/slow/", "/api/cached/"] {
            all_at_once(&server, path);
        }
        server.stop();
    });
}
