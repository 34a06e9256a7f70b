//! Public keys in PEM (RFC 7468): one file may hold several. Anything but a public key is refused,
//! and how to get at the public key is said.

use jsonwebtoken::DecodingKey;

use super::{Key, KeyError, choice, public};
use crate::Algorithm;

/// The most keys of one algorithm that nothing tells apart: a token costs up to that many
/// verifications.
pub(super) const MAX_KEYS: usize = 16;

/// The longest text of a key, in bytes: an RSA key of 8192 bits has less than 1500.
const MAX_LENGTH: usize = 4096;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The text between two lines of dashes.
pub(crate) struct Block {
    /// What it says that it is.
    pub(crate) label: String,
    /// Its base64, and fields before it in old forms.
    pub(crate) lines: Vec<String>,
}

/// The keys of one file.
///
/// # Errors
/// There is none, or one that is not admitted.
pub(super) fn read(file: &str, text: &str, algorithms: &[Algorithm]) -> Result<Vec<Key>, KeyError> {
    let blocks = blocks(text).map_err(|it| KeyError::new(file, it))?;
    let is_only = blocks.len() == 1;
    let read = blocks.into_iter().enumerate().map(|(place, block)| {
        let what = || match is_only {
            true => file.to_owned(),
            false => format!("{file}, key {}", place + 1),
        };
        key(&block, algorithms).map_err(|it| KeyError::new(what(), it))
    });
    read.collect()
}

/// Text around blocks is allowed (RFC 7468 section 2), and so are indented lines, as templates of
/// settings leave them.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        let label = |start| line.strip_prefix(start).and_then(|it| it.strip_suffix(DASHES));
        match (&mut open, label(BEGIN), label(END)) {
            (None, Some(label), _) => {
                open = Some(Block { label: label.to_owned(), lines: Vec::new() });
            }
            (Some(block), None, Some(label)) if label == block.label => blocks.extend(open.take()),
            (Some(block), None, None) => block.lines.push(line.to_owned()),
            (None, None, None) => {}
            _ => return Err("its lines of dashes do not match: copy the file anew".to_owned()),
        }
    }
    match (open, blocks.is_empty()) {
        (Some(_), _) => Err("its last line is missing: copy the file anew".to_owned()),
        (None, true) => {
            Err("there is no key in PEM: give a file with `-----BEGIN PUBLIC KEY-----`".to_owned())
        }
        (None, false) => Ok(blocks),
    }
}

fn key(block: &Block, algorithms: &[Algorithm]) -> Result<Key, String> {
    check_label(&block.label)?;
    if block.lines.iter().map(String::len).sum::<usize>() > MAX_LENGTH {
        return Err("it is longer than any key: copy the file anew".to_owned());
    }
    let key = import(block).ok_or_else(|| {
        "it is no RSA, P-256, P-384, P-521 or Ed25519 key: give one of these".to_owned()
    })?;
    Key::new(&key, choice::unnamed(public::admit(&key)?, algorithms)?)
}

fn check_label(label: &str) -> Result<(), String> {
    let problem = match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Ok(()),
        "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => {
            "it is a certificate: give its key (`openssl x509 -in FILE -pubkey -noout`)"
        }
        private if private.contains("PRIVATE KEY") => {
            "it is a private key, which has no place where tokens are only verified: give the \
             public key (`openssl pkey -in FILE -pubout`)"
        }
        _ => "it is no public key: give one with `-----BEGIN PUBLIC KEY-----`",
    };
    Err(problem.to_owned())
}

fn import(block: &Block) -> Option<DecodingKey> {
    let Block { label, lines } = block;
    let text = format!("{BEGIN}{label}{DASHES}\n{}\n{END}{label}{DASHES}\n", lines.join("\n"));
    let text = text.as_bytes();
    // Each takes keys of its own kind only.
    let imported = DecodingKey::from_rsa_pem(text)
        .or_else(|_| DecodingKey::from_ec_pem(text))
        .or_else(|_| DecodingKey::from_ed_pem(text));
    imported.ok()
}
