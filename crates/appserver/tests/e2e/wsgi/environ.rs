//! The environ: what CGI and PEP 3333 define, with the truth about server, client and request.

use appserver_testkit::{Address, Client, Server};
use serde_json::{Value, json};

use crate::e2e::site::{Setup, answered, ask, in_both_modes};

in_both_modes! {
    it_says_what_was_asked,
    it_says_what_the_server_is,
    header_fields_have_their_keys,
    it_names_both_ends_of_every_kind_of_connection,
    a_mounted_app_knows_its_mount,
    each_request_has_its_own,
    errors_go_to_the_log,
}

fn environ(server: &Server, target: &str, headers: &[(&str, &str)]) -> Value {
    ask(server, "GET", target, headers, b"").assert_status(200).json()
}

fn it_says_what_was_asked(setup: &Setup) {
    let server = setup.serve();
    let known = environ(&server, "/%65nviron?a=b%20c&d=%C3%A9", &[]);
    let wanted = json!({
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/environ",
        "QUERY_STRING": "a=b%20c&d=%C3%A9",
        "RAW_URI": "/%65nviron?a=b%20c&d=%C3%A9",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.version": [1, 0],
        "wsgi.run_once": false,
        "wsgi.input_terminated": true,
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&known[key], value, "{key}");
    }
    assert!(known.get("CONTENT_LENGTH").is_none() && known.get("CONTENT_TYPE").is_none());

    let put = [("Content-Type", "text/x; charset=y")];
    let put = ask(&server, "PURGE", "/environ", &put, b"body").json();
    let asked = [&put["REQUEST_METHOD"], &put["CONTENT_TYPE"], &put["CONTENT_LENGTH"]];
    assert_eq!(asked, ["PURGE", "text/x; charset=y", "4"]);
    assert!(put.get("HTTP_CONTENT_TYPE").is_none() && put.get("HTTP_CONTENT_LENGTH").is_none());

    let mut old = server.client();
    old.send("GET /environ HTTP/1.0\r\n\r\n").unwrap();
    let old = answered(&server, old.read_response()).json();
    assert_eq!(old["SERVER_PROTOCOL"], "HTTP/1.0");
    server.stop();
}

/// Also with more than one process, which several libraries ask for.
fn it_says_what_the_server_is(setup: &Setup) {
    for workers in [1, 2] {
        let server = setup.with_apps("conformance:application").workers(workers).start();
        let known = environ(&server, "/environ", &[]);
        assert_eq!(known["wsgi.multithread"], setup.threads > 1, "{workers} workers");
        assert_eq!(known["wsgi.multiprocess"], true, "{workers} workers");
        let software = known["SERVER_SOFTWARE"].as_str().unwrap();
        assert!(software.starts_with("appserver/"), "{software}");
        server.stop();
    }
}

fn header_fields_have_their_keys(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    client
        .send(
            b"GET /headers HTTP/1.1\r\nHost: a:1\r\nX-Twice: 1\r\nx-latin: caf\xe9\r\nX-TWICE: 2\r\n\
              Cookie: a=1\r\nCookie: b=2\r\nX_Under: 1\r\nX-Empty:\r\nX-Spaces:  a b \t\r\n\r\n",
        )
        .unwrap();
    let known = answered(&server, client.read_response()).json();
    let wanted = json!({
        "HTTP_HOST": "a:1",
        "HTTP_X_TWICE": "1,2",
        "HTTP_X_LATIN": "caf\u{e9}",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_X_EMPTY": "",
        "HTTP_X_SPACES": "a b",
    });
    assert_eq!(known, wanted, "and names with an underscore are dropped");
    server.stop();
}

fn it_names_both_ends_of_every_kind_of_connection(setup: &Setup) {
    let builder = setup.conformance();
    let socket = builder.home().join("app.sock");
    let builder = builder.bind("127.0.0.1:0").bind("[::1]:0");
    let server = builder.bind(format!("unix:{}", socket.display())).start();
    let addresses = server.addresses();
    assert_eq!(addresses.len(), 3);
    for address in addresses {
        let mut client = Client::connect(&address).unwrap();
        let host = [("Host", "shop.example:81")];
        let known = answered(&server, client.request("GET", "/environ", &host, b"")).json();
        let ends = ["SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR"].map(|key| known[key].clone());
        match &address {
            Address::Tcp(socket) => {
                let (ip, port) = (socket.ip().to_string(), socket.port().to_string());
                assert_eq!(ends, [ip.clone(), port, ip]);
                let port: u16 = known["REMOTE_PORT"].as_str().unwrap().parse().unwrap();
                assert_ne!(port, socket.port());
            }
            // Nobody has an address; a URL can still be built, as PEP 3333 demands.
            Address::Unix(_) => assert_eq!(ends, ["shop.example", "81", ""]),
        }
    }
    server.stop();
}

fn a_mounted_app_knows_its_mount(setup: &Setup) {
    let server = setup.conformance().args(["--set", "http.root_path=/shop"]).start();
    let cases = [("/shop/environ", "/environ"), ("/environ", "/environ")];
    for (target, path) in cases {
        let known = environ(&server, target, &[]);
        let names = ["SCRIPT_NAME", "PATH_INFO", "RAW_URI"].map(|key| known[key].clone());
        assert_eq!(names, ["/shop", path, target]);
    }
    server.stop();
}

/// An app may change its environ; PEP 3333 gives it one of its own.
fn each_request_has_its_own(setup: &Setup) {
    let server = setup.serve();
    let mut client = server.client();
    for _ in 0..3 {
        assert_eq!(answered(&server, client.get("/keep-environ")).text(), "nothing");
    }
    let known = answered(&server, client.get("/environ")).json();
    assert_eq!(known["wsgi.multithread"], setup.threads > 1);
    assert!(known.get("HTTP_X_KEPT").is_none());
    server.stop();
}

fn errors_go_to_the_log(setup: &Setup) {
    let server = setup.serve();
    server.get("/errors?text=caf%E9").assert_status(200);
    server.log().wait_for("caf\u{e9}");
    server.log().wait_for("line two of two");
    server.stop();
}
