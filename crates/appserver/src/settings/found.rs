//! What is looked for where it is not set.

use std::{
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, access};

use super::{Sources, environment::variable};

/// The directory of the control socket: the first that is there and writable, or whose parent lets
/// it be made. `None` where there is none.
#[must_use]
pub fn find_runtime_dir(environment: &[(String, String)]) -> Option<PathBuf> {
    // systemd lists several directories with colons; the first is the main one.
    let service = variable(environment, "RUNTIME_DIRECTORY")
        .and_then(|list| list.split(':').next())
        .map(PathBuf::from);
    let shared = [Some("/run"), variable(environment, "XDG_RUNTIME_DIR")];
    let own = shared.map(|parent| parent.map(|parent| Path::new(parent).join("appserver")));
    let usable = |path: &PathBuf| match path.exists() {
        true => writable(path),
        false => path.parent().is_some_and(writable),
    };
    let service = service.filter(|path| writable(path));
    service.or_else(|| own.into_iter().flatten().find(usable))
}

fn writable(path: &Path) -> bool {
    path.is_dir() && access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// The Python interpreter of an app in `directory`: of `$VIRTUAL_ENV`, of `.venv` or `venv` in the
/// directory, the one beside this program, or `python3` of `$PATH`. `None` where there is none.
#[must_use]
pub fn find_interpreter(directory: &Path, sources: &Sources) -> Option<PathBuf> {
    let environment = &sources.environment;
    let active =
        variable(environment, "VIRTUAL_ENV").map(|root| Path::new(root).join("bin/python"));
    let own = [".venv", "venv"].map(|name| Some(directory.join(name).join("bin/python")));
    let beside = paths(&sources.program).into_iter().map(|program| beside(&program));
    let near = [active].into_iter().chain(own).chain(beside).flatten().find(|path| runs(path));
    near.or_else(|| find_on_path("python3", environment))
}

/// The program of this name that `$PATH` leads to.
#[must_use]
pub fn find_on_path(name: impl AsRef<Path>, environment: &[(String, String)]) -> Option<PathBuf> {
    let search = variable(environment, "PATH").unwrap_or_default();
    env::split_paths(search).map(|folder| folder.join(&name)).find(|path| runs(path))
}

/// Whether this is the bare name of a program, which `$PATH` leads to.
pub(crate) fn is_bare(program: &Path) -> bool {
    program.components().count() == 1 && program.file_name().is_some()
}

/// The current directory by the name that the shell knows it by: with its symbolic links, which may
/// lead to another release at the next reload.
pub(crate) fn current_directory(environment: &[(String, String)]) -> io::Result<PathBuf> {
    let real = env::current_dir()?;
    let named = variable(environment, "PWD").map(PathBuf::from);
    Ok(named.filter(|path| path.is_absolute() && is_same(path, &real)).unwrap_or(real))
}

/// This program by the path that it was started with, with its symbolic links, for the same reason.
pub(crate) fn own_program(directory: &Path, environment: &[(String, String)]) -> PathBuf {
    let real = env::current_exe().unwrap_or_default();
    let typed = env::args_os().next().map(PathBuf::from);
    let path = typed.and_then(|typed| match is_bare(&typed) {
        true => find_on_path(typed, environment).map(|path| directory.join(path)),
        false => Some(directory.join(typed)),
    });
    // Whoever starts a program may call it anything.
    path.filter(|path| is_same(path, &real)).unwrap_or(real)
}

/// The path of a program, and its path without symbolic links: it may be installed with what is
/// beside the one or the other.
pub(crate) fn paths(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().ok().filter(|real| real != program);
    [Some(program.to_owned()), real].into_iter().flatten().collect()
}

fn is_same(one: &Path, other: &Path) -> bool {
    let number = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    number(one).is_some_and(|found| number(other) == Some(found))
}

/// The interpreter of the virtual environment that a program is installed in.
fn beside(program: &Path) -> Option<PathBuf> {
    let root = program.parent()?.parent()?;
    root.join("pyvenv.cfg").is_file().then(|| root.join("bin/python"))
}

fn runs(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
