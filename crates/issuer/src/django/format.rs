//! How the project's tokens look.

use std::time::Duration;

use appserver_auth::django::reading::{Names, wrong};
use appserver_auth::issue::Format;

use super::Project;
use crate::Config;

/// Fills in what nobody has written. The provider is the merged one already.
pub(super) fn fill(merged: &mut Config, project: &Project) -> Result<(), String> {
    let names = Names::of(&project.settings);
    let (provider, format) = (&merged.provider, &mut merged.format);
    if let Some(algorithm) = provider.algorithms.first() {
        format.algorithm = *algorithm;
    }
    format.leeway = provider.leeway;
    format.issuer = format.issuer.take().or_else(|| provider.issuer.clone());
    format.audience = format.audience.take().or_else(|| names.value("AUDIENCE").cloned());
    format.user_claim.clone_from(&provider.user_claim);
    format.type_claim = names.text("TOKEN_TYPE_CLAIM")?;
    format.jti_claim.clone_from(&provider.id_claim);
    if format.jti_claim.is_none() {
        let problem = "is None: tokens without an id cannot be used up or revoked; leave it out";
        return Err(wrong("JTI_CLAIM", problem));
    }
    if let Some(claim) = names.text("SLIDING_TOKEN_REFRESH_EXP_CLAIM")? {
        format.refresh_exp_claim = claim;
    }
    let usual = Format::new(format.algorithm);
    let lifetimes = [
        (&mut format.access_lifetime, usual.access_lifetime, "ACCESS_TOKEN_LIFETIME"),
        (&mut format.refresh_lifetime, usual.refresh_lifetime, "REFRESH_TOKEN_LIFETIME"),
        (&mut format.sliding_lifetime, usual.sliding_lifetime, "SLIDING_TOKEN_LIFETIME"),
        (
            &mut format.sliding_refresh_lifetime,
            usual.sliding_refresh_lifetime,
            "SLIDING_TOKEN_REFRESH_LIFETIME",
        ),
    ];
    for (lifetime, default, name) in lifetimes {
        if *lifetime == default && names.value(name).is_some() {
            *lifetime = positive(names, name)?;
        }
    }
    Ok(())
}

fn positive(names: Names<'_>, name: &str) -> Result<Duration, String> {
    let lifetime = names.seconds(name)?;
    if lifetime.is_zero() {
        return Err(wrong(name, "is no time: tokens would be expired at once"));
    }
    Ok(lifetime)
}
