//! Keys that are fetched, from an issuer that behaves as badly as it likes.

mod discovery;
mod fetch;
mod issuer;
mod keeper;
mod server;
mod sharing;
mod tls;

use std::time::Duration;

use appserver_auth::config::{Remote, RemoteUrl};

use issuer::Issuer;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3600);
/// Short, for what is to come soon.
const SOON: Duration = Duration::from_millis(20);

/// How the set of this issuer is fetched, if nothing else is said.
fn remote(issuer: &Issuer) -> Remote {
    Remote {
        url: RemoteUrl::Set(issuer.url("/keys")),
        cache: LONG,
        cache_bounds: (Duration::ZERO, LONG),
        refresh_before: Duration::ZERO,
        stale_if_error: LONG,
        cooldown: SOON,
        timeout: Duration::from_secs(20),
        max_bytes: 150 * 1024,
        max_keys: 64,
        ca: None,
        allow_http: true,
    }
}
