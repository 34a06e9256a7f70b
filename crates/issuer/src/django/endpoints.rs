//! What stays with the project's own views.

use super::Project;
use crate::config::{Mode, Signing};
use crate::{Config, Endpoint};

/// Leaves the paths to the application at which it does something of its own: what that is, the
/// server cannot see. Logins are taken over where claims are written, since these are what most
/// projects have serializers of their own for.
pub(super) fn keep(
    merged: &mut Config,
    project: &Project,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    if matches!(merged.signing, Signing::Secret(_)) {
        // A secret has no public half.
        merged.paths.remove(&Endpoint::Jwks);
    }
    let has_claims = !merged.claims.is_empty() || merged.has_callback;
    for (endpoint, what) in &project.views {
        let Some(path) = merged.paths.get(endpoint).cloned() else { continue };
        let is_login = matches!(endpoint, Endpoint::Obtain | Endpoint::SlidingObtain);
        if is_login && has_claims {
            notes.push(format!(
                "{what}, and the server answers {path} instead, with the claims that its settings say"
            ));
            continue;
        }
        if merged.rotation.mode == Mode::Family && *endpoint == Endpoint::Obtain {
            return Err(format!(
                "{what}, and in mode \"family\" only tokens that the server has given out can be \
                 refreshed: {}",
                remedy(is_login)
            ));
        }
        merged.paths.remove(endpoint);
        notes.push(format!(
            "{what}, which the server cannot see into, so that {path} stays with the application: {}",
            remedy(is_login)
        ));
    }
    Ok(())
}

fn remedy(is_login: bool) -> &'static str {
    if is_login {
        "to have the server answer, say what it adds to tokens in auth.jwt.issue.claims or \
         claims_callback"
    } else {
        "to have the server answer, use simplejwt's own there, or another path"
    }
}
