//! Tokens in cookies: out of reach of scripts, and of pages of other sites.

use appserver_testkit::{Response, Server};
use serde_json::{Value, json};

use super::project::{
    BLACKLIST, LOGOUT_ALL, OBTAIN, Project, REFRESH, VERIFY, claims, post_with, project,
};
use crate::e2e::auth_python::token::spoiled;
use crate::e2e::site::ask;

fn with_cookies(lines: &str) -> Project {
    let cookies = format!("[auth.jwt.issue.cookies]\nenabled = true\n{lines}");
    project().issue("mode = \"family\"\ngrace = \"0s\"").tables(&cookies)
}

/// What pages of the site itself send.
const OWN: (&str, &str) = ("Origin", "http://localhost");

/// What pages of others send, and whoever hides where a request comes from.
const STRANGERS: [&[(&str, &str)]; 7] = [
    &[],
    &[("Origin", "http://elsewhere.example")],
    &[("Referer", "http://elsewhere.example/page")],
    &[("Origin", "http://localhost.elsewhere.example")],
    &[("Origin", "https://localhost:8443")],
    &[("Origin", "null")],
    &[("Origin", "http://localhost"), ("Origin", "http://elsewhere.example")],
];

fn login(server: &Server) -> Response {
    let body = json!({"username": "ann", "password": "ann-password"});
    post_with(server, OBTAIN, &body, &[OWN]).assert_status(200)
}

/// The attributes of the cookie that an answer sets, and its value.
#[track_caller]
fn cookie(response: &Response, name: &str) -> (String, Vec<String>) {
    let start = format!("{name}=");
    let mut all = response.headers_named("set-cookie").filter(|text| text.starts_with(&start));
    let text = all.next().unwrap_or_else(|| panic!("no cookie {name}: {response:?}"));
    assert_eq!(all.next(), None, "{name} is set twice");
    let mut parts = text[start.len()..].split(';').map(|part| part.trim().to_ascii_lowercase());
    let value = text[start.len()..].split(';').next().unwrap().to_owned();
    parts.next();
    (value, parts.collect())
}

#[track_caller]
fn cookies(response: &Response) -> (String, String) {
    (cookie(response, "access").0, cookie(response, "refresh").0)
}

#[test]
fn cookies_are_for_the_server_alone() {
    let server = with_cookies("").start();
    let answer = login(&server);
    assert_eq!(answer.json(), json!({}), "the tokens are in the cookies only");
    for (name, path) in [("access", "path=/"), ("refresh", "path=/api/token/")] {
        let (value, attributes) = cookie(&answer, name);
        assert_eq!(claims(&value)["token_type"], name);
        for wanted in ["httponly", "secure", "samesite=strict", path] {
            assert!(attributes.iter().any(|attribute| attribute == wanted), "{attributes:?}");
        }
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")));
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    server.stop();
}

/// A view that knows nothing of tokens, behind a rule that wants one.
const CLOSED: &str = "/closed/hello/";

#[test]
fn cookies_open_views() {
    let rule = "[[auth.jwt.rules]]\npath = \"/closed/\"\nrequire = \"required\"";
    let server = with_cookies("").tables(rule).start();
    let (access, _) = cookies(&login(&server));
    let with = |method: &str, access: &str, more: &[(&str, &str)]| {
        let cookie = format!("other=1; access={access}");
        let mut fields = vec![("Cookie", cookie.as_str())];
        fields.extend(more);
        ask(&server, method, CLOSED, &fields, b"").status
    };
    assert_eq!(with("GET", &access, &[]), 200);
    assert_eq!(with("GET", &spoiled(&access), &[]), 401);
    assert_eq!(ask(&server, "GET", CLOSED, &[], b"").status, 401);
    // What changes something has to come from a page of the site's own.
    assert_eq!(with("POST", &access, &[OWN]), 200);
    for stranger in STRANGERS {
        assert_eq!(with("POST", &access, stranger), 403, "{stranger:?}");
    }
    server.stop();
}

#[test]
fn pages_of_other_sites_cannot_use_them() {
    let server = with_cookies("").start();
    let (_, refresh) = cookies(&login(&server));
    let header = format!("refresh={refresh}");
    let with = |path: &str, more: &[(&str, &str)]| {
        let mut fields = vec![("Cookie", header.as_str())];
        fields.extend(more);
        post_with(&server, path, &json!({}), &fields)
    };
    for path in [REFRESH, BLACKLIST] {
        for fields in STRANGERS {
            assert_eq!(with(path, fields).status, 403, "{path} {fields:?}");
        }
    }
    // None of that has used the token up.
    let answer = with(REFRESH, &[OWN]).assert_status(200);
    let (_, next) = cookies(&answer);
    assert_ne!(next, refresh);
    assert_eq!(with(REFRESH, &[OWN]).status, 401, "the old one is used up");
    server.stop();
}

#[test]
fn logging_out_takes_the_cookies_away() {
    let server = with_cookies("").start();
    let (_, refresh) = cookies(&login(&server));
    let header = format!("refresh={refresh}");
    let fields = [("Cookie", header.as_str()), OWN];
    let answer = post_with(&server, BLACKLIST, &json!({}), &fields).assert_status(200);
    for name in ["access", "refresh"] {
        let (value, attributes) = cookie(&answer, name);
        assert_eq!(value, "");
        let is_over = |attribute: &String| attribute == "max-age=0" || attribute.contains("1970");
        assert!(attributes.iter().any(is_over), "{attributes:?}");
    }
    assert_eq!(post_with(&server, REFRESH, &json!({}), &fields).status, 401);
    server.stop();
}

#[test]
fn bodies_may_have_them_too() {
    let server = with_cookies("only_cookies = false\nsame_site = \"Lax\"\naccess = \"a\"").start();
    let answer = login(&server);
    let told = answer.json();
    let (value, attributes) = cookie(&answer, "a");
    assert_eq!(told["access"], value);
    assert!(attributes.iter().any(|attribute| attribute == "samesite=lax"));
    // Clients that send the token in the body have no cookies that a page could misuse.
    let body = json!({"refresh": told["refresh"]});
    post_with(&server, REFRESH, &body, &[]).assert_status(200);
    server.stop();
}

/// Every answer may set cookies, so no page of another site gets one: whatever it sends along, and
/// although a login needs no cookie.
#[test]
fn pages_of_other_sites_are_not_answered() {
    let server = with_cookies("only_cookies = false").start();
    let told = login(&server).json();
    let bearer = format!("Bearer {}", told["access"].as_str().unwrap());
    let calls = [
        (OBTAIN, json!({"username": "ann", "password": "ann-password"})),
        (REFRESH, json!({"refresh": told["refresh"]})),
        (BLACKLIST, json!({"refresh": told["refresh"]})),
        (VERIFY, json!({"token": told["access"]})),
        (LOGOUT_ALL, json!({})),
    ];
    let with = |path: &str, body: &Value, more: &[(&str, &str)]| {
        let mut fields = more.to_vec();
        if path == LOGOUT_ALL {
            fields.push(("Authorization", &bearer));
        }
        post_with(&server, path, body, &fields)
    };
    for (path, body) in &calls {
        for stranger in &STRANGERS[1..] {
            let answer = with(path, body, stranger);
            assert_eq!(answer.status, 403, "{path} {stranger:?}");
            assert_eq!(answer.header("set-cookie"), None, "{path} {stranger:?}");
        }
    }
    // Nothing has ended, and programs that are no pages have no cookies to misuse.
    for (path, body) in [&calls[0], &calls[3], &calls[1], &calls[4]] {
        with(path, body, &[]).assert_status(200);
    }
    server.stop();
}
