//! Each name of `SIMPLE_JWT`, and what becomes of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::Algorithm;
use crate::config::{Provider, RemoteUrl, Source};

const SECRET: &str = "k3v9-Q0zX2w7-yB4nM8r-T6uL1pE5-aD0sG3h";
const LONG: &str = "k3v9-Q0zX2w7-yB4nM8r-T6uL1pE5-aD0sG3h+8cW5jR2fK9-mV7xN4bH1-qY6tU3o";
/// As `startproject` makes it.
const DEVELOPMENT: &str = "django-insecure-x9w#2k$v7q@m4z!t8n%r1b^y6c&p3h*j5g(d0f)s-a_e+u=L";

/// A project with simplejwt's defaults, and these values over them.
fn project(set: Value) -> DjangoProject {
    let mut values = json!({
        "ALGORITHM": "HS256",
        "SIGNING_KEY": SECRET,
        "VERIFYING_KEY": "",
        "AUDIENCE": null,
        "ISSUER": null,
        "JSON_ENCODER": null,
        "JWK_URL": null,
        "LEEWAY": 0,
        "AUTH_HEADER_TYPES": ["Bearer"],
        "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
        "USER_ID_FIELD": "id",
        "USER_ID_CLAIM": "user_id",
        "AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.AccessToken"],
        "TOKEN_TYPE_CLAIM": "token_type",
        "JTI_CLAIM": "jti",
        "CHECK_REVOKE_TOKEN": false,
    });
    let Value::Object(set) = set else { panic!("a table is wanted") };
    let names = set.keys().cloned().collect();
    values.as_object_mut().unwrap().extend(set);
    DjangoProject {
        simple_jwt: values.as_object().unwrap().clone(),
        set: names,
        secret_key: SECRET.to_owned(),
        token_types: vec!["access".to_owned()],
        ..DjangoProject::default()
    }
}

fn config(providers: Vec<Provider>) -> Config {
    Config {
        realm: "api".to_owned(),
        error_body: crate::config::ErrorBody::Drf,
        default: crate::config::Presence::Optional,
        max_token: 8192,
        bypass_preflight: true,
        root_path: String::new(),
        trusted_origins: Vec::new(),
        cors_origins: Vec::new(),
        providers,
        rules: Vec::new(),
        forward: crate::config::Forward::default(),
        cache_entries: 0,
        cache_time: Duration::ZERO,
        from_django: true,
    }
}

/// The provider of a project that sets these values.
fn read(set: Value) -> Provider {
    let (merged, _) = merge(&config(Vec::new()), &project(set)).unwrap();
    assert!(!merged.from_django, "asked once only");
    assert_eq!(merged.providers.len(), 1);
    merged.providers[0].clone()
}

fn refused(set: Value) -> String {
    merge(&config(Vec::new()), &project(set)).unwrap_err()
}

fn notes(project: &DjangoProject) -> Vec<String> {
    let (_, notes) = merge(&config(Vec::new()), project).unwrap();
    notes.into_iter().map(|Note(text)| text).collect()
}

#[test]
fn a_project_without_settings_is_simplejwts_defaults() {
    let provider = read(json!({}));
    assert_eq!(provider.name, PROVIDER);
    assert_eq!(provider.algorithms, [Algorithm::HS256]);
    assert!(provider.keys == Keys::Chosen(vec![SECRET.as_bytes().to_vec()]));
    assert_eq!((provider.issuer, provider.audiences), (None, Vec::new()));
    assert_eq!(provider.token_types, ["access"]);
    assert_eq!(provider.required, ["exp", "jti"]);
    let bearer = Source::Header { name: "authorization".to_owned(), scheme: "Bearer".to_owned() };
    assert_eq!(provider.sources, [bearer]);
    assert_eq!(notes(&project(json!({}))), [""; 0]);
}

#[test]
fn each_name_is_honoured() {
    let provider = read(json!({
        "ALGORITHM": "HS512", "SIGNING_KEY": LONG, "AUDIENCE": ["a", "b"], "ISSUER": "me",
        "LEEWAY": 2.5, "AUTH_HEADER_TYPES": ["JWT", "Token"], "AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN",
        "USER_ID_CLAIM": "uid", "TOKEN_TYPE_CLAIM": "kind", "JTI_CLAIM": "id",
    }));
    assert_eq!(provider.algorithms, [Algorithm::HS512]);
    assert!(provider.keys == Keys::Chosen(vec![LONG.as_bytes().to_vec()]));
    assert_eq!(provider.audiences, ["a", "b"]);
    assert_eq!(provider.issuer.as_deref(), Some("me"));
    assert_eq!(provider.leeway, Duration::from_millis(2500));
    let source = |scheme: &str| Source::Header {
        name: "x-access-token".to_owned(),
        scheme: scheme.to_owned(),
    };
    assert_eq!(provider.sources, [source("JWT"), source("Token")]);
    assert_eq!((&*provider.user_claim, &*provider.token_type_claim), ("uid", "kind"));
    assert_eq!(provider.required, ["exp", "id"]);
}

#[test]
fn what_is_switched_off_is_not_checked() {
    let provider = read(json!({"TOKEN_TYPE_CLAIM": null, "JTI_CLAIM": null, "AUDIENCE": null}));
    assert_eq!(provider.token_types, [""; 0]);
    assert_eq!(provider.required, ["exp"]);
    assert_eq!(provider.audiences, [""; 0]);
    let mut any = project(json!({}));
    any.token_types = vec!["untyped".to_owned()];
    let (merged, _) = merge(&config(Vec::new()), &any).unwrap();
    assert_eq!(merged.providers[0].token_types, [""; 0]);
}

#[test]
fn public_keys_come_from_the_key_or_the_address() {
    let pem = read(json!({"ALGORITHM": "RS256", "VERIFYING_KEY": "-----BEGIN PUBLIC KEY-----"}));
    assert!(matches!(pem.keys, Keys::Pem(files) if files[0].1.starts_with("-----BEGIN")));
    let url = json!({"ALGORITHM": "ES256", "JWK_URL": "https://issuer.example/keys"});
    let Keys::Remote(remote) = read(url).keys else { panic!("a remote set is wanted") };
    assert_eq!(remote.url, RemoteUrl::Set("https://issuer.example/keys".to_owned()));
    // An address is for public keys only, as in simplejwt.
    let shared = read(json!({"JWK_URL": "https://issuer.example/keys"}));
    assert!(matches!(shared.keys, Keys::Chosen(_)));
}

#[test]
fn what_cannot_be_used_is_refused_with_its_name() {
    let cases = [
        (json!({"ALGORITHM": "ES256K"}), "ALGORITHM"),
        (json!({"ALGORITHM": "none"}), "ALGORITHM"),
        (json!({"ALGORITHM": "RS256"}), "VERIFYING_KEY"),
        (json!({"ALGORITHM": "RS256", "JWK_URL": "http://issuer.example/keys"}), "JWK_URL"),
        (json!({"ISSUER": ["a", "b"]}), "ISSUER"),
        (json!({"ISSUER": 5}), "ISSUER"),
        (json!({"AUDIENCE": [5]}), "AUDIENCE"),
        (json!({"LEEWAY": -1}), "LEEWAY"),
        (json!({"LEEWAY": "1s"}), "LEEWAY"),
        (json!({"AUTH_HEADER_TYPES": []}), "AUTH_HEADER_TYPES"),
        (json!({"AUTH_HEADER_TYPES": null}), "AUTH_HEADER_TYPES"),
        (json!({"AUTH_TOKEN_CLASSES": []}), "AUTH_TOKEN_CLASSES"),
        (json!({"AUTH_TOKEN_CLASSES": null}), "AUTH_TOKEN_CLASSES"),
        (json!({"AUDIENCE": []}), "AUDIENCE"),
        (json!({"AUDIENCE": ""}), "AUDIENCE"),
        (json!({"AUDIENCE": ["a", ""]}), "AUDIENCE"),
        (json!({"ISSUER": ""}), "ISSUER"),
        (json!({"ISSUER": []}), "ISSUER"),
        (json!({"TOKEN_TYPE_CLAIM": ""}), "TOKEN_TYPE_CLAIM"),
        (json!({"JTI_CLAIM": ""}), "JTI_CLAIM"),
        (json!({"USER_ID_CLAIM": ""}), "USER_ID_CLAIM"),
        (json!({"USER_ID_CLAIM": null}), "USER_ID_CLAIM"),
        (json!({"ALGORITHM": null}), "ALGORITHM"),
        (json!({"AUTH_HEADER_NAME": ""}), "AUTH_HEADER_NAME"),
        (json!({"SIGNING_KEY": null}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": ""}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": "short"}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": "django-insecure-short"}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": "your-256-bit-secret-your-256-bit-secret"}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": {"base64": "c2hvcnQ="}}), "SIGNING_KEY"),
        (json!({"SIGNING_KEY": {"base64": "?"}}), "SIGNING_KEY"),
        (json!({"AUTH_HEADER_NAME": "REMOTE_USER"}), "AUTH_HEADER_NAME"),
    ];
    for (set, name) in cases {
        let error = refused(set);
        assert!(error.contains(&format!("SIMPLE_JWT[\"{name}\"]")), "{error}");
    }
    let mut empty = project(json!({"SIGNING_KEY": ""}));
    empty.secret_key.clear();
    assert!(merge(&config(Vec::new()), &empty).is_err());
}

#[test]
fn a_written_provider_stays_as_it_is_where_it_says_something() {
    let mut written = provider::unset();
    written.issuer = Some("mine".to_owned());
    written.leeway = Duration::from_secs(5);
    let own = json!({"ISSUER": "theirs", "AUDIENCE": "a", "LEEWAY": 1});
    let (merged, _) = merge(&config(vec![written.clone()]), &project(own)).unwrap();
    let [provider] = merged.providers.as_slice() else { panic!("one is wanted") };
    assert_eq!(provider.issuer.as_deref(), Some("mine"));
    assert_eq!(provider.leeway, Duration::from_secs(5));
    assert_eq!(provider.audiences, ["a"]);
    assert!(matches!(provider.keys, Keys::Chosen(_)));
    // With keys of its own, the project's algorithm and keys do not matter, nor whether they are right.
    written.keys = Keys::Pem(vec![("key.pem".to_owned(), "text".to_owned())]);
    written.algorithms = vec![Algorithm::RS256];
    let (merged, _) =
        merge(&config(vec![written.clone()]), &project(json!({"ALGORITHM": "ES256K"}))).unwrap();
    assert!(merged.providers[0].keys == written.keys);
    assert_eq!(merged.providers[0].algorithms, [Algorithm::RS256]);
}

#[test]
fn other_providers_stay_and_come_after() {
    let mut other = provider::unset();
    other.name = "other".to_owned();
    let (merged, _) = merge(&config(vec![other.clone()]), &project(json!({}))).unwrap();
    assert_eq!(merged.providers[0].name, PROVIDER);
    assert_eq!(merged.providers[1], other);
}

#[test]
fn what_the_server_does_not_do_is_told() {
    let mut all = project(json!({
        "SIGNING_KEY": DEVELOPMENT, "JSON_ENCODER": "mine.Encoder",
        "AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.SlidingToken", "mine.Token"],
        "CHECK_REVOKE_TOKEN": true, "USER_AUTHENTICATION_RULE": "mine.rule", "USER_ID_FIELD": "uuid",
    }));
    all.token_types = vec!["sliding".to_owned(), "mine".to_owned()];
    all.installed_apps = vec!["rest_framework_simplejwt.token_blacklist".to_owned()];
    all.user = Some(UserModel { label: "auth.User".to_owned(), ..UserModel::default() });
    let notes = notes(&all);
    let words = [
        "SIGNING_KEY",
        "mine.Token",
        "blacklist",
        "CHECK_REVOKE_TOKEN",
        "JSON_ENCODER",
        "USER_AUTHENTICATION_RULE",
        "USER_ID_FIELD",
    ];
    assert_eq!(notes.len(), words.len(), "{notes:?}");
    for (note, word) in notes.iter().zip(words) {
        assert!(note.contains(word), "{note}");
        assert!(!note.contains(DEVELOPMENT), "{note}");
    }
}

#[test]
fn weak_keys_are_told_by_the_setting_that_they_are_in() {
    let mut own = project(json!({}));
    own.simple_jwt.insert("SIGNING_KEY".to_owned(), json!(DEVELOPMENT));
    assert!(notes(&own)[0].starts_with("SECRET_KEY is weak"));
    // They do not matter where the file gives others.
    let mut written = provider::unset();
    written.keys = Keys::Chosen(vec![SECRET.as_bytes().to_vec()]);
    written.algorithms = vec![Algorithm::HS256];
    let (_, told) = merge(&config(vec![written.clone()]), &own).unwrap();
    assert_eq!(told, []);
    own.simple_jwt.insert("SIGNING_KEY".to_owned(), json!("short"));
    assert!(merge(&config(vec![written]), &own).is_ok());
    let error = merge(&config(Vec::new()), &own).unwrap_err();
    assert!(error.starts_with("SECRET_KEY cannot be used") && !error.contains("short:"), "{error}");
}

#[test]
fn bytes_are_a_key() {
    let provider =
        read(json!({"SIGNING_KEY": {"base64": "/wDfl4sKxQmY5v2Dhn7SgKPzVB9wMWrE0kGdNLpufQ4="}}));
    let Keys::Chosen(keys) = provider.keys else { panic!("secrets are wanted") };
    assert_eq!((keys[0].len(), keys[0][0]), (32, 0xff));
}

#[test]
fn a_leeway_that_goes_over_none_is_told() {
    let config = config(vec![provider::unset()]);
    let (_, told) = merge(&config, &project(json!({"LEEWAY": 5}))).unwrap();
    assert!(told[0].0.contains("LEEWAY is 5 seconds"), "{told:?}");
    assert_eq!(merge(&config, &project(json!({}))).unwrap().1, []);
}

#[test]
fn views_that_look_at_no_token_stay_so() {
    let mut with_views = project(json!({}));
    let views = ["/api/token/", "/api/token/refresh/", "/odd;/", "/closed/token/"];
    with_views.open_views = views.map(str::to_owned).to_vec();
    with_views.open_patterns = vec!["/<slug>/token/".to_owned()];
    let mut written = config(Vec::new());
    let paths = |config: &Config| -> Vec<String> {
        config.rules.iter().map(|rule| rule.path.clone()).collect()
    };
    written.rules = vec![crate::config::Rule {
        path: "/closed".to_owned(),
        require: crate::config::Requirement::Required,
        exact: false,
        methods: Vec::new(),
        scopes: None,
        roles: None,
        claims: Vec::new(),
        audiences: Vec::new(),
        bypass_preflight: None,
    }];
    let (merged, told) = merge(&written, &with_views).unwrap();
    assert_eq!(paths(&merged), ["/closed", "/api/token/", "/api/token/refresh/"]);
    assert!(merged.rules[1..].iter().all(|rule| rule.exact));
    assert!(crate::Gate::new(merged).is_ok());
    let [Note(text)] = told.as_slice() else { panic!("one is wanted: {told:?}") };
    assert!(text.contains("/odd;/, /<slug>/token/") && !text.contains("/closed"), "{text}");
    written.default = crate::config::Presence::Required;
    let (merged, told) = merge(&written, &with_views).unwrap();
    assert_eq!(paths(&merged), ["/closed"]);
    assert!(told[0].0.contains("/api/token/,"), "{told:?}");
}

#[test]
fn secrets_are_not_printed() {
    let project = project(json!({}));
    assert!(!format!("{project:?}").contains(SECRET));
}
