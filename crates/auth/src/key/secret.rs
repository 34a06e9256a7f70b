//! Which secrets are admitted for HMAC: long ones that nobody can guess, and no keys of another kind.
//! What is told of a secret never holds a part of it.

use super::shape;
use crate::Algorithm;

/// What is wrong with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// How bad a weakness is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can be guessed: short, or of known words. Who has not chosen it may have to live with it.
    Weak,
    /// It is no secret at all: nothing, or the text of a key that others know.
    Fatal,
}

/// Words of examples and tutorials, in small letters, with nothing but letters and digits. What a
/// secret has besides them has to be enough by itself.
const WORDS: [&str; 28] = [
    "256bitsecret",
    "384bitsecret",
    "512bitsecret",
    "yoursecret",
    "mysecret",
    "supersecret",
    "topsecret",
    "verysecret",
    "testsecret",
    "dummysecret",
    "jwtsecret",
    "secretkey",
    "privatekey",
    "signingkey",
    "notsosecret",
    "astringsecret",
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "placeholder",
    "donotuse",
    "insecure",
    "example",
    "password",
    "passw0rd",
    "keyboardcat",
    "qwertyuiop",
];

/// What Django's `startproject` writes in front of the key that it makes: meant for development, and
/// usually committed.
pub(crate) const DJANGO: &[u8] = b"django-insecure-";

/// The least number of different bytes. Of 32 random decimal digits, nine or ten differ.
const MIN_DISTINCT: usize = 6;

/// What is wrong with a secret for this algorithm, if anything is.
#[must_use]
pub fn weakness(secret: &[u8], algorithm: Algorithm) -> Option<Weakness> {
    let remedy = format!("make one with `openssl rand -hex {}`", minimum(algorithm));
    // HMAC pads with zeros (RFC 2104 section 2), so that zeros are the same as nothing.
    if secret.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
        let problem = format!("it is empty: {remedy}");
        return Some(Weakness { severity: Severity::Fatal, problem });
    }
    if let Some(shape) = shape::of_key(secret) {
        let problem = format!(
            "it is {shape}, which others may know: give a secret, or list the algorithm of the key"
        );
        return Some(Weakness { severity: Severity::Fatal, problem });
    }
    let guess = guess(secret, algorithm)?;
    Some(Weakness { severity: Severity::Weak, problem: format!("{guess}: {remedy}") })
}

/// Why a secret can be guessed, if it can.
fn guess(secret: &[u8], algorithm: Algorithm) -> Option<String> {
    let (length, minimum) = (effective_length(secret), minimum(algorithm));
    if length < minimum {
        let name = algorithm.name();
        return Some(format!("it has {length} bytes, and {name} needs {minimum} (RFC 7518)"));
    }
    let problem = if secret.starts_with(DJANGO) {
        "it is the one that `startproject` has made for development"
    } else if is_simple(secret) {
        "it is one pattern, repeated"
    } else if besides_words(secret) < minimum {
        "it is of known words"
    } else {
        return None;
    };
    Some(problem.to_owned())
}

/// As long as the hash (RFC 7518 section 3.2), in bytes.
pub(crate) fn minimum(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HS384 => 48,
        Algorithm::HS512 => 64,
        _ => 32,
    }
}

/// Without zeros at the end, where there are more of them than chance has.
fn effective_length(secret: &[u8]) -> usize {
    let zeros = secret.iter().rev().take_while(|byte| **byte == 0).count();
    if zeros < 4 { secret.len() } else { secret.len() - zeros }
}

fn is_simple(secret: &[u8]) -> bool {
    let mut distinct = secret.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() < MIN_DISTINCT || is_periodic(secret) || is_sequence(secret)
}

/// Whether it begins with a text that is shorter by half, repeated. The limit keeps the time short.
fn is_periodic(secret: &[u8]) -> bool {
    let secret = secret.get(..1024).unwrap_or(secret);
    (1..=secret.len() / 2).any(|period| {
        let shifted = secret.iter().skip(period);
        shifted.zip(secret).all(|(byte, before)| byte == before)
    })
}

/// Whether most bytes follow the one before, as in the alphabet or on a keypad.
fn is_sequence(secret: &[u8]) -> bool {
    let pairs = || secret.iter().zip(secret.iter().skip(1));
    let up = pairs().filter(|(before, byte)| before.wrapping_add(1) == **byte).count();
    let down = pairs().filter(|(before, byte)| before.wrapping_sub(1) == **byte).count();
    4 * up.max(down) > 3 * secret.len()
}

/// How many bytes are left without known words. Without any it is the whole length.
fn besides_words(secret: &[u8]) -> usize {
    let mut plain: String = secret
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let mut taken = false;
    for word in WORDS {
        if plain.contains(word) {
            plain = plain.replace(word, " ");
            taken = true;
        }
    }
    if taken { plain.bytes().filter(|byte| *byte != b' ').count() } else { secret.len() }
}
