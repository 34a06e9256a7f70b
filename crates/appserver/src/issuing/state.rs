//! The directory of what has to outlive the server.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use appserver_issuer::Config;
use appserver_os::privileges::Identity;

use crate::failure::{Failure, FailureKind};
use crate::settings::Loaded;

/// In the project's directory, where nothing else is named.
const NAME: &str = ".appserver";

/// Where it is: what the settings name, or the service manager, or below the project. Absolute where
/// the project's directory is.
pub(crate) fn directory(loaded: &Loaded, environment: &[(String, String)]) -> PathBuf {
    let named = loaded.settings.state_dir.clone().filter(|path| !path.as_os_str().is_empty());
    // systemd separates several by colons (systemd.exec(5)).
    let given = environment.iter().find(|(name, _)| name == "STATE_DIRECTORY");
    let given = given.and_then(|(_, paths)| paths.split(':').next());
    let given = given.filter(|path| path.starts_with('/')).map(PathBuf::from);
    loaded.directory.join(named.or(given).unwrap_or_else(|| NAME.into()))
}

/// Makes the directories that an issuer needs, where they are not there.
///
/// # Errors
/// One cannot be made, or not be given to the identity.
pub(crate) fn make_all(
    (loaded, environment): (&Loaded, &[(String, String)]),
    config: &Config,
) -> Result<(), Failure> {
    let identity = loaded.settings.identity();
    make(&directory(loaded, environment), &identity)?;
    // The usual one is made inside the directory of the state, by whoever needs it.
    let is_named = loaded.settings.auth.jwt.keys.dir.is_some();
    config.key_directory().filter(|_| is_named).map_or(Ok(()), |keys| make(&keys.path, &identity))
}

/// Makes a directory that only this identity can look into, where it is not there. What is there
/// stays as it is.
///
/// # Errors
/// It cannot be made, or not be given to the identity.
pub(crate) fn make(path: &Path, identity: &Identity) -> Result<(), Failure> {
    if path.is_dir() {
        return Ok(());
    }
    let failed = |error: io::Error| {
        let text = format!("cannot make the directory {}: {error}", path.display());
        let hint = "set `state_dir` to a directory that the server may make or write to";
        Failure::new(FailureKind::Failed, text).hint(hint)
    };
    // Others may go through what is around it.
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    DirBuilder::new().mode(0o700).create(path).map_err(failed)?;
    let ignore = path.join(".gitignore");
    fs::write(&ignore, "*\n").map_err(failed)?;
    for made in [path, &ignore] {
        identity.own(made).map_err(|error| Failure::of(FailureKind::Failed, &error))?;
    }
    Ok(())
}
