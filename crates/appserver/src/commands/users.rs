//! `users`: keeps the table of users that is the server's own. Passwords are asked for, never named.
//!
//! What a change takes away, it takes away before it is told: whoever was logged in with an old
//! password is not any more when the command is over.

mod password;

use std::fmt::Write;
use std::sync::Arc;

use appserver_issuer::config::UserSource;
use appserver_issuer::{Config, Host, Issuer, Revoke};
use appserver_os::privileges::Identity;
use appserver_store::{NewUser, Row, StoreError, UserTable, Users};
use serde_json::{Value, json};

use crate::auth;
use crate::cli::{AppKind, UsersAction};
use crate::commands::{child, print, warn};
use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::issuing::{self, Operation};
use crate::launch;
use crate::settings::{self, Settings, Sources};

/// Columns of our table beside those that logins need.
const EMAIL: &str = "email";
const LAST_LOGIN: &str = "last_login";
/// The longest name, in characters: Django's.
const LONGEST_NAME: usize = 150;

/// Does it.
pub(super) fn users(kind: AppKind, sources: &Sources, action: UsersAction) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    let logs_out = matches!(action, UsersAction::Password { .. } | UsersAction::Disable { .. });
    let ours = Ours::open(kind, sources, logs_out)?;
    runtime.block_on(async {
        ours.users.prepare().await.map_err(failed)?;
        match action {
            UsersAction::Add { name, email } => ours.add(name, email).await,
            UsersAction::Password { name } => ours.set_password(&name).await,
            UsersAction::Disable { name } => ours.disable(&name).await,
            UsersAction::Enable { name } => ours.enable(&name).await,
            UsersAction::List { json } => ours.list(json).await,
        }
    })
}

/// Our table.
struct Ours<'s> {
    config: Config,
    users: Arc<dyn Users>,
    /// What it takes to ask a Django project, which knows where the state of tokens is.
    project: Option<(Handed, &'s Sources)>,
}

impl<'s> Ours<'s> {
    /// Opens it as whom workers run as, so that they can open what this makes.
    fn open(kind: AppKind, sources: &'s Sources, logs_out: bool) -> Result<Self, Failure> {
        let loaded = settings::load(sources)?;
        let resolved = auth::resolve(&loaded, &sources.environment)?;
        warn(&resolved.warnings);
        let config = resolved.issuer.ok_or_else(|| {
            let text = "the server has no users: it does not give tokens out";
            Failure::new(FailureKind::Usage, text).hint("set `auth.jwt.issue.enabled = true`")
        })?;
        let UserSource::Table(address, table) = &config.users else {
            return Err(not_ours(&config));
        };
        if !table.is_ours {
            return Err(not_ours(&config));
        }
        let project = match config.from_django && logs_out {
            true => Some((launch::handed(kind, &loaded, sources)?.0, sources)),
            false => None,
        };
        let identity = identity(&loaded.settings);
        let directory = issuing::state::directory(&loaded, &sources.environment);
        issuing::state::make(&directory, &identity)?;
        identity.assume().map_err(|error| Failure::of(FailureKind::Failed, &error))?;
        let columns = vec![EMAIL.to_owned(), LAST_LOGIN.to_owned()];
        let table = UserTable { columns, queries: Vec::new(), ..table.clone() };
        let users = appserver_store::open_users(address, &table, &None).map_err(failed)?;
        Ok(Self { config, users, project })
    }

    async fn add(&self, name: String, email: String) -> Result<u8, Failure> {
        check_name(&name)?;
        if self.users.by_name(&name).await.map_err(failed)?.is_some() {
            return Err(taken(&name));
        }
        let password = self.encoded_password(&name)?;
        let user = NewUser { username: name.clone(), password, email };
        let id = self.users.add(&user).await.map_err(failed)?.ok_or_else(|| taken(&name))?;
        Ok(print(&format!("{name} has been added, with the id {id}")))
    }

    async fn set_password(&self, name: &str) -> Result<u8, Failure> {
        let row = self.named(name).await?;
        let encoded = self.encoded_password(name)?;
        if !self.users.set_password(name, &encoded).await.map_err(failed)? {
            return Err(nobody(name));
        }
        self.log_out(&row).await?;
        Ok(print(&format!("the password of {name} has been set, and {name} is logged out")))
    }

    async fn disable(&self, name: &str) -> Result<u8, Failure> {
        let row = self.named(name).await?;
        if !self.users.set_active(name, false).await.map_err(failed)? {
            return Err(nobody(name));
        }
        self.log_out(&row).await?;
        Ok(print(&format!("{name} can log in no more, and is logged out")))
    }

    async fn enable(&self, name: &str) -> Result<u8, Failure> {
        if !self.users.set_active(name, true).await.map_err(failed)? {
            return Err(nobody(name));
        }
        Ok(print(&format!("{name} can log in")))
    }

    async fn list(&self, as_json: bool) -> Result<u8, Failure> {
        let rows = self.users.list().await.map_err(failed)?;
        Ok(print(&if as_json { in_json(&rows) } else { in_lines(&rows) }))
    }

    async fn named(&self, name: &str) -> Result<Row, Failure> {
        self.users.by_name(name).await.map_err(failed)?.ok_or_else(|| nobody(name))
    }

    /// A password that is asked for, as it is stored.
    fn encoded_password(&self, name: &str) -> Result<String, Failure> {
        let password = password::ask(name, self.config.longest.1)?;
        let encoded = self.config.hashers.encode(&password);
        encoded.map_err(|error| Failure::of(FailureKind::Failed, &error))
    }

    /// Ends everything that a user has, on all workers and machines.
    async fn log_out(&self, row: &Row) -> Result<(), Failure> {
        let unfinished = |text: String| {
            let text = format!("it is done, but {} is still logged in: {text}", row.username);
            let hint = format!("try `appserver token revoke --user {}`", row.id);
            Failure::new(FailureKind::Failed, text).hint(hint)
        };
        if let Some((handed, sources)) = &self.project {
            let operation = Operation::RevokeUser(row.id.clone());
            return match child::run((handed, sources), "operate", &(handed, operation)) {
                Ok(0) => Ok(()),
                Ok(_) => Err(unfinished("the Django project cannot be asked".to_owned())),
                Err(failure) => Err(unfinished(failure.to_string())),
            };
        }
        let issuer = Issuer::start(self.config.clone(), Host::default()).await;
        let issuer = issuer.map_err(|error| unfinished(error.to_string()))?;
        issuer.revoke(Revoke::User(row.id.clone())).await.map_err(unfinished)
    }
}

fn identity(settings: &Settings) -> Identity {
    let text =
        |account: &Option<settings::value::Account>| account.as_ref().map(ToString::to_string);
    Identity { user: text(&settings.user), group: text(&settings.group) }
}

fn check_name(name: &str) -> Result<(), Failure> {
    let problem = match name {
        "" => "a name cannot be empty",
        _ if name.trim() != name => "a name cannot begin or end with a space",
        _ if name.chars().any(char::is_control) => "a name cannot hold control characters",
        _ if name.chars().count() > LONGEST_NAME => "a name cannot be longer than 150 characters",
        _ => return Ok(()),
    };
    Err(Failure::new(FailureKind::Usage, problem))
}

fn in_json(rows: &[Row]) -> String {
    let user = |row: &Row| {
        json!({
            "id": row.id,
            "username": row.username,
            "email": column(row, EMAIL),
            "is_active": row.is_active,
            "last_login": column(row, LAST_LOGIN),
        })
    };
    Value::Array(rows.iter().map(user).collect()).to_string()
}

fn in_lines(rows: &[Row]) -> String {
    let width = |text: &str| text.chars().count();
    let ids = rows.iter().map(|row| width(&row.id)).max().unwrap_or_default();
    let names = rows.iter().map(|row| width(&row.username)).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut lines, row| {
        let state = if row.is_active { "enabled " } else { "disabled" };
        let last = column(row, LAST_LOGIN).unwrap_or("never");
        let email = column(row, EMAIL).unwrap_or_default();
        let (id, name) = (&row.id, &row.username);
        let line = format!("{id:>ids$}  {name:<names$}  {state}  last login {last}  {email}");
        let _ = writeln!(lines, "{}", line.trim_end());
        lines
    })
}

fn column<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    row.columns.get(name)?.as_deref().filter(|text| !text.is_empty())
}

#[expect(clippy::needless_pass_by_value, reason = "results give it away")]
fn failed(error: StoreError) -> Failure {
    Failure::of(FailureKind::Failed, &error)
}

fn nobody(name: &str) -> Failure {
    let failure = Failure::new(FailureKind::Failed, format!("there is no user {name:?}"));
    failure.hint("`appserver users list` prints all of them")
}

fn taken(name: &str) -> Failure {
    let failure = Failure::new(FailureKind::Failed, format!("there is a user {name:?} already"));
    failure.hint(format!("`appserver users passwd {name}` sets the password"))
}

fn not_ours(config: &Config) -> Failure {
    let (text, hint) = match &config.users {
        UserSource::Table(_, table) => (
            format!("users are in the table {}, which is not the server's own", table.table),
            "keep them with the program whose table it is, or set `auth.jwt.issue.users = \
             \"embedded\"`",
        ),
        _ => (
            "users are the Django project's".to_owned(),
            "use `manage.py createsuperuser` and `manage.py changepassword`, or the admin",
        ),
    };
    Failure::new(FailureKind::Usage, text).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, name: &str, is_active: bool, columns: &[(&str, Option<&str>)]) -> Row {
        let column = |(name, value): &(&str, Option<&str>)| {
            ((*name).to_owned(), value.map(ToOwned::to_owned))
        };
        Row {
            id: id.to_owned(),
            username: name.to_owned(),
            password: "argon2$never$shown".to_owned(),
            is_active,
            columns: columns.iter().map(column).collect(),
            queries: Vec::new(),
        }
    }

    fn rows() -> [Row; 2] {
        let ada = [(EMAIL, Some("ada@example.org")), (LAST_LOGIN, Some("2026-01-02 03:04:05"))];
        [
            row("7", "ada", true, &ada),
            row("12", "grace", false, &[(EMAIL, Some("")), (LAST_LOGIN, None)]),
        ]
    }

    #[test]
    fn users_are_listed_without_their_passwords() {
        assert_eq!(
            in_lines(&rows()),
            " 7  ada    enabled   last login 2026-01-02 03:04:05  ada@example.org\n\
             12  grace  disabled  last login never\n"
        );
        let expected = json!([
            {"id": "7", "username": "ada", "email": "ada@example.org", "is_active": true,
             "last_login": "2026-01-02 03:04:05"},
            {"id": "12", "username": "grace", "email": null, "is_active": false,
             "last_login": null},
        ]);
        assert_eq!(in_json(&rows()), expected.to_string());
    }

    #[test]
    fn only_names_that_can_be_typed_are_taken() {
        for name in ["ada", "ada@example.org", "Ada Lovelace", "アダ"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let long = "a".repeat(151);
        for name in ["", " ada", "ada\n", "a\0da", &long] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }
}
