//! Doors for the fuzz targets into what is private: parsers that have no caller outside. Nobody else
//! compiles this, and nothing here is kept stable.

use crate::compact::Compact;
use crate::header::Header;
use crate::{Claims, Reason, compact};

/// The three parts of a token, still encoded, and what was signed.
///
/// # Errors
/// Why it is none.
pub fn split(token: &str) -> Result<([&str; 3], &str), Reason> {
    let parts = Compact::split(token)?;
    Ok(([parts.header, parts.payload, parts.signature], parts.signed))
}

/// What a text in base64url stands for.
///
/// # Errors
/// It is not the one encoding of anything.
pub fn decode(text: &str) -> Result<Vec<u8>, Reason> {
    compact::decode(text)
}

/// `alg`, `kid` and `typ` of an encoded header.
///
/// # Errors
/// Why it is refused.
pub fn header(encoded: &str) -> Result<(String, Option<String>, Option<String>), Reason> {
    let header = Header::parse(encoded)?;
    Ok((header.alg, header.kid, header.typ))
}

/// The claims of a payload.
///
/// # Errors
/// Why they are refused.
pub fn claims(payload: &[u8]) -> Result<Claims, Reason> {
    Claims::parse(payload.to_vec())
}
