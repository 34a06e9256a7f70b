//! Which algorithm a key has: the one that it names, or else the only one that is listed for keys of
//! its kind. A key of which that cannot be said is not used.

use crate::{Algorithm, Family};

/// The curves of ECDSA keys (RFC 7518 section 6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// What kind of public key something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    Ec(Curve),
    Ed25519,
}

/// The algorithm of a key; for Ed25519 under both its names, where both are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    algorithm: Algorithm,
    other_name: Option<Algorithm>,
}

impl Choice {
    pub(super) fn algorithm(self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn serves(self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm || self.other_name == Some(algorithm)
    }
}

impl Curve {
    pub(super) const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// Its name as `crv` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The length of a coordinate, in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The curve of an uncompressed point (SEC 1 section 2.3.3), by its length.
    pub(crate) fn of_point(point: &[u8]) -> Option<Self> {
        let size = match point.split_first() {
            Some((0x04, coordinates)) => coordinates.len(),
            _ => return None,
        };
        Self::ALL.into_iter().find(|curve| 2 * curve.size() == size)
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
            Self::P521 => Algorithm::ES512,
        }
    }
}

impl Kind {
    fn may_have(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa => algorithm.family() == Family::Rsa,
            Self::Ec(curve) => algorithm == curve.algorithm(),
            Self::Ed25519 => algorithm.family() == Family::Ed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ec(curve) => curve.name(),
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// The one HMAC algorithm of a list that holds nothing else.
pub(super) fn hmac(listed: &[Algorithm]) -> Result<Choice, String> {
    check_one_kind(listed)?;
    match distinct(listed).as_slice() {
        [only] if only.is_symmetric() => Ok(Choice { algorithm: *only, other_name: None }),
        [first, ..] if first.is_symmetric() => {
            Err("a secret serves one algorithm: list one, or give secrets in a JWK set with their \
                 `alg`"
                .to_owned())
        }
        _ => Err("secrets are for HS256, HS384 or HS512: list one of them".to_owned()),
    }
}

/// Holds that symmetric and asymmetric algorithms are not mixed: otherwise a public key can be taken
/// for a secret.
pub(super) fn check_one_kind(listed: &[Algorithm]) -> Result<(), String> {
    let symmetric = listed.iter().filter(|algorithm| algorithm.is_symmetric()).count();
    if listed.is_empty() {
        return Err("there is none: list the one that tokens are signed with".to_owned());
    }
    if symmetric != 0 && symmetric != listed.len() {
        return Err("HMAC may not be mixed with algorithms of public keys, because a public key \
                    could be taken for a secret: make two providers"
            .to_owned());
    }
    Ok(())
}

/// Holds that the list is for public keys.
pub(super) fn check_asymmetric(listed: &[Algorithm]) -> Result<(), String> {
    check_one_kind(listed)?;
    if listed.iter().any(|algorithm| algorithm.is_symmetric()) {
        return Err(
            "HMAC has no public keys: list the algorithm of the key, or give a secret".to_owned()
        );
    }
    Ok(())
}

/// The algorithm of a public key that does not name its own.
pub(super) fn unnamed(kind: Kind, listed: &[Algorithm]) -> Result<Choice, String> {
    let mut fitting = distinct(listed);
    fitting.retain(|algorithm| kind.may_have(*algorithm));
    match (fitting.as_slice(), kind) {
        ([], _) => Err(none_listed(kind, listed)),
        ([only], _) => Ok(Choice { algorithm: *only, other_name: None }),
        ([first, second], Kind::Ed25519) => {
            Ok(Choice { algorithm: *first, other_name: Some(*second) })
        }
        _ => Err("an RSA key serves one algorithm: list one algorithm, or give the key in a JWK \
                  set with its `alg`"
            .to_owned()),
    }
}

/// The algorithm of a public key that names its own.
pub(super) fn named(kind: Kind, own: Algorithm, listed: &[Algorithm]) -> Result<Choice, String> {
    if !kind.may_have(own) {
        return Err(format!("its `alg` is {}, but it is a key of {}", own.name(), kind.name()));
    }
    if kind == Kind::Ed25519 {
        return unnamed(kind, listed);
    }
    listed_one(own, listed)
}

/// This algorithm, if it is listed.
pub(super) fn listed_one(own: Algorithm, listed: &[Algorithm]) -> Result<Choice, String> {
    if !listed.contains(&own) {
        return Err(format!("its `alg` is {}, which is not listed", own.name()));
    }
    Ok(Choice { algorithm: own, other_name: None })
}

fn none_listed(kind: Kind, listed: &[Algorithm]) -> String {
    let names: Vec<_> = listed.iter().map(|algorithm| algorithm.name()).collect();
    format!(
        "a key of {} serves none of the listed algorithms ({}): list the algorithm of the key, or \
         give another key",
        kind.name(),
        names.join(", ")
    )
}

fn distinct(listed: &[Algorithm]) -> Vec<Algorithm> {
    let mut distinct = listed.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}
