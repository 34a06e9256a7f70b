//! Opening a file inside of a folder step by step, for kernels that cannot be asked to stay inside.
//!
//! No step follows a symbolic link by itself, so that nobody can put one under our feet.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, SFlag, fstat};

/// As many links are followed as the kernel would (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Opens a relative path with these flags. Links may lead anywhere inside; absolute ones lead
/// outside.
///
/// # Errors
/// `EXDEV` for what leads outside; else what the system says.
pub(super) fn open(root: BorrowedFd<'_>, path: &[u8], flags: OFlag) -> nix::Result<OwnedFd> {
    let mut inside: Vec<OwnedFd> = Vec::new();
    let mut steps = Vec::new();
    push_steps(&mut steps, path)?;
    let mut links = 0;
    while let Some(step) = steps.pop() {
        let here = inside.last().map_or(root, AsFd::as_fd);
        if step == b".." {
            inside.pop().ok_or(Errno::EXDEV)?;
            continue;
        }
        let finding = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let found = openat(here, step.as_slice(), finding, Mode::empty())?;
        if is_link(&found)? {
            links += 1;
            if links > MOST_LINKS {
                return Err(Errno::ELOOP);
            }
            push_steps(&mut steps, readlinkat(&found, c"")?.as_bytes())?;
        } else if steps.is_empty() {
            return openat(here, step.as_slice(), flags | OFlag::O_NOFOLLOW, Mode::empty());
        } else {
            inside.push(found);
        }
    }
    let here = inside.last().map_or(root, AsFd::as_fd);
    openat(here, c".", flags | OFlag::O_DIRECTORY, Mode::empty())
}

/// Puts the steps of a path before those that are left; the next one is the last.
fn push_steps(steps: &mut Vec<Vec<u8>>, path: &[u8]) -> nix::Result<()> {
    if path.starts_with(b"/") {
        return Err(Errno::EXDEV);
    }
    let named = path.split(|byte| *byte == b'/').rev();
    let named = named.filter(|step| !step.is_empty() && *step != b".");
    steps.extend(named.map(<[u8]>::to_vec));
    Ok(())
}

fn is_link(fd: &OwnedFd) -> nix::Result<bool> {
    let mode = SFlag::from_bits_truncate(fstat(fd)?.st_mode);
    Ok(mode & SFlag::S_IFMT == SFlag::S_IFLNK)
}
