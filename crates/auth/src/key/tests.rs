//! Keys of every form, sound and not, with keys that are made here or published in RFCs.

mod jwk;
mod pem;
mod properties;
mod secrets;
mod signatures;
mod vectors;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Key, KeyError, KeySet};
use crate::Algorithm;

const MESSAGE: &[u8] = b"eyJhbGciOiJ0ZXN0In0.e30";

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")
}

fn rsa_jwk(pair: &RsaKeyPair) -> Value {
    let key = pair.public_key();
    let n = key.modulus().big_endian_without_leading_zero();
    let e = key.exponent().big_endian_without_leading_zero();
    json!({"kty": "RSA", "n": encoded(n), "e": encoded(e)})
}

fn ec(curve: &str) -> EcdsaKeyPair {
    EcdsaKeyPair::generate(ec_signing(curve)).expect("a key")
}

fn ec_signing(curve: &str) -> &'static EcdsaSigningAlgorithm {
    match curve {
        "P-256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
        "P-384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &ECDSA_P521_SHA512_FIXED_SIGNING,
    }
}

fn ec_jwk(curve: &str, pair: &EcdsaKeyPair) -> Value {
    let (x, y) =
        pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
    json!({"kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y)})
}

fn ec_signature(pair: &EcdsaKeyPair) -> Vec<u8> {
    pair.sign(&SystemRandom::new(), MESSAGE).expect("a signature").as_ref().to_vec()
}

fn ed() -> Ed25519KeyPair {
    Ed25519KeyPair::generate().expect("a key")
}

fn ed_jwk(pair: &Ed25519KeyPair) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref())})
}

/// The key with other members.
fn with(jwk: &Value, members: &Value) -> Value {
    let mut jwk = jwk.clone();
    for (name, value) in members.as_object().expect("members") {
        jwk[name] = value.clone();
    }
    jwk
}

fn set(keys: &[Value], algorithms: &[Algorithm]) -> (KeySet, Vec<KeyError>) {
    let text = json!({ "keys": keys }).to_string();
    KeySet::from_jwk_set(text.as_bytes(), algorithms, 64).expect("a set")
}

/// What is said of the only key of a set, which is refused.
fn refusal(jwk: &Value, algorithms: &[Algorithm]) -> String {
    let (keys, errors) = set(std::slice::from_ref(jwk), algorithms);
    assert!(keys.is_empty(), "admitted: {jwk}");
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    error.to_string()
}

fn only(set: &KeySet) -> &Key {
    let mut keys = set.iter();
    let key = keys.next().expect("a key");
    assert!(keys.next().is_none());
    key
}

fn block(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn spki(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Vec<u8> {
    key.as_der().expect("DER").as_ref().to_vec()
}

fn from_pem(text: &str, algorithms: &[Algorithm]) -> Result<KeySet, KeyError> {
    KeySet::from_pem(&[("keys.pem".to_owned(), text.to_owned())], algorithms)
}
