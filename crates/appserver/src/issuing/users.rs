//! Where users are, and whether their passwords are hashed anew.

use appserver_issuer::config::{UserChoice, UserSource};
use appserver_store::{Address, UserTable};

use super::claims::Wanted;
use super::store;
use crate::auth::Reader;
use crate::settings::value::IssueUsers;

/// Redis shares tokens between machines, and users stay in a file.
const LOCAL_USERS: &str = "auth.jwt.store.url is a Redis, which holds no users: the server's own are in a \
                           file of this machine, and other machines do not know them";

/// What knows the users, after `auto` has been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What the Django project says.
    Project(UserChoice),
    /// The table that the settings name.
    Named,
    /// Our own table.
    Embedded,
    /// Nothing: there is a mistake.
    Nobody,
}

impl Reader<'_> {
    fn kind(&self) -> Kind {
        let jwt = &self.loaded.settings.auth.jwt;
        let has_project = jwt.from_django.is_on();
        let has_table = !jwt.issue.user_table.database.is_empty();
        match (jwt.issue.users, has_table, has_project) {
            (IssueUsers::Embedded, ..) | (IssueUsers::Auto, false, false) => Kind::Embedded,
            (IssueUsers::App, _, true) => Kind::Project(UserChoice::Application),
            (IssueUsers::Auto | IssueUsers::Native, true, _) => Kind::Named,
            (IssueUsers::Auto, false, true) => Kind::Project(UserChoice::Auto),
            (IssueUsers::Native, false, true) => Kind::Project(UserChoice::Table),
            (IssueUsers::App, _, false) | (IssueUsers::Native, false, false) => Kind::Nobody,
        }
    }

    /// Where users are, with what claims want to know of them.
    pub(super) fn users(&mut self, store: &Address, wanted: Wanted) -> UserSource {
        let Wanted { columns, queries } = wanted;
        match self.kind() {
            Kind::Project(choice) => UserSource::Django { choice, queries },
            Kind::Named => {
                let table = UserTable { columns, queries, ..self.named_table() };
                let database = self.user_database();
                UserSource::Table(database.unwrap_or_else(|| self.embedded_store()), table)
            }
            Kind::Embedded => {
                if store::is_redis(store) {
                    self.warning(LOCAL_USERS);
                }
                let table = UserTable { columns, queries, ..UserTable::embedded() };
                let database =
                    if store::has_tables(store) { store.clone() } else { self.embedded_store() };
                UserSource::Table(database, table)
            }
            Kind::Nobody => {
                let problem = match self.loaded.settings.auth.jwt.issue.users {
                    IssueUsers::App => "only a Django project is asked: set `auth.jwt.from_django`",
                    _ => {
                        "there is no table of users: set `auth.jwt.issue.user_table.database`, or \
                         `auth.jwt.from_django`"
                    }
                };
                self.wrong("users", problem);
                UserSource::Application
            }
        }
    }

    fn named_table(&mut self) -> UserTable {
        let named = self.loaded.settings.auth.jwt.issue.user_table.clone();
        for (key, name) in [
            ("table", &named.table),
            ("id", &named.id),
            ("username", &named.username),
            ("password", &named.password),
        ] {
            if name.is_empty() {
                self.wrong(&format!("user_table.{key}"), "found nothing, expected a name");
            }
        }
        let optional = |name: String| Some(name).filter(|name| !name.is_empty());
        UserTable {
            table: named.table,
            id: named.id,
            username: named.username,
            password: named.password,
            active: optional(named.active),
            last_login: optional(named.last_login),
            columns: Vec::new(),
            queries: Vec::new(),
            is_ours: false,
        }
    }

    /// In a table that somebody else writes to, too, only who knows that one's hashers may choose:
    /// otherwise each would undo what the other has done.
    pub(super) fn upgrades_passwords(&self) -> bool {
        let is_known =
            self.kind() != Kind::Named || self.loaded.settings.auth.jwt.from_django.is_on();
        is_known && self.loaded.settings.auth.jwt.issue.upgrade_passwords.is_on()
    }
}
