//! A project behind a symbolic link, which is switched to another release.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use appserver_testkit::{Builder, program};

fn source(text: &str) -> String {
    format!(
        "def application(environ, start_response):\n\
         \x20   start_response('200 OK', [])\n\
         \x20   return [b'{text}']\n"
    )
}

/// As deployments do it: in one step.
fn switch(link: &Path, release: &Path) {
    let new = link.with_extension("new");
    symlink(release, &new).expect("a link can be made");
    fs::rename(&new, link).expect("it can be replaced");
}

/// A folder beside that of the test's project.
fn folder(builder: &Builder, name: &str) -> PathBuf {
    let folder = builder.home().join(name);
    fs::create_dir(&folder).expect("a folder can be made");
    folder
}

#[test]
fn a_reload_serves_the_release_that_the_directory_leads_to_now() {
    let builder = Builder::source(&source("one"));
    let link = builder.home().join("current");
    switch(&link, builder.project());
    let release = folder(&builder, "two");
    fs::write(release.join("app.py"), source("two")).expect("it can be written");
    let server = builder.env("PWD", &link).workers(2).start();
    assert_eq!(server.get("/").text(), "one");
    switch(&link, &release);
    assert_eq!(server.reload().map(drop), Ok(()));
    server.wait_workers(2);
    assert_eq!(server.get("/").text(), "two");
    server.stop();
}

/// A variable that was left behind is not believed.
#[test]
fn a_name_of_another_directory_is_not_followed() {
    let builder = Builder::source(&source("one"));
    let other = folder(&builder, "two");
    fs::write(other.join("app.py"), source("two")).expect("it can be written");
    let server = builder.env("PWD", &other).start();
    assert_eq!(server.get("/").text(), "one");
    server.stop();
}

#[test]
fn a_reload_runs_the_program_that_its_path_leads_to_now() {
    let builder = Builder::native("native-axum");
    let [one, two] = ["one", "two"].map(|name| folder(&builder, name));
    for release in [&one, &two] {
        let copy = release.join("native-axum");
        fs::copy(program::built("native-axum"), copy).expect("the program can be copied");
    }
    let link = builder.home().join("current");
    switch(&link, &one);
    let server = builder.program(&link.join("native-axum")).workers(1).start();
    let running = || {
        let pid = server.worker_pids()[0];
        fs::read_link(format!("/proc/{pid}/exe")).expect("it runs")
    };
    assert!(running().starts_with(fs::canonicalize(&one).expect("it is there")));
    switch(&link, &two);
    assert_eq!(server.reload().map(drop), Ok(()));
    server.wait_workers(1);
    assert!(running().starts_with(fs::canonicalize(&two).expect("it is there")), "{:?}", running());
    server.stop();
}
