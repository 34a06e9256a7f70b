//! Public keys as jsonwebtoken imports them: of what kind they are, and whether they are sound.

use aws_lc_rs::rsa::PublicKey;
use jsonwebtoken::{AlgorithmFamily, DecodingKey, DecodingKeyKind};

use super::choice::{Curve, Kind};
use super::rsa;

/// The y coordinates of the points of Ed25519 whose order is at most 8, in all their encodings,
/// without the bit of the sign. With such a key anybody can make signatures.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    little(1),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    below_two_to_255(0xec),
    below_two_to_255(0xed),
    below_two_to_255(0xee),
];

/// Of what kind a key is that is admitted.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn admit(key: &DecodingKey) -> Result<Kind, String> {
    match (key.family(), key.kind()) {
        (AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => {
            rsa::check(n, e)?;
            Ok(Kind::Rsa)
        }
        (AlgorithmFamily::Rsa, DecodingKeyKind::SecretOrDer(der)) => {
            let key = PublicKey::from_der(der)
                .map_err(|_| "it is no valid RSA key: export it anew".to_owned())?;
            let (modulus, exponent) = (key.modulus(), key.exponent());
            rsa::check(
                modulus.big_endian_without_leading_zero(),
                exponent.big_endian_without_leading_zero(),
            )?;
            Ok(Kind::Rsa)
        }
        (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => {
            Curve::of_point(point).map(Kind::Ec).ok_or_else(|| {
                "it is no uncompressed point of P-256, P-384 or P-521: give a key of one of these \
                 (`openssl ec -pubin -in FILE -conv_form uncompressed -pubout`)"
                    .to_owned()
            })
        }
        (AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(point)) => {
            check_point_of_ed25519(point)?;
            Ok(Kind::Ed25519)
        }
        _ => Err("it is no public key".to_owned()),
    }
}

fn check_point_of_ed25519(point: &[u8]) -> Result<(), String> {
    let mut y: [u8; 32] = point
        .try_into()
        .map_err(|_| "an Ed25519 key has 32 bytes: give an Ed25519 key".to_owned())?;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    if SMALL_ORDER.contains(&y) {
        return Err("anybody can sign for this key: make a new one".to_owned());
    }
    Ok(())
}

const fn little(first: u8) -> [u8; 32] {
    let mut number = [0; 32];
    number[0] = first;
    number
}

/// 2^255 - 256 + `first`, little-endian.
const fn below_two_to_255(first: u8) -> [u8; 32] {
    let mut number = [0xff; 32];
    number[0] = first;
    number[31] = 0x7f;
    number
}
