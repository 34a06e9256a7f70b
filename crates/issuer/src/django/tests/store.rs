//! Which tables the state is kept in.

use appserver_store::Address;
use serde_json::json;

use super::{DATABASE, config, database, merged, project, refused, unreachable};
use crate::Config;
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
        assert_eq!(notes, [""; 0]);
    }
    let far = Project { blacklist: Some(unreachable()), ..without };
    let (merged_far, notes) = merged(&config(), &far);
    assert!(!merged_far.store.is_django && notes[0].contains("NAME is no file"), "{notes:?}");
    assert!(refused(&asked, &far).contains("NAME is no file"));
}
