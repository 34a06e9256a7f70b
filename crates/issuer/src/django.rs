//! What a Django project's own settings say of giving tokens out, as a configuration: `SIMPLE_JWT` of
//! djangorestframework-simplejwt 5.5, the model of users, the hashers and the databases.
//!
//! Promises: where the server would not do as the project does, the application is asked, the path is
//! left to the application, or a note says so; a combination that cannot work is refused with the
//! remedy. Who reads the settings out of Python is not known here.

mod endpoints;
mod format;
mod hashers;
mod project;
mod settle;
mod signing;
mod store;
#[cfg(test)]
mod tests;
mod users;

use appserver_auth::config::Provider;
pub use appserver_auth::django::Note;
use appserver_auth::django::reading::{Names, wrong};

use crate::Config;
use crate::config::{LOGIN_FIELD, Mode};

pub use project::{Database, Hasher, Hashers, Project, Users};
pub use settle::settle;
use signing::own_keys;

/// Merges what the project says into the configuration, which then wants no more of it. `provider` is
/// what verifies the tokens, merged already.
///
/// A value that differs from the default of its setting stays; one that is equal to it is the
/// project's.
///
/// # Errors
/// What the project says cannot be used, with the remedy.
fn merge(
    config: &Config,
    project: &Project,
    provider: &Provider,
) -> Result<(Config, Vec<Note>), String> {
    let mut notes = Vec::new();
    let mut merged = config.clone();
    merged.from_django = false;
    merged.provider = provider.clone();
    merged.signing = signing::of(config, project, provider, &mut notes)?;
    merged.own_keys = None;
    format::fill(&mut merged, project)?;
    rotation(&mut merged, project, &mut notes);
    passwords(&mut merged, project, &mut notes)?;
    users::fill(&mut merged, project, &mut notes)?;
    store::fill(&mut merged, project, &mut notes)?;
    merged.share(&project.files);
    endpoints::keep(&mut merged, project, &mut notes)?;
    Ok((merged, notes.into_iter().map(Note).collect()))
}

fn rotation(merged: &mut Config, project: &Project, notes: &mut Vec<String>) {
    let names = Names::of(&project.settings);
    let is_family = merged.rotation.mode == Mode::Family;
    merged.rotation.rotates |= is_family || names.is_true("ROTATE_REFRESH_TOKENS");
    let wanted = names.is_true("BLACKLIST_AFTER_ROTATION");
    merged.rotation.blacklists |= is_family || wanted;
    if wanted && project.blacklist.is_none() {
        notes.push(
            "BLACKLIST_AFTER_ROTATION does nothing in simplejwt without its blacklist app; the server \
             does blacklist, in its own store, which simplejwt does not see"
                .to_owned(),
        );
    }
}

/// What is asked of passwords and users at each login.
fn passwords(
    merged: &mut Config,
    project: &Project,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let names = Names::of(&project.settings);
    merged.update_last_login |= names.is_true("UPDATE_LAST_LOGIN");
    merged.checks_active = names.is_true("CHECK_USER_IS_ACTIVE");
    if merged.login_field == LOGIN_FIELD {
        merged.login_field.clone_from(&project.login_field);
    }
    if !names.is_true("CHECK_REVOKE_TOKEN") {
        return Ok(());
    }
    let claim = names.text("REVOKE_TOKEN_CLAIM")?;
    let none = || wrong("REVOKE_TOKEN_CLAIM", "is None, and CHECK_REVOKE_TOKEN needs its claim");
    merged.password_claim = Some(claim.ok_or_else(none)?);
    if merged.upgrade_passwords {
        merged.upgrade_passwords = false;
        notes.push(
            "CHECK_REVOKE_TOKEN ends the sessions of a user whose stored password changes, so logins \
             do not hash passwords anew"
                .to_owned(),
        );
    }
    Ok(())
}
