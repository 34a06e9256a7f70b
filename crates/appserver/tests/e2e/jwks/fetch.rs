//! One fetch: nothing that the other side does makes it long, large or lead elsewhere.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use appserver::jwks::{FetchError, FetchResult, fetch_once};
use appserver_auth::config::RemoteUrl;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::issuer::{Connection, Issuer, answer, hang, patient, raw, with_fields};
use super::remote;

/// What comes of fetching from an issuer that behaves like this.
fn error(behaviour: impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static) -> FetchError {
    let issuer = Issuer::new(behaviour);
    fetch_once(&remote(&issuer)).unwrap_err()
}

fn result(behaviour: impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static) -> FetchResult {
    error(behaviour).result()
}

#[test]
fn an_answer_is_fetched_whole() {
    let issuer = Issuer::saying("{\"keys\":[]}");
    assert_eq!(fetch_once(&remote(&issuer)).unwrap(), b"{\"keys\":[]}");
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"k\r\n2\r\n\":\r\n0\r\n\r\n";
    issuer.behave(raw(chunked));
    assert_eq!(fetch_once(&remote(&issuer)).unwrap(), b"{\"k\":");
    issuer.behave(raw("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nto the end"));
    assert_eq!(fetch_once(&remote(&issuer)).unwrap(), b"to the end");
}

#[test]
fn a_request_says_who_asks_and_what_for() {
    let issuer = Issuer::saying("{}");
    let mut remote = remote(&issuer);
    remote.url = RemoteUrl::Set(issuer.url("/keys?tenant=1"));
    fetch_once(&remote).unwrap();
    let head = issuer.requests().remove(0).to_lowercase();
    assert!(head.starts_with("get /keys?tenant=1 http/1.1\r\n"), "{head}");
    for field in [
        format!("host: {}", issuer.address()),
        "accept: application/jwk-set+json, application/json".to_owned(),
        "accept-encoding: identity".to_owned(),
        "user-agent: appserver/".to_owned(),
    ] {
        assert!(head.contains(&format!("\r\n{field}")), "{field} in {head}");
    }
}

#[test]
fn only_200_is_an_answer() {
    for status in ["500 Internal Server Error", "204 No Content", "206 Partial", "404 Not Found"] {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(result(raw(text)), FetchResult::Status, "{status}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Issuer::saying("{}");
    for location in
        [other.url("/keys?secret=1"), "file:///etc/passwd".into(), "/other".into(), "\u{1}".into()]
    {
        let text =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let error = error(raw(text));
        assert!(
            matches!(error.result(), FetchResult::Status | FetchResult::Protocol),
            "{location:?}: {error}"
        );
        assert!(!error.chain().contains("secret"), "{}", error.chain());
    }
    assert_eq!(other.connections(), 0);
}

#[test]
fn a_server_that_hangs_is_left_in_time() {
    let issuer = Issuer::new(hang);
    let mut remote = remote(&issuer);
    remote.timeout = Duration::from_millis(100);
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Timeout);
    // In the middle of its answer too.
    issuer.behave(|connection, head| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
        hang(connection, head);
    });
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Timeout);
}

/// Each byte comes soon enough, but not the last.
#[test]
fn an_answer_that_drips_is_left_in_time() {
    let drip = |connection: &mut dyn Connection, _: &str| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        let mut nothing = [0];
        // Reading ends after 10 ms, or when the other side has gone.
        while connection.write_all(b" ").is_ok() && !matches!(connection.read(&mut nothing), Ok(0))
        {
        }
    };
    let issuer = Issuer::over("http", Box::new(patient), drip);
    let mut remote = remote(&issuer);
    remote.timeout = Duration::from_millis(200);
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Timeout);
}

#[test]
fn an_answer_may_be_as_long_as_allowed_and_no_longer() {
    let issuer = Issuer::saying("x".repeat(1000));
    let mut remote = remote(&issuer);
    remote.max_bytes = 1000;
    assert_eq!(fetch_once(&remote).unwrap().len(), 1000);
    issuer.behave(answer("x".repeat(1001)));
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Size);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
        "x".repeat(1001)
    );
    issuer.behave(raw(chunked));
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Size);
}

/// Sends up to 100 MiB of blanks, and counts those that somebody took.
fn blanks(
    head: &'static str,
    sent: Arc<AtomicUsize>,
) -> impl Fn(&mut dyn Connection, &str) + Send + Sync {
    move |connection, _| {
        let _ = connection.write_all(head.as_bytes());
        let blanks = vec![b' '; 64 * 1024];
        for _ in 0..1600 {
            if connection.write_all(&blanks).is_err() {
                return;
            }
            sent.fetch_add(blanks.len(), Ordering::SeqCst);
        }
    }
}

/// What the kernel takes before anybody reads is much less than this.
const FAR_LESS: usize = 50 * 1024 * 1024;

#[test]
fn of_a_huge_answer_little_is_read() {
    for head in [
        "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        // A chunk that is as long.
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n",
    ] {
        let sent = Arc::new(AtomicUsize::new(0));
        assert_eq!(result(blanks(head, Arc::clone(&sent))), FetchResult::Size, "{head}");
        assert!(sent.load(Ordering::SeqCst) < FAR_LESS, "{head}");
    }
}

#[test]
fn of_an_endless_head_little_is_read() {
    let sent = Arc::new(AtomicUsize::new(0));
    let outcome = result(blanks("HTTP/1.1 200 OK\r\nX-Long: ", Arc::clone(&sent)));
    assert_eq!(outcome, FetchResult::Protocol);
    assert!(sent.load(Ordering::SeqCst) < FAR_LESS);
}

#[test]
fn a_compressed_answer_is_not_unpacked() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 10 * 1024 * 1024]).unwrap();
    let bomb = bomb.finish().unwrap();
    for encoding in ["gzip", "br", "deflate", "identity, gzip", "x"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n");
        let error = error(raw([head.as_bytes(), &bomb].concat()));
        assert!(matches!(error, FetchError::Encoded), "{encoding}: {error}");
    }
}

#[test]
fn an_answer_that_ends_early_is_none() {
    for text in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[]}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"keys\":[]}\r\n",
        "{\"keys\":[]}",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        assert_eq!(result(raw(text)), FetchResult::Protocol, "{text}");
    }
}

#[test]
fn nobody_there_is_told_with_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let issuer = Issuer::saying("{}");
    let mut remote = remote(&issuer);
    remote.url = RemoteUrl::Set(format!("http://{free}/keys"));
    let error = fetch_once(&remote).unwrap_err();
    assert_eq!(error.result(), FetchResult::Connect);
    assert!(error.chain().contains(&free.to_string()), "{}", error.chain());
    remote.url = RemoteUrl::Set("http://no-such-host.invalid/keys".to_owned());
    assert_eq!(fetch_once(&remote).unwrap_err().result(), FetchResult::Connect);
}

#[test]
fn fields_of_the_answer_do_no_harm() {
    let fields = "Content-Type: text/html\r\nSet-Cookie: a=b\r\nLocation: file:///etc/passwd\r\n";
    let issuer = Issuer::new(with_fields(fields, "{}"));
    assert_eq!(fetch_once(&remote(&issuer)).unwrap(), b"{}");
}
