//! Private keys in their forms.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Algorithm;
use crate::issue::private::Private;
use crate::issue::{NewKey, Signer};
use crate::testing::pem;

/// The key of RFC 8037 appendix A.1, as `cryptography` writes it.
const STANDARD: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(body).unwrap()
}

/// RFC 8037 appendix A.4.
#[test]
fn a_signature_is_the_standards() {
    let key = Private::read(Algorithm::EdDSA, STANDARD).unwrap();
    let signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc").unwrap();
    let wanted =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(URL_SAFE_NO_PAD.encode(signature), wanted);
    let read = NewKey::read(Algorithm::EdDSA, STANDARD).unwrap();
    assert_eq!(read.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(read.jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
}

#[test]
fn what_is_made_is_read() {
    for algorithm in Algorithm::ALL {
        if algorithm.is_symmetric() {
            assert!(NewKey::generate(algorithm).is_err());
            continue;
        }
        let made = NewKey::generate(algorithm).unwrap();
        let read = NewKey::read(algorithm, &made.pem).unwrap();
        assert_eq!((&read.kid, &read.jwk), (&made.kid, &made.jwk), "{}", algorithm.name());
        assert_eq!(made.jwk["alg"], algorithm.name());
        let members = made.jwk.as_object().unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(!members.contains_key(private), "{private}");
        }
    }
}

#[test]
fn older_forms_are_read() {
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let sec1 = pem("EC PRIVATE KEY", ec.private_key().as_der().unwrap().as_ref());
    // As `openssl ecparam -genkey` writes it.
    let parameters = pem("EC PARAMETERS", &[6, 8, 42, 134, 72, 206, 61, 3, 1, 7]);
    let both = format!("{parameters}{sec1}");
    let kid = NewKey::read(Algorithm::ES256, &sec1).unwrap().kid;
    assert_eq!(NewKey::read(Algorithm::ES256, &both).unwrap().kid, kid);

    let rsa = NewKey::generate(Algorithm::RS256).unwrap();
    // Of 2048 bits: the version, the algorithm and two lengths are 26 bytes.
    let pkcs1 = pem("RSA PRIVATE KEY", &der(&rsa.pem)[26..]);
    assert_eq!(NewKey::read(Algorithm::RS512, &pkcs1).unwrap().kid, rsa.kid);
    assert!(Signer::from_pem(Algorithm::PS384, &pkcs1, None).is_ok());
}

#[test]
fn a_key_of_another_algorithm_is_none() {
    let ec = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let p384 = pem("PRIVATE KEY", ec.to_pkcs8v1().unwrap().as_ref());
    for (algorithm, text) in [
        (Algorithm::ES256, p384.as_str()),
        (Algorithm::ES512, &p384),
        (Algorithm::EdDSA, &p384),
        (Algorithm::RS256, &p384),
        (Algorithm::ES256, STANDARD),
        (Algorithm::PS256, STANDARD),
        (Algorithm::HS256, STANDARD),
    ] {
        let refused = Signer::from_pem(algorithm, text, None).unwrap_err();
        assert!(refused.0.contains(algorithm.name()), "{refused}");
    }
    assert!(Signer::from_pem(Algorithm::ES384, &p384, None).is_ok());
}

#[test]
fn what_is_no_private_key_says_what_to_do() {
    let with = |label: &str| STANDARD.replace("PRIVATE KEY", label);
    for (text, told) in [
        (String::new(), "-----BEGIN"),
        ("x".repeat(100), "-----BEGIN"),
        (with("PUBLIC KEY"), "no private key"),
        (with("ENCRYPTED PRIVATE KEY"), "decrypt it"),
        (with("OPENSSH PRIVATE KEY"), "OpenSSH"),
        (STANDARD.repeat(2), "several"),
        (STANDARD.replace("MC4", "M!4"), "base64"),
        (STANDARD.replace("-----END PRIVATE KEY-----", ""), "last line"),
        (STANDARD.replace("MC4", "MC5"), "for EdDSA"),
        (pem("PRIVATE KEY", &[]), "for EdDSA"),
        (STANDARD.replace("\nMC", "\nProc-Type: 4,ENCRYPTED\n\nMC"), "decrypt it"),
    ] {
        let refused = Signer::from_pem(Algorithm::EdDSA, &text, None).unwrap_err().0;
        assert!(refused.contains(told), "{refused}");
        assert!(!refused.contains("IJ1hsZ3v"), "{refused}");
    }
}
