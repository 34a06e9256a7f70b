//! Keys that the issuer's metadata names.

use appserver::jwks::{FetchResult, fetch_once};
use appserver_auth::config::{Remote, RemoteUrl};
use serde_json::json;

use super::issuer::{Connection, Issuer, answer};
use super::remote;

const METADATA: &str = "GET /realm/.well-known/openid-configuration ";

/// An issuer with metadata; in its texts `{}` is its own address.
fn issuer(named: &str, keys: &str) -> (Issuer, Remote) {
    let issuer = Issuer::saying("");
    let fill = |text: &str| text.replace("{}", &issuer.url(""));
    let metadata = json!({"issuer": fill(named), "jwks_uri": fill(keys)}).to_string();
    issuer.behave(move |connection: &mut dyn Connection, head: &str| {
        let text = if head.starts_with(METADATA) { metadata.as_str() } else { "the keys" };
        answer(text)(connection, head);
    });
    let mut remote = remote(&issuer);
    remote.url = RemoteUrl::Discovery(issuer.url("/realm"));
    (issuer, remote)
}

#[test]
fn the_metadata_names_the_keys() {
    let (issuer, remote) = issuer("{}/realm", "{}/certs");
    assert_eq!(fetch_once(&remote).unwrap(), b"the keys");
    let requests = issuer.requests();
    assert!(requests[0].starts_with(METADATA), "{requests:?}");
    assert!(requests[1].starts_with("GET /certs "), "{requests:?}");
}

#[test]
fn metadata_of_another_issuer_names_nothing() {
    for named in ["{}/realm/", "{}", "https://evil.example", ""] {
        let (issuer, remote) = issuer(named, "{}/certs");
        let error = fetch_once(&remote).unwrap_err();
        assert_eq!(error.result(), FetchResult::Content, "{named}: {error}");
        assert_eq!(issuer.connections(), 1);
    }
}

#[test]
fn keys_are_not_fetched_from_everywhere() {
    for keys in ["file:///etc/passwd", "ftp://idp.example/", "/certs", "http://a:b@127.0.0.1/"] {
        let (issuer, remote) = issuer("{}/realm", keys);
        let error = fetch_once(&remote).unwrap_err();
        assert_eq!(error.result(), FetchResult::Address, "{keys}: {error}");
        assert_eq!(issuer.connections(), 1);
    }
}

#[test]
fn metadata_has_the_same_limits() {
    let (issuer, mut remote) = issuer("{}/realm", "{}/certs");
    remote.max_bytes = 20;
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Size);
    issuer.behave(answer("[]"));
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Content);
}
