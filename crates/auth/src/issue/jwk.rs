//! Public keys as JWKs (RFC 7517), and their names (RFC 7638). There are no private members here to
//! be given out by mistake.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::private::Public;
use crate::Algorithm;
use crate::key::choice::Curve;

/// The JWK and its `kid`.
///
/// # Errors
/// It is a point of no curve that is known here.
pub(super) fn of(algorithm: Algorithm, public: &Public) -> Result<(Value, String), String> {
    let needed = members(public)?;
    let kid = thumbprint(&needed);
    let more = [("alg", algorithm.name()), ("kid", kid.as_str()), ("use", "sig")];
    let more = more.map(|(name, value)| (name, value.to_owned()));
    let jwk: Map<String, Value> = needed
        .into_iter()
        .chain(more)
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    Ok((Value::Object(jwk), kid))
}

/// The members without which it is not this key, in the order of the alphabet.
fn members(public: &Public) -> Result<Vec<(&'static str, String)>, String> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(match public {
        Public::Rsa(modulus, exponent) => {
            vec![("e", text(exponent)), ("kty", "RSA".to_owned()), ("n", text(modulus))]
        }
        Public::Ec(point) => {
            let unknown = || "it is a point of no known curve".to_owned();
            let curve = Curve::of_point(point).ok_or_else(unknown)?;
            let (_, coordinates) = point.split_first().ok_or_else(unknown)?;
            let (x, y) = coordinates.split_at_checked(curve.size()).ok_or_else(unknown)?;
            let (crv, kty) = (curve.name().to_owned(), "EC".to_owned());
            vec![("crv", crv), ("kty", kty), ("x", text(x)), ("y", text(y))]
        }
        Public::Ed(point) => {
            let (crv, kty) = ("Ed25519".to_owned(), "OKP".to_owned());
            vec![("crv", crv), ("kty", kty), ("x", text(point))]
        }
    })
}

/// The SHA-256 of these members in the one way in which they are written (RFC 7638 section 3). None
/// of them needs an escape.
fn thumbprint(members: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    let text = format!("{{{}}}", pairs.join(","));
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 7638 section 3.1.
    #[test]
    fn an_rsa_key_has_the_name_of_the_standard() {
        let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let (jwk, kid) =
            of(Algorithm::RS256, &Public::Rsa(decoded(modulus), decoded("AQAB"))).unwrap();
        assert_eq!(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let wanted = serde_json::json!({
            "kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "use": "sig", "kid": kid,
        });
        assert_eq!(jwk, wanted);
    }

    /// RFC 8037 appendix A.3.
    #[test]
    fn an_ed25519_key_has_the_name_of_the_standard() {
        let point = decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let (jwk, kid) = of(Algorithm::EdDSA, &Public::Ed(point)).unwrap();
        assert_eq!(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(jwk["crv"], "Ed25519");
    }

    #[test]
    fn a_point_of_another_curve_is_none() {
        assert!(of(Algorithm::ES256, &Public::Ec(vec![4; 30])).is_err());
        assert!(of(Algorithm::ES256, &Public::Ec(Vec::new())).is_err());
    }
}
