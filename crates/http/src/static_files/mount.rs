//! One folder under one prefix of paths: looks for files, and opens them.
//!
//! Its calls are made on the loop without waiting, or elsewhere with it, so it can be shared by
//! threads. It knows nothing of requests.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::sync::Arc;

use appserver_os::folder::{Folder, Kind, Stamp, Wait, is_absence, read_at};
use bytes::Bytes;
use http::HeaderValue;

use super::coding::Coding;
use super::entry::{Entry, Found, Manners, Variant};
use super::recent::Recent;
use super::target::is_safe;
use super::validators::wall_clock;
use super::waiters::{Threads, Waiters};
use super::{StaticError, StaticMount, immutable, media_type};

/// Files up to this size, in bytes, are read at once, and kept while there is room.
pub(super) const SMALL: u64 = 64 * 1024;

/// Manifests of real projects have kilobytes; more than this, in bytes, is not read.
const LONGEST_MANIFEST: u64 = 64 << 20;

const MANIFEST: &CStr = c"staticfiles.json";

/// What a path leads to.
pub(super) enum Look {
    /// A file.
    File(Box<Entry>),
    /// A folder whose index would be found one slash further.
    Folder,
    /// Nothing that is served.
    Nothing,
}

/// A file that is open.
pub(super) enum Opened {
    /// All its bytes.
    Whole(Bytes),
    /// Not read yet, and whether it is on the folder's disk, and that is one of this machine.
    File(File, bool),
    /// It is not the file any more that was found.
    Changed,
}

/// A folder that is served.
pub(super) struct Mount {
    pub(super) prefix: Box<[u8]>,
    pub(super) falls_through: bool,
    /// Who may wait for its disk.
    pub(super) waiters: Waiters,
    settings: StaticMount,
    fresh: Option<HeaderValue>,
    root: Recent<Folder>,
    manifest: Recent<Manifest>,
}

/// What Django's manifest says, if there is one.
#[derive(Default)]
struct Manifest {
    stamp: Option<Stamp>,
    made: HashSet<Box<str>>,
}

impl Manifest {
    /// One that cannot be read names nothing. It has no stamp either: it is read anew in a moment,
    /// whether it has changed or not.
    fn new(stamp: Option<Stamp>, read: io::Result<HashSet<Box<str>>>) -> Self {
        match read {
            Ok(made) => Self { stamp, made },
            Err(error) => {
                if !is_absence(&error) {
                    tracing::warn!(%error, "cannot read staticfiles.json");
                }
                Self::default()
            }
        }
    }
}

/// What files with names that never mean other bytes are allowed: a year.
const IMMUTABLE: &str = "max-age=31536000, public, immutable";

impl Mount {
    /// Opens the folder, for which these threads may wait.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn open(settings: StaticMount, threads: &Threads) -> Result<Self, StaticError> {
        let folder = Folder::open(&settings.root)
            .map_err(|source| StaticError { root: settings.root.clone(), source })?;
        let field = |age: std::time::Duration| format!("max-age={}, public", age.as_secs());
        let fresh = settings.max_age.and_then(|age| HeaderValue::try_from(field(age)).ok());
        Ok(Self {
            prefix: settings.prefix.as_bytes().into(),
            falls_through: settings.falls_through,
            settings,
            fresh,
            waiters: Waiters::new(threads),
            root: Recent::new(folder),
            manifest: Recent::new(Manifest::default()),
        })
    }

    /// What is at a decoded path below the prefix. `now` is the worker's clock.
    ///
    /// # Errors
    /// `WouldBlock` if it should not wait and would; else what the system says.
    pub(super) fn look(&self, path: &[u8], now: u64, wait: Wait) -> io::Result<Look> {
        let index = self.settings.index.as_deref();
        let (true, Some(name)) = (is_safe(path), file_name(path, index)) else {
            return Ok(Look::Nothing);
        };
        let folder = self.folder(now, wait)?;
        let Some(plain) = find(&folder, name, Coding::Identity, wait)? else {
            return Ok(Look::Nothing);
        };
        match plain.stamp.kind {
            Kind::File => {}
            Kind::Folder => return self.look_into(&folder, &plain.path, wait),
            Kind::Other => return Ok(Look::Nothing),
        }
        let manners = self.manners((&folder, &plain.path), now, wait)?;
        let look = |name, coding| find(&folder, name, coding, wait);
        let found = with_siblings(plain, wait, look)?;
        Ok(Look::File(Box::new(Entry::new(found, &manners, wall_clock(), now))))
    }

    /// Whether a folder has an index.
    fn look_into(&self, folder: &Folder, path: &CStr, wait: Wait) -> io::Result<Look> {
        let Some(index) = self.settings.index.as_deref() else { return Ok(Look::Nothing) };
        let name = [path.to_bytes(), b"/", index.as_bytes()].concat();
        let found = find(folder, name, Coding::Identity, wait)?;
        let is_file = found.is_some_and(|index| index.stamp.kind == Kind::File);
        Ok(if is_file { Look::Folder } else { Look::Nothing })
    }

    /// Whether an encoding is still what it was when it was found, and so is the plain file. Never
    /// waits: false where it would have to.
    pub(super) fn is_current(&self, entry: &Entry, variant: &Variant, now: u64) -> bool {
        let Ok(folder) = self.folder(now, Wait::Never) else { return false };
        let is_same = |it: &Variant| folder.is_unchanged(&it.path, &it.stamp);
        let plain = entry.variants.first();
        let is_plain = variant.coding == Coding::Identity;
        is_same(variant) && (is_plain || plain.is_some_and(is_same))
    }

    /// Opens what was found. Small files are read.
    ///
    /// # Errors
    /// As above.
    pub(super) fn open_file(&self, path: &CStr, stamp: &Stamp, wait: Wait) -> io::Result<Opened> {
        match open_same(&self.root.last(), path, (stamp, wait)) {
            Err(error) if is_absence(&error) || is_stale(&error) => Ok(Opened::Changed),
            opened => opened,
        }
    }

    /// The folder that the path means, as of a moment ago.
    fn folder(&self, now: u64, wait: Wait) -> io::Result<Arc<Folder>> {
        self.root.get(now, wait, |folder, wait| {
            if folder.is_at(&self.settings.root, wait)? {
                return Ok(Arc::clone(folder));
            }
            may(wait)?;
            // Where there is none, the one that there was stays in its place.
            Ok(Folder::open(&self.settings.root).map_or_else(|_| Arc::clone(folder), Arc::new))
        })
    }

    /// How a file of the folder is sent.
    fn manners(&self, place: (&Folder, &CStr), now: u64, wait: Wait) -> io::Result<Manners> {
        let (folder, path) = place;
        let path = path.to_string_lossy();
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_immutable = self.settings.has_immutable
            && (immutable::is_hashed(name)
                || self.manifest(folder, now, wait)?.made.contains(&*path));
        let cache_control = match is_immutable {
            true => Some(HeaderValue::from_static(IMMUTABLE)),
            false => self.fresh.clone(),
        };
        let allow_origin = self.settings.allow_origin.clone();
        Ok(Manners { media_type: media_type::of(name), cache_control, allow_origin })
    }

    /// The folder's manifest, as of a moment ago.
    fn manifest(&self, folder: &Folder, now: u64, wait: Wait) -> io::Result<Arc<Manifest>> {
        self.manifest.get(now, wait, |known, wait| {
            let stamp = match folder.stamp(MANIFEST, wait) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                stamp => stamp.ok(),
            };
            if stamp == known.stamp {
                return Ok(Arc::clone(known));
            }
            // Taking it apart is work, even where reading it is not.
            may(wait)?;
            Ok(Arc::new(Manifest::new(stamp, read_manifest(folder))))
        })
    }
}

/// Opens a file, unless it is another by now.
fn open_same(folder: &Folder, path: &CStr, how: (&Stamp, Wait)) -> io::Result<Opened> {
    let (stamp, wait) = how;
    let (file, now) = folder.open_file(path, wait)?;
    if now != *stamp {
        return Ok(Opened::Changed);
    }
    if stamp.size > SMALL {
        return Ok(Opened::File(file, folder.has_near(stamp)));
    }
    let bytes = read_whole(&file, stamp.size, wait)?;
    let is_same = bytes.len() as u64 == stamp.size && Stamp::of_file(&file)? == *stamp;
    Ok(if is_same { Opened::Whole(bytes.into()) } else { Opened::Changed })
}

/// Whether a server has replaced the file since it was found.
fn is_stale(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::StaleNetworkFileHandle
}

/// Lets only those go on who may wait.
fn may(wait: Wait) -> io::Result<()> {
    match wait {
        Wait::ForDisk => Ok(()),
        Wait::Never => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// The path of the file that a path means; `None` if it means a folder without an index.
fn file_name(path: &[u8], index: Option<&str>) -> Option<Vec<u8>> {
    let is_folder = path.is_empty() || path.ends_with(b"/");
    if is_folder { Some([path, index?.as_bytes()].concat()) } else { Some(path.to_vec()) }
}

/// What is at a path, if anything is.
fn find(folder: &Folder, path: Vec<u8>, coding: Coding, wait: Wait) -> io::Result<Option<Found>> {
    let Ok(path) = CString::new(path) else { return Ok(None) };
    match folder.open_file(&path, wait) {
        Ok((_, stamp)) => Ok(Some(Found { coding, path, stamp })),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file with the encodings that lie beside it. One that is older than the file is of other bytes.
/// One that cannot be had is not used: the plain file can.
fn with_siblings(
    plain: Found,
    wait: Wait,
    look: impl Fn(Vec<u8>, Coding) -> io::Result<Option<Found>>,
) -> io::Result<Vec<Found>> {
    /// Not every tool that copies files keeps more than seconds.
    const SECOND: i64 = 1_000_000_000;
    let written = plain.stamp.modified.div_euclid(SECOND);
    let name = plain.path.to_bytes().to_vec();
    let mut found = vec![plain];
    for coding in Coding::COMPRESSED {
        let name = [&name, coding.ending().as_bytes()].concat();
        let sibling = match look(name, coding) {
            // It may only have to be waited for.
            Err(error) if wait == Wait::Never => return Err(error),
            looked => looked.unwrap_or_default(),
        };
        let is_right = |it: &Found| {
            it.stamp.kind == Kind::File && it.stamp.modified.div_euclid(SECOND) >= written
        };
        found.extend(sibling.filter(is_right));
    }
    Ok(found)
}

/// The first bytes of a file; fewer only if it has fewer.
fn read_whole(file: &File, length: u64, wait: Wait) -> io::Result<Vec<u8>> {
    let length = usize::try_from(length).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let more = read_at(file, length - bytes.len(), bytes.len() as u64, wait)?;
        match more.is_empty() {
            true => break,
            // As a rule everything comes at once, and nothing is copied.
            false if bytes.is_empty() => bytes = more,
            false => bytes.extend_from_slice(&more),
        }
    }
    Ok(bytes)
}

fn read_manifest(folder: &Folder) -> io::Result<HashSet<Box<str>>> {
    let (file, stamp) = folder.open_file(MANIFEST, Wait::ForDisk)?;
    if stamp.kind != Kind::File || stamp.size > LONGEST_MANIFEST {
        return Ok(HashSet::new());
    }
    Ok(immutable::read_manifest(&read_whole(&file, stamp.size, Wait::ForDisk)?))
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::{Coding, Found, HashSet, Manifest, Stamp, Wait, with_siblings};

    fn stamp() -> Stamp {
        Stamp::of_file(&tempfile::tempfile().unwrap()).unwrap()
    }

    /// Somebody holds it for himself (fcntl(2), leases), or its disk is damaged.
    #[test]
    fn an_encoding_that_cannot_be_had_is_in_nobodys_way() {
        let stamp = stamp();
        let found = |coding| Found { coding, path: c"a".into(), stamp };
        let with = |wait, trouble: ErrorKind| {
            let look = |name: Vec<u8>, coding| match coding {
                Coding::Brotli => Err(Error::from(trouble)),
                _ => {
                    assert!(name.starts_with(b"a."));
                    Ok(Some(found(coding)))
                }
            };
            let all = with_siblings(found(Coding::Identity), wait, look);
            let codings = |all: Vec<Found>| all.into_iter().map(|it| it.coding).collect::<Vec<_>>();
            all.map(codings).map_err(|error| error.kind())
        };
        let others = vec![Coding::Identity, Coding::Zstandard, Coding::Gzip];
        for trouble in [ErrorKind::WouldBlock, ErrorKind::Other] {
            assert_eq!(with(Wait::ForDisk, trouble), Ok(others.clone()));
            // A thread that may wait has the last word.
            assert_eq!(with(Wait::Never, trouble), Err(trouble));
        }
    }

    #[test]
    fn a_manifest_that_could_not_be_read_is_not_known() {
        let now = Some(stamp());
        let unread = Manifest::new(now, Err(Error::other("damaged")));
        assert_eq!((unread.stamp, unread.made.len()), (None, 0));
        let read = Manifest::new(now, Ok(HashSet::from(["a".into()])));
        assert_eq!((read.stamp, read.made.len()), (now, 1));
    }
}
