//! Tokens with a shared secret.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Known to the tests only, and as long as it has to be for HS512.
pub(crate) const SECRET: &str =
    "u7Yx2Qm9-Lr4Wz8Kp1Vn6Tc3-Hd5Jb0Gf7Sa2Ee9-Mw4Xq8Zr1Ny6Pk3-Ut5Co0Il7Bv2Dg9";

/// A token of simplejwt's kind for this user, good for an hour, with these claims besides.
pub(crate) fn of_user(user: &Value, claims: &Value) -> String {
    let mut all = json!({
        "token_type": "access", "exp": now() + 3600, "iat": now() - 1, "jti": "0123", "user_id": user,
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    signed("HS256", SECRET, &all)
}

/// A token with exactly these claims.
pub(crate) fn signed(algorithm: &str, secret: &str, claims: &Value) -> String {
    let hash = match algorithm {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let signed = unsigned(algorithm, claims);
    let tag = hmac::sign(&hmac::Key::new(hash, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The same token, signed by nobody.
pub(crate) fn spoiled(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    format!("{rest}.A{}", &reversed[1..])
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn unsigned(algorithm: &str, claims: &Value) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(&header), part(claims))
}

/// A private key for ES256.
pub(super) struct Es256(EcdsaKeyPair);

impl Es256 {
    pub(super) fn make() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// A token with exactly these claims.
    pub(super) fn signed(&self, claims: &Value) -> String {
        let signed = unsigned("ES256", claims);
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key, as `VERIFYING_KEY` has it.
    pub(super) fn pem(&self) -> String {
        let der = self.0.public_key().as_der().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let (first, second) = body.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }
}
