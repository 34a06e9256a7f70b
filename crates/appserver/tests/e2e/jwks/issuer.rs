//! An issuer on loopback: a thread per connection, which does as the test says.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ED25519, SigningKey};
use serde_json::{Value, json};

/// Answers one request, of which it gets the head.
pub(super) type Behaviour = dyn Fn(&mut dyn Connection, &str) + Send + Sync;

/// A connection, plain or with TLS.
pub(super) trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

/// What is spoken below HTTP.
pub(super) type Wrap = dyn Fn(TcpStream) -> Box<dyn Connection> + Send + Sync;

struct Shared {
    behaviour: Mutex<Arc<Behaviour>>,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    is_over: AtomicBool,
    wrap: Box<Wrap>,
}

/// An issuer of keys.
pub(super) struct Issuer {
    scheme: &'static str,
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Issuer {
    /// One that answers each request like this.
    pub(super) fn new(
        behaviour: impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static,
    ) -> Self {
        Self::over("http", Box::new(|stream| Box::new(stream)), behaviour)
    }

    /// One that answers each request with this text.
    pub(super) fn saying(text: impl Into<String>) -> Self {
        Self::new(answer(text))
    }

    /// One whose connections are wrapped.
    pub(super) fn over(
        scheme: &'static str,
        wrap: Box<Wrap>,
        behaviour: impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(Arc::new(behaviour)),
            connections: AtomicUsize::new(0),
            requests: Mutex::new(Vec::new()),
            is_over: AtomicBool::new(false),
            wrap,
        });
        let accept = Arc::clone(&shared);
        let thread = thread::spawn(move || accept.serve(&listener));
        Self { scheme, address, shared, thread: Some(thread) }
    }

    /// Answers each request from now on like this.
    pub(super) fn behave(&self, to: impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static) {
        *self.shared.behaviour.lock().unwrap() = Arc::new(to);
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections there have been.
    pub(super) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The heads of all requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn serve(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            self.connections.fetch_add(1, Ordering::SeqCst);
            let shared = Arc::clone(&self);
            thread::spawn(move || shared.answer(stream.unwrap()));
        }
    }

    fn answer(&self, stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut connection = (self.wrap)(stream);
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(connection.read(&mut byte), Ok(1)) {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        self.requests.lock().unwrap().push(head.clone());
        let behaviour = Arc::clone(&self.behaviour.lock().unwrap());
        behaviour(&mut *connection, &head);
        let _ = connection.flush();
    }
}

/// Sends these bytes as they are; the other side may have gone.
pub(super) fn raw(
    bytes: impl Into<Vec<u8>>,
) -> impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static {
    let bytes = bytes.into();
    move |connection, _| {
        let _ = connection.write_all(&bytes);
    }
}

/// Sends this text as a right answer.
pub(super) fn answer(
    text: impl Into<String>,
) -> impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static {
    with_fields("", text)
}

/// Sends this text as a right answer with these fields, each with its end of line.
pub(super) fn with_fields(
    fields: &str,
    text: impl Into<String>,
) -> impl Fn(&mut dyn Connection, &str) + Send + Sync + 'static {
    let text = text.into();
    raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n{text}", text.len()))
}

/// Says nothing until the other side has gone.
pub(super) fn hang(connection: &mut dyn Connection, _: &str) {
    let mut rest = [0; 1024];
    while matches!(connection.read(&mut rest), Ok(1..)) {}
}

/// A connection on which bytes come one by one, as slowly as this.
pub(super) fn patient(stream: TcpStream) -> Box<dyn Connection> {
    stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    Box::new(stream)
}

/// A key that an issuer has.
pub(super) struct Key {
    kid: String,
    pair: KeyPair,
}

impl Key {
    pub(super) fn new(kid: &str) -> Self {
        Self { kid: kid.to_owned(), pair: KeyPair::generate_for(&PKCS_ED25519).unwrap() }
    }

    pub(super) fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key_raw());
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": x})
    }

    /// A token that is signed with it.
    pub(super) fn token(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.pair.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The set of these keys.
pub(super) fn set(keys: &[&Key]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}
