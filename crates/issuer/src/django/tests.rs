//! Each thing that a project says, and what becomes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::{Csrf, Keys, Provider, Requirement, Rule, Source};
use appserver_auth::django::DjangoProject;
use appserver_auth::issue::Format;
use appserver_passwords::{Hashers as OurHashers, Preferred};
use appserver_store::{Address, UserTable};
use serde_json::{Value, json};

use super::*;
use crate::Endpoint;
use crate::config::{
    ClaimSource, Cookies, KeyDirectory, Limits, Rotation, Signing, UserChoice, UserSource,
};

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

/// The settings' defaults, with Django.
fn config() -> Config {
    let paths = [
        (Endpoint::Obtain, "/api/token/"),
        (Endpoint::Refresh, "/api/token/refresh/"),
        (Endpoint::Jwks, "/.well-known/jwks.json"),
    ];
    Config {
        paths: paths.into_iter().map(|(endpoint, path)| (endpoint, text(path))).collect(),
        format: format(),
        provider: Provider::new("django", Vec::new(), Keys::Django),
        signing: Signing::Django,
        own_keys: Some(KeyDirectory {
            path: "/state/keys".into(),
            algorithm: Algorithm::ES256,
            rotate_every: None,
            publish_ahead: MINUTE,
            retire_after: MINUTE,
            max_age: MINUTE,
        }),
        rotation: Rotation {
            mode: Mode::Parity,
            rotates: false,
            blacklists: false,
            grace: Duration::ZERO,
            session_max_age: None,
        },
        users: UserSource::Django { choice: UserChoice::Auto, queries: Vec::new() },
        hashers: OurHashers { preferred: Preferred::Md5, accepted: Vec::new() },
        upgrade_passwords: true,
        password_claim: None,
        update_last_login: false,
        checks_active: true,
        login_field: text("username"),
        longest: (254, 4096),
        pool: (1, 32),
        limits: Limits {
            per_address: None,
            per_user: None,
            tiers: Vec::new(),
            window: Duration::ZERO,
        },
        store: Address {
            url: text(OWN_STORE),
            is_django: false,
            has_integer_users: false,
            timeout: MINUTE,
            prefix: text("appserver:"),
        },
        is_store_chosen: false,
        poll: MINUTE,
        stale_after: None,
        cookies: None,
        claims: Vec::new(),
        has_callback: false,
        realm: text("api"),
        trusted_origins: Vec::new(),
        from_django: true,
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

fn with_users(choice: UserChoice) -> Config {
    Config { users: UserSource::Django { choice, queries: Vec::new() }, ..config() }
}

fn with_claim(template: &str) -> Config {
    let claim = (text("c"), ClaimSource::Template(text(template)));
    Config { claims: vec![claim], ..config() }
}

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

#[test]
fn users_are_looked_up_where_django_does_nothing_else() {
    let plain = project(json!({}));
    let odd =
        Project { obstacles: vec![text("AUTHENTICATION_BACKENDS has ldap")], ..plain.clone() };
    let far = Project { database: unreachable(), ..plain.clone() };
    let strange =
        Hashers { problem: text("PASSWORD_HASHERS has mine.Hasher"), ..Hashers::default() };
    let strange = Project { hashers: strange, ..plain.clone() };
    let tableless = Project { users: None, ..plain.clone() };
    let is_app = |config: &Config, project: &Project| {
        let (merged, notes) = merged(config, project);
        (merged.users == UserSource::Application, notes.join(""))
    };
    for (project, reason) in [
        (&odd, "ldap"),
        (&far, "NAME is no file"),
        (&strange, "mine.Hasher"),
        (&tableless, "no table"),
    ] {
        let (is_app, note) = is_app(&config(), project);
        assert!(is_app && note.contains(reason), "{reason}: {note}");
    }
    assert!(is_app(&with_users(UserChoice::Application), &plain).0);
    let (asks, note) = is_app(&with_users(UserChoice::Table), &odd);
    assert!(!asks && note.contains("ldap"), "{note}");
    for project in [&far, &strange, &tableless] {
        let error = refused(&with_users(UserChoice::Table), project);
        assert!(error.starts_with("users = \"native\" cannot be: "), "{error}");
    }
}

#[test]
fn the_applications_verdict_on_a_user_always_counts() {
    let project = project(json!({"CHECK_USER_IS_ACTIVE": false}));
    let (merged, _) = merged(&with_users(UserChoice::Application), &project);
    assert!(merged.checks_active);
}

#[test]
fn claims_are_of_fields_of_the_model() {
    let (merged, _) =
        merged(&with_claim("{user.nick} <{user.email}> {user.id}"), &project(json!({})));
    let UserSource::Table(_, table) = &merged.users else { panic!("{:?}", merged.users) };
    assert_eq!(table.columns, ["email", "nick_name"]);
    let filled = text("{user.nick_name} <{user.email}> {user.id}");
    assert_eq!(merged.claims[0].1, ClaimSource::Template(filled));
    let error = refused(&with_claim("{user.emial:bool}"), &project(json!({})));
    assert_eq!(error, "auth.jwt.issue.claims.c: auth.User has no field \"emial\"");
    let odd = Project { obstacles: vec![text("a backend")], ..project(json!({})) };
    let error = refused(&with_claim("{user.email}"), &odd);
    assert!(error.contains("a backend") && error.contains("claims_callback"), "{error}");
}

#[test]
fn the_blacklist_is_used_where_it_can_be() {
    let asked = Config {
        store: Address { url: String::new(), is_django: true, ..config().store },
        ..config()
    };
    let without = project(json!({"BLACKLIST_AFTER_ROTATION": true}));
    let (merged_without, notes) = merged(&config(), &without);
    assert!(!merged_without.store.is_django && notes[0].contains("own store"), "{notes:?}");
    assert!(refused(&asked, &without).contains("INSTALLED_APPS"));
    let with = Project { blacklist: Some(database()), ..without.clone() };
    for config in [&config(), &asked] {
        let (merged, notes) = merged(config, &with);
        assert_eq!((merged.store.url.as_str(), merged.store.is_django), (DATABASE, true));
        assert_eq!(notes, [""; 0]);
    }
    let far = Project { blacklist: Some(unreachable()), ..without };
    let (merged_far, notes) = merged(&config(), &far);
    assert!(!merged_far.store.is_django && notes[0].contains("NAME is no file"), "{notes:?}");
    assert!(refused(&asked, &far).contains("NAME is no file"));
}

#[test]
fn views_of_the_projects_own_stay() {
    let mut project = project(json!({}));
    project.views.insert(Endpoint::Obtain, text("TOKEN_OBTAIN_SERIALIZER is mine.Serializer"));
    let (left, notes) = merged(&config(), &project);
    assert!(!left.paths.contains_key(&Endpoint::Obtain), "{:?}", left.paths);
    assert!(left.paths.contains_key(&Endpoint::Refresh));
    assert!(notes[0].contains("claims_callback"), "{notes:?}");
    let (taken, notes) = merged(&Config { has_callback: true, ..config() }, &project);
    assert!(
        taken.paths.contains_key(&Endpoint::Obtain) && notes[0].contains("instead"),
        "{notes:?}"
    );
    let mut families = config();
    families.rotation.mode = Mode::Family;
    assert!(refused(&families, &project).contains("mode \"family\""));
    project.views.insert(Endpoint::Refresh, text("TOKEN_REFRESH_SERIALIZER is mine.Other"));
    let (left, _) = merged(&Config { has_callback: true, ..config() }, &project);
    assert!(!left.paths.contains_key(&Endpoint::Refresh), "its claims are not those of a login");
}

#[test]
fn public_keys_are_the_projects_or_ours() {
    let public = |more: Value| {
        let mut set = json!({"ALGORITHM": "RS256"});
        set.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        project(set)
    };
    let ours = own_keys(&config(), &public(json!({}))).unwrap().unwrap();
    assert_eq!(ours.algorithm, Algorithm::RS256, "what simplejwt verifies with");
    assert!(own_keys(&config(), &public(json!({"VERIFYING_KEY": "pem"}))).is_err());
    let mut with_key = public(json!({"VERIFYING_KEY": "pem"}));
    with_key.private_key = Some(text("pem"));
    assert_eq!(own_keys(&config(), &with_key), Ok(None));
    assert_eq!(own_keys(&config(), &project(json!({}))), Ok(None));
    let verifier = Provider {
        algorithms: vec![Algorithm::RS256],
        keys: Keys::Local(String::new()),
        ..provider()
    };
    let fetched = public(json!({"JWK_URL": "http://127.0.0.1/.well-known/jwks.json"}));
    let (merged, notes) = merge(&config(), &fetched, &verifier).unwrap();
    assert!(merged.signing == Signing::Directory(ours));
    assert!(merged.paths.contains_key(&Endpoint::Jwks));
    assert!(notes[0].0.contains("JWK_URL"), "{notes:?}");
    let error = merge(&config(), &with_key, &verifier).unwrap_err();
    assert!(error.starts_with("SIMPLE_JWT[\"SIGNING_KEY\"] cannot sign: "), "{error}");
}

/// What a gate is built from, with a rule for each path that the server answers, and one more.
fn verifying(issuing: &Config) -> appserver_auth::Config {
    let paths = issuing.paths.values().map(String::as_str).chain(["/api/"]);
    let rule = |path| Rule { exact: true, ..Rule::new(path, Requirement::None) };
    let rules = paths.map(rule).collect();
    appserver_auth::Config { from_django: true, ..appserver_auth::Config::new(Vec::new(), rules) }
}

/// With all that those want to know who verify.
fn whole(set: Value) -> Project {
    let mut project = project(set);
    let more = json!({
        "SIGNING_KEY": std::str::from_utf8(SECRET).unwrap(), "ISSUER": null, "JSON_ENCODER": null,
        "LEEWAY": 0, "AUTH_HEADER_TYPES": ["JWT"], "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
        "USER_ID_FIELD": "id", "USER_ID_CLAIM": "uid", "JTI_CLAIM": "jti",
        "AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.AccessToken"],
    });
    project.settings.simple_jwt.extend(more.as_object().unwrap().clone());
    project.settings.token_types = vec![text("access")];
    project.settings.open_views = vec![text("/api/token/")];
    project
}

#[test]
fn both_are_of_one_provider() {
    let (verifier, issuing, _) =
        settle(&verifying(&config()), &config(), &whole(json!({}))).unwrap();
    assert!(verifier.providers == [issuing.provider.clone()] && issuing.provider.is_revocable);
    assert_eq!((issuing.format.user_claim.as_str(), verifier.from_django), ("uid", false));
    assert!(issuing.signing == Signing::Secret(SECRET.to_vec()));
    let paths: Vec<&str> = verifier.rules.iter().map(|rule| rule.path.as_str()).collect();
    assert_eq!(paths, ["/api/token/", "/api/token/refresh/", "/api/"], "no keys are published");
}

#[test]
fn what_stays_with_the_application_has_the_applications_rule() {
    let mut project = whole(json!({}));
    project.views.insert(Endpoint::Obtain, text("a view"));
    let (verifier, ..) = settle(&verifying(&config()), &config(), &project).unwrap();
    let paths: Vec<&str> = verifier.rules.iter().map(|rule| rule.path.as_str()).collect();
    assert_eq!(paths, ["/api/token/refresh/", "/api/", "/api/token/"]);
}

#[test]
fn a_cookie_is_beside_what_the_project_says() {
    let cookie = Source::Cookie { name: text("access"), csrf: Csrf::Origin };
    let mut issuing = config();
    issuing.cookies = Some(Cookies {
        access: text("access"),
        refresh: text("refresh"),
        access_path: text("/"),
        refresh_path: text("/api/token/"),
        domain: None,
        same_site: text("Strict"),
        is_secure: true,
        only_cookies: true,
    });
    issuing.provider.sources.push(cookie.clone());
    let (verifier, ..) = settle(&verifying(&issuing), &issuing, &whole(json!({}))).unwrap();
    let header = Source::Header { name: text("authorization"), scheme: text("JWT") };
    assert_eq!(verifier.providers[0].sources, [header, cookie]);
}

#[test]
fn keys_of_our_own_verify_as_well() {
    let project = whole(json!({"ALGORITHM": "ES256", "JWK_URL": "http://127.0.0.1/jwks"}));
    let (verifier, issuing, _) = settle(&verifying(&config()), &config(), &project).unwrap();
    assert_eq!(verifier.providers[0].algorithms, [Algorithm::ES256]);
    assert!(verifier.providers[0].keys == Keys::Local(String::new()));
    assert!(matches!(issuing.signing, Signing::Directory(_)) && issuing.own_keys.is_none());
}
