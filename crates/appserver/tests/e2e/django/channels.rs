//! `examples/django-channels`: Django as ASGI, with Channels.

use std::process::Command;

use appserver_testkit::python::{self, Python};
use appserver_testkit::{Server, files, program};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::browser::Browser;
use crate::e2e::chromium::Chromium;
use crate::e2e::site::{APPS, Setup, everywhere, newest};
use crate::e2e::wire::Wire;

/// The map of the harbour: the third lot of the seed, from 15.50 on.
const MAP: u64 = 3;
const BOARD: &str = "/ws/board/";

/// A filled database and media folder, made once and copied for each server.
struct House(TempDir);

impl House {
    fn make(python: &Python) -> Self {
        let house = Self(tempfile::tempdir().unwrap());
        house.manage(python, &["migrate", "--verbosity", "0"]);
        house.manage(python, &["seed"]);
        house
    }

    fn manage(&self, python: &Python, arguments: &[&str]) {
        let mut command = Command::new(python.interpreter());
        command.arg("manage.py").args(arguments).current_dir(program::example("django-channels"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONPATH", APPS);
        command.env("DJANGO_SETTINGS_MODULE", "quick_passwords");
        command.env("AUCTION_DATABASE", self.0.path().join("auction.sqlite3"));
        command.env("AUCTION_MEDIA", self.0.path().join("media"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "manage.py {arguments:?}: {output:?}");
    }

    /// The auction with a copy of the house, found as its folder says.
    fn open(&self, setup: &Setup) -> Server {
        let builder = setup.example("django-channels", "").without_target();
        let home = builder.home().to_owned();
        files::copy_tree(self.0.path(), &home.join("auction"));
        builder
            .args(["--pythonpath", APPS, "--keepalive", "10m", "--graceful-timeout", "500ms"])
            .env("DJANGO_SETTINGS_MODULE", "quick_passwords")
            .env("AUCTION_DATABASE", home.join("auction/auction.sqlite3"))
            .env("AUCTION_MEDIA", home.join("auction/media"))
            .start()
    }
}

/// A board like that of this visitor's page.
fn board(server: &Server, visitor: &Browser<'_>) -> Wire {
    let origin = format!("origin:http://{}", server.address());
    Wire::open(server, BOARD, &[&origin, &format!("cookie:{}", visitor.cookies())])
}

fn bid(amount: &str) -> Value {
    json!({"lot": MAP, "amount": amount})
}

#[test]
fn the_auction_works() {
    let house = House::make(&python::newest());
    everywhere(1, |setup| {
        let server = house.open(setup);
        let alice = &mut Browser::logged_in(&server, "alice");
        let admin = &mut Browser::logged_in(&server, "admin");
        strangers_only_watch(&server);
        members_bid(&server, alice);
        the_admin_is_on_every_board(&server, admin);
        files_and_streams_arrive(&server, alice);
        each_view_runs_in_its_place(&server);
        server.stop();
    });
}

fn strangers_only_watch(server: &Server) {
    let mut stranger = Browser::new(server);
    let page = stranger.get("/").assert_status(200).text();
    assert!(page.contains("A map of the harbour") && page.contains("15.50"), "{page}");
    stranger.get("/static/auction/board.js").assert_status(200);
    stranger.get("/lots/3/papers/").assert_status(302);

    let mut watching = board(server, &stranger);
    let first = watching.next_json();
    assert_eq!((&first["type"], &first["user"]), (&json!("lots"), &Value::Null));
    assert_eq!(first["lots"].as_array().unwrap().len(), 3);
    watching.send_json(&bid("20"));
    let refused = json!({"type": "refused", "detail": "Log in to bid."});
    assert_eq!(watching.next_json(), refused);
    assert_eq!(Wire::refused(server, BOARD, &["origin:http://elsewhere.example"]), 403);
}

/// The session of the page is that of the WebSocket, and everybody sees the bid.
fn members_bid(server: &Server, alice: &mut Browser<'_>) {
    let watching = board(server, &Browser::new(server));
    let mut bidding = board(server, alice);
    assert_eq!(bidding.next_json()["user"], "alice");
    bidding.send_json(&bid("20"));
    assert_eq!(bidding.next_of_type("accepted")["amount"], "20");
    let shown = watching.next_of_type("lot");
    assert_eq!(
        (&shown["lot"]["price"], &shown["lot"]["bidder"]),
        (&json!("20.00"), &json!("alice"))
    );
    bidding.send_json(&bid("20"));
    let refused = bidding.next_of_type("refused");
    assert_eq!(refused["detail"], "Somebody bids 20.00 already.");
    bidding.send("bytes 00");
    assert_eq!(bidding.closed(), 1003);
}

/// The admin saves in a thread; the boards are told by the event loop.
fn the_admin_is_on_every_board(server: &Server, admin: &mut Browser<'_>) {
    let watching = board(server, &Browser::new(server));
    watching.next_of_type("lots");
    admin.get("/admin/auction/lot/add/").assert_status(200);
    let lot = [("title", "A late arrival"), ("starting_price", "5"), ("is_open", "on")];
    admin.submit("/admin/auction/lot/add/", &lot).assert_status(302);
    let shown = watching.next_of_type("lot");
    assert_eq!(shown["lot"]["title"], "A late arrival");
    let delete = format!("/admin/auction/lot/{}/delete/", shown["lot"]["id"]);
    admin.submit(&delete, &[("post", "yes")]).assert_status(302);
    assert_eq!(watching.next_of_type("gone")["id"], shown["lot"]["id"]);
}

fn files_and_streams_arrive(server: &Server, alice: &mut Browser<'_>) {
    let papers = alice.get(&format!("/lots/{MAP}/papers/")).assert_status(200);
    assert!(papers.text().starts_with("A map of the harbour"), "{}", papers.text());
    assert_eq!(papers.header("content-length"), Some(papers.body.len().to_string().as_str()));
    let bids = server.get("/bids.csv").assert_status(200);
    assert_eq!(bids.text(), format!("lot,bidder,amount\n{MAP},alice,20.00\n"));
    assert_eq!(bids.header("transfer-encoding"), Some("chunked"));
    let bids = server.get(&format!("/api/lots/{MAP}/bids/")).assert_status(200).json();
    assert_eq!(bids["bids"], json!([{"bidder": "alice", "amount": "20.00"}]));
    server.get("/api/lots/999/bids/").assert_status(404);
}

fn each_view_runs_in_its_place(server: &Server) {
    let in_loop = server.get("/where/async/").json();
    let in_thread = server.get("/where/sync/").json();
    assert_eq!(in_loop["pid"], in_thread["pid"]);
    assert_ne!(in_loop["thread"], in_thread["thread"]);
    assert_eq!(server.get("/where/async/").json()["thread"], in_loop["thread"]);
}

#[test]
fn browsers_see_the_auction_live() {
    let server = House::make(&python::newest()).open(&newest(1));
    let browser = Chromium::start();
    let watching = browser.open(&server, "/");
    watching.wait_for_text("#status", "live");
    let alice = browser.open(&server, "/login/");
    alice.run("document.querySelector('[name=username]').value = 'alice'");
    alice.submit("[name=password]", "alice-password");
    alice.wait_for_page();
    alice.wait_for_text("#status", "live, as alice");
    alice.submit("#lot-3 input", "21.75");
    alice.wait_for_text("#answer", "Your bid of 21.75 counts.");
    watching.wait_for_text("#lot-3", "21.75");
    watching.wait_for_text("#lot-3", "alice");

    // The status says "live" before and after, so what is between has to be remembered.
    alice.run(
        "const root = document.documentElement; \
         const look = () => { if (root.dataset.state === 'closed') root.dataset.lost = 'once' }; \
         new MutationObserver(look).observe(root, {attributeFilter: ['data-state']})",
    );
    server.reload().unwrap();
    alice.wait_for("document.documentElement.matches('[data-lost][data-state=open]')");
    alice.submit("#lot-1 input", "150");
    watching.wait_for_text("#lot-1", "150");
    server.stop();
}
