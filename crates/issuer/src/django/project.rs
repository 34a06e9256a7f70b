//! What a project was found to say.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use appserver_auth::django::DjangoProject;
use serde::{Deserialize, Serialize};

use crate::Endpoint;

/// A project that gives its tokens out through the server. Read from Python by somebody else.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Project {
    /// What it says to those who verify, with the names of `SIMPLE_JWT` that are about giving tokens
    /// out as well.
    pub settings: DjangoProject,
    /// `SIGNING_KEY` as PEM, where it is none that verifies as well.
    pub private_key: Option<String>,
    /// `USERNAME_FIELD` of the model of users.
    pub login_field: String,
    /// The table of the users, where they have one.
    pub users: Option<Users>,
    /// What the project does otherwise than Django by itself when somebody logs in, in words.
    pub obstacles: Vec<String>,
    /// The database of the users.
    pub database: Database,
    /// How their passwords are hashed.
    pub hashers: Hashers,
    /// The database of simplejwt's blacklist app, where it is installed.
    pub blacklist: Option<Database>,
    /// The names of its databases that could be files of SQLite.
    pub files: Vec<PathBuf>,
    /// Endpoints that the project has made something of its own of, and what that is.
    pub views: BTreeMap<Endpoint, String>,
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The model of users as a table: names of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Users {
    /// The model, such as `auth.User`.
    pub label: String,
    /// The table.
    pub table: String,
    /// Of `USER_ID_FIELD`.
    pub id: String,
    /// What the primary key is, which other tables refer to: `integer`, `uuid`, `text` or `other`.
    pub key_kind: String,
    /// Of `USERNAME_FIELD`.
    pub username: String,
    /// Of the encoded password.
    pub password: String,
    /// Of `is_active`, where there is one.
    pub active: Option<String>,
    /// Of `last_login`, where there is one.
    pub last_login: Option<String>,
    /// The fields of the model, and their columns.
    pub columns: BTreeMap<String, String>,
}

/// A database, or why the server cannot reach it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    /// Its address; may hold a password.
    pub url: Option<String>,
    /// What kind it is, in Django's words: `sqlite`, `postgresql` or `mysql`.
    pub vendor: String,
    /// Why it has no address, in words.
    pub problem: String,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("vendor", &self.vendor).finish_non_exhaustive()
    }
}

/// How passwords are hashed, or why the server cannot do it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hashers {
    /// `PASSWORD_HASHERS`, the preferred one first.
    pub hashers: Vec<Hasher>,
    /// Why not, in words.
    pub problem: String,
}

/// One of Django's hashers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hasher {
    /// The name that stored passwords begin with.
    pub algorithm: String,
    /// Its parameters, by the names that they have in Django.
    pub parameters: BTreeMap<String, u32>,
}
