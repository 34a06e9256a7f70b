//! Giving up root for good.

use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Group, Uid, User, initgroups, setgid, setgroups, setuid};

/// Whom a worker runs as. Unset fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// User, by name or number.
    pub user: Option<String>,
    /// Group, by name or number; the user's own group when only the user is given.
    pub group: Option<String>,
}

/// Why an identity cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No such user.
    #[error("there is no user {0:?}")]
    NoUser(String),
    /// No such group.
    #[error("there is no group {0:?}")]
    NoGroup(String),
    /// A user by number without an entry in the user database, and no group.
    #[error("user {0} is not in the user database, so its group is unknown; name a group as well")]
    NoGroupKnown(String),
    /// The kernel refused; usually the server does not run as root.
    #[error("cannot change {what}")]
    Refused {
        /// What was to be changed.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel refused to change the owner of a file.
    #[error("cannot change the owner of {file}")]
    NotGiven {
        /// The file.
        file: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl Identity {
    /// Becomes this identity, with the supplementary groups of the user and no others. The group
    /// goes first, because without root it could not be changed.
    ///
    /// # Errors
    /// When a name is unknown, no group is known for the user, or the kernel refuses.
    pub fn assume(&self) -> Result<(), IdentityError> {
        let Found { user, gid } = self.find()?;
        if let Some(gid) = gid {
            match &user {
                Some((_, _, Some(name))) => initgroups(name, gid),
                _ => setgroups(&[gid]),
            }
            .map_err(refused("the supplementary groups"))?;
            setgid(gid).map_err(refused("the group"))?;
        }
        if let Some((uid, _, _)) = user {
            setuid(uid).map_err(refused("the user"))?;
        }
        Ok(())
    }

    /// Makes this identity the owner of a file; a symbolic link is not followed.
    ///
    /// # Errors
    /// As [`Self::assume`].
    pub fn own(&self, file: &Path) -> Result<(), IdentityError> {
        let Found { user, gid } = self.find()?;
        let uid = user.map(|(uid, _, _)| uid.as_raw());
        std::os::unix::fs::lchown(file, uid, gid.map(Gid::as_raw))
            .map_err(|source| IdentityError::NotGiven { file: file.to_owned(), source })
    }

    fn find(&self) -> Result<Found, IdentityError> {
        let user = self.user.as_deref().map(find_user).transpose()?;
        let group = self.group.as_deref().map(find_group).transpose()?;
        let gid = group.or_else(|| user.as_ref().and_then(|(_, gid, _)| *gid));
        match &self.user {
            // Root's own groups would stay.
            Some(name) if gid.is_none() => Err(IdentityError::NoGroupKnown(name.clone())),
            _ => Ok(Found { user, gid }),
        }
    }
}

/// What an identity comes to on this machine. Without a group there is no user either.
struct Found {
    user: Option<FoundUser>,
    gid: Option<Gid>,
}

type FoundUser = (Uid, Option<Gid>, Option<std::ffi::CString>);

fn find_user(name: &str) -> Result<FoundUser, IdentityError> {
    let found = match name.parse::<u32>() {
        Ok(number) => {
            let uid = Uid::from_raw(number);
            match User::from_uid(uid).ok().flatten() {
                Some(user) => Some(user),
                None => return Ok((uid, None, None)),
            }
        }
        Err(_) => User::from_name(name).ok().flatten(),
    };
    let user = found.ok_or_else(|| IdentityError::NoUser(name.to_owned()))?;
    Ok((user.uid, Some(user.gid), std::ffi::CString::new(user.name).ok()))
}

fn find_group(name: &str) -> Result<Gid, IdentityError> {
    if let Ok(number) = name.parse::<u32>() {
        return Ok(Gid::from_raw(number));
    }
    let group = Group::from_name(name).ok().flatten();
    group.map(|group| group.gid).ok_or_else(|| IdentityError::NoGroup(name.to_owned()))
}

fn refused(what: &'static str) -> impl Fn(nix::errno::Errno) -> IdentityError {
    move |error| IdentityError::Refused { what, source: error.into() }
}
