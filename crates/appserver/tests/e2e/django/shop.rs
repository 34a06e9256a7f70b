//! What visitors, customers and staff do in the shop.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

use appserver_testkit::{Client, Server};
use serde_json::json;

use super::{Browser, Part};
use crate::e2e::site::{Setup, answered, ask, body, exchange};

/// A product of the seed.
const PRODUCT: &str = "assam-tea-small";

pub(super) fn visitors_see_products(server: &Server) {
    let mut visitor = Browser::new(server);
    assert!(visitor.get("/").assert_status(200).text().contains("Assam (tea, small)"));
    visitor.get(&format!("/products/{PRODUCT}/")).assert_status(200);
    visitor.get("/products/nothing/").assert_status(404);
    let moved = visitor.get("/products/assam-tea-small").assert_status(301);
    assert_eq!(moved.header("location"), Some("/products/assam-tea-small/"));
    let list = visitor.get("/price-list/").assert_status(200);
    assert_eq!(list.text().lines().count(), 50);
    assert!(list.header("content-length").is_some());
}

/// Sessions and CSRF protection need cookies, forms and redirects to go through unchanged.
pub(super) fn strangers_have_to_log_in(server: &Server) {
    let mut visitor = Browser::new(server);
    let orders = visitor.get("/orders/").assert_status(302);
    assert_eq!(orders.header("location"), Some("/login/?next=/orders/"));
    visitor.submit("/login/", &[("username", "alice")]).assert_status(403);
    visitor.get("/login/").assert_status(200);
    let wrong = [("username", "alice"), ("password", "wrong")];
    visitor.submit("/login/", &wrong).assert_status(200);
    visitor.get("/download/1/").assert_status(302);
}

pub(super) fn a_customer_orders(alice: &mut Browser<'_>) {
    let order = format!("/products/{PRODUCT}/order/");
    alice.get(&format!("/products/{PRODUCT}/")).assert_status(200);
    let placed = alice.submit(&order, &[("quantity", "3")]).assert_status(302);
    assert_eq!(placed.header("location"), Some("/orders/"));
    let page = alice.get("/orders/").assert_status(200).text();
    assert!(page.contains("Thank you") && page.contains("Assam"), "{page}");
    alice.submit(&order, &[("quantity", "many")]).assert_status(400);
}

pub(super) fn staff_works_in_the_admin(alice: &mut Browser<'_>, admin: &mut Browser<'_>) {
    alice.get("/admin/").assert_status(302);
    let index = admin.get("/admin/").assert_status(200).text();
    assert!(index.contains("Site administration"), "{index}");
    admin.get("/admin/shop/category/add/").assert_status(200);
    let category = [("name", "Tins of anything"), ("slug", "tins")];
    admin.submit("/admin/shop/category/add/", &category).assert_status(302);
    let list = admin.get("/admin/shop/category/").assert_status(200).text();
    assert!(list.contains("Tins of anything"), "{list}");
}

pub(super) fn the_api_lists_creates_and_refuses(
    server: &Server,
    alice: &mut Browser<'_>,
    admin: &mut Browser<'_>,
) {
    let mut visitor = Browser::new(server);
    let products = visitor.get("/api/products/?format=json").assert_status(200).json();
    assert_eq!(products["count"], 50);
    let new = json!({
        "slug": "new", "name": "New", "category": "tea", "price": "1.50", "stock": 3,
    });
    visitor.post_json("/api/products/", &new).assert_status(401);
    alice.post_json("/api/products/", &new).assert_status(403);
    let made = admin.post_json("/api/products/", &new).assert_status(201).json();
    assert_eq!(made["slug"], "new");
    admin.post_json("/api/products/", &new).assert_status(400);
    let product = visitor.get("/api/products/new/?format=json").assert_status(200);
    assert_eq!(product.json()["price"], "1.50");

    let order = json!({"lines": [{"product": PRODUCT, "quantity": 2}]});
    let placed = alice.post_json("/api/orders/", &order).assert_status(201).json();
    assert_eq!(placed["lines"][0]["quantity"], 2);
    alice.ask("POST", "/api/orders/", &[], b"").assert_status(403);
    let basic = [("Authorization", "Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ=")];
    let orders = visitor.ask("GET", "/api/orders/", &basic, b"").assert_status(200).json();
    assert_eq!(orders["count"], 2, "{orders}");
}

/// In memory and from a file, by the page and by the API.
pub(super) fn uploads_arrive_exactly(alice: &mut Browser<'_>, setup: &Setup) {
    for size in [1, 10_000, 3_000_000] {
        let content = body(size);
        let file = Part { name: "file", file: Some("notes.txt"), content: &content };
        let kept = alice.submit_parts("/upload/", &[file]).assert_status(201).json();
        assert_eq!((&kept["size"], &kept["name"]), (&json!(size), &json!("notes.txt")));
        assert_eq!(kept["sha256"], sha256(setup, &content), "{size} bytes");
        let back = alice.get(&format!("/download/{}/", kept["id"])).assert_status(200);
        assert!(back.body == content, "{size} bytes came back as {}", back.body.len());
    }
}

fn sha256(setup: &Setup, content: &[u8]) -> String {
    let script = "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())";
    let mut command = Command::new(setup.python.interpreter());
    command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(super) fn responses_stream(server: &Server) {
    let mut visitor = server.client();
    let lines = answered(server, visitor.get("/stream/?chunks=1000&size=100"));
    assert_eq!(lines.text().lines().count(), 1000);
    assert_eq!(lines.header("transfer-encoding"), Some("chunked"));
    let products = answered(server, visitor.get("/products.csv")).assert_status(200);
    assert!(products.text().lines().count() > 50, "{}", products.text());

    let broken = exchange(server, "GET /stream/?fail=2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let broken = String::from_utf8(broken).unwrap();
    assert!(broken.contains("chunk 1 ") && !broken.ends_with("0\r\n\r\n"), "{broken}");
    server.log().wait_for("the stream breaks before chunk 2");
}

pub(super) fn a_broken_view_is_a_500(server: &Server) {
    let mark = server.log().mark();
    let page = server.get("/boom/").assert_status(500);
    assert!(!page.text().contains("RuntimeError"), "the reason is not for visitors");
    server.log().wait_after(mark, "RuntimeError: this view always fails");
}

/// With one thread they come one after the other; with four, together. All are answered.
pub(super) fn slow_views_wait_only_for_threads(server: &Server, setup: &Setup) {
    let mut clients: Vec<Client> = (0..4).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send_request("GET", "/slow/?seconds=0.1", &[], b"").unwrap();
    }
    for mut client in clients {
        let answer = answered(server, client.read_response()).assert_status(200);
        assert_eq!(answer.json()["slept"], 0.1);
    }
    let facts = server.get("/whoami/").json();
    assert_eq!(facts["environ"]["wsgi.multithread"], setup.threads > 1);
}

/// Django keeps its connection in `threading.local`: one per thread, however many requests.
pub(super) fn connections_to_the_database_persist(server: &Server, setup: &Setup) {
    let mut requests: HashMap<u64, u64> = HashMap::new();
    let mut clients: Vec<Client> = (0..4).map(|_| server.client()).collect();
    for _ in 0..15 {
        for client in &mut clients {
            client.send_request("GET", "/whoami/", &[], b"").unwrap();
        }
        for client in &mut clients {
            let facts = answered(server, client.read_response()).json();
            assert_eq!(facts["connections_in_thread"], 1, "Django connected again: {facts}");
            *requests.entry(facts["thread_id"].as_u64().unwrap()).or_default() += 1;
        }
    }
    assert!(requests.len() <= setup.threads, "{requests:?}");
    let head = ask(server, "HEAD", "/", &[], b"").assert_status(200);
    assert!(head.body.is_empty());
}
