//! TLS to the issuer: only who is trusted, under its own name.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

use appserver::jwks::{FetchResult, fetch_once};
use appserver_auth::config::{Remote, RemoteUrl};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::issuer::{Connection, Issuer, answer};
use super::remote;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Authority::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// An issuer with a certificate for this name, and how its keys are fetched.
fn issuer(authority: &Authority, name: &str) -> (Issuer, Remote) {
    let pair = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&pair, authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let wrap = move |stream: TcpStream| -> Box<dyn Connection> {
        let server = ServerConnection::new(Arc::clone(&config)).unwrap();
        Box::new(StreamOwned::new(server, stream))
    };
    let issuer = Issuer::over("https", Box::new(wrap), answer("the keys"));
    let mut remote = remote(&issuer);
    remote.allow_http = false;
    remote.ca = Some(authority.as_ref().pem());
    (issuer, remote)
}

#[test]
fn a_trusted_issuer_is_spoken_to() {
    let (_issuer, remote) = issuer(&authority(), "127.0.0.1");
    assert_eq!(fetch_once(&remote).unwrap(), b"the keys");
    let (issuer, mut remote) = issuer(&authority(), "localhost");
    remote.url = RemoteUrl::Set(format!("https://localhost:{}/keys", issuer.address().port()));
    assert_eq!(fetch_once(&remote).unwrap(), b"the keys");
}

#[test]
fn an_issuer_that_nobody_vouches_for_is_not() {
    let (issuer, mut remote) = issuer(&authority(), "127.0.0.1");
    remote.ca = Some(authority().as_ref().pem());
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Tls);
    remote.ca = None;
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Tls);
    assert!(issuer.requests().is_empty());
}

#[test]
fn an_issuer_with_another_name_is_not() {
    let (issuer, remote) = issuer(&authority(), "idp.example");
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Tls);
    assert!(issuer.requests().is_empty());
}

#[test]
fn an_issuer_without_tls_is_not() {
    let wrap = |mut stream: TcpStream| -> Box<dyn Connection> {
        // As web servers answer what is no HTTP.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        Box::new(stream)
    };
    let plain = Issuer::over("https", Box::new(wrap), answer("the keys"));
    let mut remote = remote(&plain);
    remote.ca = Some(authority().as_ref().pem());
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Tls);
}

#[test]
fn certificates_that_cannot_be_read_are_told() {
    let (issuer, mut remote) = issuer(&authority(), "127.0.0.1");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for ca in ["", "no certificate", broken] {
        remote.ca = Some(ca.to_owned());
        let error = fetch_once(&remote).unwrap_err();
        assert!(error.to_string().contains("ca_file"), "{error}");
    }
    assert!(issuer.requests().is_empty());
}

#[test]
fn metadata_over_tls_does_not_lead_to_keys_without() {
    let plain = Issuer::saying("the keys");
    let (issuer, mut remote) = issuer(&authority(), "127.0.0.1");
    let metadata = json!({"issuer": issuer.url(""), "jwks_uri": plain.url("/keys")});
    issuer.behave(answer(metadata.to_string()));
    remote.url = RemoteUrl::Discovery(issuer.url(""));
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Address);
    assert_eq!(plain.connections(), 0);
}
