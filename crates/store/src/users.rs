//! Users in a table of an SQL database: a Django project's, or our own.

mod embedded;
mod find;
mod shape;
mod table;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Pending;

pub(crate) use table::SqlUsers;

/// Where users are kept. Names of tables and columns are quoted as identifiers, whatever is in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTable {
    /// The table.
    pub table: String,
    /// The column of the id.
    pub id: String,
    /// The column that users log in by; compared exactly as the database does.
    pub username: String,
    /// The column of the encoded password.
    pub password: String,
    /// The column that says whether a user may log in, where there is one.
    pub active: Option<String>,
    /// The column of the last login, where there is one.
    pub last_login: Option<String>,
    /// Other columns that are read as texts, for claims.
    pub columns: Vec<String>,
    /// Queries whose first column, of all rows, is read as texts, for claims; their one parameter,
    /// written `$1`, is the id.
    pub queries: Vec<String>,
    /// Whether the table is ours: then it is made where it is not there.
    pub is_ours: bool,
}

impl UserTable {
    /// Our own table, for applications that are not Django's.
    #[must_use]
    pub fn embedded() -> Self {
        let name = |text: &str| text.to_owned();
        Self {
            table: name("appserver_users"),
            id: name("id"),
            username: name("username"),
            password: name("password"),
            active: Some(name("is_active")),
            last_login: Some(name("last_login")),
            columns: Vec::new(),
            queries: Vec::new(),
            is_ours: true,
        }
    }
}

/// A user.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The id, as text.
    pub id: String,
    /// What users log in by.
    pub username: String,
    /// The encoded password.
    pub password: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The other columns, as texts; `None` is NULL.
    pub columns: BTreeMap<String, Option<String>>,
    /// What the queries gave, in their order.
    pub queries: Vec<Vec<String>>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A user to be made, in our own table.
pub struct NewUser {
    /// What the user logs in by.
    pub username: String,
    /// The encoded password.
    pub password: String,
    /// Of the user, for claims.
    pub email: String,
}

/// Users of one table.
pub trait Users: Send + Sync {
    /// Makes the table, where it is ours and is not there.
    fn prepare(&self) -> Pending<'_, ()>;

    /// The user of this name. Queries are not asked: see [`Self::by_id`].
    fn by_name<'a>(&'a self, username: &'a str) -> Pending<'a, Option<Row>>;

    /// The user of this id, with what the queries give. An id that the column's type cannot hold is nobody's.
    fn by_id<'a>(&'a self, id: &'a str) -> Pending<'a, Option<Row>>;

    /// Puts a newly encoded password in the place of the old one; false if that is gone.
    fn replace_password<'a>(&'a self, id: &'a str, old: &'a str, new: &'a str)
    -> Pending<'a, bool>;

    /// Sets the last login to now.
    fn logged_in<'a>(&'a self, id: &'a str) -> Pending<'a, ()>;

    /// Makes a user in our own table; `None` if the name is taken. Gives the id.
    fn add<'a>(&'a self, user: &'a NewUser) -> Pending<'a, Option<String>>;

    /// Sets the password of a user; false if there is none.
    fn set_password<'a>(&'a self, username: &'a str, encoded: &'a str) -> Pending<'a, bool>;

    /// Says whether a user may log in; false if there is none.
    fn set_active<'a>(&'a self, username: &'a str, is_active: bool) -> Pending<'a, bool>;

    /// Users in the order of their names.
    fn list(&self) -> Pending<'_, Vec<Row>>;
}
