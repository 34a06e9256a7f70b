//! Taking a token apart, base64url, and the header: from the bytes of a request.
//!
//! What comes out must go in again to the same bytes, and a header must say what another JSON parser
//! reads in it.

#![no_main]

use appserver_auth::fuzzing;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        token(text);
    }
    header(&URL_SAFE_NO_PAD.encode(data));
});

fn token(text: &str) {
    let Ok((parts, signed)) = fuzzing::split(text) else { return };
    assert_eq!(parts.join("."), text);
    assert_eq!(signed.len() + 1 + parts[2].len(), text.len());
    for part in parts {
        assert!(!part.is_empty() && !part.contains('.'));
        if let Ok(bytes) = fuzzing::decode(part) {
            assert_eq!(URL_SAFE_NO_PAD.encode(bytes), part);
        }
        header(part);
    }
}

fn header(encoded: &str) {
    let Ok((alg, kid, typ)) = fuzzing::header(encoded) else { return };
    let text = fuzzing::decode(encoded).expect("a header was read");
    let Value::Object(other) = serde_json::from_slice(&text).expect("a header is JSON") else {
        panic!("a header is an object")
    };
    assert_eq!(other.get("alg"), Some(&Value::from(alg)));
    assert_eq!(other.get("kid"), kid.map(Value::from).as_ref());
    assert_eq!(other.contains_key("typ"), typ.is_some());
    for refused in ["crit", "b64", "enc", "zip", "p2c", "epk"] {
        assert!(!other.contains_key(refused), "{refused}");
    }
}
