//! What a key verifies: its own signatures of its own algorithm, in their one form.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};

use super::*;
use crate::Algorithm::*;

/// The order of P-256 (SEC 2 section 2.4.2).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The order of Ed25519, little-endian (RFC 8032 section 5.1).
const ED_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn rsa_signature(pair: &RsaKeyPair, encoding: &'static dyn RsaEncoding) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), MESSAGE, &mut signature).expect("a signature");
    signature
}

/// Nothing that is near the signature passes.
fn holds_strictly(key: &Key, signature: &[u8]) {
    assert!(key.verifies(MESSAGE, signature));
    assert!(!key.verifies(b"another message", signature));
    let length = signature.len();
    for position in [0, 1, length / 2, length - 1] {
        let mut flipped = signature.to_vec();
        flipped[position] ^= 1;
        assert!(!key.verifies(MESSAGE, &flipped), "byte {position} flipped");
    }
    let shapes = [
        Vec::new(),
        vec![0],
        signature[..length - 1].to_vec(),
        [signature, &[0]].concat(),
        [&[0], signature].concat(),
        vec![0; length],
        vec![0xff; length],
        [signature, signature].concat(),
    ];
    for shape in shapes {
        assert!(!key.verifies(MESSAGE, &shape), "{} bytes", shape.len());
    }
}

#[test]
fn each_hmac_algorithm_verifies_its_own_tags_only() {
    let cases =
        [(HS256, hmac::HMAC_SHA256), (HS384, hmac::HMAC_SHA384), (HS512, hmac::HMAC_SHA512)];
    let secret: Vec<u8> = (0..64).map(|place: u8| place.wrapping_mul(37) ^ 0x5a).collect();
    for (algorithm, digest) in cases {
        let set = KeySet::from_secrets(std::slice::from_ref(&secret), &[algorithm]).expect("a set");
        let tag = hmac::sign(&hmac::Key::new(digest, &secret), MESSAGE);
        holds_strictly(only(&set), tag.as_ref());
        let empty = hmac::sign(&hmac::Key::new(digest, b""), MESSAGE);
        assert!(!only(&set).verifies(MESSAGE, empty.as_ref()));
    }
}

#[test]
fn an_rsa_key_verifies_with_its_one_padding_and_hash_only() {
    let pair = rsa();
    let cases: [(Algorithm, &'static dyn RsaEncoding); 6] = [
        (RS256, &RSA_PKCS1_SHA256),
        (RS384, &RSA_PKCS1_SHA384),
        (RS512, &RSA_PKCS1_SHA512),
        (PS256, &RSA_PSS_SHA256),
        (PS384, &RSA_PSS_SHA384),
        (PS512, &RSA_PSS_SHA512),
    ];
    for (algorithm, _) in cases {
        let (set, _) = set(&[rsa_jwk(&pair)], &[algorithm]);
        for (other, encoding) in cases {
            let signature = rsa_signature(&pair, encoding);
            let own = other == algorithm;
            assert_eq!(only(&set).verifies(MESSAGE, &signature), own, "{algorithm:?} {other:?}");
            assert_eq!(set.candidates(other, None).count(), usize::from(own));
            if own {
                holds_strictly(only(&set), &signature);
            }
        }
    }
}

#[test]
fn each_curve_verifies_its_own_signatures_only() {
    for (curve, algorithm) in [("P-256", ES256), ("P-384", ES384), ("P-521", ES512)] {
        let pair = ec(curve);
        let (set, errors) = set(&[ec_jwk(curve, &pair)], &[ES256, ES384, ES512]);
        assert_eq!(errors, []);
        holds_strictly(only(&set), &ec_signature(&pair));
        for other in Algorithm::ALL {
            assert_eq!(set.candidates(other, None).count(), usize::from(other == algorithm));
        }
    }
}

#[test]
fn numbers_of_an_ecdsa_signature_are_between_zero_and_the_order() {
    let pair = ec("P-256");
    let (set, _) = set(&[ec_jwk("P-256", &pair)], &[ES256]);
    let signature = ec_signature(&pair);
    let (r, s) = signature.split_at(32);
    let mut above = ORDER;
    above[31] += 1;
    let zero = [0; 32];
    let pairs: [(&[u8], &[u8]); 9] = [
        (&zero, &zero),
        (&zero, s),
        (r, &zero),
        (&ORDER, s),
        (r, &ORDER),
        (&ORDER, &ORDER),
        (&above, s),
        (r, &above),
        (&[0xff; 32], &[0xff; 32]),
    ];
    for (r, s) in pairs {
        assert!(!only(&set).verifies(MESSAGE, &[r, s].concat()));
    }
}

#[test]
fn an_ecdsa_signature_in_der_is_refused() {
    let pair = ec("P-256");
    let (set, _) = set(&[ec_jwk("P-256", &pair)], &[ES256]);
    let signature = ec_signature(&pair);
    let (r, s) = signature.split_at(32);
    // A zero in front keeps the numbers positive, and is valid where the first bit is set.
    let der = [&[0x30, 70, 0x02, 33, 0], r, &[0x02, 33, 0], s].concat();
    assert!(!only(&set).verifies(MESSAGE, &der));
}

#[test]
fn an_ed25519_key_serves_both_names() {
    let pair = ed();
    let signature = pair.sign(MESSAGE).as_ref().to_vec();
    for named in [None, Some("EdDSA"), Some("Ed25519")] {
        let jwk = match named {
            Some(name) => with(&ed_jwk(&pair), &json!({"alg": name})),
            None => ed_jwk(&pair),
        };
        let (both, _) = set(std::slice::from_ref(&jwk), &[Ed25519, EdDSA]);
        holds_strictly(only(&both), &signature);
        assert_eq!(both.candidates(EdDSA, None).count(), 1);
        assert_eq!(both.candidates(Ed25519, None).count(), 1);
        let (one, _) = set(&[jwk], &[Ed25519]);
        assert_eq!(one.candidates(EdDSA, None).count(), 0);
        assert_eq!(one.candidates(Ed25519, None).count(), 1);
    }
}

#[test]
fn an_ed25519_signature_that_was_changed_without_the_key_is_refused() {
    let pair = ed();
    let (set, _) = set(&[ed_jwk(&pair)], &[EdDSA]);
    let mut signature = pair.sign(MESSAGE).as_ref().to_vec();
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ED_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    assert!(!only(&set).verifies(MESSAGE, &signature), "S + L");
}

/// RFC 7515 appendix A.1, A.3; RFC 8037 appendix A.4.
#[test]
fn published_examples_verify() {
    let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb2\
                  90Ijp0cnVlfQ";
    let cases = [
        (
            HS256,
            json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN\
                                       3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}),
            format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{claims}"),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            ES256,
            json!({"kty": "EC", "crv": "P-256",
                   "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                   "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}),
            format!("eyJhbGciOiJFUzI1NiJ9.{claims}"),
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            EdDSA,
            json!({"kty": "OKP", "crv": "Ed25519",
                   "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned(),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ];
    for (algorithm, jwk, message, signature) in cases {
        let (set, errors) = set(&[jwk], &[algorithm]);
        assert_eq!(errors, []);
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        assert!(only(&set).verifies(message.as_bytes(), &signature), "{algorithm:?}");
    }
}
