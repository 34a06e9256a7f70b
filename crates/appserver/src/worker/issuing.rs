//! The issuer of a worker, and what the gate knows of it.

use std::rc::Rc;
use std::sync::Arc;

use appserver_auth::config::Keys;
use appserver_auth::key::KeySet;
use appserver_auth::key::ring::KeyRing;
use appserver_auth::{Algorithm, Denials, Gate};
use appserver_issuer::keys::Published;
use appserver_issuer::{Host, Issuer};
use appserver_supervisor::BootReport;
use appserver_telemetry::Slot;

use crate::handed::Handed;
use crate::issuing::{Counters, IssuerEndpoints, announce};

/// More keys than a directory ever publishes.
const MOST_KEYS: usize = 1000;

/// Starts the issuer, where there is one, and lets the gate know what it knows.
///
/// # Errors
/// It cannot be started.
pub(super) async fn start(
    handed: &Handed,
    gate: Option<&Gate>,
    host: Host,
    slot: &Slot,
) -> Result<Option<IssuerEndpoints>, BootReport> {
    let Some(config) = &handed.issuer else { return Ok(None) };
    let issuer = Issuer::start(config.clone(), host)
        .await
        .map_err(|error| BootReport::worker(error.to_string()))?;
    if let Some(gate) = gate {
        gate.set_denials(issuer.denied() as Arc<dyn Denials>);
        if matches!(config.provider.keys, Keys::Local(_)) {
            follow(gate, &issuer, (&config.provider.name, config.format.algorithm))?;
        }
    }
    announce(&issuer);
    Ok(Some(IssuerEndpoints::new(issuer, handed, Counters::new(slot))))
}

/// Keeps the gate's keys those that are published.
fn follow(
    gate: &Gate,
    issuer: &Issuer,
    (provider, algorithm): (&str, Algorithm),
) -> Result<(), BootReport> {
    let Some(ring) = gate.ring(provider) else { return Ok(()) };
    let mut keys = issuer.keys();
    let first = Arc::clone(&keys.borrow_and_update());
    put(&ring, &first, algorithm).map_err(BootReport::worker)?;
    tokio::task::spawn_local(async move {
        while keys.changed().await.is_ok() {
            let published = Arc::clone(&keys.borrow_and_update());
            if let Err(problem) = put(&ring, &published, algorithm) {
                tracing::error!("{problem}");
            }
        }
    });
    Ok(())
}

fn put(ring: &Rc<KeyRing>, published: &Published, algorithm: Algorithm) -> Result<(), String> {
    let read = KeySet::from_jwk_set(published.jwks.as_bytes(), &[algorithm], MOST_KEYS);
    let (keys, _) = read.map_err(|error| format!("our own keys cannot be used: {error}"))?;
    ring.replace(keys);
    Ok(())
}
