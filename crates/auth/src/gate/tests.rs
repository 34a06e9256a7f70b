//! Several providers, several places, and what comes of keys that are missing.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use crate::config::{
    Config, Csrf, Keys, Presence, Provider, Remote, RemoteUrl, Requirement, Rule, Source, Wanted,
};
use crate::key::KeySet;
use crate::key::ring::{Refetch, Refetched};
use crate::testing::*;
use crate::{Algorithm, Decision, Gate, Reason, Verified};

fn build(config: Config) -> Gate {
    Gate::new(config).map_err(|errors| format!("{errors:?}")).unwrap()
}

fn rule(path: &str, require: Requirement) -> Rule {
    Rule::new(path, require)
}

fn ask(gate: &Gate, path: &str, fields: &[(&str, &str)]) -> Result<Option<Verified>, Reason> {
    outcome(gate.decide(&inquiry("GET", path, &List(fields))))
}

/// Takes tokens with this issuer, from these places.
fn of(name: &str, sources: Vec<Source>) -> Provider {
    Provider { name: name.into(), issuer: Some(name.into()), sources, ..local() }
}

fn bearer() -> Vec<Source> {
    local().sources
}

fn cookie(name: &str) -> Vec<Source> {
    vec![Source::Cookie { name: name.into(), csrf: Csrf::Origin }]
}

fn from(issuer: &str) -> String {
    simple(&claims(&format!(r#""iss":"{issuer}""#)))
}

fn named(name: &str) -> Requirement {
    Requirement::Provider(name.into())
}

#[test]
fn without_a_token_only_what_is_open_passes() {
    let rules = vec![rule("/open/", Requirement::None), rule("/maybe/", Requirement::Optional)];
    let gate = build(config(vec![local()], rules));
    assert!(ask(&gate, "/open/x", &[]).unwrap().is_none());
    assert!(ask(&gate, "/maybe/", &[]).unwrap().is_none());
    assert_eq!(ask(&gate, "/", &[]).unwrap_err(), Reason::Missing);
    let junk = [("authorization", "Bearer a.b.c")];
    assert!(ask(&gate, "/open/x", &junk).unwrap().is_none());
    assert!(ask(&gate, "/maybe/", &junk).is_err(), "what is there has to be right");
}

#[test]
fn a_strangers_token_is_not_a_missing_one() {
    let any = Requirement::Any(vec![named("a"), Requirement::Missing]);
    let gate = build(config(vec![of("a", bearer())], vec![rule("/", any)]));
    assert!(ask(&gate, "/", &[]).unwrap().is_none());
    let token = format!("Bearer {}", from("b"));
    assert_eq!(ask(&gate, "/", &[("authorization", &token)]).unwrap_err(), Reason::Issuer);
    let token = format!("Bearer {}", from("a"));
    assert_eq!(ask(&gate, "/", &[("authorization", &token)]).unwrap().unwrap().provider(), "a");
}

#[test]
fn all_wants_a_token_of_each() {
    let all = Requirement::All(vec![named("a"), named("b")]);
    let providers = vec![of("a", bearer()), of("b", cookie("b"))];
    let gate = build(config(providers, vec![rule("/", all)]));
    let (a, b) = (format!("Bearer {}", from("a")), format!("b={}", from("b")));
    let both = ask(&gate, "/", &[("authorization", &a), ("cookie", &b)]).unwrap().unwrap();
    assert_eq!(both.provider(), "a");
    assert_eq!(both.others().iter().map(Verified::provider).collect::<Vec<_>>(), ["b"]);
    assert_eq!(ask(&gate, "/", &[("authorization", &a)]).unwrap_err(), Reason::Missing);
    assert_eq!(ask(&gate, "/", &[("cookie", &b)]).unwrap_err(), Reason::Missing);
    let wrong = format!("b={}", from("a"));
    let mixed = ask(&gate, "/", &[("authorization", &a), ("cookie", &wrong)]);
    assert!(mixed.is_err(), "the other's token is not its own");
}

#[test]
fn two_tokens_that_differ_are_one_too_many() {
    let mut provider = of("a", bearer());
    provider.sources.extend(cookie("t"));
    let gate = build(config(vec![provider], Vec::new()));
    let good = from("a");
    let other = simple(&claims(r#""iss":"a","n":1"#));
    let field = format!("Bearer {good}");
    let (same, differs) = (format!("t={good}"), format!("t={other}"));
    assert!(ask(&gate, "/", &[("authorization", &field), ("cookie", &same)]).is_ok());
    let refused = ask(&gate, "/", &[("authorization", &field), ("cookie", &differs)]);
    assert_eq!(refused.unwrap_err(), Reason::SeveralTokens);
}

#[test]
fn a_cookie_alone_does_not_change_anything() {
    let gate = build(config(vec![of("a", cookie("t"))], Vec::new()));
    let value = format!("t={}", from("a"));
    let fields = [("cookie", value.as_str()), ("host", "here.example")];
    let post = |more: &[(&str, &str)]| {
        let fields = [&fields[..], more].concat();
        outcome(gate.decide(&inquiry("POST", "/", &List(&fields)))).map(|_| ())
    };
    assert!(ask(&gate, "/", &fields).is_ok());
    assert_eq!(post(&[]), Err(Reason::Csrf));
    assert_eq!(post(&[("origin", "http://evil.example")]), Err(Reason::Csrf));
    assert_eq!(post(&[("origin", "http://here.example")]), Ok(()));
    let fields = List(&fields);
    let mut handshake = inquiry("GET", "/", &fields);
    handshake.is_websocket = true;
    assert_eq!(outcome(gate.decide(&handshake)).unwrap_err(), Reason::Csrf);
}

#[test]
fn a_rule_wants_more_than_a_token() {
    let mut wants = rule("/a/", Requirement::Required);
    wants.scopes = Some(Wanted::Any(vec!["admin".into()]));
    let mut audience = rule("/b/", Requirement::Required);
    audience.audiences = vec!["b".into()];
    let gate = build(config(vec![local()], vec![wants, audience]));
    let get = |path: &str, more: &str| {
        let field = format!("Bearer {}", simple(&claims(more)));
        ask(&gate, path, &[("authorization", &field)]).map(|_| ())
    };
    assert_eq!(get("/a/", r#""scope":"read admin""#), Ok(()));
    assert_eq!(get("/a/", r#""scope":"read""#), Err(Reason::Scope));
    assert_eq!(get("/b/", r#""aud":"b""#), Ok(()));
    assert_eq!(get("/b/", r#""aud":"a""#), Err(Reason::Audience));
    assert_eq!(get("/c/", r#""aud":"a""#), Ok(()));
}

#[test]
fn preflights_pass_where_they_may() {
    let mut strict = rule("/strict/", Requirement::Required);
    strict.bypass_preflight = Some(false);
    let gate = build(config(vec![local()], vec![strict]));
    let fields = [("origin", "http://x.example"), ("access-control-request-method", "PUT")];
    let options = |path: &str, fields: &[(&str, &str)]| {
        outcome(gate.decide(&inquiry("OPTIONS", path, &List(fields)))).map(|_| ())
    };
    assert_eq!(options("/", &fields), Ok(()));
    assert_eq!(options("/", &fields[..1]), Err(Reason::Missing));
    assert_eq!(options("/strict/", &fields), Err(Reason::Missing));
}

#[test]
fn the_default_is_what_no_rule_says() {
    let mut open = config(vec![local()], Vec::new());
    open.default = Presence::None;
    let gate = build(open);
    assert!(ask(&gate, "/", &[("authorization", "Bearer junk")]).unwrap().is_none());
}

fn remote() -> Keys {
    let second = Duration::from_secs(1);
    Keys::Remote(Remote {
        url: RemoteUrl::Set("https://issuer.example/keys".into()),
        cache: second,
        cache_bounds: (second, second),
        refresh_before: second,
        stale_if_error: second,
        cooldown: second,
        timeout: second,
        max_bytes: 1000,
        max_keys: 10,
        ca: None,
        allow_http: false,
    })
}

/// May fetch so many times, and never finds anything.
struct Fruitless(Cell<u32>);

impl Refetch for Fruitless {
    fn is_possible(&self) -> bool {
        self.0.get() > 0
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = Refetched>>> {
        self.0.set(self.0.get() - 1);
        Box::pin(std::future::ready(Refetched::Unchanged))
    }
}

fn es256(key: &Ec, kid: &str) -> String {
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#);
    format!("Bearer {}", token(&header, &claims(""), key.es256()))
}

fn set(key: &Ec, kid: &str) -> KeySet {
    let text = format!(r#"{{"keys":[{}]}}"#, key.jwk(&format!(r#","kid":"{kid}""#)));
    KeySet::from_jwk_set(text.as_bytes(), &[Algorithm::ES256], 10).unwrap().0
}

#[test]
fn a_missing_key_is_asked_for_as_often_as_that_can_help() {
    let key = Ec::new();
    let gate = build(config(vec![provider("far", &[Algorithm::ES256], remote())], Vec::new()));
    let field = es256(&key, "k");
    let decide = || gate.decide(&inquiry("GET", "/", &List(&[("authorization", &field)])));
    assert_eq!(outcome(decide()).unwrap_err(), Reason::NoKeys);
    let source = Rc::new(Fruitless(Cell::new(1)));
    let ring = gate.remotes().remove(0).2;
    ring.set_source(source.clone());
    let Decision::Refetch(found) = decide() else { panic!("it can be fetched") };
    drop(found.refetch());
    assert_eq!(outcome(decide()).unwrap_err(), Reason::NoKeys);
    ring.replace(set(&key, "other"));
    assert_eq!(outcome(decide()).unwrap_err(), Reason::UnknownKey);
    ring.replace(set(&key, "k"));
    assert!(outcome(decide()).is_ok());
}

#[test]
fn a_token_that_somebody_knows_waits_for_nobody() {
    let (key, far) = (Ec::new(), Rc::new(Fruitless(Cell::new(9))));
    let known = Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, key.jwk("")), "k".into());
    let known = provider("known", &[Algorithm::ES256], known);
    let gate =
        build(config(vec![known, provider("far", &[Algorithm::ES256], remote())], Vec::new()));
    gate.remotes().remove(0).2.set_source(far.clone());
    let decide = |payload: &str, key: &Ec| {
        let field = format!("Bearer {}", token(r#"{"alg":"ES256"}"#, payload, key.es256()));
        outcome(gate.decide(&inquiry("GET", "/", &List(&[("authorization", &field)]))))
    };
    assert_eq!(decide(r#"{"exp":1}"#, &key).unwrap_err(), Reason::Expired);
    let stranger =
        format!("Bearer {}", token(r#"{"alg":"ES256"}"#, &claims(""), Ec::new().es256()));
    let fields = [("authorization", stranger.as_str())];
    let list = List(&fields);
    assert!(matches!(gate.decide(&inquiry("GET", "/", &list)), Decision::Refetch(_)));
    let now = gate.decide_now(&inquiry("GET", "/", &list));
    assert_eq!(outcome(now).unwrap_err(), Reason::NoKeys, "it may well be good");
}

#[test]
fn several_are_asked_for_keys_at_once() {
    let far = |name| provider(name, &[Algorithm::ES256], remote());
    let gate = build(config(vec![far("a"), far("b")], Vec::new()));
    let sources: Vec<_> = gate
        .remotes()
        .into_iter()
        .map(|(_, _, ring)| {
            let source = Rc::new(Fruitless(Cell::new(1)));
            ring.set_source(source.clone());
            source
        })
        .collect();
    let field = es256(&Ec::new(), "k");
    let decision = gate.decide(&inquiry("GET", "/", &List(&[("authorization", &field)])));
    let Decision::Refetch(source) = decision else { panic!("both can be fetched") };
    let mut fetching = source.refetch();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(fetching.as_mut().poll(&mut cx).is_ready());
    assert!(sources.iter().all(|source| source.0.get() == 0));
}

#[test]
fn a_token_goes_with_its_key() {
    let (key, next) = (Ec::new(), Ec::new());
    let gate = build(config(vec![provider("far", &[Algorithm::ES256], remote())], Vec::new()));
    let ring = gate.remotes().remove(0).2;
    ring.replace(set(&key, "k"));
    let field = es256(&key, "k");
    let decide = || outcome(gate.decide(&inquiry("GET", "/", &List(&[("authorization", &field)]))));
    assert!(decide().is_ok() && decide().is_ok());
    assert_eq!(gate.cache_counts(), (1, 1));
    ring.replace(set(&next, "k"));
    assert_eq!(decide().unwrap_err(), Reason::Signature);
}

#[test]
fn what_is_remembered_still_expires() {
    let key = Ec::new();
    let keys = Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, key.jwk(r#","kid":"k""#)), "k".into());
    let gate = build(config(vec![provider("ec", &[Algorithm::ES256], keys)], Vec::new()));
    let field = es256(&key, "k");
    let fields = [("authorization", field.as_str())];
    let list = List(&fields);
    let at = |seconds: u128| {
        let mut inquiry = inquiry("GET", "/", &list);
        inquiry.now += seconds * 1_000_000_000;
        outcome(gate.decide(&inquiry)).map(|_| ())
    };
    assert_eq!(at(0), Ok(()));
    assert_eq!(at(1), Ok(()));
    assert_eq!(at(300), Err(Reason::Expired));
}

#[test]
fn a_refusal_names_a_token_by_eight_digits_only() {
    let gate = build(config(vec![local()], Vec::new()));
    let field = format!("Bearer {}", token(r#"{"alg":"HS256"}"#, &claims(""), |_| vec![1; 32]));
    let decision = gate.decide(&inquiry("GET", "/", &List(&[("authorization", &field)])));
    let Decision::Refuse(refusal) = decision else { panic!("it is forged") };
    assert_eq!((refusal.reason, refusal.provider), (Reason::Signature, Some(0)));
    assert!(refusal.fingerprint.is_some());
    let told = format!("{refusal:?}{:?}", gate.answer(&refusal));
    for part in field["Bearer ".len()..].split('.') {
        assert!(!told.contains(part), "{told}");
    }
}

#[test]
fn what_is_verified_is_no_text_for_logs() {
    let gate = build(config(vec![local()], Vec::new()));
    let made = simple(&claims(r#""secret":"hush""#));
    let verified = verdict(&gate, &made).unwrap();
    assert_eq!(verified.token(), Some(&*made));
    let told = format!("{verified:?}");
    assert!(!told.contains("hush") && !made.split('.').any(|part| told.contains(part)), "{told}");
}

#[test]
fn a_decision_is_told_check_by_check() {
    let gate = build(config(vec![local()], vec![rule("/a/", Requirement::Required)]));
    let field = format!("Bearer {}", simple(r#"{"exp":1}"#));
    let trace = gate.explain(&inquiry("GET", "/a/", &List(&[("authorization", &field)])));
    assert_eq!(trace.lines[0], "path: rule 1 matches");
    assert!(
        trace.lines.iter().any(|line| line.contains("provider local: expired")),
        "{:?}",
        trace.lines
    );
    assert!(matches!(trace.decision, Decision::Refuse(_)));
}

#[test]
fn the_policy_is_told_with_its_providers() {
    let mut provider = of("a", bearer());
    provider.audiences = vec!["shop".into()];
    provider.sources.extend(cookie("t"));
    let gate = build(config(vec![provider], vec![rule("/open/", Requirement::None)]));
    let expected = [
        "provider a: HS256 · issuer a · audience shop · from authorization Bearer, cookie t",
        "* /open/** → none",
        "default → required",
    ];
    assert_eq!(gate.describe(), expected);
}

#[test]
fn a_rule_that_lets_nobody_in_limits_nothing() {
    let scoped =
        |require| Rule { scopes: Some(Wanted::Any(vec!["a".into()])), ..rule("/", require) };
    let missing = Requirement::Any(vec![named("local"), Requirement::Missing]);
    for open in [Requirement::Optional, missing] {
        assert!(Gate::new(config(vec![local()], vec![scoped(open)])).is_err());
    }
    assert!(Gate::new(config(vec![local()], vec![scoped(Requirement::Required)])).is_ok());
}
