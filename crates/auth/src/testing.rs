//! Tokens for tests: signed with anything, saying anything.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::config::{Config, Keys, Presence, Provider, Rule};
use crate::{Algorithm, Decision, Fields, Gate, Inquiry, Reason, Verified};

/// The time in these tests, in seconds since 1970.
pub(crate) const NOW: i64 = 1_800_000_000;
/// Long enough, and no word.
pub(crate) const SECRET: &[u8] = b"9f2k-Vq7LxTzR0p1mWc8YdHs3GbUe6JnA4oKiMZt5";

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of these texts.
pub(crate) fn token(header: &str, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(payload));
    let signature = base64url(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Signs with HMAC-SHA-256.
pub(crate) fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

/// A token as simplejwt would sign it, saying this.
pub(crate) fn simple(payload: &str) -> String {
    token(r#"{"alg":"HS256","typ":"JWT"}"#, payload, hs256(SECRET))
}

/// Claims that are good, with more of them.
pub(crate) fn claims(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"exp":{},"jti":"a1","user_id":"7"{comma}{more}}}"#, NOW + 300)
}

/// An RSA key of 2048 bits.
pub(crate) struct Rsa(pub(crate) aws_lc_rs::signature::RsaKeyPair);

impl Rsa {
    pub(crate) fn new() -> Self {
        Self(aws_lc_rs::signature::RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        use aws_lc_rs::encoding::AsDer;
        self.0.public_key().as_der().unwrap().as_ref().to_vec()
    }

    pub(crate) fn pem(&self) -> String {
        pem("PUBLIC KEY", &self.der())
    }

    pub(crate) fn sign(&self, padding: &'static dyn RsaEncoding) -> impl Fn(&[u8]) -> Vec<u8> {
        move |message| {
            let mut signature = vec![0; self.0.public_modulus_len()];
            self.0.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        }
    }

    pub(crate) fn rs256(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        self.sign(&RSA_PKCS1_SHA256)
    }

    pub(crate) fn rs384(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        self.sign(&RSA_PKCS1_SHA384)
    }

    pub(crate) fn ps256(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        self.sign(&RSA_PSS_SHA256)
    }
}

/// A key on P-256.
pub(crate) struct Ec(pub(crate) EcdsaKeyPair);

impl Ec {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn jwk(&self, more: &str) -> String {
        let point = self.0.public_key().as_ref();
        let (x, y) = (base64url(&point[1..33]), base64url(&point[33..65]));
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"{more}}}"#)
    }

    pub(crate) fn es256(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        |message| self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }
}

/// An Ed25519 key.
pub(crate) struct Ed(pub(crate) Ed25519KeyPair);

impl Ed {
    pub(crate) fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn jwk(&self, more: &str) -> String {
        let x = base64url(self.0.public_key().as_ref());
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{more}}}"#)
    }

    pub(crate) fn eddsa(&self) -> impl Fn(&[u8]) -> Vec<u8> {
        |message| self.0.sign(message).as_ref().to_vec()
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A provider that takes tokens of these keys from `Authorization`.
pub(crate) fn provider(name: &str, algorithms: &[Algorithm], keys: Keys) -> Provider {
    Provider {
        scope_claims: vec!["scope".into()],
        role_claims: vec!["roles".into(), "realm_access.roles".into()],
        ..Provider::new(name, algorithms.to_vec(), keys)
    }
}

/// A provider with [`SECRET`].
pub(crate) fn local() -> Provider {
    provider("local", &[Algorithm::HS256], Keys::Secrets(vec![SECRET.to_vec()]))
}

/// A configuration that wants a token of one of these providers everywhere.
pub(crate) fn config(providers: Vec<Provider>, rules: Vec<Rule>) -> Config {
    Config {
        default: Presence::Required,
        cache_entries: 100,
        cache_time: std::time::Duration::from_secs(60),
        ..Config::new(providers, rules)
    }
}

/// A gate that wants a token of this provider everywhere.
pub(crate) fn gate(provider: Provider) -> Gate {
    Gate::new(config(vec![provider], Vec::new())).map_err(|errors| format!("{errors:?}")).unwrap()
}

/// Header fields.
pub(crate) struct List<'a>(pub(crate) &'a [(&'a str, &'a str)]);

impl Fields for List<'_> {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for (_, value) in self.0.iter().filter(|(field, _)| *field == name) {
            each(value.as_bytes());
        }
    }
}

/// A request with these fields.
pub(crate) fn inquiry<'a>(method: &'a str, path: &'a str, fields: &'a List<'a>) -> Inquiry<'a> {
    Inquiry {
        method,
        path,
        query: None,
        fields,
        scheme: "http",
        is_websocket: false,
        now: u128::from(NOW.unsigned_abs()) * 1_000_000_000,
    }
}

/// What becomes of a decision; a fetch counts as a key that is unknown.
pub(crate) fn outcome(decision: Decision) -> Result<Option<Verified>, Reason> {
    match decision {
        Decision::Open => Ok(None),
        Decision::Pass(verified) => Ok(verified),
        Decision::Refuse(refusal) => Err(refusal.reason),
        Decision::Refetch(_) => Err(Reason::UnknownKey),
    }
}

/// What becomes of a request with this token.
pub(crate) fn verdict(gate: &Gate, token: &str) -> Result<Verified, Reason> {
    let value = format!("Bearer {token}");
    let fields = [("authorization", value.as_str())];
    let decision = gate.decide(&inquiry("GET", "/", &List(&fields)));
    outcome(decision).map(|verified| verified.expect("a token was required"))
}
