//! What the project's tokens are signed with.

use appserver_auth::Algorithm;
use appserver_auth::config::{Keys, Provider};
use appserver_auth::django::reading::{Names, wrong};
use appserver_auth::issue::Signer;

use super::Project;
use crate::Config;
use crate::config::{KeyDirectory, Signing};

/// The directory of our own keys, where the project verifies with public keys and has none to sign
/// with: then it is to verify with ours.
///
/// # Errors
/// The project verifies with a key whose other half nobody has.
pub(super) fn own_keys(config: &Config, project: &Project) -> Result<Option<KeyDirectory>, String> {
    let names = Names::of(&project.settings);
    let algorithm = names.text("ALGORITHM")?.and_then(|name| Algorithm::named(&name));
    let Some(algorithm) = algorithm.filter(|algorithm| !algorithm.is_symmetric()) else {
        return Ok(None);
    };
    if config.signing != Signing::Django || project.private_key.is_some() {
        return Ok(None);
    }
    let has_address = names.text_or_empty("JWK_URL")?.is_some_and(|url| !url.is_empty());
    let has_key = names.text_or_empty("VERIFYING_KEY")?.is_some_and(|key| !key.is_empty());
    if has_key && !has_address {
        let problem = "is not set, and VERIFYING_KEY is: nobody could sign what that key verifies; set \
                       both, or JWK_URL to the server's own keys";
        return Err(wrong("SIGNING_KEY", problem));
    }
    Ok(config.own_keys.clone().map(|keys| KeyDirectory { algorithm, ..keys }))
}

/// What signs, from here on.
pub(super) fn of(
    config: &Config,
    project: &Project,
    provider: &Provider,
    notes: &mut Vec<String>,
) -> Result<Signing, String> {
    if config.signing != Signing::Django {
        return Ok(config.signing.clone());
    }
    let algorithm = provider.algorithms.first().copied();
    let algorithm = algorithm.ok_or_else(|| wrong("ALGORITHM", "is not known"))?;
    if algorithm.is_symmetric() {
        return secret(provider);
    }
    if let Some(pem) = &project.private_key {
        Signer::from_pem(algorithm, pem, None)
            .map_err(|error| wrong("SIGNING_KEY", &format!("cannot sign: {error}")))?;
        return Ok(Signing::Pem(pem.clone()));
    }
    let Some(directory) = own_keys(config, project)? else {
        let problem = format!("is not set, and {} is signed with a private key", algorithm.name());
        return Err(wrong("SIGNING_KEY", &format!("{problem}; put its PEM text there")));
    };
    if Names::of(&project.settings).value("JWK_URL").is_some() {
        notes.push(
            "the server signs with keys of its own, so JWK_URL has to be the address of its JWKS \
             endpoint"
                .to_owned(),
        );
    }
    Ok(Signing::Directory(directory))
}

/// The secret that the provider verifies with.
fn secret(provider: &Provider) -> Result<Signing, String> {
    let secrets = match &provider.keys {
        Keys::Chosen(secrets) | Keys::Secrets(secrets) => secrets.first(),
        _ => None,
    };
    let none = || "the provider \"django\" has no secret to sign with".to_owned();
    secrets.cloned().map(Signing::Secret).ok_or_else(none)
}
