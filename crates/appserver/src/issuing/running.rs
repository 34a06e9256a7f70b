//! The issuer of this process, for whoever in it has something to revoke.

use std::sync::{Mutex, PoisonError};

use appserver_issuer::Issuer;

static RUNNING: Mutex<Option<Issuer>> = Mutex::new(None);

/// Says that this is the issuer of this process, until the process ends.
pub(crate) fn announce(issuer: &Issuer) {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(issuer.clone());
}

/// The issuer of this process, if it is a worker that gives tokens out.
#[must_use]
pub fn running() -> Option<Issuer> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
