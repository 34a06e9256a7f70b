//! What verifies and what gives out, of one project.

use appserver_auth::Config as Verifying;
use appserver_auth::config::{Keys, Source};
use appserver_auth::django::{self as verifying, PROVIDER};

use super::{Note, Project, merge, own_keys};
use crate::Config;

/// Merges what the project says into both configurations, which then want no more of it. The rules of
/// what is given out are the first ones, as many as it has paths; those of paths that stay with the
/// application are taken away.
///
/// # Errors
/// What the project says cannot be used, with the remedy.
pub fn settle(
    config: &Verifying,
    issuing: &Config,
    project: &Project,
) -> Result<(Verifying, Config, Vec<Note>), String> {
    let mut written = written(config, issuing, project)?;
    let cookie = take_cookie(&mut written, issuing);
    let (verifier, _) = verify(&written, project, cookie.as_ref())?;
    let provider = verifier.providers.iter().find(|provider| provider.name == PROVIDER);
    let provider = provider.ok_or("the project's provider is missing")?;
    let (merged, more) = merge(issuing, project, provider)?;
    let gone = issuing.paths.iter().filter(|(endpoint, _)| !merged.paths.contains_key(endpoint));
    let gone: Vec<&String> = gone.map(|(_, path)| path).collect();
    let mut ours = issuing.paths.len();
    written.rules.retain(|rule| {
        let is_ours = ours > 0;
        ours = ours.saturating_sub(1);
        !(is_ours && gone.contains(&&rule.path))
    });
    // Again: what is left to the application may need rules of its own.
    let (verifier, mut notes) = verify(&written, project, cookie.as_ref())?;
    notes.extend(more);
    Ok((verifier, merged, notes))
}

/// The configuration with the project's provider in it, as far as it is written: what the issuer
/// wants of it, and keys of our own where the project has none to sign with.
fn written(config: &Verifying, issuing: &Config, project: &Project) -> Result<Verifying, String> {
    let mut written = config.clone();
    if !written.providers.iter().any(|provider| provider.name == PROVIDER) {
        written.providers.insert(0, issuing.provider.clone());
    }
    let directory = own_keys(issuing, project)?;
    let providers = written.providers.iter_mut();
    for provider in providers.filter(|provider| provider.name == PROVIDER) {
        provider.is_revocable = true;
        if let Some(directory) = directory.as_ref().filter(|_| provider.keys == Keys::Django) {
            provider.keys = Keys::Local(String::new());
            provider.algorithms = vec![directory.algorithm];
        }
    }
    Ok(written)
}

/// The cookie that tokens are given out in. Without it, it can be seen whether somebody has written
/// where tokens are looked for, or the project says it.
fn take_cookie(written: &mut Verifying, issuing: &Config) -> Option<Source> {
    let access = &issuing.cookies.as_ref()?.access;
    let mut providers = written.providers.iter_mut();
    let sources = &mut providers.find(|provider| provider.name == PROVIDER)?.sources;
    let is_access =
        |source: &Source| matches!(source, Source::Cookie { name, .. } if name == access);
    let at = sources.iter().position(is_access)?;
    Some(sources.remove(at))
}

fn verify(
    written: &Verifying,
    project: &Project,
    cookie: Option<&Source>,
) -> Result<(Verifying, Vec<Note>), String> {
    let (mut merged, notes) = verifying::merge(written, &project.settings)?;
    let mut providers = merged.providers.iter_mut();
    if let Some(provider) = providers.find(|provider| provider.name == PROVIDER) {
        provider.sources.extend(cookie.cloned());
    }
    Ok((merged, notes))
}
