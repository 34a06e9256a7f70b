//! What the gate takes to decide about a request with a token: verified anew, remembered, rejected.

use std::hint::black_box;
use std::time::Duration;

use appserver_auth::config::{Config, Keys, Presence, Provider};
use appserver_auth::{Algorithm, Decision, Fields, Gate, Inquiry};
use appserver_bench_micro::TARGET;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use aws_lc_rs::{encoding::AsDer, hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};

type Failure = Box<dyn std::error::Error>;
type Sign = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, Failure>>;

/// Seconds since 1970.
const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"9f2k-Vq7LxTzR0p1mWc8YdHs3GbUe6JnA4oKiMZt5";

/// One algorithm, with a key.
struct Kind {
    name: &'static str,
    algorithm: Algorithm,
    keys: Keys,
    sign: Sign,
}

struct Bearer(String);

impl Fields for Bearer {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        if name == "authorization" {
            each(self.0.as_bytes());
        }
    }
}

fn pem(der: &[u8]) -> Keys {
    let text = STANDARD.encode(der);
    let text = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    Keys::Pem(vec![("key.pem".to_owned(), text)])
}

fn hs256() -> Kind {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let sign: Sign = Box::new(move |message| Ok(hmac::sign(&key, message).as_ref().to_vec()));
    let keys = Keys::Secrets(vec![SECRET.to_vec()]);
    Kind { name: "hs256", algorithm: Algorithm::HS256, keys, sign }
}

fn rs256() -> Result<Kind, Failure> {
    let key = RsaKeyPair::generate(rsa::KeySize::Rsa2048)?;
    let keys = pem(AsDer::as_der(key.public_key())?.as_ref());
    let sign: Sign = Box::new(move |message| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    });
    Ok(Kind { name: "rs256", algorithm: Algorithm::RS256, keys, sign })
}

fn es256() -> Result<Kind, Failure> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let keys = pem(AsDer::as_der(key.public_key())?.as_ref());
    let sign: Sign =
        Box::new(move |message| Ok(key.sign(&SystemRandom::new(), message)?.as_ref().to_vec()));
    Ok(Kind { name: "es256", algorithm: Algorithm::ES256, keys, sign })
}

fn eddsa() -> Result<Kind, Failure> {
    let key = Ed25519KeyPair::generate()?;
    let keys = pem(AsDer::as_der(key.public_key())?.as_ref());
    let sign: Sign = Box::new(move |message| Ok(key.sign(message).as_ref().to_vec()));
    Ok(Kind { name: "eddsa", algorithm: Algorithm::EdDSA, keys, sign })
}

/// A gate that wants a token everywhere and remembers this many.
fn gate(kind: &Kind, cache_entries: usize) -> Result<Gate, Failure> {
    let provider = Provider::new(kind.name, vec![kind.algorithm], kind.keys.clone());
    let config = Config {
        default: Presence::Required,
        cache_entries,
        cache_time: Duration::from_secs(300),
        ..Config::new(vec![provider], Vec::new())
    };
    Gate::new(config).map_err(|errors| format!("{errors:?}").into())
}

/// A token as simplejwt makes one.
fn token(kind: &Kind, user: u64) -> Result<String, Failure> {
    let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, kind.algorithm.name());
    let (expires, issued) = (NOW + 300, NOW - 60);
    let claims = format!(
        r#"{{"token_type":"access","exp":{expires},"iat":{issued},"jti":"{user:032x}","user_id":"{user}"}}"#
    );
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let signature = (kind.sign)(signed.as_bytes())?;
    Ok(format!("{signed}.{}", encode(&signature)))
}

fn decide(gate: &Gate, fields: &Bearer) -> Decision {
    let path = TARGET.split_once('?').map_or(TARGET, |(path, _)| path);
    gate.decide(&Inquiry {
        method: "GET",
        path,
        query: None,
        fields,
        scheme: "http",
        is_websocket: false,
        now: u128::from(NOW) * 1_000_000_000,
    })
}

/// Measures one way, after it has been seen to go as it should.
fn measure(criterion: &mut Criterion, name: &str, gate: &Gate, fields: &Bearer) -> bool {
    let passes = matches!(decide(gate, fields), Decision::Pass(Some(_)));
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| black_box(decide(gate, black_box(fields))));
    });
    passes
}

fn all(criterion: &mut Criterion) -> Result<(), Failure> {
    for kind in [hs256(), rs256()?, es256()?, eddsa()?] {
        let (good, other) = (token(&kind, 1)?, token(&kind, 2)?);
        let signature = other.rsplit_once('.').map_or("", |(_, signature)| signature);
        let signed = good.rsplit_once('.').map_or("", |(signed, _)| signed);
        let wrong = Bearer(format!("Bearer {signed}.{signature}"));
        let good = Bearer(format!("Bearer {good}"));
        let (forgetful, mindful) = (gate(&kind, 0)?, gate(&kind, 100)?);
        for (what, gate, fields, expected) in [
            ("anew", &forgetful, &good, true),
            ("remembered", &mindful, &good, true),
            ("rejected", &mindful, &wrong, false),
        ] {
            let name = format!("token/{}/{what}", kind.name);
            if measure(criterion, &name, gate, fields) != expected {
                return Err(format!("{name}: the gate decided otherwise").into());
            }
        }
    }
    Ok(())
}

#[expect(clippy::panic, reason = "criterion takes no errors")]
fn tokens(criterion: &mut Criterion) {
    if let Err(error) = all(criterion) {
        panic!("{error}");
    }
}

criterion_group!(benches, tokens);
criterion_main!(benches);
