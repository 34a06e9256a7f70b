//! A key, prepared for verifying: parsed once, then used for every signature.
//!
//! Keys come in as jsonwebtoken imports them. Its own verifiers parse an RSA key anew for each
//! signature and do not know ES512, which is why the same library underneath is asked directly.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use crate::Algorithm;

/// Verifies signatures of one algorithm with one key.
pub(super) enum Verifier {
    Hmac(Box<hmac::Key>),
    Public(ParsedPublicKey),
}

/// How an algorithm is done.
enum Scheme {
    Hmac(hmac::Algorithm),
    Rsa(&'static RsaParameters),
    /// Of keys that are one text of bytes: a point.
    Point(&'static dyn VerificationAlgorithm),
}

impl Verifier {
    /// # Errors
    /// The key is not one of this algorithm; a point is not on its curve.
    pub(super) fn new(key: &DecodingKey, algorithm: Algorithm) -> Result<Self, String> {
        let parsed = match (Scheme::of(algorithm), key.kind()) {
            (Scheme::Hmac(digest), DecodingKeyKind::SecretOrDer(secret)) => {
                return Ok(Self::Hmac(Box::new(hmac::Key::new(digest, secret))));
            }
            (Scheme::Rsa(padding), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(padding)
            }
            (Scheme::Rsa(padding), DecodingKeyKind::SecretOrDer(der)) => {
                ParsedPublicKey::new(padding, der)
            }
            (Scheme::Point(scheme), DecodingKeyKind::SecretOrDer(point)) => {
                ParsedPublicKey::new(scheme, point)
            }
            _ => return Err(format!("it is no key for {}", algorithm.name())),
        };
        let parsed = parsed
            .map_err(|_| format!("it is no valid key for {}: export it anew", algorithm.name()))?;
        Ok(Self::Public(parsed))
    }

    /// Whether the signature is right. HMAC is compared in constant time. ECDSA signatures are two
    /// numbers of fixed length (RFC 7518 section 3.4).
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature).is_ok(),
            Self::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

impl Scheme {
    fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::HS256 => Self::Hmac(hmac::HMAC_SHA256),
            Algorithm::HS384 => Self::Hmac(hmac::HMAC_SHA384),
            Algorithm::HS512 => Self::Hmac(hmac::HMAC_SHA512),
            Algorithm::RS256 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Self::Rsa(&RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Self::Rsa(&RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Self::Rsa(&RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => Self::Point(&ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Self::Point(&ECDSA_P384_SHA384_FIXED),
            Algorithm::ES512 => Self::Point(&ECDSA_P521_SHA512_FIXED),
            Algorithm::EdDSA | Algorithm::Ed25519 => Self::Point(&ED25519),
        }
    }
}
