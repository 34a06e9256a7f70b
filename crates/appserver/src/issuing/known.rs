//! The public keys of our own, for programs that are no server.

use appserver_auth::config::{Config, Keys};
use appserver_issuer::Config as Issuing;
use appserver_issuer::keys::KeyStore;

use crate::failure::{Failure, FailureKind};

/// Puts the keys that the server has made into what verifies. None are made here.
///
/// # Errors
/// They cannot be read.
pub fn put_keys(config: &mut Config, issuing: &Issuing) -> Result<(), Failure> {
    let Some(directory) = issuing.key_directory() else { return Ok(()) };
    let mut providers = config.providers.iter_mut();
    let Some(provider) = providers.find(|provider| provider.name == issuing.provider.name) else {
        return Ok(());
    };
    let unread = |error| Failure::of(FailureKind::Failed, &error);
    if provider.keys == Keys::Local(String::new())
        && !KeyStore::records(directory).map_err(unread)?.is_empty()
    {
        let store = KeyStore::open(directory).map_err(unread)?;
        provider.keys = Keys::Local(store.snapshot().published.jwks);
    }
    Ok(())
}
