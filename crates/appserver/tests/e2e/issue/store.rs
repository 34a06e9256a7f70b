//! Databases of the tests' own: those that the test command has started, and some that a test may
//! kill.

use std::process::Command;

/// A database that is there for one test.
pub(super) struct Database {
    url: String,
    end: Command,
}

impl Database {
    pub(super) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Somebody may still be connected; the service itself ends with the tests.
        let _ = self.end.output();
    }
}

/// The URL in this variable, which the test command sets where the service is installed.
fn service(name: &str) -> Option<String> {
    let url = std::env::var(name).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("skipped: {name} is not set, because the service is not installed");
    }
    url
}

/// A new database of PostgreSQL; `None`, with a message, where there is no PostgreSQL.
pub(super) fn postgres(name: &str) -> Option<Database> {
    let service = service("STORE_TEST_POSTGRES")?;
    let name = unique(name);
    let statement = |text: String| {
        let mut psql = Command::new("psql");
        psql.args([&service, "--quiet", "--no-psqlrc", "--command", &text]);
        psql
    };
    run(&mut statement(format!("CREATE DATABASE {name}")));
    let end = statement(format!("DROP DATABASE {name} WITH (FORCE)"));
    Some(Database { url: with_name(&service, &name), end })
}

/// A new database of MySQL or MariaDB; `None`, with a message, where there is none.
pub(super) fn mysql(name: &str) -> Option<Database> {
    let service = service("STORE_TEST_MYSQL")?;
    let name = unique(name);
    let statement = |text: String| {
        let mut client = Command::new("mariadb");
        client.args(mysql_arguments(&service)).args(["--execute", &text]);
        client
    };
    run(&mut statement(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")));
    let end = statement(format!("DROP DATABASE {name}"));
    Some(Database { url: with_name(&service, &name), end })
}

/// The URL of Redis and names of keys that nobody else has.
pub(super) fn redis(name: &str) -> Option<(String, String)> {
    Some((service("STORE_TEST_REDIS")?, format!("{}:", unique(name))))
}

fn unique(name: &str) -> String {
    format!("issue_{name}_{}", std::process::id())
}

fn with_name(service: &str, name: &str) -> String {
    let (before, query) = service.split_once('?').map_or((service, None), |(a, b)| (a, Some(b)));
    let after_scheme = before.find("://").map_or(0, |at| at + 3);
    let end = before[after_scheme..].find('/').map_or(before.len(), |at| after_scheme + at);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{name}{query}", &before[..end])
}

/// The user, the password, the host and the port of a URL, as the client wants them.
fn mysql_arguments(url: &str) -> Vec<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (login, place) = rest.split_once('@').unwrap_or(("root", rest));
    let place = place.split(['/', '?']).next().unwrap_or_default();
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = place.split_once(':').unwrap_or((place, "3306"));
    let mut all = vec!["--protocol=tcp".to_owned()];
    all.extend([format!("--user={user}"), format!("--host={host}"), format!("--port={port}")]);
    if !password.is_empty() {
        all.push(format!("--password={password}"));
    }
    all
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
