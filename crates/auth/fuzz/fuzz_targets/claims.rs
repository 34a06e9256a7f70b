//! Claims: a payload is accepted if it is a strict JSON object and each registered claim has its type,
//! as written down here once more.

#![no_main]

use appserver_auth::{fuzzing, json};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|payload: &[u8]| {
    let members = json::parse_object(payload, 16).ok();
    let expected = members.filter(are_well_typed);
    let Ok(claims) = fuzzing::claims(payload) else {
        return assert_eq!(expected, None);
    };
    assert_eq!(claims.text().as_bytes(), payload);
    assert_eq!(Some(claims.members()), expected.as_ref());
    let none = Map::new();
    for (name, value) in claims.members() {
        assert_eq!(claims.get(name), Some(value));
        let inner = value.as_object().unwrap_or(&none);
        for (inner, value) in inner {
            let path = format!("{name}.{inner}");
            // A claim whose own name has the dot comes first.
            let is_shadowed = claims.members().keys().any(|other| {
                *other == path || other != name && path.starts_with(&format!("{other}."))
            });
            assert!(is_shadowed || inner.contains('.') || claims.get(&path) == Some(value));
        }
    }
});

fn are_well_typed(members: &Map<String, Value>) -> bool {
    let time = |name| members.get(name).is_none_or(Value::is_number);
    let text = |name| members.get(name).is_none_or(Value::is_string);
    let audience = members.get("aud").is_none_or(|value| match value {
        Value::Array(items) => items.iter().all(Value::is_string),
        other => other.is_string(),
    });
    ["exp", "nbf", "iat"].into_iter().all(time)
        && ["iss", "sub", "jti"].into_iter().all(text)
        && audience
}
