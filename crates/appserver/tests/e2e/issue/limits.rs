//! Who tries passwords: bounded by address, by name and by the processors that there are, and told
//! nothing about which names there are.

use appserver_testkit::{Response, Server, wait_until};
use serde_json::json;

use super::at_once::all_at_once;
use super::project::{HELLO, OBTAIN, login, post, post_with, project, try_login};

/// Everything about an answer but the hour and its own number.
fn told(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id", "retry-after"];
    let is_shared =
        |field: &&(String, String)| !own.contains(&field.0.to_ascii_lowercase().as_str());
    let fields = response.headers.iter().filter(is_shared).cloned().collect();
    (response.status, fields, response.text())
}

#[track_caller]
fn assert_limited(response: &Response) {
    let response = response.clone().assert_status(429);
    let after: u64 = response.header("retry-after").expect("it says when").parse().unwrap();
    assert!((1..=3600).contains(&after), "{after}");
}

#[test]
fn nobody_learns_which_names_there_are() {
    let server = project().start();
    server.get("/open/change/?do=deactivate&user=bob").assert_status(200);
    let tries = [
        ("ann", "another"),
        ("bob", "bob-password"),
        ("bob", "another"),
        ("nobody", "another"),
        ("ann ' OR 1=1 --", "another"),
    ];
    let answers: Vec<_> =
        tries.iter().map(|(name, password)| told(&try_login(&server, name, password))).collect();
    assert_eq!(answers[0].0, 401);
    for (answer, (name, _)) in answers.iter().zip(tries) {
        assert_eq!(answer, &answers[0], "{name}");
    }
    server.stop();
}

#[test]
fn one_name_is_tried_a_few_times_by_all_workers_together() {
    let limits = "per_address = \"off\"\nper_user = \"3/h\"\ntiers = []";
    let server = project().workers(4).limits(limits).start();
    for name in ["ann", "nobody"] {
        let answers = all_at_once(&[&server], 40, |one, _| one.try_login(name, "another"));
        assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 3, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 401) {
            assert_limited(answer);
        }
    }
    // The right password is not looked at either, and others are not in the way.
    assert_limited(&try_login(&server, "ann", "ann-password"));
    login(&server, "bob");
    server.stop();
}

#[test]
fn limits_of_names_say_nothing_of_which_there_are() {
    let limits = "per_address = \"off\"\nper_user = \"1/h\"\ntiers = []";
    let server = project().limits(limits).start();
    for name in ["ann", "nobody"] {
        try_login(&server, name, "another").assert_status(401);
    }
    let answers = ["ann", "nobody"].map(|name| told(&try_login(&server, name, "another")));
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 429);
    server.stop();
}

#[test]
fn one_address_tries_a_few_names() {
    let limits = "per_address = \"5/h\"\nper_user = \"off\"\ntiers = []";
    // The test's own address is a trusted proxy.
    let server = project().limits(limits).start();
    let from = |address: &str, number: usize| {
        let body = json!({"username": format!("user{number}"), "password": "another"});
        post_with(&server, OBTAIN, &body, &[("X-Forwarded-For", address)])
    };
    for number in 0..5 {
        from("192.0.2.1", number).assert_status(401);
    }
    assert_limited(&from("192.0.2.1", 6));
    from("192.0.2.2", 7).assert_status(401);
    // One customer has as many addresses of IPv6 as there are in a network of 64 bits.
    for number in 0..5 {
        from(&format!("2001:db8:0:1::{number:x}"), number).assert_status(401);
    }
    assert_limited(&from("2001:db8:0:1:ffff::1", 8));
    from("2001:db8:0:2::1", 9).assert_status(401);
    server.stop();
}

#[test]
fn failures_lock_a_name_for_an_address() {
    let limits = "per_address = \"off\"\nper_user = \"off\"\ntiers = [\"3:1h\"]";
    let server = project().workers(4).limits(limits).start();
    for _ in 0..3 {
        try_login(&server, "ann", "another").assert_status(401);
    }
    assert_limited(&try_login(&server, "ann", "ann-password"));
    login(&server, "bob");
    server.stop();
}

#[test]
fn a_login_forgets_failures() {
    let limits = "per_address = \"off\"\nper_user = \"off\"\ntiers = [\"3:1h\"]";
    let server = project().limits(limits).start();
    for _ in 0..4 {
        try_login(&server, "ann", "another").assert_status(401);
        try_login(&server, "ann", "another").assert_status(401);
        login(&server, "ann");
    }
    server.stop();
}

#[test]
fn locks_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let limits = "per_address = \"off\"\nper_user = \"off\"\ntiers = [\"2:1h\"]";
    let project = project().folder(folder.path()).state(folder.path().join("state")).limits(limits);
    let server = project.start();
    for _ in 0..2 {
        try_login(&server, "ann", "another").assert_status(401);
    }
    server.stop();
    let server = project.start();
    assert_limited(&try_login(&server, "ann", "ann-password"));
    server.stop();
}

#[test]
fn long_passwords_are_refused_before_they_are_hashed() {
    let hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher";
    let server = project().env("ISSUE_HASHER", hasher).start();
    for length in [4097, 1 << 20] {
        let body = json!({"username": "ann", "password": "p".repeat(length)});
        let answer = post(&server, OBTAIN, &body);
        assert!([400, 413].contains(&answer.status), "{length}: {}", answer.status);
        let body = json!({"username": "n".repeat(length), "password": "p"});
        let answer = post(&server, OBTAIN, &body);
        assert!([400, 413].contains(&answer.status), "{length}: {}", answer.status);
    }
    server.get(HELLO).assert_status(200);
    server.stop();
}

/// A thousand logins at once: few are hashed, the rest is told to come later, and other routes do not
/// notice.
#[test]
fn a_flood_of_logins_is_bounded() {
    let hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher";
    let issue = "mode = \"family\"\nhash_threads = 1\nhash_queue = 2";
    let server = project().env("ISSUE_HASHER", hasher).issue(issue).start();
    let answers = all_at_once(&[&server], 1000, |one, number| {
        if number % 10 == 0 {
            return one.get(HELLO).status;
        }
        let answer = one.try_login("ann", "ann-password");
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
        answer.status
    });
    let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    // Those that ask for something else are the 100 that have to be answered.
    assert!(count(200) > 100, "{} logins", count(200) - 100);
    assert!(count(503) > 0, "nothing was too much");
    assert_eq!(count(200) + count(503), 1000, "{answers:?}");
    settles(&server);
    server.stop();
}

/// It works as before, afterwards.
fn settles(server: &Server) {
    wait_until("there is room again", || try_login(server, "ann", "ann-password").status == 200);
}
