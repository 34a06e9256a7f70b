//! Strict JSON beside `serde_json`: we accept what it accepts, without the texts that two readers could
//! understand differently, and read the same value.
//!
//! The first byte is the depth allowed. How deep a text is, and how many members it has, is counted
//! here in the text, by colons and brackets outside strings.

#![no_main]

use appserver_auth::json;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let allowed = usize::from(first % 24);
    let ours = json::parse(text, allowed);
    let other = serde_json::from_slice::<Value>(text).ok();
    let expected = other.filter(|value| {
        let (depth, colons) = shape(text);
        depth <= allowed && members(value) == colons && names_are_clean(value)
    });
    assert_eq!(ours.ok(), expected);
});

/// The depth of a valid text, and its members.
fn shape(text: &[u8]) -> (usize, usize) {
    let (mut depth, mut deepest, mut colons, mut is_string) = (0_usize, 0, 0, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match (is_string, byte) {
            (true, b'\\') => drop(bytes.next()),
            (_, b'"') => is_string = !is_string,
            (true, _) => {}
            (false, b':') => colons += 1,
            (false, b'[' | b'{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth -= 1,
            (false, _) => {}
        }
    }
    (deepest, colons)
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(all) => all.len() + all.values().map(members).sum::<usize>(),
        Value::Array(all) => all.iter().map(members).sum(),
        _ => 0,
    }
}

fn names_are_clean(value: &Value) -> bool {
    let is_clean = |name: &String| !name.chars().any(|one| one.is_ascii_control());
    match value {
        Value::Object(all) => all.keys().all(is_clean) && all.values().all(names_are_clean),
        Value::Array(all) => all.iter().all(names_are_clean),
        _ => true,
    }
}
