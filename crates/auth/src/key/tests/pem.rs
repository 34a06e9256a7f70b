//! Public keys in PEM: what is admitted, and what is said of the rest.

use aws_lc_rs::signature::ECDSA_P256K1_SHA256_FIXED_SIGNING;

use super::*;
use crate::Algorithm::*;

/// The object identifiers of RSA keys (RFC 8017 appendix A.1), with parameters.
const RSA_ALGORITHM: [u8; 15] =
    [0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0];

fn length(content: usize) -> Vec<u8> {
    match content {
        0..=0x7f => vec![content as u8],
        0x80..=0xff => vec![0x81, content as u8],
        _ => vec![0x82, (content >> 8) as u8, content as u8],
    }
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag][..], &length(content.len()), content].concat()
}

/// An RSA key with this modulus and exponent.
fn rsa_der(n: &[u8], e: &[u8]) -> Vec<u8> {
    let number = |digits: &[u8]| value(2, &[&[0][..], digits].concat());
    let key = value(0x30, &[number(n), value(2, e)].concat());
    value(0x30, &[&RSA_ALGORITHM[..], &value(3, &[&[0][..], &key].concat())].concat())
}

#[test]
fn public_keys_of_each_kind_are_admitted() {
    let (rsa_pair, ed_pair) = (rsa(), ed());
    let mut cases = vec![
        (block("PUBLIC KEY", &spki(rsa_pair.public_key())), RS256),
        (block("RSA PUBLIC KEY", rsa_pair.public_key().as_ref()), PS512),
        (block("PUBLIC KEY", &spki(ed_pair.public_key())), EdDSA),
    ];
    for (curve, algorithm) in [("P-256", ES256), ("P-384", ES384), ("P-521", ES512)] {
        let pair = ec(curve);
        let text = block("PUBLIC KEY", &spki(pair.public_key()));
        let set = from_pem(&text, &[ES512, ES384, ES256]).expect("a set");
        assert!(only(&set).verifies(MESSAGE, &ec_signature(&pair)));
        cases.push((text, algorithm));
    }
    for (text, algorithm) in cases {
        let forms = [
            text.clone(),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("\u{feff}{text}"),
            format!("A note.\n\n{text}\nAnother."),
            text.lines().map(|line| format!("    {line}\n")).collect(),
        ];
        for form in forms {
            let set = from_pem(&form, &[algorithm]).expect("a set");
            assert_eq!(only(&set).algorithm(), algorithm);
            assert_eq!(set.candidates(algorithm, Some("any kid")).count(), 1);
            assert_eq!(set.candidates(algorithm, None).count(), 1);
        }
    }
}

#[test]
fn several_keys_in_a_file_are_several_keys() {
    let pairs = [ec("P-256"), ec("P-256"), ec("P-384")];
    let text: String = pairs.iter().map(|it| block("PUBLIC KEY", &spki(it.public_key()))).collect();
    let set = from_pem(&text, &[ES256, ES384]).expect("a set");
    assert_eq!(set.candidates(ES256, None).count(), 2);
    assert_eq!(set.candidates(ES384, None).count(), 1);
    let error = from_pem(&text, &[ES256]).expect_err("P-384 is not listed");
    assert_eq!(error.what, "keys.pem, key 3");
    assert!(error.problem.contains("P-384 serves none of the listed algorithms (ES256)"));
    let error = from_pem(&text.repeat(6), &[ES256, ES384]).expect_err("18 keys");
    assert!(error.problem.starts_with("18 keys are too many"), "{error}");
}

#[test]
fn what_is_no_public_key_is_refused_with_the_remedy() {
    let private = ed().to_pkcs8().expect("a key");
    let cases = [
        (block("PRIVATE KEY", private.as_ref()), "openssl pkey -in FILE -pubout"),
        (block("EC PRIVATE KEY", b"x"), "openssl pkey -in FILE -pubout"),
        (block("RSA PRIVATE KEY", b"x"), "openssl pkey -in FILE -pubout"),
        (block("ENCRYPTED PRIVATE KEY", b"x"), "openssl pkey -in FILE -pubout"),
        (block("OPENSSH PRIVATE KEY", b"x"), "openssl pkey -in FILE -pubout"),
        (block("CERTIFICATE", b"x"), "openssl x509 -in FILE -pubkey -noout"),
        (block("DH PARAMETERS", b"x"), "no public key"),
        (block("PUBLIC KEY", b"x"), "give one of these"),
        (block("RSA PUBLIC KEY", &[0x30, 3, 2, 1, 5]), "no valid RSA key"),
        (block("PUBLIC KEY", &[0x30; 20_000]), "longer than any key"),
        (block("PUBLIC KEY", private.as_ref()), "has 32 bytes"),
        (String::new(), "no key in PEM"),
        ("ssh-rsa AAAA".to_owned(), "no key in PEM"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA".to_owned(), "last line is missing"),
        ("-----BEGIN A-----\n-----END B-----".to_owned(), "do not match"),
        ("-----BEGIN A-----\n-----BEGIN A-----".to_owned(), "do not match"),
        ("-----END A-----".to_owned(), "do not match"),
    ];
    for (text, remedy) in cases {
        let error = from_pem(&text, &[RS256]).expect_err("refused");
        assert!(error.problem.contains(remedy), "{error}");
        assert_eq!(error.what, "keys.pem");
    }
    assert!(KeySet::from_pem(&[], &[RS256]).is_err());
}

#[test]
fn a_key_has_one_algorithm_of_its_kind() {
    let rsa = block("PUBLIC KEY", &spki(rsa().public_key()));
    let ed = block("PUBLIC KEY", &spki(ed().public_key()));
    for listed in [&[RS256, RS384][..], &[RS256, PS256]] {
        let error = from_pem(&rsa, listed).expect_err("two");
        assert!(error.problem.contains("list one algorithm, or give the key in a JWK set"));
    }
    for listed in [&[ES256][..], &[EdDSA]] {
        assert!(from_pem(&rsa, listed).is_err());
    }
    assert!(from_pem(&ed, &[RS256]).is_err());
    for listed in [&[HS256][..], &[HS256, RS256], &[]] {
        assert_eq!(from_pem(&rsa, listed).expect_err("refused").what, "algorithms");
    }
}

#[test]
fn weak_rsa_keys_are_refused() {
    let e = [1, 0, 1];
    let sound = rsa();
    let sound = sound.public_key().modulus().big_endian_without_leading_zero().to_vec();
    let read = |n: &[u8], e: &[u8]| from_pem(&block("PUBLIC KEY", &rsa_der(n, e)), &[RS256]);
    assert_eq!(read(&sound, &e).expect("a set").len(), 1);
    assert_eq!(read(&sound, &[3]).expect("a set").len(), 1);
    let mut even = sound.clone();
    even[255] &= 0xfe;
    let cases: [(&[u8], &[u8]); 7] = [
        (&sound[..255], &e),
        (&sound[..128], &e),
        (&sound, &[1]),
        (&sound, &[2]),
        (&sound, &[1, 0, 0]),
        (&sound, &[0]),
        (&even, &e),
    ];
    for (n, e) in cases {
        assert!(read(n, e).is_err(), "{} bytes, {e:?}", n.len());
    }
}

#[test]
fn a_point_has_to_be_on_its_curve() {
    let pair = ec("P-256");
    let mut der = spki(pair.public_key());
    *der.last_mut().expect("a byte") ^= 1;
    assert!(from_pem(&block("PUBLIC KEY", &der), &[ES256]).is_err());
    let koblitz = EcdsaKeyPair::generate(&ECDSA_P256K1_SHA256_FIXED_SIGNING).expect("a key");
    let der = spki(koblitz.public_key());
    assert!(from_pem(&block("PUBLIC KEY", &der), &[ES256]).is_err(), "secp256k1");
}
