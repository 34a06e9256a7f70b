//! What a Django project's own settings say of its tokens (`SIMPLE_JWT` of
//! djangorestframework-simplejwt 5.5), as a configuration.
//!
//! Promises: a token that simplejwt's `JWTAuthentication` refuses for what is in it is refused by the
//! provider that is made here; what that class asks the database for is told in notes. Who reads the
//! settings out of Python is not known here.

mod notes;
mod provider;
pub mod reading;
mod routes;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Config;
use crate::config::Keys;

/// The name of the provider that is made of the project's settings.
pub const PROVIDER: &str = "django";

/// What the project was found to say. Read from Python by somebody else.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DjangoProject {
    /// `SIMPLE_JWT` with simplejwt's own defaults below it: texts, numbers, lists; times in seconds.
    /// Only names that matter to who verifies; `SIGNING_KEY` only where it is a shared secret.
    pub simple_jwt: Map<String, Value>,
    /// The names that the project itself sets.
    pub set: Vec<String>,
    /// `SECRET_KEY`.
    pub secret_key: String,
    /// `INSTALLED_APPS`.
    pub installed_apps: Vec<String>,
    /// The `token_type` of each class of `AUTH_TOKEN_CLASSES`.
    pub token_types: Vec<String>,
    /// Paths, below the mount, of views that look at no token: those that give tokens out, and others
    /// without authentication classes. Only paths that are always the same.
    pub open_views: Vec<String>,
    /// Patterns of such views whose paths are not.
    pub open_patterns: Vec<String>,
    /// What could not be found out, in words.
    pub remarks: Vec<String>,
    /// The model of users, where the project has one.
    pub user: Option<UserModel>,
    /// Whether the server gives its tokens out as well, and asks more of it for that.
    pub is_served: bool,
}

/// The model that a project keeps its users in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserModel {
    /// Its label, such as `auth.User`.
    pub label: String,
    /// The table.
    pub table: String,
    /// The column of the primary key.
    pub key: String,
    /// The field that users are named by.
    pub username: String,
    /// All fields.
    pub fields: Vec<String>,
}

impl fmt::Debug for DjangoProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DjangoProject").field("set", &self.set).finish_non_exhaustive()
    }
}

/// What cannot be done as the project has it, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(pub String);

/// Merges the project's settings into the configuration, which then wants no more of them.
///
/// They become the provider [`PROVIDER`], which is asked first. Where the configuration has one of
/// that name, each of its values that differs from the default of its setting stays; a value that is
/// equal to the default is the project's.
///
/// Views that look at no token in simplejwt stay so where a token is optional: they get rules of their
/// own, after those of the configuration.
///
/// # Errors
/// The project's settings cannot be used, with the remedy.
pub fn merge(config: &Config, project: &DjangoProject) -> Result<(Config, Vec<Note>), String> {
    let mut merged = config.clone();
    merged.from_django = false;
    let written = merged.providers.iter_mut().find(|provider| provider.name == PROVIDER);
    let is_keyless = written.as_ref().is_none_or(|written| written.keys == Keys::Django);
    let found = provider::read(project, is_keyless)?;
    let mut notes = notes::of(project, is_keyless)?;
    match written {
        Some(written) => {
            notes.extend(notes::looser(written, &found));
            provider::fill(written, found);
        }
        None => merged.providers.insert(0, found),
    }
    notes.extend(routes::open(&mut merged, project));
    Ok((merged, notes))
}
