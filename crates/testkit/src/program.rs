//! Where the programs under test are.

use std::path::{Path, PathBuf};

/// What prepares everything that the tests need, and runs them.
pub(crate) const TEST_COMMAND: &str = "packaging/test";

/// The target directory that this test was built into, found from the test's own path.
pub fn target() -> PathBuf {
    profile().parent().expect("a profile is a folder of the target directory").to_owned()
}

/// A program of the workspace, built with the same profile as this test.
pub fn built(name: &str) -> PathBuf {
    let path = profile().join(name);
    assert!(path.is_file(), "{} is not built; run {TEST_COMMAND}", path.display());
    path
}

/// The root of the checkout.
pub fn checkout() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A folder of `examples`.
pub fn example(name: &str) -> PathBuf {
    checkout().join("examples").join(name)
}

/// TARGET/debug, when the test is TARGET/debug/deps/NAME-HASH.
fn profile() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let deps = test.parent().expect("a program is in a folder");
    deps.parent().expect("a test is in a folder of its profile").to_owned()
}
