//! Which paths stay with the project.

use serde_json::json;

use super::{config, merged, project, refused, text};
use crate::config::Mode;
use crate::{Config, Endpoint};

#[test]
fn views_of_the_projects_own_stay() {
    let mut project = project(json!({}));
    project.views.insert(Endpoint::Obtain, text("TOKEN_OBTAIN_SERIALIZER is mine.Serializer"));
    let (left, notes) = merged(&config(), &project);
    assert!(!left.paths.contains_key(&Endpoint::Obtain), "{:?}", left.paths);
    assert!(left.paths.contains_key(&Endpoint::Refresh));
    assert!(notes[0].contains("claims_callback"), "{notes:?}");
    let (taken, notes) = merged(&Config { has_callback: true, ..config() }, &project);
    assert!(
        taken.paths.contains_key(&Endpoint::Obtain) && notes[0].contains("instead"),
        "{notes:?}"
    );
    let mut families = config();
    families.rotation.mode = Mode::Family;
    assert!(refused(&families, &project).contains("mode \"family\""));
    project.views.insert(Endpoint::Refresh, text("TOKEN_REFRESH_SERIALIZER is mine.Other"));
    let (left, _) = merged(&Config { has_callback: true, ..config() }, &project);
    assert!(!left.paths.contains_key(&Endpoint::Refresh), "its claims are not those of a login");
}
