//! What happens when processes are killed and databases are not there.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use appserver_store::{Address, Consumed, Reuse, State, StoreError, open};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::place::{Place, library};
use super::tokens::{exchange, token};

const TOKENS: usize = 60;
const FAMILY: Reuse = Reuse::Theft { grace: Duration::from_secs(10) };

/// Uses all tokens up, and prints those that it was the one to use.
#[tokio::test]
async fn consumer() {
    let Ok(address) = std::env::var("STORE_TEST_CONSUMER") else { return };
    let address: Address = serde_json::from_str(&address).unwrap();
    let store = open(&address, &library(&address)).unwrap();
    for number in 0..TOKENS {
        let used = exchange(&format!("t{number}"), &format!("next{number}"), FAMILY);
        let came = store.consume(&used).await.unwrap();
        let mut output = std::io::stdout().lock();
        if came == Consumed::Fresh {
            writeln!(output, "fresh {number} ").unwrap();
        } else {
            writeln!(output, "not {number} ").unwrap();
        }
        output.flush().unwrap();
    }
}

fn start(place: &Place) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "trouble::consumer", "--nocapture", "--test-threads", "1"])
        .env("STORE_TEST_CONSUMER", serde_json::to_string(&place.address).unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads what a process tells, and kills it after so many tokens.
fn watch(mut child: Child, most: usize) -> Vec<usize> {
    let mut fresh = Vec::new();
    let mut told = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let mut words =
            line.split_whitespace().skip_while(|word| !matches!(*word, "fresh" | "not"));
        let (Some(word), Some(number)) = (words.next(), words.next()) else { continue };
        told += 1;
        if word == "fresh" {
            fresh.push(number.parse().unwrap());
        }
        if told == most {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    fresh
}

pub(crate) async fn killed_processes_leave_nothing_half_done(place: &Place) {
    let store = place.open();
    for number in 0..TOKENS {
        store.record(&token(&format!("t{number}"))).await.unwrap();
    }
    let watchers: Vec<_> = [7, 19, 31, TOKENS + 1]
        .map(|most| (start(place), most))
        .into_iter()
        .map(|(child, most)| std::thread::spawn(move || watch(child, most)))
        .collect();
    let mut fresh = vec![0; TOKENS];
    for watcher in watchers {
        let watcher = tokio::task::spawn_blocking(move || watcher.join().unwrap());
        for number in watcher.await.unwrap() {
            fresh[number] += 1;
        }
    }
    // A process that was killed may have used one that it has not told of.
    assert!(fresh.iter().all(|times| *times <= 1), "{fresh:?}");
    assert!(fresh.iter().sum::<i32>() >= i32::try_from(TOKENS).unwrap() - 3, "{fresh:?}");
    for number in 0..TOKENS {
        let jti = format!("t{number}");
        assert_eq!(store.state(&token(&jti)).await.unwrap(), State::Used, "{jti}");
        let next = format!("next{number}");
        assert_eq!(store.state(&token(&next)).await.unwrap(), State::Live, "{next}");
    }
}

/// A server's address as seen through a relay, which can be cut.
struct Relay {
    listener: Arc<TcpListener>,
    server: String,
    connections: JoinSet<()>,
}

impl Relay {
    async fn new(place: &Place) -> (Self, Place) {
        let url = &place.address.url;
        let (head, tail) = url.rsplit_once('@').unwrap();
        let (server, path) = tail.split_once('/').unwrap();
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let through = format!("{head}@{}/{path}", listener.local_addr().unwrap());
        let mut relay = Self { listener, server: server.to_owned(), connections: JoinSet::new() };
        relay.join();
        let address = Address { url: through, ..place.address.clone() };
        (relay, Place::at(address))
    }

    fn join(&mut self) {
        let (listener, server) = (self.listener.clone(), self.server.clone());
        self.connections.spawn(async move {
            let mut ends = JoinSet::new();
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                let mut to = TcpStream::connect(&server).await.unwrap();
                ends.spawn(async move { drop(copy_bidirectional(&mut from, &mut to).await) });
            }
        });
    }

    /// Ends all connections; new ones are accepted by nobody.
    async fn cut(&mut self) {
        self.connections.shutdown().await;
    }
}

pub(crate) async fn a_server_that_is_gone_is_told_and_found_again(place: &Place) {
    let (mut relay, through) = Relay::new(place).await;
    let patient = through.open();
    let hasty = through.within(Duration::from_millis(200)).open();
    for number in 0..3 {
        patient.record(&token(&format!("a{number}"))).await.unwrap();
        let used = exchange(&format!("a{number}"), &format!("b{number}"), FAMILY);
        relay.cut().await;
        // Connections are gone, and new ones hang.
        for _ in 0..2 {
            let error = hasty.consume(&used).await.unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        relay.join();
        assert_eq!(patient.consume(&used).await.unwrap(), Consumed::Fresh);
        assert_eq!(patient.state(&used.successor).await.unwrap(), State::Live);
    }
    relay.cut().await;
    drop(relay);
    let error = patient.record(&token("z")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

pub(crate) async fn a_file_that_cannot_be_opened_is_told_and_found_again(place: &Place) {
    let store = place.open();
    let file = place.path();
    let directory = file.parent().unwrap();
    std::fs::write(directory, "in the way").unwrap();
    let error = store.record(&token("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    std::fs::remove_file(directory).unwrap();
    store.record(&token("a")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(file) & 0o777, 0o600);
    assert_eq!(mode(&file.with_extension("db-wal")) & 0o777, 0o600);
    assert_eq!(mode(directory) & 0o777, 0o700);
}

pub(crate) async fn a_file_that_was_replaced_is_noticed(place: &Place) {
    let store = place.open();
    store.record(&token("a")).await.unwrap();
    std::fs::remove_dir_all(place.path().parent().unwrap()).unwrap();
    store.record(&token("b")).await.unwrap();
    assert_eq!(place.open().state(&token("b")).await.unwrap(), State::Live);
    assert_eq!(store.state(&token("a")).await.unwrap(), State::Unknown);
    assert_eq!(store.state(&token("b")).await.unwrap(), State::Live);
}

pub(crate) async fn what_links_lead_to_is_made(place: &Place) {
    let folder = place.path().parent().unwrap();
    std::fs::create_dir(folder).unwrap();
    symlink("link.db", place.path()).unwrap();
    symlink("../data/real.db", folder.join("link.db")).unwrap();
    place.open().record(&token("a")).await.unwrap();
    let made = std::fs::metadata(folder.join("../data/real.db")).unwrap();
    assert!(made.is_file() && made.permissions().mode() & 0o777 == 0o600, "{made:?}");
    assert_eq!(place.open().state(&token("a")).await.unwrap(), State::Live);
    std::fs::remove_file(folder.join("link.db")).unwrap();
    symlink(place.path(), folder.join("link.db")).unwrap();
    let error = place.open().record(&token("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

pub(crate) async fn a_file_that_is_no_database_is_refused(place: &Place) {
    let file = place.path();
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "no database, whatever it is called ".repeat(100)).unwrap();
    let error = place.open().record(&token("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
}

pub(crate) async fn another_writer_is_waited_for_within_the_time(place: &Place) {
    place.open().prepare().await.unwrap();
    place.run("CREATE TABLE held (id integer)").await;
    let mut holder = place.hold().await;
    let hasty = place.within(Duration::from_millis(50)).open();
    let error = hasty.record(&token("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    place.open().record(&token("a")).await.unwrap();
}

pub(crate) async fn tables_of_a_newer_program_are_left_alone(place: &Place) {
    place.open().prepare().await.unwrap();
    place.run("UPDATE appserver_schema SET version = 99").await;
    let error = place.open().prepare().await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
}

pub(crate) async fn django_tables_that_are_not_there_are_not_made(place: &Place) {
    place.run("CREATE TABLE other (id integer)").await;
    let address = Address { is_django: true, ..place.address.clone() };
    let error = place.with(address).open().record(&token("a")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused(why) if why.contains("migrate")), "{error}");
}
