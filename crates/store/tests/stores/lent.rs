//! What holds of lent libraries only: which files they open, what they give, and how they end.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appserver_store::lent::{Done, LentError, Library, Session, Value};
use appserver_store::{
    Address, Consumed, Denial, Mark, Reuse, Since, State, StoreError, UserTable, open, open_users,
};

use super::lender::Lender;
use super::place::Place;
use super::tokens::{NOW, exchange, token};

/// What a watched library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Opened,
    /// A statement that inserts waits for permission.
    Inserts,
    Closed,
}

/// A library that tells what it does, and waits before it inserts.
#[derive(Debug)]
struct Watched {
    events: Sender<Event>,
    permission: Arc<Mutex<Receiver<()>>>,
}

impl Watched {
    fn new() -> (Arc<Self>, Receiver<Event>, Sender<()>) {
        let (events, seen) = mpsc::channel();
        let (permit, permission) = mpsc::channel();
        let permission = Arc::new(Mutex::new(permission));
        (Arc::new(Self { events, permission }), seen, permit)
    }
}

impl Library for Watched {
    fn open(&self, path: &Path, patience: Duration) -> Result<Box<dyn Session>, LentError> {
        let session = Some(Lender::default().open(path, patience)?);
        self.events.send(Event::Opened).unwrap();
        let (events, permission) = (self.events.clone(), Arc::clone(&self.permission));
        Ok(Box::new(WatchedSession { session, events, permission }))
    }
}

struct WatchedSession {
    session: Option<Box<dyn Session>>,
    events: Sender<Event>,
    permission: Arc<Mutex<Receiver<()>>>,
}

impl Session for WatchedSession {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<Done, LentError> {
        if sql.starts_with("INSERT INTO appserver_tokens") {
            self.events.send(Event::Inserts).unwrap();
            self.permission.lock().unwrap().recv().unwrap();
        }
        self.session.as_mut().unwrap().execute(sql, values)
    }
}

impl Drop for WatchedSession {
    fn drop(&mut self) {
        drop(self.session.take());
        let _ = self.events.send(Event::Closed);
    }
}

/// A place whose tables are there, and the address of the application's file there.
async fn prepared() -> (Place, Address) {
    let place = super::place::sqlite().await.unwrap();
    place.open().prepare().await.unwrap();
    let address = Address { is_applications: true, ..place.address.clone() };
    (place, address)
}

/// The next event; other threads take their time.
async fn next(seen: Receiver<Event>) -> (Event, Receiver<Event>) {
    tokio::task::spawn_blocking(move || (seen.recv().unwrap(), seen)).await.unwrap()
}

#[tokio::test]
async fn only_files_of_the_application_are_opened_with_its_library() {
    let (place, address) = prepared().await;
    let (library, seen, _permit) = Watched::new();
    let lent = Some(library as Arc<dyn Library>);
    let own = open(&place.address, &lent).unwrap();
    assert_eq!(own.state(&token("a")).await.unwrap(), State::Unknown);
    assert!(seen.try_recv().is_err());
    let applications = open(&address, &lent).unwrap();
    assert_eq!(applications.state(&token("a")).await.unwrap(), State::Unknown);
    assert_eq!(seen.try_recv(), Ok(Event::Opened));
    drop(applications);
    assert_eq!(next(seen).await.0, Event::Closed);
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing_behind() {
    let (place, address) = prepared().await;
    place.open().record(&token("a")).await.unwrap();
    let (library, mut seen, permit) = Watched::new();
    let store = open(&address, &Some(library as Arc<dyn Library>)).unwrap();
    let call = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.consume(&exchange("a", "b", Reuse::Refused)).await }
    });
    for expected in [Event::Opened, Event::Inserts] {
        let event;
        (event, seen) = next(seen).await;
        assert_eq!(event, expected);
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // Who comes next waits until that connection is closed: there are not more and more threads.
    let entry = token("c");
    let hurried = tokio::time::timeout(Duration::from_millis(100), store.record(&entry));
    assert!(hurried.await.is_err());
    assert_eq!(seen.try_recv(), Err(TryRecvError::Empty));
    permit.send(()).unwrap();
    let (event, seen) = next(seen).await;
    assert_eq!(event, Event::Closed);
    assert_eq!(place.open().state(&token("a")).await.unwrap(), State::Live);
    assert_eq!(place.open().state(&token("b")).await.unwrap(), State::Unknown);
    // Nobody holds a lock any more, and the store opens the file anew.
    permit.send(()).unwrap();
    let used = store.consume(&exchange("a", "b", Reuse::Refused)).await.unwrap();
    assert_eq!((used, seen.try_recv()), (Consumed::Fresh, Ok(Event::Opened)));
    assert_eq!(place.open().state(&token("a")).await.unwrap(), State::Used);
}

/// A library that counts what takes turns of an interpreter while others wait for the file.
#[derive(Clone, Debug, Default)]
struct Counting {
    /// The most statements of a transaction, and the most rows of a statement.
    most: Arc<Mutex<(usize, usize)>>,
}

struct CountingSession {
    session: Box<dyn Session>,
    statements: usize,
    most: Arc<Mutex<(usize, usize)>>,
}

impl Library for Counting {
    fn open(&self, path: &Path, patience: Duration) -> Result<Box<dyn Session>, LentError> {
        let session = Lender::default().open(path, patience)?;
        Ok(Box::new(CountingSession { session, statements: 0, most: Arc::clone(&self.most) }))
    }
}

impl Session for CountingSession {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<Done, LentError> {
        let done = self.session.execute(sql, values)?;
        self.statements = if sql.starts_with("BEGIN") { 1 } else { self.statements + 1 };
        let mut most = self.most.lock().unwrap();
        if sql == "COMMIT" {
            most.0 = most.0.max(self.statements);
        }
        most.1 = most.1.max(done.rows.len());
        Ok(done)
    }
}

#[tokio::test]
async fn a_file_is_not_kept_from_others_row_by_row() {
    let place = super::place::django_sqlite().await.unwrap();
    let address = Address { is_applications: true, ..place.address.clone() };
    let library = Counting::default();
    let store = open(&address, &Some(Arc::new(library.clone()) as Arc<dyn Library>)).unwrap();
    store.record(&token("a")).await.unwrap();
    store.consume(&exchange("a", "b", Reuse::Refused)).await.unwrap();
    let denials: Vec<Denial> = (0..300)
        .map(|number| Denial { mark: Mark::of_token(&number.to_string()), before: 1, until: NOW })
        .collect();
    place.open().deny(&denials, NOW).await.unwrap();
    place
        .run(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 250)
               INSERT INTO token_blacklist_outstandingtoken (token, expires_at, jti)
               SELECT '', '2001-01-01 00:00:00', n FROM n;
             INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id)
               SELECT '2001-01-01 00:00:00', id FROM token_blacklist_outstandingtoken WHERE id > 10",
        )
        .await;
    *library.most.lock().unwrap() = (0, 0);
    let (told, _) = store.denials(Since::default(), 0).await.unwrap();
    assert_eq!(told.len(), denials.len());
    assert!(denials.iter().all(|denial| told.contains(denial)));
    assert_eq!(store.sweep(NOW, 220).await.unwrap(), 220);
    assert_eq!(store.sweep(NOW, 500).await.unwrap(), 30);
    let left = "SELECT jti FROM token_blacklist_outstandingtoken";
    assert_eq!(place.ask(left).await, ["a", "b"]);
    // A beginning, two statements, an end.
    assert_eq!(*library.most.lock().unwrap(), (4, 1));
}

/// A library whose process ends.
#[derive(Debug)]
struct Leaving;

impl Library for Leaving {
    fn open(&self, _: &Path, _: Duration) -> Result<Box<dyn Session>, LentError> {
        Ok(Box::new(Self))
    }
}

impl Session for Leaving {
    fn execute(&mut self, _: &str, _: &[Value]) -> Result<Done, LentError> {
        Err(LentError::Gone("it has left".to_owned()))
    }
}

#[tokio::test]
async fn a_library_that_has_left_is_told() {
    let (_place, address) = prepared().await;
    let store = open(&address, &Some(Arc::new(Leaving) as Arc<dyn Library>)).unwrap();
    let error = store.state(&token("a")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(why) if why == "it has left"), "{error}");
}

#[tokio::test]
async fn values_are_the_same_as_with_the_bundled_library() {
    let place = super::place::sqlite().await.unwrap();
    place
        .run(
            "CREATE TABLE people (id integer NOT NULL PRIMARY KEY, username varchar(9), \
               password varchar(9), is_active bool, last_login datetime, settings text CHECK \
               (json_valid(settings)), born date, size real, photo blob, price decimal); \
             INSERT INTO people VALUES (1, 'ann', 'hash', 1, '2026-01-02 03:04:05.678901', \
               '{\"a\": [1, null, \"é\"]}', '1990-02-28', 1.5, x'c3a9', 12.50), \
               (2, 'bob', 'hash', 0, NULL, NULL, NULL, 1e300, NULL, 12)",
        )
        .await;
    let columns = ["is_active", "last_login", "settings", "born", "size", "photo", "price"];
    let queries = columns.map(|column| format!("SELECT {column} FROM people WHERE id = $1"));
    let table = UserTable {
        table: "people".to_owned(),
        columns: columns.map(str::to_owned).into(),
        queries: [&queries[..], &["SELECT -0.0 + 3 WHERE $1 = $1".to_owned()]].concat(),
        is_ours: false,
        ..UserTable::embedded()
    };
    let lent = super::place::library(&Address { is_applications: true, ..place.address.clone() });
    let address = Address { is_applications: true, ..place.address.clone() };
    let lent = open_users(&address, &table, &lent).unwrap();
    let bundled = open_users(&place.address, &table, &None).unwrap();
    for id in ["1", "2"] {
        let (lent, bundled) = (lent.by_id(id).await.unwrap(), bundled.by_id(id).await.unwrap());
        let (lent, bundled) = (lent.unwrap(), bundled.unwrap());
        assert_eq!((&lent.columns, &lent.queries), (&bundled.columns, &bundled.queries));
        assert!(lent == bundled && lent.queries.len() == 8);
    }
}
