//! Where the state of tokens is kept.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use appserver_store::Address;

use super::state;
use crate::auth::Reader;
use crate::settings::{IssueStore, bare, value};

/// The file in the directory of the state.
const FILE: &str = "state.sqlite3";
/// Schemes of addresses, with what they stand for.
const DJANGO: &str = "django";
const STORES: [&str; 7] = ["sqlite", "postgres", "postgresql", "mysql", "redis", "rediss", DJANGO];
const TABLES: [&str; 4] = ["sqlite", "postgres", "postgresql", "mysql"];

impl Reader<'_> {
    /// The store that the settings name, or else SQLite.
    pub(super) fn store(&mut self) -> Address {
        let settings = self.loaded.settings.auth.jwt.store.clone();
        let key = "store.url";
        let url = self.address(key, &settings.url);
        let Some(url) = url else { return self.embedded_store() };
        let scheme = scheme(&url);
        if !STORES.contains(&scheme) {
            self.mistake(key, expected(&STORES));
        }
        let is_project = self.loaded.settings.auth.jwt.from_django.is_on();
        if scheme != DJANGO {
            // A Django project tells which files are its own. Of others nobody knows.
            return Address { is_applications: !is_project, ..address(&settings, url) };
        }
        if !is_project {
            let problem = "the tables are a Django project's: it needs `auth.jwt.from_django`";
            self.mistake(key, problem);
        }
        Address { is_django: true, ..address(&settings, String::new()) }
    }

    /// SQLite, in a file of our own.
    pub(super) fn embedded_store(&self) -> Address {
        let file = state::directory(self.loaded, self.environment).join(FILE);
        address(&self.loaded.settings.auth.jwt.store, sqlite(&file))
    }

    /// The database with the table of users that the settings name.
    pub(super) fn user_database(&mut self) -> Option<Address> {
        let key = "issue.user_table.database";
        let database = self.loaded.settings.auth.jwt.issue.user_table.database.clone();
        let url = self.address(key, &database)?;
        if !TABLES.contains(&scheme(&url)) {
            self.mistake(key, expected(&TABLES));
        }
        // It is most likely the application's.
        let address = address(&self.loaded.settings.auth.jwt.store, url);
        Some(Address { is_applications: true, ..address })
    }

    /// The text of an address; `None` where there is none.
    fn address(&mut self, key: &str, address: &value::Address) -> Option<String> {
        match address {
            value::Address::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            value::Address::Secret(secret) => {
                let text = String::from_utf8(self.secret(key, secret));
                if text.is_err() {
                    self.mistake(key, "it is not text");
                }
                text.ok().map(|text| text.trim().to_owned())
            }
        }
    }
}

/// Whether a store's database can hold tables of users, too.
pub(super) fn has_tables(store: &Address) -> bool {
    !store.is_django && TABLES.contains(&scheme(&store.url))
}

/// Whether a store is one that several machines share, and holds no tables.
pub(super) fn is_redis(store: &Address) -> bool {
    matches!(scheme(&store.url), "redis" | "rediss")
}

/// A store as operators know it, without its password.
pub(super) fn shown(store: &Address) -> String {
    match (store.is_django, store.url.is_empty()) {
        (true, true) => "the tables of simplejwt's blacklist app".to_owned(),
        (true, false) => {
            format!("the tables of simplejwt's blacklist app in {}", bare(&store.url))
        }
        (false, _) => bare(&store.url),
    }
}

fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// Nothing of what was found is repeated: it may be a password.
fn expected(schemes: &[&str]) -> String {
    format!("expected an address that begins with one of {}://", schemes.join("://, "))
}

fn address(settings: &IssueStore, url: String) -> Address {
    let (timeout, prefix) = (settings.timeout.into(), settings.prefix.clone());
    Address { timeout, prefix, ..Address::new(url) }
}

/// The address of a store in this file.
pub(crate) fn sqlite(file: &Path) -> String {
    format!("sqlite://{}", encoded(file))
}

/// A path as a URL has it (RFC 3986 section 2.1).
fn encoded(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let bytes = path.as_os_str().as_bytes().iter();
    bytes.fold(String::new(), |mut text, &byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::encoded;

    #[test]
    fn paths_are_written_as_urls_have_them() {
        assert_eq!(encoded(Path::new("/srv/my app/100%?#/é")), "/srv/my%20app/100%25%3F%23/%C3%A9");
        assert_eq!(
            encoded(Path::new("/var/lib/shop-1/state.sqlite3")),
            "/var/lib/shop-1/state.sqlite3"
        );
    }
}
