//! Places for stores: each test has one of its own, on a server that all share.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use appserver_store::lent::{Lent, Library};
use appserver_store::{Address, TokenStore, open};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tempfile::TempDir;

use super::lender::Lender;

/// Where a store is.
pub(crate) struct Place {
    pub(crate) address: Address,
    pub(crate) lent: Lent,
    _directory: Option<TempDir>,
}

impl Place {
    /// Opens it, as a process of its own would.
    pub(crate) fn open(&self) -> Arc<dyn TokenStore> {
        open(&self.address, &self.lent).unwrap()
    }

    /// The place at another address.
    pub(crate) fn at(address: Address) -> Self {
        Self { lent: library(&address), address, _directory: None }
    }

    /// The same place, for those who wait so long at most.
    pub(crate) fn within(&self, timeout: Duration) -> Self {
        self.with(Address { timeout, ..self.address.clone() })
    }

    /// The same place with something else in its address.
    pub(crate) fn with(&self, address: Address) -> Self {
        Self { address, lent: self.lent.clone(), _directory: None }
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        Path::new(self.address.url.strip_prefix("sqlite://").unwrap())
    }

    /// The same place, which is opened with this library.
    fn lent(mut self, library: Lender) -> Self {
        self.address.is_applications = true;
        self.lent = Some(Arc::new(library));
        self
    }

    /// Runs statements on the database.
    pub(crate) async fn run(&self, sql: &str) {
        let url = &self.address.url;
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        if url.starts_with("postgres") {
            sql.execute(&mut sqlx::PgConnection::connect(url).await.unwrap()).await.unwrap();
        } else if self.is_mysql() {
            sql.execute(&mut sqlx::MySqlConnection::connect(url).await.unwrap()).await.unwrap();
        } else {
            sql.execute(&mut self.file().await).await.unwrap();
        }
    }

    /// The file, which is made.
    async fn file(&self) -> sqlx::SqliteConnection {
        let file = self.path();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let options = sqlx::sqlite::SqliteConnectOptions::new();
        options.filename(file).create_if_missing(true).connect().await.unwrap()
    }

    /// Keeps others from writing to the file.
    pub(crate) async fn hold(&self) -> sqlx::SqliteConnection {
        let mut connection = self.file().await;
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        connection
    }

    /// Whether it is one of MySQL or MariaDB.
    pub(crate) fn is_mysql(&self) -> bool {
        self.address.url.starts_with("mysql")
    }

    /// What a query gives: texts with `|` between them, row by row.
    pub(crate) async fn ask(&self, sql: &'static str) -> Vec<String> {
        let url = &self.address.url;
        if url.starts_with("postgres") {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
        } else if self.is_mysql() {
            let mut connection = sqlx::MySqlConnection::connect(url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
        } else {
            sqlx::query_scalar(sql).fetch_all(&mut self.file().await).await.unwrap()
        }
    }

    /// What Django's times are there.
    pub(crate) fn time(&self) -> &'static str {
        match self.address.url.split(':').next().unwrap() {
            "postgres" => "timestamp with time zone",
            "mysql" => "datetime(6)",
            _ => "datetime",
        }
    }

    /// What Django's UUIDs are there.
    pub(crate) fn uuid(&self) -> &'static str {
        if self.address.url.starts_with("postgres") { "uuid" } else { "char(32)" }
    }
}

fn place(url: String, directory: Option<TempDir>) -> Place {
    let address = Address { timeout: Duration::from_secs(30), ..Address::new(url) };
    Place { address, lent: None, _directory: directory }
}

/// What opens the file of an address that the application has, too.
pub(crate) fn library(address: &Address) -> Lent {
    address.is_applications.then(|| Arc::new(Lender::default()) as Arc<dyn Library>)
}

/// A name that no other test of any run has.
pub(crate) fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut noise = [0; 8];
    aws_lc_rs::rand::fill(&mut noise).unwrap();
    format!("test_{:x}_{next}", u64::from_be_bytes(noise))
}

/// A directory of its own; in memory where there is some, since what a disk does is not tested and
/// takes long.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The address of a server, or word that there is none.
fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("skipped: {variable} is not set");
    }
    url
}

pub(crate) async fn sqlite() -> Option<Place> {
    let directory = directory();
    let url = format!("sqlite://{}/made/store.db", directory.path().display());
    Some(place(url, Some(directory)))
}

pub(crate) async fn postgres() -> Option<Place> {
    let url = server("STORE_TEST_POSTGRES")?;
    let name = name();
    let mut connection = sqlx::PgConnection::connect(&url).await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).await.unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    Some(place(format!("{url}{joint}options[search_path]={name}"), None))
}

pub(crate) async fn mysql() -> Option<Place> {
    let url = server("STORE_TEST_MYSQL")?;
    let name = name();
    let options: sqlx::mysql::MySqlConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (head, tail) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = head.rsplit_once('/').unwrap();
    Some(place(format!("{server}/{name}?{tail}"), None))
}

pub(crate) async fn redis() -> Option<Place> {
    let mut place = place(server("STORE_TEST_REDIS")?, None);
    place.address.prefix = format!("{}:", name());
    Some(place)
}

pub(crate) async fn django_sqlite() -> Option<Place> {
    let directory = directory();
    let mut place =
        place(format!("sqlite://{}/project.db", directory.path().display()), Some(directory));
    place
        .run(
            "CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
               username varchar(150) NOT NULL UNIQUE);
             INSERT INTO auth_user VALUES (1, 'ann'), (2, 'bob');
             CREATE TABLE token_blacklist_outstandingtoken (
               id integer NOT NULL PRIMARY KEY AUTOINCREMENT, token text NOT NULL,
               created_at datetime NULL, expires_at datetime NOT NULL,
               user_id integer NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
               jti varchar(255) NOT NULL UNIQUE);
             CREATE TABLE token_blacklist_blacklistedtoken (
               id integer NOT NULL PRIMARY KEY AUTOINCREMENT, blacklisted_at datetime NOT NULL,
               token_id bigint NOT NULL UNIQUE REFERENCES token_blacklist_outstandingtoken (id)
                 DEFERRABLE INITIALLY DEFERRED)",
        )
        .await;
    place.address.is_django = true;
    Some(place)
}

pub(crate) async fn lent_sqlite() -> Option<Place> {
    Some(sqlite().await?.lent(Lender::default()))
}

/// With a library that tells no codes, as that of CPython 3.10.
pub(crate) async fn silent_sqlite() -> Option<Place> {
    Some(sqlite().await?.lent(Lender { is_silent: true }))
}

pub(crate) async fn lent_django_sqlite() -> Option<Place> {
    Some(django_sqlite().await?.lent(Lender::default()))
}

pub(crate) async fn django_postgres() -> Option<Place> {
    let mut place = postgres().await?;
    place
        .run(
            "CREATE TABLE auth_user (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
               username varchar(150) NOT NULL UNIQUE);
             INSERT INTO auth_user VALUES (1, 'ann'), (2, 'bob');
             CREATE TABLE token_blacklist_outstandingtoken (
               id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, token text NOT NULL,
               created_at timestamp with time zone, expires_at timestamp with time zone NOT NULL,
               user_id integer REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
               jti varchar(255) NOT NULL UNIQUE);
             CREATE TABLE token_blacklist_blacklistedtoken (
               id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
               blacklisted_at timestamp with time zone NOT NULL,
               token_id bigint NOT NULL UNIQUE REFERENCES token_blacklist_outstandingtoken (id)
                 DEFERRABLE INITIALLY DEFERRED)",
        )
        .await;
    place.address.is_django = true;
    Some(place)
}

pub(crate) async fn django_mysql() -> Option<Place> {
    let mut place = mysql().await?;
    for statement in [
        "CREATE TABLE auth_user (id integer AUTO_INCREMENT NOT NULL PRIMARY KEY,
           username varchar(150) NOT NULL UNIQUE)",
        "INSERT INTO auth_user VALUES (1, 'ann'), (2, 'bob')",
        "CREATE TABLE token_blacklist_outstandingtoken (
           id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, token longtext NOT NULL,
           created_at datetime(6) NULL, expires_at datetime(6) NOT NULL, user_id integer NULL,
           jti varchar(255) NOT NULL UNIQUE, FOREIGN KEY (user_id) REFERENCES auth_user (id))",
        "CREATE TABLE token_blacklist_blacklistedtoken (
           id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, blacklisted_at datetime(6) NOT NULL,
           token_id bigint NOT NULL UNIQUE,
           FOREIGN KEY (token_id) REFERENCES token_blacklist_outstandingtoken (id))",
    ] {
        place.run(statement).await;
    }
    place.address.is_django = true;
    Some(place)
}
