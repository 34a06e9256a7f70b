//! JWK sets (RFC 7517, RFC 7518 section 6, RFC 8037 section 2): members have to have their exact type
//! and their one encoding. A key that is not admitted is left out, and the others stay.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::choice::{self, Choice, Curve};
use super::secret;
use super::{Key, KeyError, public};
use crate::Algorithm;

/// A set is three deep: itself, its keys, their `key_ops`. The rest is for members that are ignored.
const MAX_DEPTH: usize = 16;

/// The longest part of a `kid` that is shown.
const SHOWN: usize = 64;

/// Members of private keys.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The keys of a set, not looked at yet.
///
/// # Errors
/// It is no set, or one of too many keys.
pub(super) fn members(text: &[u8], max_keys: usize) -> Result<Vec<Value>, String> {
    let set = crate::json::parse(text, MAX_DEPTH).map_err(|error| error.to_string())?;
    let Value::Object(mut set) = set else {
        return Err("it is no object: a set is `{\"keys\": [...]}`".to_owned());
    };
    match set.remove("keys") {
        Some(Value::Array(keys)) if keys.len() <= max_keys => Ok(keys),
        Some(Value::Array(keys)) => {
            Err(format!("it has {} keys, and {max_keys} are allowed", keys.len()))
        }
        _ => Err("it has no array `keys`: a set is `{\"keys\": [...]}`".to_owned()),
    }
}

/// The most keys without a `kid`: nothing tells them apart, so a token may be tried with each.
const MAX_NAMELESS: usize = 16;

/// The keys that are admitted, and why others are not.
pub(super) fn read(members: &[Value], algorithms: &[Algorithm]) -> (Vec<Key>, Vec<KeyError>) {
    let admitted: Vec<_> = members.iter().map(|member| admit(member, algorithms)).collect();
    // Keys that are for something else may share a name with one of ours (RFC 7517 section 4.5).
    let mut counts = HashMap::new();
    for (member, _) in members.iter().zip(&admitted).filter(|(_, key)| key.is_ok()) {
        *counts.entry(kid(member)).or_insert(0) += 1;
    }
    let (mut keys, mut errors) = (Vec::new(), Vec::<KeyError>::new());
    for (place, (member, key)) in members.iter().zip(admitted).enumerate() {
        let count = counts.get(&kid(member)).copied().unwrap_or(0);
        let key = key.and_then(|key| match (kid(member), count) {
            (Some(_), 2..) => Err(format!(
                "{count} keys have this `kid`, so that none of them is used: give each its own"
            )),
            (None, count) if count > MAX_NAMELESS => Err(format!(
                "{count} keys have no `kid`, and {MAX_NAMELESS} are the most: name them"
            )),
            _ => Ok(key),
        });
        match key {
            Ok(key) => keys.push(key),
            Err(problem) => {
                let error = KeyError::new(shown(member, place), problem);
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
        }
    }
    (keys, errors)
}

fn kid(member: &Value) -> Option<&str> {
    member.get("kid").and_then(Value::as_str)
}

fn shown(member: &Value, place: usize) -> String {
    match kid(member) {
        Some(kid) => {
            let cut: String = kid.chars().take(SHOWN).collect();
            format!("key {cut:?}")
        }
        None => format!("key {}", place + 1),
    }
}

fn admit(member: &Value, algorithms: &[Algorithm]) -> Result<Key, String> {
    let Value::Object(jwk) = member else {
        return Err("it is no object".to_owned());
    };
    let kid = text(jwk, "kid")?;
    check_purpose(jwk)?;
    let own = match text(jwk, "alg")? {
        Some(name) => Some(Algorithm::named(name).ok_or_else(|| unknown("alg", name))?),
        None => None,
    };
    let kty = needed(jwk, "kty")?;
    if kty != "oct" {
        check_public(jwk)?;
    }
    let mut key = match kty {
        "RSA" => public_key(&import_rsa(jwk)?, own, algorithms),
        "EC" => public_key(&import_ec(jwk)?, own, algorithms),
        "OKP" => public_key(&import_okp(jwk)?, own, algorithms),
        "oct" => shared_secret(jwk, own, algorithms),
        other => Err(unknown("kty", other)),
    }?;
    key.kid = kid.map(str::to_owned);
    key.from_set = true;
    Ok(key)
}

/// What a key says of its use (RFC 7517 sections 4.2 and 4.3).
fn check_purpose(jwk: &Map<String, Value>) -> Result<(), String> {
    if text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err("its `use` is not `sig`".to_owned());
    }
    let operations = match jwk.get("key_ops") {
        None => return Ok(()),
        Some(Value::Array(operations)) => operations,
        Some(_) => return Err("its `key_ops` is no array".to_owned()),
    };
    let distinct: HashSet<_> = operations.iter().filter_map(Value::as_str).collect();
    if distinct.len() != operations.len() {
        return Err("its `key_ops` are not texts that differ".to_owned());
    }
    if !distinct.contains("verify") {
        return Err("`verify` is not among its `key_ops`".to_owned());
    }
    Ok(())
}

fn check_public(jwk: &Map<String, Value>) -> Result<(), String> {
    match PRIVATE.iter().find(|name| jwk.contains_key(**name)) {
        Some(name) => Err(format!(
            "it is a private key (`{name}`), which has no place in a set that is given out: \
             publish the public members only, and make a new key"
        )),
        None => Ok(()),
    }
}

fn public_key(
    key: &DecodingKey,
    own: Option<Algorithm>,
    listed: &[Algorithm],
) -> Result<Key, String> {
    let kind = public::admit(key)?;
    let choice = match own {
        Some(own) => choice::named(kind, own, listed)?,
        None => choice::unnamed(kind, listed)?,
    };
    Key::new(key, choice)
}

fn import_rsa(jwk: &Map<String, Value>) -> Result<DecodingKey, String> {
    for name in ["n", "e"] {
        if bytes(jwk, name)?.first().is_none_or(|first| *first == 0) {
            return Err(format!("`{name}` is empty or begins with a zero (RFC 7518 section 2)"));
        }
    }
    let import = DecodingKey::from_rsa_components(needed(jwk, "n")?, needed(jwk, "e")?);
    import.map_err(|_| "it is no valid RSA key".to_owned())
}

fn import_ec(jwk: &Map<String, Value>) -> Result<DecodingKey, String> {
    let name = needed(jwk, "crv")?;
    let curve = Curve::ALL.into_iter().find(|curve| curve.name() == name);
    let curve = curve.ok_or_else(|| unknown("crv", name))?;
    for name in ["x", "y"] {
        let length = bytes(jwk, name)?.len();
        if length != curve.size() {
            let (wanted, curve) = (curve.size(), curve.name());
            return Err(format!("`{name}` has {length} bytes, and {curve} has {wanted}"));
        }
    }
    let import = DecodingKey::from_ec_components(needed(jwk, "x")?, needed(jwk, "y")?);
    import.map_err(|_| "it is no valid EC key".to_owned())
}

fn import_okp(jwk: &Map<String, Value>) -> Result<DecodingKey, String> {
    match needed(jwk, "crv")? {
        "Ed25519" => {}
        other => return Err(unknown("crv", other)),
    }
    bytes(jwk, "x")?;
    let import = DecodingKey::from_ed_components(needed(jwk, "x")?);
    import.map_err(|_| "it is no valid Ed25519 key".to_owned())
}

/// A secret, which only a set for HMAC may have.
fn shared_secret(
    jwk: &Map<String, Value>,
    own: Option<Algorithm>,
    listed: &[Algorithm],
) -> Result<Key, String> {
    if choice::check_asymmetric(listed).is_ok() {
        return Err("it is a secret among public keys: take it out, and make a new secret if the \
                    set was given out"
            .to_owned());
    }
    let choice: Choice = match own {
        Some(own) if own.is_symmetric() => choice::listed_one(own, listed)?,
        Some(own) => return Err(format!("its `alg` is {}, but it is a secret", own.name())),
        None => choice::hmac(listed)?,
    };
    let secret = bytes(jwk, "k")?;
    match secret::weakness(&secret, choice.algorithm()) {
        Some(weakness) => Err(weakness.problem),
        None => Key::new(&DecodingKey::from_secret(&secret), choice),
    }
}

/// A member that is a text, if it is there.
fn text<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

fn needed<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    text(jwk, name)?.ok_or_else(|| format!("`{name}` is missing"))
}

/// The decoder refuses padding, other characters, and bits that mean nothing.
fn bytes(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, String> {
    let decoded = URL_SAFE_NO_PAD.decode(needed(jwk, name)?);
    decoded.map_err(|_| format!("`{name}` is no canonical base64url (RFC 4648 section 5)"))
}

fn unknown(name: &str, value: &str) -> String {
    let cut: String = value.chars().take(SHOWN).collect();
    format!("its `{name}` {cut:?} is not known here")
}
