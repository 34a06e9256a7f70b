//! `examples/drf-jwt`, used by scripts the way its README says, and by people with browsers.

mod visitor;

use std::process::Command;

use appserver_testkit::{Builder, Server, program, python::Python, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::chromium::{Chromium, Window};
use super::site::{Setup, everywhere, newest};
use visitor::Visitor;

/// A filled database, made once and copied for each server.
struct Stock(TempDir);

impl Stock {
    fn make(python: &Python) -> Self {
        let stock = Self(tempfile::tempdir().unwrap());
        manage(python, &stock.database(), &["migrate", "--verbosity", "0"]);
        manage(python, &stock.database(), &["seed"]);
        stock
    }

    fn database(&self) -> String {
        self.0.path().join("db.sqlite3").display().to_string()
    }

    /// The notes with a copy of the stock, found as their folder says, and state of their own.
    fn notes(&self, setup: &Setup, workers: usize) -> Builder {
        let builder = setup.example("drf-jwt", "").without_target().workers(workers);
        let home = builder.home().to_owned();
        appserver_testkit::files::copy_tree(self.0.path(), &home.join("notes"));
        builder
            .env("NOTES_DATABASE", home.join("notes/db.sqlite3"))
            .env("STATE_DIRECTORY", home.join("state"))
            .args(["--set", "auth.jwt.store.timeout=30s"])
    }
}

fn manage(python: &Python, database: &str, arguments: &[&str]) {
    let (major, minor) = python.version;
    let package = program::target().join(format!("python/cp{major}{minor}"));
    let mut process = Command::new(python.interpreter());
    process.arg("manage.py").args(arguments).current_dir(program::example("drf-jwt"));
    process.env("NOTES_DATABASE", database).env("PYTHONPATH", package);
    process.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = process.output().unwrap();
    assert!(output.status.success(), "manage.py {arguments:?}: {output:?}");
}

fn the_api_answers(threads: usize) {
    everywhere(threads, |setup| {
        let server = Stock::make(&setup.python).notes(setup, 1).start();
        let mut ann = Visitor::logged_in(&server);
        the_server_tells_who_asks(&server, &mut ann);
        notes_are_kept(&mut ann);
        tokens_are_renewed(&mut ann);
        server.get("/about/").assert_status(200);
        server.stop();
    });
}

#[test]
fn the_api_answers_with_one_thread() {
    the_api_answers(1);
}

#[test]
fn the_api_answers_with_four_threads() {
    the_api_answers(4);
}

fn the_server_tells_who_asks(server: &Server, ann: &mut Visitor<'_>) {
    let me = ann.get("/api/me/").assert_status(200).json();
    let told = (&me["username"], &me["user_id"], &me["calls"]);
    assert_eq!(told, (&json!("ann"), &json!("1"), &json!(1)));
    // What the server refuses is no call.
    server.get("/api/me/").assert_status(401);
    let mut stranger = Visitor::new(server);
    stranger.set_cookie("access", "wrong");
    stranger.get("/api/me/").assert_status(401);
    assert_eq!(ann.get("/api/me/").json()["calls"], 2);
    let user = ann.get("/api/token-user/").assert_status(200).json();
    assert_eq!(user, json!({"id": "1", "kind": "TokenUser"}));
}

fn notes_are_kept(ann: &mut Visitor<'_>) {
    ann.post("/api/notes/", &json!({"text": "the second note"})).assert_status(201);
    let notes = ann.get("/api/notes/").assert_status(200).json();
    assert_eq!(notes[0]["text"], "the first note");
    assert_eq!(notes[1]["text"], "the second note");
    // What another site has sent is no wish of the visitor's.
    ann.post_from("http://elsewhere.example", "/api/notes/").assert_status(403);
    assert_eq!(ann.get("/api/notes/").json().as_array().map(Vec::len), Some(2));
}

fn tokens_are_renewed(ann: &mut Visitor<'_>) {
    let before = ann.cookie("refresh");
    assert_eq!(ann.post("/api/token/refresh/", &Value::Null).assert_status(200).json(), json!({}));
    assert_ne!(ann.cookie("refresh"), before);
    ann.get("/api/me/").assert_status(200);
}

#[test]
fn the_page_comes_with_its_files() {
    let setup = newest(1);
    let server = Stock::make(&setup.python).notes(&setup, 1).start();
    let page = server.get("/").assert_status(200);
    assert!(page.text().contains("page/notes.js"), "{}", page.text());
    assert!(page.header("content-security-policy").is_some_and(|is| is.contains("'self'")));
    for name in ["notes.js", "notes.css"] {
        server.get(&format!("/page/{name}")).assert_status(200);
    }
    server.get("/page/../manage.py").assert_status(400);
    server.stop();
}

#[test]
fn logging_out_everywhere_is_known_to_every_worker() {
    let setup = newest(1);
    let server = Stock::make(&setup.python).notes(&setup, 3).start();
    let mut here = Visitor::logged_in(&server);
    let mut visits: Vec<(Visitor<'_>, Value)> = Vec::new();
    wait_until("each worker has accepted a connection", || {
        // Each has a connection of its own, which stays with its worker.
        let mut visitor = Visitor::with_cookies_of(&here);
        let pid = visitor.get("/api/me/").assert_status(200).json()["pid"].clone();
        if visits.iter().all(|(_, known)| *known != pid) {
            visits.push((visitor, pid));
        }
        visits.len() == 3
    });
    here.post("/api/token/logout-all/", &json!({})).assert_status(200);
    for (visitor, pid) in &mut visits {
        assert_eq!(visitor.get("/api/me/").status, 401, "process {pid} lets ann in");
    }
    let mut visitor = Visitor::with_cookies_of(&visits[0].0);
    visitor.post("/api/token/refresh/", &Value::Null).assert_status(401);
    assert_eq!((here.cookie("access"), here.cookie("refresh")), (String::new(), String::new()));
    server.stop();
}

#[test]
fn a_new_password_ends_what_was_given_out() {
    let setup = newest(1);
    let builder = Stock::make(&setup.python).notes(&setup, 2);
    let (home, project) = (builder.home().to_owned(), builder.project().to_owned());
    let server = builder.start();
    let mut ann = Visitor::logged_in(&server);
    ann.get("/api/me/").assert_status(200);
    let change = "from django.contrib.auth.models import User; ann = User.objects.get(); \
                  ann.set_password('a new one'); ann.save()";
    let mut process = Command::new(setup.python.interpreter());
    process.args(["manage.py", "shell", "-c", change]).current_dir(project);
    let (major, minor) = setup.python.version;
    process.env("PYTHONPATH", program::target().join(format!("python/cp{major}{minor}")));
    process.env("NOTES_DATABASE", home.join("notes/db.sqlite3"));
    process.env("STATE_DIRECTORY", home.join("state")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = process.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    // The connection may have been kept for too long meanwhile.
    let again = || Visitor::with_cookies_of(&ann);
    wait_until("the workers hear of it", || again().get("/api/me/").status == 401);
    again().post("/api/token/refresh/", &Value::Null).assert_status(401);
    server.stop();
}

fn come_in<'a>(browser: &'a Chromium, server: &Server) -> Window<'a> {
    let window = browser.open(server, "/");
    window.wait_for_text("#status", "logged out");
    log_in(&window);
    window
}

fn log_in(window: &Window<'_>) {
    window.run("document.querySelector('#login [name=username]').value = 'ann'");
    window.submit("#login [name=password]", "ann-password");
    window.wait_for_text("#status", "logged in as ann");
}

fn click(window: &Window<'_>, button: &str) {
    window.run(&format!("document.querySelector('{button}').click()"));
}

#[test]
fn two_browsers_log_in_and_out() {
    let setup = newest(1);
    let server = Stock::make(&setup.python).notes(&setup, 2).start();
    let browser = Chromium::start();
    let (home, office) = (come_in(&browser, &server), come_in(&browser, &server));
    home.wait_for_text("#notes", "the first note");
    assert_eq!(home.evaluate("document.cookie"), "", "scripts can read the tokens");
    home.submit("#add [name=text]", "written <b>at</b> home");
    home.wait_for_text("#notes", "written <b>at</b> home");

    // Logging out ends one session, and the other one goes on.
    click(&home, "#logout");
    home.wait_for_text("#status", "logged out");
    click(&office, "#again");
    office.wait_for_text("#notes", "written <b>at</b> home");

    log_in(&home);
    click(&home, "#logout-all");
    home.wait_for_text("#status", "logged out");
    click(&office, "#again");
    office.wait_for_text("#status", "logged out");
    assert!(!office.text().contains("home"), "{}", office.text());
    // The page opens for whoever still has the cookies, too.
    office.go(&server, "/");
    office.wait_for_text("#status", "logged out");
    log_in(&office);
    server.stop();
}

#[test]
fn a_page_renews_its_tokens_by_itself() {
    let setup = newest(1);
    let settings = ["--set", "auth.jwt.issue.access_lifetime=3s"];
    let server = Stock::make(&setup.python).notes(&setup, 2).args(settings).start();
    let browser = Chromium::start();
    let window = come_in(&browser, &server);
    // The browser forgets the cookie of the access token when that is over.
    window.run(
        "const original = fetch; \
         window.fetch = async (...request) => { \
           const answer = await original(...request); \
           if (answer.ok && answer.url.endsWith('/refresh/')) document.body.dataset.renewed = 'yes'; \
           return answer; \
         }; \
         (async () => { while (!document.body.dataset.renewed) await show(); })()",
    );
    window.wait_for("document.body.dataset.renewed === 'yes'");
    window.wait_for_text("#status", "logged in as ann");
    server.stop();
}
