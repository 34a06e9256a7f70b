//! A Redis server that goes and comes back, behind a relay that can be cut. Runs where
//! `STORE_TEST_REDIS` holds the address of one; otherwise the test says that it was skipped.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use appserver_store::{Address, Denial, Entry, Mark, Since, State, StoreError, TokenStore, open};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

const NOW: i64 = 1_700_000_000_000;

/// Hands bytes on between clients and the server.
struct Relay {
    address: SocketAddr,
    server: String,
    task: AbortHandle,
}

impl Relay {
    async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(relay(listener, server.to_owned())).abort_handle();
        Self { address, server: server.to_owned(), task }
    }

    /// Ends the connections; nobody listens any more.
    async fn cut(&self) {
        self.task.abort();
        while TcpStream::connect(self.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.task = tokio::spawn(relay(listener, self.server.clone())).abort_handle();
    }
}

async fn relay(listener: TcpListener, server: String) {
    let mut connections = JoinSet::new();
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let server = server.clone();
        connections.spawn(async move {
            let mut server = TcpStream::connect(server).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        });
    }
}

fn store(address: SocketAddr) -> Arc<dyn TokenStore> {
    let mut noise = [0; 8];
    aws_lc_rs::rand::fill(&mut noise).unwrap();
    let address = Address {
        timeout: Duration::from_secs(10),
        prefix: format!("test-{:x}:", u64::from_be_bytes(noise)),
        ..Address::new(format!("redis://{address}/"))
    };
    open(&address, &None).unwrap()
}

fn token(jti: &str) -> Entry {
    let seconds = NOW / 1000;
    Entry {
        jti: jti.to_owned(),
        session: "session".to_owned(),
        subject: "1".to_owned(),
        issued: seconds,
        expires: seconds + 60,
        digest: String::new(),
    }
}

/// `HOST:PORT` of the server.
fn server() -> Option<String> {
    let Some(url) = std::env::var("STORE_TEST_REDIS").ok().filter(|url| !url.is_empty()) else {
        eprintln!("skipped: STORE_TEST_REDIS is not set");
        return None;
    };
    Some(url.trim_start_matches("redis://").trim_end_matches('/').to_owned())
}

#[tokio::test]
async fn a_server_that_was_gone_is_found_again() {
    let Some(server) = server() else { return };
    let mut relay = Relay::start(&server).await;
    let store = store(relay.address);
    store.prepare().await.unwrap();
    store.record(&token("a")).await.unwrap();
    relay.cut().await;
    let gone = store.state(&token("a")).await;
    assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
    let gone = store.denials(Since::default(), NOW).await;
    assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
    relay.mend().await;
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Live);
}

#[tokio::test]
async fn nobody_there_is_told_at_each_operation() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let store = store(address);
    let told = store.prepare().await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    let denial = Denial { mark: Mark::of_everybody(), before: 1, until: i64::MAX };
    let told = store.deny(&[denial], NOW).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
}
