//! Django REST framework and plain Django, with users of the database.

use appserver_testkit::{Response, Server};
use serde_json::{Value, json};

use super::project::project;
use super::token::{of_user, spoiled};
use super::{ask, ask_with, bearer};
use crate::e2e::site::{Setup, everywhere, in_both_modes};
use crate::e2e::wire::Wire;

in_both_modes! {
    views_have_the_users_of_the_database,
    users_who_are_gone_are_refused_as_simplejwt_does,
    cached_users_are_forgotten_when_they_change,
    what_is_no_token_of_the_server_is_refused,
    where_tokens_are_not_looked_at_simplejwt_does,
    simplejwt_itself_works_behind_the_server,
    plain_django_has_the_user_of_the_token,
}

const MODES: [&str; 3] = ["db", "cached", "token"];

fn serve(setup: &Setup) -> Server {
    project(setup, "edge_drf:application", &json!({})).start()
}

/// The token that simplejwt gives to ann.
fn token_of_ann(server: &Server) -> String {
    server.get("/open/token/").assert_status(200).json()["token"].as_str().unwrap().to_owned()
}

fn change(server: &Server, what: &str) {
    server.get(&format!("/open/change/?do={}", what.replace(' ', "%20"))).assert_status(200);
}

fn assert_told(server: &Server, token: &str) {
    for mode in MODES {
        let told = ask_with(server, &format!("/api/{mode}/"), token).assert_status(200).json();
        let (user, kind) = match mode {
            "token" => ("TokenUser 1", "TokenUser"),
            _ => ("ann", "User"),
        };
        assert_eq!((&told["user"], &told["kind"]), (&json!(user), &json!(kind)), "{mode}");
        assert_eq!((&told["id"], &told["auth"]), (&json!("1"), &json!("Verified")));
        let response = server.get(&format!("/api/{mode}/")).assert_status(401);
        assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"api\""));
        let detail = "Authentication credentials were not provided.";
        assert_eq!(response.json(), json!({"detail": detail}));
    }
    assert_eq!(ask_with(server, "/api/async/", token).json(), json!({"user": "ann"}));
    assert_eq!(server.get("/api/async/").json(), json!({"user": null}));
    assert_eq!(server.get("/api/anyone/").json()["user"], "AnonymousUser");
    assert_eq!(ask_with(server, "/api/anyone/", token).json()["user"], "ann");
}

fn views_have_the_users_of_the_database(setup: &Setup) {
    let server = serve(setup);
    let token = token_of_ann(&server);
    assert_told(&server, &token);
    // What each way costs; the cache has ann already.
    for (mode, expected) in [("db", 1), ("cached", 0), ("token", 0)] {
        let told = ask_with(&server, &format!("/queries/{mode}/"), &token).json();
        assert_eq!(told, json!({"status": 200, "queries": expected}), "{mode}");
    }
    // A refused request is no call, whatever the view allows.
    let calls = || server.get("/open/calls/").json()["calls"].as_u64().unwrap();
    let before = calls();
    let refresh =
        server.get("/open/token/?kind=refresh").json()["token"].as_str().unwrap().to_owned();
    for wrong in [spoiled(&token), refresh, "nonsense".to_owned()] {
        ask_with(&server, "/api/anyone/", &wrong).assert_status(401);
    }
    assert_eq!(calls(), before + 1);
    server.stop();
}

#[test]
fn views_have_the_users_of_the_database_in_asgi() {
    everywhere(1, |setup| {
        let server = project(setup, "edge_drf:asgi", &json!({})).start();
        assert_told(&server, &token_of_ann(&server));
        server.stop();
    });
}

/// Asserts what simplejwt answers, byte by byte; it is asked as well.
#[track_caller]
fn assert_as_simplejwt(server: &Server, token: &str, modes: &[&str], expected: &Value) {
    for mode in modes {
        let response = ask_with(server, &format!("/api/{mode}/"), token).assert_status(401);
        assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"api\""));
        assert_eq!(&response.json(), expected, "{mode}");
    }
    assert_eq!(&ask_with(server, "/api/simple/", token).assert_status(401).json(), expected);
}

fn users_who_are_gone_are_refused_as_simplejwt_does(setup: &Setup) {
    let server =
        project(setup, "edge_drf:application", &json!({"CHECK_REVOKE_TOKEN": true})).start();
    let token = token_of_ann(&server);
    let both = &MODES[..2];
    ask_with(&server, "/api/cached/", &token).assert_status(200);
    change(&server, "deactivate");
    let inactive = json!({"detail": "User is inactive", "code": "user_inactive"});
    assert_as_simplejwt(&server, &token, both, &inactive);
    ask_with(&server, "/api/token/", &token).assert_status(200);
    change(&server, "activate");
    ask_with(&server, "/api/cached/", &token).assert_status(200);
    change(&server, "password");
    let changed =
        json!({"detail": "The user's password has been changed.", "code": "password_changed"});
    assert_as_simplejwt(&server, &token, both, &changed);
    change(&server, "delete");
    let gone = json!({"detail": "User not found", "code": "user_not_found"});
    assert_as_simplejwt(&server, &token, both, &gone);
    let nobody = of_user(&json!("1"), &json!({"user_id": null}));
    let unnamed = json!({
        "detail": "Token contained no recognizable user identification", "code": "token_not_valid",
    });
    // simplejwt looks for a user without an id there.
    for mode in MODES {
        let response = ask_with(&server, &format!("/api/{mode}/"), &nobody).assert_status(401);
        assert_eq!(response.json(), unnamed);
    }
    // simplejwt answers 500 to an id that is none.
    for id in [json!("x"), json!("99999999999999999999999"), json!([1]), json!(true)] {
        for mode in both {
            ask_with(&server, &format!("/api/{mode}/"), &of_user(&id, &json!({})))
                .assert_status(401);
        }
    }
    server.stop();
}

fn cached_users_are_forgotten_when_they_change(setup: &Setup) {
    let server = serve(setup);
    let token = token_of_ann(&server);
    let status = || ask_with(&server, "/api/cached/", &token).status;
    assert_eq!(status(), 200);
    // Nobody hears of this one, so the row is used for as long as the settings say.
    change(&server, "deactivate quietly");
    assert_eq!((status(), ask_with(&server, "/api/db/", &token).status), (200, 401));
    change(&server, "deactivate");
    assert_eq!(status(), 401);
    change(&server, "activate");
    assert_eq!(status(), 200);
    for _ in 0..2 {
        let told = ask_with(&server, "/scribble/", &token).assert_status(200).json();
        assert_eq!(told["had"], false, "each request has its own user");
    }
    change(&server, "delete");
    assert_eq!(status(), 401);
    server.stop();
}

fn what_is_no_token_of_the_server_is_refused(setup: &Setup) {
    for target in ["edge_drf:application", "edge_drf:asgi"] {
        let server = project(setup, target, &json!({})).start();
        for kind in ["dict", "class", "text", "true"] {
            for path in ["/api/db/", "/api/cached/", "/api/token/", "/api/anyone/", "/plain/"] {
                server.get(&format!("{path}?forge={kind}")).assert_status(400);
            }
        }
        server.stop();
    }
}

fn where_tokens_are_not_looked_at_simplejwt_does(setup: &Setup) {
    for target in ["edge_drf:application", "edge_drf:asgi"] {
        let server = project(setup, target, &json!({})).start();
        let token = token_of_ann(&server);
        let told = ask_with(&server, "/open/db/", &token).assert_status(200).json();
        assert_eq!((&told["user"], &told["auth"]), (&json!("ann"), &json!("AccessToken")));
        ask_with(&server, "/open/db/", &spoiled(&token)).assert_status(401);
        server.get("/open/db/").assert_status(401);
        let told = ask_with(&server, "/open/plain/", &token).assert_status(200).json();
        assert_eq!((&told["user"], &told["auth"]), (&json!("ann"), &json!("AccessToken")));
        let told = ask_with(&server, "/open/plain/", &spoiled(&token)).assert_status(200).json();
        assert_eq!((&told["user"], &told["auth"]), (&json!("AnonymousUser"), &json!("NoneType")));
        // Users of one's own are made here as well.
        let told = ask_with(&server, "/open/own-here/", &token).assert_status(200).json();
        assert_eq!(told["user"], "django-1");
        server.stop();
    }
}

fn simplejwt_itself_works_behind_the_server(setup: &Setup) {
    let server = serve(setup);
    let token = token_of_ann(&server);
    let told = ask_with(&server, "/api/simple/", &token).assert_status(200).json();
    assert_eq!((&told["user"], &told["auth"]), (&json!("ann"), &json!("AccessToken")));
    // What the server refuses looks as if simplejwt had.
    let response: Response = ask_with(&server, "/api/simple/", &spoiled(&token)).assert_status(401);
    let expected = json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid"}],
    });
    assert_eq!(response.json(), expected);
    server.stop();
}

fn plain_django_has_the_user_of_the_token(setup: &Setup) {
    for target in ["edge_drf:application", "edge_drf:asgi"] {
        let server = project(setup, target, &json!({})).start();
        let token = token_of_ann(&server);
        let told = ask_with(&server, "/plain/", &token).assert_status(200).json();
        assert_eq!(told, json!({"user": "ann", "is_authenticated": true, "auth": "Verified"}));
        let told = ask_with(&server, "/aplain/", &token).assert_status(200).json();
        assert_eq!(told, json!({"user": "ann", "is_authenticated": true}));
        let told = server.get("/plain/").assert_status(200).json();
        assert_eq!(
            told,
            json!({"user": "AnonymousUser", "is_authenticated": false, "auth": "NoneType"})
        );
        // A session stays; a token goes first.
        let response = server.get("/open/session/").assert_status(200);
        let cookie = response.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let told = ask(&server, "GET", "/plain/", &[("Cookie", &cookie)], b"").json();
        assert_eq!(told["user"], "bob");
        let both = [("Cookie", cookie.as_str()), ("Authorization", &bearer(&token))];
        assert_eq!(ask(&server, "GET", "/plain/", &both, b"").json()["user"], "ann");
        change(&server, "deactivate");
        let told = ask_with(&server, "/plain/", &token).json();
        assert_eq!(told["is_authenticated"], false);
        assert_eq!(told["auth"], "NoneType", "a token goes with its user");
        let told = ask_with(&server, "/aplain/", &token).json();
        assert_eq!(told["is_authenticated"], false);
        server.stop();
    }
}

#[test]
fn consumers_of_channels_have_the_user_of_the_token() {
    everywhere(1, |setup| {
        let server = project(setup, "edge_drf:talk", &json!({})).start();
        let token = token_of_ann(&server);
        let header = format!("Authorization: {}", bearer(&token));
        assert_eq!(
            Wire::open(&server, "/", &[&header]).next_json(),
            json!({"user": "ann", "auth": "1"})
        );
        let told = Wire::open(&server, "/", &[]).next_json();
        assert_eq!(told, json!({"user": "AnonymousUser", "auth": null}));
        let header = format!("Authorization: {}", bearer(&spoiled(&token)));
        assert_eq!(Wire::refused(&server, "/", &[&header]), 401);
        change(&server, "delete");
        let header = format!("Authorization: {}", bearer(&token));
        let told = Wire::open(&server, "/", &[&header]).next_json();
        assert_eq!(told, json!({"user": "AnonymousUser", "auth": null}));
        server.stop();
    });
}
