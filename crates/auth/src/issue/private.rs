//! Private keys: made, read, written, and signed with. They leave this module as PEM only.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Algorithm;
use crate::key::{pem, rsa};

/// A private key, with what its algorithm does with it.
pub(super) enum Private {
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// How an algorithm signs.
enum Scheme {
    Rsa(&'static dyn RsaEncoding),
    Ec(&'static EcdsaSigningAlgorithm),
    Ed,
}

/// The public half: what a JWK of it holds.
pub(super) enum Public {
    /// Modulus and exponent, big-endian.
    Rsa(Vec<u8>, Vec<u8>),
    /// An uncompressed point.
    Ec(Vec<u8>),
    /// A point of Ed25519.
    Ed(Vec<u8>),
}

impl Private {
    /// A new one. RSA keys are as strong as the hash of their algorithm asks for.
    ///
    /// # Errors
    /// The algorithm has no public keys, or there is no randomness.
    pub(super) fn generate(algorithm: Algorithm) -> Result<Self, String> {
        let failed = |_| "no key could be made".to_owned();
        match Scheme::of(algorithm)? {
            Scheme::Rsa(padding) => {
                let size = match algorithm {
                    Algorithm::RS256 | Algorithm::PS256 => KeySize::Rsa2048,
                    _ => KeySize::Rsa3072,
                };
                let key = RsaKeyPair::generate(size).map_err(failed)?;
                Ok(Self::Rsa(Box::new(key), padding))
            }
            Scheme::Ec(scheme) => EcdsaKeyPair::generate(scheme).map(Self::Ec).map_err(failed),
            Scheme::Ed => Ed25519KeyPair::generate().map(Self::Ed).map_err(failed),
        }
    }

    /// Reads the one private key of a text in PEM.
    ///
    /// # Errors
    /// There is none, or it is none of this algorithm.
    pub(super) fn read(algorithm: Algorithm, text: &str) -> Result<Self, String> {
        let scheme = Scheme::of(algorithm)?;
        let der = der(text)?;
        let found = match scheme {
            Scheme::Rsa(padding) => RsaKeyPair::from_pkcs8(&der)
                .or_else(|_| RsaKeyPair::from_der(&der))
                .map(|key| Self::Rsa(Box::new(key), padding)),
            Scheme::Ec(scheme) => EcdsaKeyPair::from_private_key_der(scheme, &der).map(Self::Ec),
            Scheme::Ed => Ed25519KeyPair::from_pkcs8(&der).map(Self::Ed),
        };
        let key = found.map_err(|_| {
            let (name, kind) = (algorithm.name(), kind_of(algorithm));
            format!("it is no private key for {name}: give {kind}, or set the algorithm of the key")
        })?;
        if let Public::Rsa(modulus, exponent) = key.public() {
            rsa::check(&modulus, &exponent)?;
        }
        Ok(key)
    }

    /// PKCS #8 in PEM.
    ///
    /// # Errors
    /// The library cannot write it.
    pub(super) fn pem(&self) -> Result<String, String> {
        let failed = |_| "the key could not be written".to_owned();
        match self {
            Self::Rsa(key, _) => key.as_der().map(|der| written(der.as_ref())).map_err(failed),
            Self::Ec(key) => key.to_pkcs8v1().map(|der| written(der.as_ref())).map_err(failed),
            Self::Ed(key) => key.to_pkcs8v1().map(|der| written(der.as_ref())).map_err(failed),
        }
    }

    /// The public half.
    pub(super) fn public(&self) -> Public {
        match self {
            Self::Rsa(key, _) => {
                let key = key.public_key();
                Public::Rsa(
                    key.modulus().big_endian_without_leading_zero().to_vec(),
                    key.exponent().big_endian_without_leading_zero().to_vec(),
                )
            }
            Self::Ec(key) => Public::Ec(key.public_key().as_ref().to_vec()),
            Self::Ed(key) => Public::Ed(key.public_key().as_ref().to_vec()),
        }
    }

    /// The signature of a message, as JWS has it: for ECDSA two numbers of fixed length (RFC 7518
    /// section 3.4).
    ///
    /// # Errors
    /// The library cannot sign.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |_| "the key cannot sign".to_owned();
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key, padding) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(*padding, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Self::Ec(key) => {
                key.sign(&random, message).map(|found| found.as_ref().to_vec()).map_err(failed)
            }
            Self::Ed(key) => {
                key.try_sign(message).map(|found| found.as_ref().to_vec()).map_err(failed)
            }
        }
    }
}

impl Scheme {
    fn of(algorithm: Algorithm) -> Result<Self, String> {
        Ok(match algorithm {
            Algorithm::RS256 => Self::Rsa(&RSA_PKCS1_SHA256),
            Algorithm::RS384 => Self::Rsa(&RSA_PKCS1_SHA384),
            Algorithm::RS512 => Self::Rsa(&RSA_PKCS1_SHA512),
            Algorithm::PS256 => Self::Rsa(&RSA_PSS_SHA256),
            Algorithm::PS384 => Self::Rsa(&RSA_PSS_SHA384),
            Algorithm::PS512 => Self::Rsa(&RSA_PSS_SHA512),
            Algorithm::ES256 => Self::Ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => Self::Ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::ES512 => Self::Ec(&ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::EdDSA | Algorithm::Ed25519 => Self::Ed,
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
                let name = algorithm.name();
                return Err(format!("{name} has no private keys: give a secret"));
            }
        })
    }
}

fn kind_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "one of P-256",
        Algorithm::ES384 => "one of P-384",
        Algorithm::ES512 => "one of P-521",
        Algorithm::EdDSA | Algorithm::Ed25519 => "one of Ed25519",
        _ => "one of RSA",
    }
}

/// The key in a text. Other blocks, as the parameters that older tools write, are no keys.
fn der(text: &str) -> Result<Vec<u8>, String> {
    let mut blocks = pem::blocks(text)?;
    blocks.retain(|block| block.label.contains("PRIVATE KEY"));
    let block = match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) => block,
        (Some(_), false) => return Err("there are several private keys: give one".to_owned()),
        (None, _) => {
            return Err(
                "there is no private key: give one with `-----BEGIN PRIVATE KEY-----`".to_owned()
            );
        }
    };
    let is_encrypted = block.lines.iter().any(|line| line.contains("ENCRYPTED"));
    let problem = match block.label.as_str() {
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" if !is_encrypted => {
            let encoded = block.lines.concat();
            return STANDARD
                .decode(encoded)
                .map_err(|_| "it is no base64: copy the file anew".to_owned());
        }
        "OPENSSH PRIVATE KEY" => {
            "it is in the form of OpenSSH: write it anew (`openssl genpkey`), because its owner \
             may log in with it"
        }
        _ => "it is encrypted: decrypt it (`openssl pkey -in FILE`), and keep the file to yourself",
    };
    Err(problem.to_owned())
}

fn written(der: &[u8]) -> String {
    const WIDTH: usize = 64;
    let mut text = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for (place, char) in STANDARD.encode(der).chars().enumerate() {
        if place > 0 && place % WIDTH == 0 {
            text.push('\n');
        }
        text.push(char);
    }
    text + "\n-----END PRIVATE KEY-----\n"
}
