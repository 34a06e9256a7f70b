//! Signatures and their encoding.

use crate::config::Keys;
use crate::testing::*;
use crate::{Algorithm, Reason};

type Change = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;

#[test]
fn each_bit_counts() {
    let gate = gate(local());
    let good = simple(&claims(""));
    verdict(&gate, &good).expect("it is good as it is");
    for at in 0..good.len() {
        for bit in 0..7 {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            assert!(verdict(&gate, &changed).is_err(), "{at} {bit}");
        }
    }
}

#[test]
fn a_signature_has_its_length() {
    let gate = gate(local());
    let with = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let sign = hs256(SECRET);
        token(r#"{"alg":"HS256","typ":"JWT"}"#, &claims(""), |message| change(sign(message)))
    };
    let changes: [&dyn Fn(Vec<u8>) -> Vec<u8>; 6] = [
        &|signature| signature[..1].to_vec(),
        &|signature| signature[..31].to_vec(),
        &|signature| [signature, vec![0]].concat(),
        &|signature| vec![0; signature.len()],
        &|signature| [signature.clone(), signature].concat(),
        &|signature| signature[..16].to_vec(),
    ];
    for change in changes {
        assert_eq!(verdict(&gate, &with(change)).unwrap_err(), Reason::Signature);
    }
    assert_eq!(verdict(&gate, &with(&|_| Vec::new())).unwrap_err(), Reason::NotCompact);
}

#[test]
fn an_ecdsa_signature_is_two_numbers_in_range() {
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> =
        (0..32).map(|i| u8::from_str_radix(&ORDER[2 * i..2 * i + 2], 16).unwrap()).collect();
    let key = Ec::new();
    let set = Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, key.jwk("")), "keys.json".into());
    let gate = gate(provider("ec", &[Algorithm::ES256], set));
    let sign = key.es256();
    let with = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let made = token(r#"{"alg":"ES256"}"#, &claims(""), |message| change(sign(message)));
        verdict(&gate, &made)
    };
    with(&|signature| signature).expect("unchanged it is good");
    let zero = vec![0; 32];
    let r = |signature: &[u8]| signature[..32].to_vec();
    let s = |signature: &[u8]| signature[32..].to_vec();
    let der = |signature: &[u8]| {
        let integer = |bytes: &[u8]| [&[2, 33, 0][..], bytes].concat();
        let body = [integer(&signature[..32]), integer(&signature[32..])].concat();
        [vec![0x30, body.len() as u8], body].concat()
    };
    let changes: Vec<Change> = vec![
        Box::new(|_| vec![0; 64]),
        Box::new({
            let zero = zero.clone();
            move |found| [zero.clone(), s(&found)].concat()
        }),
        Box::new({
            let zero = zero.clone();
            move |found| [r(&found), zero.clone()].concat()
        }),
        Box::new({
            let order = order.clone();
            move |found| [order.clone(), s(&found)].concat()
        }),
        Box::new({
            let order = order.clone();
            move |found| [r(&found), order.clone()].concat()
        }),
        Box::new(|_| vec![0xff; 64]),
        Box::new(move |found| der(&found)),
        Box::new(|found| found[..63].to_vec()),
        Box::new(|found| [found, vec![0]].concat()),
    ];
    for (number, change) in changes.iter().enumerate() {
        assert_eq!(with(change).unwrap_err(), Reason::Signature, "{number}");
    }
}

#[test]
fn ed25519_signatures_are_not_malleable() {
    // The order of the group, little-endian (RFC 8032 section 5.1).
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = Ed::new();
    let set = Keys::JwkSet(format!(r#"{{"keys":[{}]}}"#, key.jwk("")), "keys.json".into());
    let gate = gate(provider("ed", &[Algorithm::EdDSA], set));
    let sign = key.eddsa();
    let with = |change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let made = token(r#"{"alg":"EdDSA"}"#, &claims(""), |message| change(sign(message)));
        verdict(&gate, &made)
    };
    with(&|signature| signature).expect("unchanged it is good");
    let plus_order = |mut signature: Vec<u8>| {
        let mut carry = 0_u16;
        for (byte, order) in signature[32..].iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        signature
    };
    assert_eq!(with(&plus_order).unwrap_err(), Reason::Signature);
    // The neutral element as R, and zero as S.
    let small = |_| [vec![1], vec![0; 63]].concat();
    assert_eq!(with(&small).unwrap_err(), Reason::Signature);
}

#[test]
fn rsa_padding_is_checked_whole() {
    let rsa = Rsa::new();
    let keys = Keys::Pem(vec![("a.pem".into(), rsa.pem())]);
    let gate = gate(provider("rsa", &[Algorithm::RS256], keys));
    let sign = rsa.rs256();
    for at in [0, 1, 128, 255] {
        let made = token(r#"{"alg":"RS256"}"#, &claims(""), |message| {
            let mut signature = sign(message);
            signature[at] ^= 1;
            signature
        });
        assert_eq!(verdict(&gate, &made).unwrap_err(), Reason::Signature, "{at}");
    }
    for length in [0_usize, 1, 255, 257, 512] {
        let made = token(r#"{"alg":"RS256"}"#, &claims(""), |_| vec![1; length]);
        assert!(verdict(&gate, &made).is_err(), "{length}");
    }
}

#[test]
fn there_is_one_spelling() {
    let gate = gate(local());
    let good = simple(&claims(""));
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // The last character of 32 bytes carries two unused bits.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    for unused in 1..4 {
        let other = alphabet.as_bytes()[(at & !3) | unused] as char;
        let changed = format!("{rest}.{}{other}", &signature[..signature.len() - 1]);
        assert_eq!(verdict(&gate, &changed).unwrap_err(), Reason::Encoding);
    }
    for (changed, reason) in [
        (format!("{good}="), Reason::NotCompact),
        (format!("{good}A"), Reason::Signature),
        (format!("{good}?"), Reason::NotCompact),
        (format!("{rest}.+{}", &signature[1..]), Reason::NotCompact),
        (format!("{rest}./{}", &signature[1..]), Reason::NotCompact),
        (format!("{good}AA"), Reason::Encoding),
    ] {
        let refused = verdict(&gate, &changed).unwrap_err();
        assert!(refused == reason || refused == Reason::Encoding, "{changed} {refused}");
    }
}

#[test]
fn a_token_has_three_parts() {
    let gate = gate(local());
    let good = simple(&claims(""));
    let parts: Vec<&str> = good.split('.').collect();
    for text in [
        parts[..2].join("."),
        format!("{good}.x"),
        format!("{good}.x.y.z"),
        format!(".{good}"),
        format!("{good}."),
        format!("{}..{}", parts[0], parts[2]),
        "...".to_owned(),
        ".....".to_owned(),
    ] {
        assert_eq!(verdict(&gate, &text).unwrap_err(), Reason::NotCompact, "{text}");
    }
}

#[test]
fn length_is_looked_at_first() {
    let gate = gate(local());
    let padding = "x".repeat(9_000);
    let long = simple(&claims(&format!(r#""pad":"{padding}""#)));
    assert_eq!(verdict(&gate, &long).unwrap_err(), Reason::TooLong);
    assert_eq!(verdict(&gate, &".".repeat(1_000_000)).unwrap_err(), Reason::TooLong);
    let fits = simple(&claims(&format!(r#""pad":"{}""#, "x".repeat(5_900))));
    assert!(fits.len() <= 8192 && verdict(&gate, &fits).is_ok(), "{}", fits.len());
}
