//! What verifies and what gives out are of one project.

use appserver_auth::Algorithm;
use appserver_auth::config::{Csrf, Keys, Requirement, Rule, Source};
use serde_json::{Value, json};

use super::{SECRET, config, project, text};
use crate::config::{Cookies, Signing};
use crate::django::{Project, settle};
use crate::{Config, Endpoint};

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
    issuing.cookies = Some(Cookies::default());
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
