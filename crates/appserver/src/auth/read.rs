//! Reads files and variables that settings name.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::Reader;
use crate::settings::value::Secret;

/// Keys are much smaller; devices have no end.
const MAX_FILE: u64 = 4 << 20;

impl Reader<'_> {
    /// A secret; empty where it cannot be read.
    pub(crate) fn secret(&mut self, key: &str, secret: &Secret) -> Vec<u8> {
        match secret {
            Secret::Variable(name) => self.variable(key, name),
            Secret::File(path) => self.secret_file(key, path),
        }
    }

    fn variable(&mut self, key: &str, name: &str) -> Vec<u8> {
        let found = self.environment.iter().find(|(known, _)| known == name);
        match found {
            Some((_, text)) if !text.is_empty() => return text.clone().into_bytes(),
            Some(_) => self.mistake(key, format!("the variable {name} is empty")),
            None => self.mistake(key, format!("the variable {name} is not set")),
        }
        Vec::new()
    }

    /// A file of text that is a secret as a whole; `None` where it cannot be read.
    pub(crate) fn private_text(&mut self, key: &str, path: &Path) -> Option<String> {
        let bytes = self.secret_file(key, path);
        let text = String::from_utf8(bytes).ok();
        if text.is_none() {
            self.mistake(key, format!("{} is not text", path.display()));
        }
        text.filter(|text| !text.is_empty())
    }

    fn secret_file(&mut self, key: &str, path: &Path) -> Vec<u8> {
        let Some((mut bytes, mode)) = self.file(key, path) else { return Vec::new() };
        if mode & 0o077 != 0 {
            let text = format!(
                "the secret in {} can be read by other users (mode {:03o}); chmod 600 keeps it",
                path.display(),
                mode & 0o777,
            );
            self.warnings.push(text);
        }
        // Editors and `echo` end a file with a newline, which is not meant.
        if bytes.pop_if(|last| *last == b'\n').is_some() {
            bytes.pop_if(|last| *last == b'\r');
        }
        if bytes.is_empty() {
            self.mistake(key, format!("{} is empty", path.display()));
        }
        bytes
    }

    /// A file of text; `None` where it cannot be read.
    pub(crate) fn text(&mut self, key: &str, path: &Path) -> Option<String> {
        let (bytes, _) = self.file(key, path)?;
        let text = String::from_utf8(bytes).ok();
        if text.is_none() {
            self.mistake(key, format!("{} is not text", path.display()));
        }
        text
    }

    fn file(&mut self, key: &str, path: &Path) -> Option<(Vec<u8>, u32)> {
        match read(&self.loaded.directory.join(path)) {
            Ok(found) => Some(found),
            Err(error) => {
                self.mistake(key, format!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }
}

/// The content and the mode of a regular file. Nothing else is waited for: a pipe that nobody writes
/// to would keep the server from starting, or from a reload.
fn read(path: &PathBuf) -> io::Result<(Vec<u8>, u32)> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mode = metadata.permissions().mode();
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is too large for a key"));
    }
    Ok((bytes, mode))
}
