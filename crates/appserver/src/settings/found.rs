//! What is looked for where it is not set.

use std::{
    env,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::environment::variable;

/// The directory of the control socket: the first that is there and writable, or whose parent lets
/// it be made. `None` where there is none.
#[must_use]
pub fn find_runtime_dir(environment: &[(String, String)]) -> Option<PathBuf> {
    // systemd lists several directories with colons; the first is the main one.
    let service = variable(environment, "RUNTIME_DIRECTORY")
        .and_then(|list| list.split(':').next())
        .map(PathBuf::from);
    let system = Some(PathBuf::from("/run/appserver"));
    let user = variable(environment, "XDG_RUNTIME_DIR")
        .map(|directory| Path::new(directory).join("appserver"))
        .filter(|path| path.is_dir() || path.parent().is_some_and(writable));
    let candidates =
        [service.filter(|path| writable(path)), system.filter(|path| writable(path)), user];
    candidates.into_iter().flatten().find(|path| !path.exists() || writable(path))
}

fn writable(path: &Path) -> bool {
    path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// The Python interpreter of an app in `directory`: of `$VIRTUAL_ENV`, of `.venv` or `venv` in the
/// directory, the one beside this program, or `python3` of `$PATH`. `None` where there is none.
#[must_use]
pub fn find_interpreter(directory: &Path, environment: &[(String, String)]) -> Option<PathBuf> {
    let active =
        variable(environment, "VIRTUAL_ENV").map(|root| Path::new(root).join("bin/python"));
    let own = [".venv", "venv"].map(|name| Some(directory.join(name).join("bin/python")));
    let beside = env::current_exe().ok().and_then(|program| beside(&program));
    let search = variable(environment, "PATH").unwrap_or_default();
    let on_path = env::split_paths(search).map(|folder| Some(folder.join("python3")));
    [active].into_iter().chain(own).chain([beside]).chain(on_path).flatten().find(|path| runs(path))
}

/// The interpreter of the virtual environment that a program is installed in.
fn beside(program: &Path) -> Option<PathBuf> {
    let root = program.parent()?.parent()?;
    root.join("pyvenv.cfg").is_file().then(|| root.join("bin/python"))
}

fn runs(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
