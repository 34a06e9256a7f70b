//! What an issuer asks the application, where settings want that.

use std::net::IpAddr;

use serde_json::{Map, Value};

use appserver_auth::issue::Kind;

/// What a user logs in with.
pub struct Credentials {
    /// The name of the field that the user is named in: Django's `USERNAME_FIELD`.
    pub field: String,
    /// Its value.
    pub username: String,
    /// The password.
    pub password: String,
    /// Whom the request is from.
    pub client: Option<IpAddr>,
}

/// Who has logged in.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// The id of the user, as text.
    pub id: String,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The stored, encoded password, where a claim is made of it; empty otherwise.
    pub password: String,
}

/// What an application has answered; the text of a failure is for the log.
pub type Delegated<T> = Result<T, String>;

/// The application. Calls take as long as they take, and are made on threads of the issuer.
pub trait Delegate: Send + Sync {
    /// Who has these credentials; `None` if nobody. Django's `authenticate()`, with its signals.
    ///
    /// # Errors
    /// The application has failed.
    fn authenticate(&self, credentials: &Credentials) -> Delegated<Option<Login>>;

    /// The user of an id, for refreshing; `None` if there is none.
    ///
    /// # Errors
    /// The application has failed.
    fn user(&self, id: &str) -> Delegated<Option<Login>>;

    /// What the project's callback adds to the claims of a new token.
    ///
    /// # Errors
    /// The application has failed.
    fn claims(&self, id: &str, kind: Kind) -> Delegated<Map<String, Value>>;

    /// Says that a user has logged in: Django's `user_logged_in`, where the project keeps the time.
    ///
    /// # Errors
    /// The application has failed.
    fn logged_in(&self, id: &str) -> Delegated<()>;
}
