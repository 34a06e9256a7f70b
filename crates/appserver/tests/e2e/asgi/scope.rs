//! The scope: every key with its type, and the truth about server, client and request.

use appserver_testkit::{Address, Client, Server};
use serde_json::{Value, json};

use super::{conformance, everywhere, serve, serve_with};
use crate::e2e::site::{Setup, answered, ask};

everywhere! {
    it_has_every_key_with_its_type,
    it_says_what_was_asked,
    paths_are_decoded_and_kept,
    headers_are_bytes_in_order_with_duplicates,
    methods_and_versions_are_the_clients,
    it_names_both_ends_of_every_kind_of_connection,
    a_mounted_app_knows_its_mount,
    a_trusted_proxy_is_believed,
    the_state_is_copied_for_each_request,
    without_a_lifespan_there_is_no_state,
    early_hints_are_offered_to_new_clients_only,
}

fn scope(server: &Server, target: &str, headers: &[(&str, &str)]) -> Value {
    ask(server, "GET", target, headers, b"").assert_status(200).json()
}

fn it_has_every_key_with_its_type(setup: &Setup) {
    let server = serve(setup);
    let scope = scope(&server, "/scope", &[]);
    let types = [
        ("type", "str"),
        ("asgi", "dict"),
        ("http_version", "str"),
        ("method", "str"),
        ("scheme", "str"),
        ("path", "str"),
        ("raw_path", "bytes"),
        ("query_string", "bytes"),
        ("root_path", "str"),
        ("headers", "list"),
        ("client", "tuple"),
        ("server", "tuple"),
        ("state", "dict"),
        ("extensions", "dict"),
    ];
    for (key, kind) in types {
        assert_eq!(scope[key]["type"], kind, "{key}");
    }
    let known = scope.as_object().unwrap().keys();
    let unknown: Vec<_> = known.filter(|key| !types.iter().any(|(name, _)| key == name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    server.stop();
}

fn it_says_what_was_asked(setup: &Setup) {
    let server = serve(setup);
    let scope = scope(&server, "/scope?a=b%20c&d=%C3%A9", &[]);
    let wanted = json!({
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/scope",
        "raw_path": "b:/scope",
        "query_string": "b:a=b%20c&d=%C3%A9",
        "root_path": "",
    });
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&scope[key]["value"], value, "{key}");
    }
    for name in ["pathsend", "trailers", "early_hint"] {
        let name = format!("http.response.{name}");
        assert_eq!(scope["extensions"]["value"][&name], json!({}), "{name}");
    }
    server.stop();
}

/// `path` is decoded as UTF-8, `raw_path` is what came, without the query.
fn paths_are_decoded_and_kept(setup: &Setup) {
    let server = serve(setup);
    let cases = [
        ("/%73cope?x=%79", "/scope", "/%73cope"),
        ("/a%2Fb%2fc", "/a/b/c", "/a%2Fb%2fc"),
        ("/caf%C3%A9/%E2%82%AC", "/caf\u{e9}/\u{20ac}", "/caf%C3%A9/%E2%82%AC"),
        ("/bad%FF%C3", "/bad\u{fffd}\u{fffd}", "/bad%FF%C3"),
        ("/not%2", "/not%2", "/not%2"),
        ("/not%zz", "/not%zz", "/not%zz"),
        ("//two//slashes", "//two//slashes", "//two//slashes"),
        ("/plus+plus", "/plus+plus", "/plus+plus"),
        ("/question%3Fmark?", "/question?mark", "/question%3Fmark"),
    ];
    for (target, path, raw) in cases {
        let scope = scope(&server, target, &[]);
        assert_eq!(scope["path"]["value"], path, "{target}");
        assert_eq!(scope["raw_path"]["value"], format!("b:{raw}"), "{target}");
    }
    let absolute = scope(&server, "http://shop.example/scope?a=b", &[("Host", "shop.example")]);
    let parts = ["path", "raw_path", "query_string"].map(|key| absolute[key]["value"].clone());
    assert_eq!(parts, ["/scope", "b:/scope", "b:a=b"]);
    server.stop();
}

fn headers_are_bytes_in_order_with_duplicates(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    client
        .send(
            b"GET /scope HTTP/1.1\r\nHost: a:1\r\nX-Twice: 1\r\nx-latin: caf\xe9\r\nX-TWICE: 2\r\n\
              Cookie: a=1\r\nCookie: b=2\r\nX-Empty:\r\nX-Spaces:  a b \t\r\n\r\n",
        )
        .unwrap();
    let scope = answered(&server, client.read_response()).json();
    let headers = scope["headers"]["value"].as_array().unwrap();
    let named = |name: &str| {
        let name = format!("b:{name}");
        let pairs = headers.iter().filter(|pair| pair[0] == *name);
        pairs.map(|pair| pair[1].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named("host"), ["b:a:1"]);
    assert_eq!(named("x-twice"), ["b:1", "b:2"]);
    assert_eq!(named("x-latin"), ["b:caf\u{e9}"]);
    assert_eq!(named("cookie"), ["b:a=1", "b:b=2"]);
    assert_eq!(named("x-empty"), ["b:"]);
    assert_eq!(named("x-spaces"), ["b:a b"]);
    assert_eq!(headers.len(), 8, "{headers:?}");
    assert_eq!(headers[0][0], "b:host");
    server.stop();
}

fn methods_and_versions_are_the_clients(setup: &Setup) {
    let server = serve(setup);
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"] {
        let scope = ask(&server, method, "/scope", &[], b"").json();
        assert_eq!(scope["method"]["value"], method);
        assert_eq!(scope["http_version"]["value"], "1.1");
    }
    let mut old = server.client();
    old.send("GET /scope HTTP/1.0\r\n\r\n").unwrap();
    let old = answered(&server, old.read_response()).json();
    assert_eq!(old["http_version"]["value"], "1.0");
    server.stop();
}

/// Ports are numbers; a server on a Unix socket is its path.
fn it_names_both_ends_of_every_kind_of_connection(setup: &Setup) {
    let builder = conformance(setup);
    let socket = builder.home().join("app.sock");
    let builder = builder.bind("127.0.0.1:0").bind("[::1]:0");
    let server = builder.bind(format!("unix:{}", socket.display())).start();
    let addresses = server.addresses();
    assert_eq!(addresses.len(), 3);
    for address in addresses {
        let mut client = Client::connect(&address).unwrap();
        let scope = answered(&server, client.get("/scope")).json();
        let (local, peer) = (&scope["server"]["value"], &scope["client"]["value"]);
        match &address {
            Address::Tcp(known) => {
                assert_eq!(*local, json!([known.ip().to_string(), known.port()]));
                assert_eq!(peer[0], known.ip().to_string());
                assert!(peer[1].as_u64().is_some_and(|port| port != u64::from(known.port())));
            }
            Address::Unix(path) => {
                assert_eq!(*local, json!([path.to_str().unwrap(), null]));
                assert_eq!(*peer, Value::Null);
            }
        }
    }
    server.stop();
}

/// `path` includes `root_path`, whether or not a proxy has stripped it.
fn a_mounted_app_knows_its_mount(setup: &Setup) {
    let server = serve_with(setup, &["--set", "http.root_path=/shop"]);
    let cases = [
        ("/shop/a%20b", "/shop/a b", "/shop/a%20b"),
        ("/a%20b", "/shop/a b", "/shop/a%20b"),
        ("/shop", "/shop", "/shop"),
        ("/shopping", "/shop/shopping", "/shop/shopping"),
        ("/", "/shop/", "/shop/"),
    ];
    for (target, path, raw) in cases {
        let scope = scope(&server, target, &[]);
        let parts = ["root_path", "path", "raw_path"].map(|key| scope[key]["value"].clone());
        assert_eq!(parts, ["/shop", path, &format!("b:{raw}")], "{target}");
    }
    server.stop();
}

fn a_trusted_proxy_is_believed(setup: &Setup) {
    let told = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")];
    for (trusted, scheme, client) in
        [("127.0.0.1", "https", "203.0.113.9"), ("198.51.100.1", "http", "127.0.0.1")]
    {
        let server = serve_with(setup, &["--forwarded-allow-ips", trusted]);
        let scope = scope(&server, "/scope", &told);
        assert_eq!(scope["scheme"]["value"], scheme, "{trusted}");
        assert_eq!(scope["client"]["value"][0], client, "{trusted}");
        assert!(scope["client"]["value"][1].is_u64(), "{trusted}");
        server.stop();
    }
}

/// A shallow copy: what the lifespan put there is shared, the keys are not.
fn the_state_is_copied_for_each_request(setup: &Setup) {
    let server = serve(setup);
    let mut client = server.client();
    for number in 1..=3 {
        let state = answered(&server, client.get("/state")).json();
        assert_eq!(state, json!({"own": 1, "shared": number}));
    }
    server.stop();
}

fn without_a_lifespan_there_is_no_state(setup: &Setup) {
    let server = serve_with(setup, &["--lifespan", "off"]);
    let scope = scope(&server, "/scope", &[]);
    assert!(scope.get("state").is_none(), "{scope}");
    server.stop();
}

/// RFC 8297: a client of HTTP/1.0 does not know interim responses.
fn early_hints_are_offered_to_new_clients_only(setup: &Setup) {
    let server = serve(setup);
    let mut old = server.client();
    old.send("GET /scope HTTP/1.0\r\n\r\n").unwrap();
    let old = answered(&server, old.read_response()).json();
    let offered = &old["extensions"]["value"];
    assert!(offered.get("http.response.early_hint").is_none(), "{offered}");
    server.stop();
}
