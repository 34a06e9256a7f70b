//! Which RSA keys are admitted: long enough, short enough, and not of a kind known to be broken.

/// The shortest modulus, in bits (RFC 7518 section 3.3).
const MIN_BITS: usize = 2048;

/// The longest modulus, in bits: what the library verifies. Longer ones only cost time.
const MAX_BITS: usize = 8192;

/// The longest exponent, in bits: what the library verifies.
const MAX_EXPONENT_BITS: usize = 33;

/// The odd primes up to 167, of which the moduli of CVE-2017-15361 (ROCA) have residues that powers
/// of 65537 have. About one sound modulus in 2^27 has them too.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Holds what has to hold of the modulus and the exponent, both big-endian.
///
/// # Errors
/// What is wrong, and what to do.
pub(crate) fn check(modulus: &[u8], exponent: &[u8]) -> Result<(), String> {
    match bits(modulus) {
        short if short < MIN_BITS => {
            return Err(format!(
                "an RSA key of {short} bits can be broken: make one of at least {MIN_BITS}"
            ));
        }
        long if long > MAX_BITS => {
            return Err(format!(
                "an RSA key of {long} bits takes too long: make one of at most {MAX_BITS}"
            ));
        }
        _ => {}
    }
    let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
    if !is_odd || !(2..=MAX_EXPONENT_BITS).contains(&bits(exponent)) {
        return Err(
            "its exponent is none that a sound RSA key has: make a key with 65537".to_owned()
        );
    }
    if modulus.last().is_none_or(|last| last % 2 == 0)
        || PRIMES.iter().any(|prime| residue(modulus, *prime) == 0)
    {
        return Err("its modulus is no product of two large primes: make a new key".to_owned());
    }
    if PRIMES.iter().all(|prime| is_power(residue(modulus, *prime), *prime)) {
        return Err(
            "it is from hardware whose keys can be computed (CVE-2017-15361, ROCA): make a \
                    new key elsewhere"
                .to_owned(),
        );
    }
    Ok(())
}

fn bits(number: &[u8]) -> usize {
    let mut digits = number.iter().skip_while(|byte| **byte == 0);
    match digits.next() {
        Some(first) => 8 * digits.count() + (8 - first.leading_zeros() as usize),
        None => 0,
    }
}

fn residue(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

/// Whether it is a power of 65537 modulo this prime.
fn is_power(residue: u32, prime: u32) -> bool {
    let powers = std::iter::successors(Some(1), |power| Some(power * (65537 % prime) % prime));
    powers.take(prime as usize).any(|power| power == residue)
}
