//! Whose processes and files are: names, numbers, and what is known of neither.

use std::os::unix::fs::MetadataExt;

use appserver_os::privileges::{Identity, IdentityError};

/// No user database has it.
const STRANGER: &str = "3999999999";

fn identity(user: Option<&str>, group: Option<&str>) -> Identity {
    Identity { user: user.map(str::to_owned), group: group.map(str::to_owned) }
}

/// Else its processes would stay in root's groups.
#[test]
fn a_user_whose_group_nobody_knows_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = identity(Some(STRANGER), None).own(file.path());
    assert!(matches!(refused, Err(IdentityError::NoGroupKnown(_))), "{refused:?}");
}

#[test]
fn a_file_is_given_away_by_root_only() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let before = file.path().metadata().unwrap();
    let given = identity(Some(STRANGER), Some("3999999998")).own(file.path());
    let after = file.path().metadata().unwrap();
    if before.uid() == 0 && given.is_ok() {
        assert_eq!((after.uid(), after.gid()), (3_999_999_999, 3_999_999_998));
    } else {
        assert!(matches!(given, Err(IdentityError::NotGiven { .. })), "{given:?}");
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    }
}
