//! Which tables the state is kept in.

use std::fs;
use std::os::unix::fs::symlink;

use appserver_store::{Address, UserTable};
use serde_json::json;

use super::{DATABASE, config, database, merged, project, refused, unreachable};
use crate::Config;
use crate::config::UserSource;
use crate::django::Project;

#[test]
fn the_blacklist_is_used_where_it_can_be() {
    let asked = Config {
        store: Address { url: String::new(), is_django: true, ..config().store },
        ..config()
    };
    let without = project(json!({"BLACKLIST_AFTER_ROTATION": true}));
    let (merged_without, notes) = merged(&config(), &without);
    assert!(!merged_without.store.is_django && notes[0].contains("own store"), "{notes:?}");
    assert!(refused(&asked, &without).contains("INSTALLED_APPS"));
    let with = Project { blacklist: Some(database()), ..without.clone() };
    for config in [&config(), &asked] {
        let (merged, notes) = merged(config, &with);
        assert_eq!((merged.store.url.as_str(), merged.store.is_django), (DATABASE, true));
        assert!(merged.store.is_applications);
        assert_eq!(notes, [""; 0]);
    }
    let far = Project { blacklist: Some(unreachable()), ..without };
    let (merged_far, notes) = merged(&config(), &far);
    assert!(!merged_far.store.is_django && notes[0].contains("NAME is no file"), "{notes:?}");
    assert!(refused(&asked, &far).contains("NAME is no file"));
}

#[test]
fn files_of_the_project_are_known_by_any_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("state")).unwrap();
    fs::write(path("state/shop.db"), "").unwrap();
    symlink(path("state"), path("linked")).unwrap();
    symlink(path("state/shop.db"), path("shop.db")).unwrap();
    fs::hard_link(path("state/shop.db"), path("second.db")).unwrap();
    symlink("state/later.db", path("first.db")).unwrap();
    symlink("first.db", path("dangling.db")).unwrap();
    symlink("round.db", path("round.db")).unwrap();
    let shares = |url: &str, files: &[&str]| {
        let address = Address::new(url.replace('~', folder.path().to_str().unwrap()));
        let users = UserSource::Table(address.clone(), UserTable::embedded());
        let config = Config { store: address, is_store_chosen: true, users, ..config() };
        let files = files.iter().map(|name| path(name)).collect();
        let (merged, _) = merged(&config, &Project { files, ..project(json!({})) });
        let UserSource::Table(users, _) = &merged.users else { panic!("users have moved") };
        assert_eq!(users.is_applications, merged.store.is_applications);
        merged.store.is_applications
    };
    assert!(shares("sqlite://~/state/shop.db", &["other.db", "state/shop.db"]));
    assert!(shares("sqlite://~/linked/shop.db", &["shop.db"]));
    assert!(shares("sqlite://~/linked/new.db", &["state/new.db"]), "it may still be made");
    assert!(!shares("sqlite://~/state/new.db", &["state/shop.db"]));
    assert!(shares("sqlite://~/second.db", &["shop.db"]), "a file may have two names");
    assert!(shares("sqlite://~/dangling.db", &["linked/later.db"]), "it may still be made");
    assert!(shares("sqlite:///~/state/shop.db", &["shop.db"]));
    assert!(!shares("sqlite://~/dangling.db", &["state/shop.db", "round.db"]));
    assert!(!shares("postgres://shop/state/shop.db", &["state/shop.db"]));
}

#[test]
fn one_file_is_opened_in_one_way() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shop.db"), "").unwrap();
    symlink(folder.path().join("shop.db"), folder.path().join("linked.db")).unwrap();
    let address = |name: &str| Address::new(format!("sqlite://{}/{name}", folder.path().display()));
    for (store, is_shared) in [("linked.db", true), ("other.db", false)] {
        let users = Address { is_applications: true, ..address("shop.db") };
        let users = UserSource::Table(users, UserTable::embedded());
        let mut config = Config { store: address(store), users, ..config() };
        config.share_alike();
        assert_eq!(config.store.is_applications, is_shared, "{store}");
        assert!(config.shares_files());
        config.users = UserSource::Application;
        assert_eq!(config.shares_files(), is_shared, "{store}");
    }
    let remote = Address { is_applications: true, ..Address::new(DATABASE) };
    assert!(!Config { store: remote, ..config() }.shares_files(), "it is no file");
}
