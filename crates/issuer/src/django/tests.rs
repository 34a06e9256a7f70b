//! Each thing that a project says, and what becomes of it.

mod endpoints;
mod names;
mod settle;
mod signing;
mod store;
mod users;

use std::collections::BTreeMap;
use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::{Keys, Provider};
use appserver_auth::django::DjangoProject;
use appserver_auth::issue::Format;
use appserver_store::Address;
use serde_json::{Value, json};

use super::{Database, Hasher, Hashers, Note, Project, Users, merge};
use crate::config::{KeyDirectory, Signing, UserChoice, UserSource};
use crate::{Config, Endpoint};

const SECRET: &[u8] = b"k3v9-Q0zX2w7-yB4nM8r-T6uL1pE5-aD0sG3h";
const DATABASE: &str = "postgres://shop:pw@db/shop";
const OWN_STORE: &str = "sqlite:///state/tokens.sqlite3";
const MINUTE: Duration = Duration::from_mins(1);

fn text(text: &str) -> String {
    text.to_owned()
}

/// What simplejwt's defaults are, with these values over them.
fn project(set: Value) -> Project {
    let mut values = json!({
        "ALGORITHM": "HS256", "AUDIENCE": null, "JWK_URL": null, "VERIFYING_KEY": "",
        "TOKEN_TYPE_CLAIM": "token_type", "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "refresh_exp",
        "ACCESS_TOKEN_LIFETIME": 300.0, "REFRESH_TOKEN_LIFETIME": 86400.0,
        "SLIDING_TOKEN_LIFETIME": 300.0, "SLIDING_TOKEN_REFRESH_LIFETIME": 86400.0,
        "ROTATE_REFRESH_TOKENS": false, "BLACKLIST_AFTER_ROTATION": false,
        "UPDATE_LAST_LOGIN": false, "CHECK_REVOKE_TOKEN": false, "CHECK_USER_IS_ACTIVE": true,
        "REVOKE_TOKEN_CLAIM": "hash_password",
    });
    let Value::Object(set) = set else { panic!("a table is wanted") };
    values.as_object_mut().unwrap().extend(set);
    let names = ["id", "username", "password", "is_active", "last_login", "email"];
    let columns = names.map(|name| (text(name), text(name)));
    Project {
        settings: DjangoProject {
            simple_jwt: values.as_object().unwrap().clone(),
            ..DjangoProject::default()
        },
        login_field: text("username"),
        users: Some(Users {
            label: text("auth.User"),
            table: text("auth_user"),
            id: text("id"),
            key_kind: text("integer"),
            username: text("username"),
            password: text("password"),
            active: Some(text("is_active")),
            last_login: Some(text("last_login")),
            columns: columns.into_iter().chain([(text("nick"), text("nick_name"))]).collect(),
        }),
        database: database(),
        hashers: Hashers {
            hashers: vec![Hasher {
                algorithm: text("pbkdf2_sha256"),
                parameters: BTreeMap::from([(text("iterations"), 1_200_000)]),
            }],
            problem: String::new(),
        },
        ..Project::default()
    }
}

fn database() -> Database {
    Database { url: Some(text(DATABASE)), vendor: text("postgresql"), problem: String::new() }
}

fn unreachable() -> Database {
    let problem = text("DATABASES['default']: NAME is no file");
    Database { url: None, vendor: String::new(), problem }
}

fn provider() -> Provider {
    let mut provider =
        Provider::new("django", vec![Algorithm::HS256], Keys::Chosen(vec![SECRET.to_vec()]));
    provider.id_claim = Some(text("jti"));
    provider
}

fn format() -> Format {
    Format::new(Algorithm::ES256)
}

/// The settings' defaults, with Django and some of the paths.
fn config() -> Config {
    let provider = Provider::new("django", Vec::new(), Keys::Django);
    let users = UserSource::Django { choice: UserChoice::Auto, queries: Vec::new() };
    let mut config = Config::new(provider, Signing::Django, users, Address::new(OWN_STORE));
    let some = [Endpoint::Obtain, Endpoint::Refresh, Endpoint::Jwks];
    config.paths.retain(|endpoint, _| some.contains(endpoint));
    Config {
        format: format(),
        own_keys: Some(KeyDirectory::new("/state/keys".into())),
        from_django: true,
        ..config
    }
}

fn merged(config: &Config, project: &Project) -> (Config, Vec<String>) {
    let (merged, notes) = merge(config, project, &provider()).unwrap();
    assert!(!merged.from_django, "asked once only");
    (merged, notes.into_iter().map(|Note(text)| text).collect())
}

fn refused(config: &Config, project: &Project) -> String {
    merge(config, project, &provider()).unwrap_err()
}
