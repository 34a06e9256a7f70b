//! What `SIMPLE_JWT` says of tokens, names one by one.

use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::Provider;
use appserver_auth::issue::Format;
use appserver_passwords::Preferred;
use appserver_store::UserTable;
use serde_json::json;

use super::{
    DATABASE, MINUTE, OWN_STORE, SECRET, config, database, format, merged, project, provider,
    refused, text,
};
use crate::Endpoint;
use crate::config::{Signing, UserSource};
use crate::django::merge;

#[test]
fn a_project_without_settings_is_simplejwts_defaults() {
    let (merged, notes) = merged(&config(), &project(json!({})));
    assert_eq!(notes, [""; 0]);
    assert!(merged.signing == Signing::Secret(SECRET.to_vec()));
    assert_eq!(merged.format, Format { algorithm: Algorithm::HS256, ..format() });
    assert_eq!(merged.rotation, config().rotation);
    assert_eq!(merged.store.url, OWN_STORE);
    let UserSource::Table(address, table) = &merged.users else { panic!("{:?}", merged.users) };
    assert_eq!((address.url.as_str(), address.is_django), (DATABASE, false));
    let expected = UserTable {
        table: text("auth_user"),
        is_ours: false,
        ..UserTable { columns: Vec::new(), ..UserTable::embedded() }
    };
    assert_eq!(*table, expected);
    assert_eq!(merged.hashers.preferred, Preferred::Pbkdf2Sha256 { iterations: 1_200_000 });
    assert!(merged.upgrade_passwords && merged.checks_active);
    let served: Vec<Endpoint> = merged.paths.into_keys().collect();
    assert_eq!(served, [Endpoint::Obtain, Endpoint::Refresh], "a secret has no public half");
}

#[test]
fn each_name_is_honoured() {
    let mut project = project(json!({
        "ACCESS_TOKEN_LIFETIME": 60.5, "REFRESH_TOKEN_LIFETIME": 3600.0,
        "SLIDING_TOKEN_LIFETIME": 61.0, "SLIDING_TOKEN_REFRESH_LIFETIME": 62.0,
        "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "rexp", "TOKEN_TYPE_CLAIM": null, "AUDIENCE": ["a"],
        "ROTATE_REFRESH_TOKENS": true, "BLACKLIST_AFTER_ROTATION": true,
        "UPDATE_LAST_LOGIN": true, "CHECK_USER_IS_ACTIVE": false,
    }));
    project.blacklist = Some(database());
    project.login_field = text("email");
    let (merged, notes) = merged(&config(), &project);
    assert_eq!(notes, [""; 0]);
    let format = &merged.format;
    assert_eq!(format.access_lifetime, Duration::from_millis(60_500));
    assert_eq!(format.refresh_lifetime, 60 * MINUTE);
    let sliding = (format.sliding_lifetime.as_secs(), format.sliding_refresh_lifetime.as_secs());
    assert_eq!(sliding, (61, 62));
    assert_eq!((format.refresh_exp_claim.as_str(), &format.type_claim), ("rexp", &None));
    assert_eq!(format.audience, Some(json!(["a"])));
    assert!(merged.rotation.rotates && merged.rotation.blacklists && merged.update_last_login);
    assert!(!merged.checks_active);
    assert_eq!(merged.login_field, "email");
    let store = &merged.store;
    assert_eq!(
        (store.url.as_str(), store.is_django, store.has_integer_users),
        (DATABASE, true, true)
    );
}

#[test]
fn what_is_written_stays() {
    let mut written = config();
    written.format.access_lifetime = 7 * MINUTE;
    written.format.audience = Some(json!("mine"));
    written.login_field = text("login");
    written.signing = Signing::Secret(b"written".to_vec());
    written.is_store_chosen = true;
    let mut project = project(json!({"ACCESS_TOKEN_LIFETIME": 60.0, "AUDIENCE": "theirs"}));
    project.blacklist = Some(database());
    let (merged, _) = merged(&written, &project);
    assert_eq!(merged.format.access_lifetime, 7 * MINUTE);
    assert_eq!(merged.format.audience, Some(json!("mine")));
    assert_eq!(merged.login_field, "login");
    assert!(merged.signing == Signing::Secret(b"written".to_vec()));
    assert_eq!(merged.store.url, OWN_STORE);
}

#[test]
fn what_cannot_be_is_refused() {
    for (set, told) in [
        (json!({"ACCESS_TOKEN_LIFETIME": 0}), "ACCESS_TOKEN_LIFETIME"),
        (json!({"REFRESH_TOKEN_LIFETIME": -5.0}), "REFRESH_TOKEN_LIFETIME"),
        (json!({"CHECK_REVOKE_TOKEN": true, "REVOKE_TOKEN_CLAIM": null}), "REVOKE_TOKEN_CLAIM"),
    ] {
        let error = refused(&config(), &project(set));
        assert!(error.starts_with(&format!("SIMPLE_JWT[\"{told}\"] ")), "{error}");
    }
    let nameless = Provider { id_claim: None, ..provider() };
    let error = merge(&config(), &project(json!({})), &nameless).unwrap_err();
    assert!(error.contains("JTI_CLAIM"), "{error}");
}

#[test]
fn passwords_in_claims_are_not_hashed_anew() {
    let (merged, notes) = merged(&config(), &project(json!({"CHECK_REVOKE_TOKEN": true})));
    assert_eq!(merged.password_claim.as_deref(), Some("hash_password"));
    assert!(!merged.upgrade_passwords);
    assert!(notes[0].starts_with("CHECK_REVOKE_TOKEN"), "{notes:?}");
}
