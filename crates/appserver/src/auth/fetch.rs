//! Fetches a set of keys for a question that is asked once.

use appserver_auth::config::{Remote, RemoteUrl};

use crate::failure::{Failure, FailureKind};
use crate::jwks;
use crate::settings::bare;

/// The text of a provider's set, and where it is from. Only what may be told of the address is told.
///
/// # Errors
/// It cannot be fetched.
pub(super) fn keys(provider: &str, remote: &Remote) -> Result<(String, String), Failure> {
    let (RemoteUrl::Set(url) | RemoteUrl::Discovery(url)) = &remote.url;
    let cannot = |error: &dyn std::error::Error| {
        let failure = Failure::of(FailureKind::Failed, error);
        let from = bare(url);
        let message = format!("cannot fetch the keys of provider {provider} from {from}");
        let causes = std::iter::once(failure.message).chain(failure.causes).collect();
        let hint = "name a file with the keys: --jwks FILE";
        Failure { causes, ..Failure::new(FailureKind::Failed, message).hint(hint) }
    };
    let bytes = jwks::fetch_once(remote).map_err(|error| cannot(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| cannot(&error))?;
    Ok((text, bare(url)))
}
