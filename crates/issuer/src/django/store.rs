//! Where the state of the project's tokens is kept.

use appserver_store::Address;

use super::{Database, Project};
use crate::Config;

/// Decides, where it was left to the project.
pub(super) fn fill(
    merged: &mut Config,
    project: &Project,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let is_wanted = merged.store.is_django && merged.store.url.is_empty();
    if merged.is_store_chosen && !is_wanted {
        return Ok(());
    }
    let tables = tables(project);
    match (tables, is_wanted) {
        (Some(Ok(url)), _) => {
            merged.store = Address {
                url: url.to_owned(),
                is_django: true,
                is_applications: true,
                has_integer_users: has_integer_users(project),
                ..merged.store.clone()
            };
        }
        (Some(Err(problem)), false) => notes.push(format!(
            "simplejwt's blacklist is not used: {problem}; what is revoked is in the server's own \
             store, and simplejwt does not see it"
        )),
        (Some(Err(problem)), true) => {
            return Err(format!("auth.jwt.store.url cannot be \"django://\": {problem}"));
        }
        (None, true) => {
            let remedy = "add \"rest_framework_simplejwt.token_blacklist\" to INSTALLED_APPS, and \
                          migrate";
            return Err(format!("auth.jwt.store.url is \"django://\": {remedy}"));
        }
        (None, false) => {}
    }
    Ok(())
}

/// The address of simplejwt's tables, where there are any; or why the server cannot use them.
fn tables(project: &Project) -> Option<Result<&str, String>> {
    let database: &Database = project.blacklist.as_ref()?;
    let Some(url) = database.url.as_deref() else { return Some(Err(database.problem.clone())) };
    let key = project.users.as_ref().map_or("other", |users| users.key_kind.as_str());
    if key == "other" {
        return Some(Err(
            "its tables refer to users by keys that only the project knows".to_owned()
        ));
    }
    Some(Ok(url))
}

fn has_integer_users(project: &Project) -> bool {
    project.users.as_ref().is_some_and(|users| users.key_kind == "integer")
}
