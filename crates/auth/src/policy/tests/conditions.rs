//! What a rule wants of a verified token.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{required, texts};
use crate::config::{Condition, Rule, Test, Wanted};
use crate::policy::condition::{check, holds};
use crate::{Claims, Reason, Verified, testing};

fn claims(value: &Value) -> Claims {
    Claims::parse(value.to_string().into_bytes()).unwrap()
}

fn is_held(claim: &str, test: Test, value: &Value) -> bool {
    holds(&Condition { claim: claim.into(), test }, &claims(value))
}

#[test]
fn values_are_equal_if_they_are_the_same_json() {
    let value = json!({
        "tier": 3, "half": 3.0, "text": "3", "big": 9_007_199_254_740_993_i64, "no": null,
        "list": [1, 2], "realm": {"level": true}, "https://x.test/level": "high",
    });
    for (claim, wanted) in [
        ("tier", json!(3)),
        ("tier", json!(3.0)),
        ("half", json!(3)),
        ("text", json!("3")),
        ("list", json!([1, 2])),
        ("realm.level", json!(true)),
        ("https://x.test/level", json!("high")),
        ("no", json!(null)),
        ("big", json!(9_007_199_254_740_993_i64)),
    ] {
        assert!(is_held(claim, Test::Equals(wanted.clone()), &value), "{claim} {wanted}");
        let one_of = Test::OneOf(vec![json!("other"), wanted]);
        assert!(is_held(claim, one_of, &value), "{claim}");
    }
    for (claim, wanted) in [
        ("tier", json!("3")),
        ("tier", json!(3.5)),
        ("text", json!(3)),
        ("list", json!(1)),
        ("realm.level", json!("true")),
        ("realm.level", json!(1)),
        ("realm", json!(true)),
        ("none", json!(null)),
        ("realm.none", json!(null)),
        ("big", json!(9_007_199_254_740_992_i64)),
        ("big", json!(9_007_199_254_740_992.0)),
    ] {
        assert!(!is_held(claim, Test::Equals(wanted.clone()), &value), "{claim} {wanted}");
        assert!(!is_held(claim, Test::OneOf(vec![wanted]), &value), "{claim}");
    }
}

#[test]
fn arrays_hold_items_and_texts_hold_words() {
    let value = json!({"realm_access": {"roles": ["ops", 7]}, "scope": "read write", "n": 7});
    for (claim, wanted) in [
        ("realm_access.roles", json!("ops")),
        ("realm_access.roles", json!(7)),
        ("scope", json!("write")),
    ] {
        assert!(is_held(claim, Test::Contains(wanted.clone()), &value), "{claim} {wanted}");
    }
    for (claim, wanted) in [
        ("realm_access.roles", json!("op")),
        ("realm_access.roles", json!("7")),
        ("scope", json!("writ")),
        ("scope", json!("read write")),
        ("scope", json!("")),
        ("n", json!(7)),
        ("realm_access", json!("roles")),
        ("none", json!("ops")),
    ] {
        assert!(!is_held(claim, Test::Contains(wanted.clone()), &value), "{claim} {wanted}");
    }
}

#[test]
fn prefixes_and_existence() {
    let value = json!({"sub": "auth0|7", "n": 5, "no": null});
    assert!(is_held("sub", Test::Prefix("auth0|".into()), &value));
    assert!(!is_held("sub", Test::Prefix("0|7".into()), &value));
    assert!(!is_held("n", Test::Prefix("5".into()), &value));
    assert!(!is_held("none", Test::Prefix("a".into()), &value));
    for (claim, exists) in [("sub", true), ("no", true), ("none", false)] {
        assert_eq!(is_held(claim, Test::Exists(true), &value), exists, "{claim}");
        assert_eq!(is_held(claim, Test::Exists(false), &value), !exists, "{claim}");
    }
}

fn refused(rule: &Rule, value: &Value) -> Option<(Reason, Vec<String>)> {
    let verified = Verified::new(Arc::new(testing::local()), (claims(value), None), None);
    check(rule, &verified).err().map(|refusal| (refusal.reason, refusal.scopes))
}

#[test]
fn scopes_and_roles() {
    let all = texts(&["read", "write"]);
    let all = Rule { scopes: Some(Wanted::All(all.clone())), ..required("/") };
    let any = texts(&["read", "write"]);
    let any = Rule { scopes: Some(Wanted::Any(any.clone())), ..required("/") };
    let wanted = Some((Reason::Scope, texts(&["read", "write"])));
    for (scope, passes_all, passes_any) in [
        (json!({"scope": "write x read"}), true, true),
        (json!({"scope": ["read", "write"]}), true, true),
        (json!({"scope": "read"}), false, true),
        (json!({"scope": "reader writer"}), false, false),
        (json!({"scope": ""}), false, false),
        (json!({"scope": 5}), false, false),
        (json!({}), false, false),
    ] {
        assert_eq!(refused(&all, &scope), wanted.clone().filter(|_| !passes_all), "{scope}");
        assert_eq!(refused(&any, &scope), wanted.clone().filter(|_| !passes_any), "{scope}");
    }
    let roles = Rule { roles: Some(Wanted::All(texts(&["ops"]))), ..required("/") };
    assert_eq!(refused(&roles, &json!({"realm_access": {"roles": ["ops"]}})), None);
    let missing = Some((Reason::Role, Vec::new()));
    assert_eq!(refused(&roles, &json!({"realm_access": {"roles": ["dev"]}})), missing);
}

#[test]
fn every_condition_has_to_hold() {
    let condition = |claim: &str, test| Condition { claim: claim.into(), test };
    let conditions =
        vec![condition("tier", Test::Equals(json!(3))), condition("team", Test::Exists(true))];
    let rule = Rule { claims: conditions, ..required("/") };
    assert_eq!(refused(&rule, &json!({"tier": 3, "team": "x"})), None);
    for value in [json!({"tier": 3}), json!({"team": "x"}), json!({"tier": 4, "team": "x"})] {
        assert_eq!(refused(&rule, &value), Some((Reason::Condition, Vec::new())), "{value}");
    }
    assert_eq!(refused(&required("/"), &json!({})), None);
}
