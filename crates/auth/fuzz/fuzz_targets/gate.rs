//! A whole request: where its token is, and everything about it but the signature, which is right.
//!
//! Lines: a mode and the method, the path, the query, the token's header, its payload, then header
//! fields. `$` in the query and in fields stands for the signed token. Nobody passes without that
//! token, and only with the claims that were signed. The token alone, in `Authorization`, has to pass
//! exactly if a model of the rules says so, which is written down here once more.

#![no_main]

#[path = "shared/config.rs"]
mod config;

use appserver_auth::config::Keys;
use appserver_auth::{Algorithm, Decision, Gate, Inquiry, json};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

/// In seconds since 1970.
const NOW: u32 = 1_800_000_000;

struct Signer {
    algorithm: &'static str,
    gate: Gate,
    sign: fn(&[u8]) -> Vec<u8>,
}

thread_local! {
    static SIGNERS: [Signer; 2] = [hs256(), eddsa()];
}

fuzz_target!(|data: &[u8]| {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let [first, path, query, header, payload, fields @ ..] = lines.as_slice() else { return };
    let Some((mode, method)) = first.split_first() else { return };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let (Some(method), Some(path), Some(query)) = (text(method), text(path), text(query)) else {
        return;
    };
    SIGNERS.with(|signers| {
        let signer = &signers[usize::from(mode & 1)];
        let token = signer.token(header, payload);
        check_token(signer, &token, header, payload);
        let with = |bytes: &[u8]| replaced(bytes, token.as_bytes());
        let query = String::from_utf8(with(query.as_bytes())).expect("both were texts");
        let list = config::List(fields.iter().filter_map(|line| field(line, &with)).collect());
        let inquiry = Inquiry {
            method,
            path,
            query: Some(query.as_str()),
            fields: &list,
            scheme: if mode & 2 == 0 { "https" } else { "http" },
            is_websocket: mode & 4 != 0,
            now: u128::from(NOW) * 1_000_000_000,
        };
        check_request(signer, &inquiry, &data[first.len()..], payload);
    });
});

/// A token that somebody with the key has signed is as good as the model says: at once, and when it is
/// remembered.
fn check_token(signer: &Signer, token: &str, header: &[u8], payload: &[u8]) {
    let value = format!("Bearer {token}").into_bytes();
    let inquiry = Inquiry {
        method: "GET",
        path: "/",
        query: None,
        fields: &config::List(vec![("authorization".into(), value)]),
        scheme: "https",
        is_websocket: false,
        now: u128::from(NOW) * 1_000_000_000,
    };
    let expected =
        token.len() <= 8192 && is_header(header, signer.algorithm) && are_claims(payload);
    for _ in 0..2 {
        let passes = match signer.gate.decide(&inquiry) {
            Decision::Pass(Some(verified)) => {
                assert_eq!(verified.claims().text().as_bytes(), payload);
                assert_eq!(verified.token(), Some(token));
                true
            }
            Decision::Open | Decision::Pass(None) => panic!("a token is required"),
            Decision::Refuse(refusal) => {
                told(&signer.gate.answer(&refusal));
                false
            }
            Decision::Refetch(_) => panic!("nothing is fetched"),
        };
        assert_eq!(passes, expected);
    }
}

fn check_request(signer: &Signer, inquiry: &Inquiry<'_>, sent: &[u8], payload: &[u8]) {
    match signer.gate.decide(inquiry) {
        Decision::Pass(Some(verified)) => {
            assert!(sent.contains(&b'$'), "nobody can have signed this");
            assert_eq!(verified.claims().text().as_bytes(), payload);
        }
        Decision::Open => assert_eq!(inquiry.method, "OPTIONS", "only preflights pass"),
        Decision::Pass(None) => panic!("a token is required"),
        Decision::Refuse(refusal) => told(&signer.gate.answer(&refusal)),
        Decision::Refetch(_) => panic!("nothing is fetched"),
    }
}

fn told(answer: &appserver_auth::Answer) {
    assert!(matches!(answer.status, 400 | 401 | 403), "{}", answer.status);
    assert!(!format!("{answer:?}").contains("eyJ"), "a token is never told");
}

fn replaced(bytes: &[u8], token: &[u8]) -> Vec<u8> {
    let mut parts = bytes.split(|byte| *byte == b'$');
    let mut out = parts.next().unwrap_or_default().to_vec();
    // One token more than providers look for is enough.
    for part in parts.take(3) {
        out.extend_from_slice(token);
        out.extend_from_slice(part);
    }
    out
}

fn field(line: &[u8], with: &impl Fn(&[u8]) -> Vec<u8>) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(&line[..colon]).ok()?.to_ascii_lowercase();
    Some((name, with(line[colon + 1..].trim_ascii())))
}

fn is_header(text: &[u8], algorithm: &str) -> bool {
    let Ok(members) = json::parse_object(text, 4) else { return false };
    let refused = ["crit", "b64", "enc", "zip", "p2c", "epk"];
    let is_kid = |kid: &Value| {
        let kid = kid.as_str().unwrap_or_default();
        (1..=256).contains(&kid.len()) && !kid.chars().any(char::is_control)
    };
    let media_type = |name: &str| match members.get(name) {
        None => Some(String::new()),
        Some(Value::String(text)) => {
            let text = text.to_ascii_lowercase();
            let short = text.strip_prefix("application/").filter(|rest| !rest.contains('/'));
            Some(short.unwrap_or(&text).to_owned())
        }
        Some(_) => None,
    };
    members.get("alg").and_then(Value::as_str) == Some(algorithm)
        && refused.iter().all(|name| !members.contains_key(*name))
        && members.get("kid").is_none_or(is_kid)
        && matches!(media_type("typ").as_deref(), Some("jwt" | ""))
        && media_type("cty").is_some_and(|cty| cty != "jwt")
}

fn are_claims(payload: &[u8]) -> bool {
    let Ok(claims) = json::parse_object(payload, 16) else { return false };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let is_text = |name: &str| claims.get(name).is_none_or(Value::is_string);
    text("iss") == Some("me")
        && is_text("sub")
        && text("jti").is_some_and(|jti| (1..=255).contains(&jti.len()))
        && text("token_type") == Some("access")
        && is_for_you(&claims)
        && is_timely(&claims)
}

fn is_for_you(claims: &Map<String, Value>) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == "you",
        Some(Value::Array(all)) => {
            all.iter().all(Value::is_string) && all.contains(&Value::from("you"))
        }
        _ => false,
    }
}

fn is_timely(claims: &Map<String, Value>) -> bool {
    let now = f64::from(NOW);
    let begins = |name: &str| {
        claims.get(name).is_none_or(|time| time.as_f64().is_some_and(|time| time <= now + 30.0))
    };
    let exp = claims.get("exp").and_then(Value::as_f64);
    exp.is_some_and(|exp| exp > now - 30.0) && begins("nbf") && begins("iat")
}

impl Signer {
    fn new(
        algorithm: &'static str,
        keys: (Vec<Algorithm>, Keys),
        sign: fn(&[u8]) -> Vec<u8>,
    ) -> Self {
        let providers = vec![config::provider("local", keys)];
        let gate = Gate::new(config::config(providers, Vec::new()));
        let gate = gate.map_err(|errors| format!("{errors:?}")).expect("the keys are good");
        Self { algorithm, gate, sign }
    }

    fn token(&self, header: &[u8], payload: &[u8]) -> String {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encoded(header), encoded(payload));
        let signature = encoded(&(self.sign)(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

fn hs256() -> Signer {
    Signer::new("HS256", config::secret(), |message| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, config::SECRET);
        hmac::sign(&key, message).as_ref().to_vec()
    })
}

fn eddsa() -> Signer {
    let x = URL_SAFE_NO_PAD.encode(ed25519().public_key());
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#);
    let keys = (vec![Algorithm::EdDSA], Keys::JwkSet(set, "a.json".into()));
    Signer::new("EdDSA", keys, |message| ed25519().sign(message).as_ref().to_vec())
}

fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("any 32 bytes are a key")
}
