//! The vectors of project Wycheproof, as far as they are about what our algorithms are made of: each
//! key through its admission, each signature through the key.

use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;
use crate::Algorithm::*;

/// A vector: its number, whether it is valid, the message, the signature.
type Vector<'a> = (usize, bool, &'a [u8], &'a [u8]);

/// How many vectors the key agrees with. "Acceptable" ones are to be refused.
fn agree<'a>(name: &str, key: &Key, vectors: impl Iterator<Item = Vector<'a>>) -> usize {
    let check = |(number, valid, message, signature): Vector<'_>| {
        assert_eq!(key.verifies(message, signature), valid, "{name}, vector {number}");
    };
    vectors.map(check).count()
}

/// The vectors of a group.
macro_rules! vectors {
    ($group:expr) => {
        $group.tests.iter().map(|test| {
            (test.tc_id, test.result == TestResult::Valid, &test.msg[..], &test.sig[..])
        })
    };
}

#[test]
fn ecdsa_agrees() {
    let cases = [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, ES256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, ES384),
        (ecdsa::TestName::EcdsaSecp521r1Sha512P1363, ES512),
    ];
    for (name, algorithm) in cases {
        let mut count = 0;
        for group in ecdsa::TestSet::load(name).expect("vectors").test_groups {
            let set = from_pem(&group.pem, &[algorithm]).expect("a key");
            count += agree(algorithm.name(), only(&set), vectors!(group));
        }
        assert!(count > 200, "{count} vectors of {algorithm:?}");
    }
}

#[test]
fn eddsa_agrees() {
    let mut count = 0;
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors").test_groups {
        let set = from_pem(&group.pem, &[EdDSA]).expect("a key");
        count += agree("Ed25519", only(&set), vectors!(group));
    }
    assert!(count > 100, "{count} vectors");
}

#[test]
fn rsa_with_pkcs1_padding_agrees() {
    use rsa_pkcs1_verify::TestName;
    let cases = [
        (TestName::Rsa2048Sha256, RS256),
        (TestName::Rsa2048Sha384, RS384),
        (TestName::Rsa2048Sha512, RS512),
        (TestName::Rsa3072Sha256, RS256),
        (TestName::Rsa4096Sha512, RS512),
        (TestName::Rsa8192Sha256, RS256),
    ];
    for (name, algorithm) in cases {
        let mut count = 0;
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("vectors").test_groups {
            let set = from_pem(&group.pem, &[algorithm]).expect("a key");
            count += agree(algorithm.name(), only(&set), vectors!(group));
        }
        assert!(count > 200, "{count} vectors of {algorithm:?}");
    }
}

#[test]
fn rsa_with_pss_padding_agrees() {
    use rsa_pss_verify::TestName;
    let cases = [
        (TestName::RsaPss2048Sha256Mgf1SaltLen32, PS256),
        (TestName::RsaPss3072Sha256Mgf1SaltLen32, PS256),
        (TestName::RsaPss4096Sha384Mgf1SaltLen48, PS384),
        (TestName::RsaPss4096Sha512Mgf1SaltLen64, PS512),
    ];
    for (name, algorithm) in cases {
        let mut count = 0;
        for group in rsa_pss_verify::TestSet::load(name).expect("vectors").test_groups {
            let set = from_pem(&group.pem, &[algorithm]).expect("a key");
            count += agree(algorithm.name(), only(&set), vectors!(group));
        }
        assert!(count > 50, "{count} vectors of {algorithm:?}");
    }
}

/// The salt is as long as the hash (RFC 7518 section 3.5); so these are valid elsewhere, not here.
#[test]
fn a_salt_of_another_length_is_refused() {
    let set = rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0);
    for group in set.expect("vectors").test_groups {
        let set = from_pem(&group.pem, &[PS256]).expect("a key");
        for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
            assert!(!only(&set).verifies(&test.msg, &test.sig), "vector {}", test.tc_id);
        }
    }
}

/// A tag is whole; so cut ones are refused here. The keys are published, and some are short.
#[test]
fn hmac_agrees() {
    let cases = [
        (mac::TestName::HmacSha256, HS256, 256),
        (mac::TestName::HmacSha384, HS384, 384),
        (mac::TestName::HmacSha512, HS512, 512),
    ];
    for (name, algorithm, bits) in cases {
        let mut count = 0;
        for group in mac::TestSet::load(name).expect("vectors").test_groups {
            for test in &group.tests {
                let secrets = [test.key.to_vec()];
                let Ok((set, _)) = KeySet::from_secrets_with_warnings(&secrets, &[algorithm])
                else {
                    panic!("vector {}", test.tc_id);
                };
                let valid = test.result == TestResult::Valid && group.tag_size == bits;
                assert_eq!(only(&set).verifies(&test.msg, &test.tag), valid, "{}", test.tc_id);
                count += 1;
            }
        }
        assert!(count > 100, "{count} vectors of {algorithm:?}");
    }
}
