//! Copies of projects, to be changed while they are served.

use std::path::Path;

/// Copies a folder with everything in it, except what Python compiles.
///
/// # Panics
/// When a file cannot be copied.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "__pycache__" {
            copy_tree(&path, &to.join(&name));
        } else if path.is_file() {
            std::fs::copy(&path, to.join(&name)).expect("the file can be copied");
        }
    }
}

/// Writes a file at once, as a deployment does: whoever reads sees the old text or the new one.
///
/// # Panics
/// When it cannot be written.
pub fn replace(path: &Path, text: impl AsRef<[u8]>) {
    let folder = path.parent().expect("a file is in a folder");
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let mut name = path.file_name().expect("a file has a name").to_owned();
    name.push(".new");
    let new = folder.join(name);
    std::fs::write(&new, text).expect("the file can be written");
    std::fs::rename(&new, path).expect("the file can be replaced");
}
