//! Unnamed files in memory: how a parent hands a text to a child without a path or argv.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;

use nix::sys::memfd::{MFdFlags, memfd_create};

/// A memory file that holds `contents`, positioned at its start, closed on exec.
///
/// # Errors
/// When the kernel gives no memory or descriptor.
pub fn with_contents(name: &std::ffi::CStr, contents: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MFdFlags::MFD_CLOEXEC)?);
    file.write_all(contents)?;
    file.rewind()?;
    Ok(file.into())
}

/// Everything in a file that [`with_contents`] made.
///
/// # Errors
/// When it cannot be read.
pub fn read_all(fd: &OwnedFd) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    let mut file = File::from(fd.try_clone()?);
    file.rewind()?;
    file.read_to_end(&mut contents)?;
    Ok(contents)
}
