//! The keys that a worker's gate gets from elsewhere.

use std::io;
use std::sync::Arc;

use appserver_auth::{Config, Gate};
use appserver_os::SharedMemory;

use crate::jwks::{Keeper, Watched};

/// Begins to keep the keys of the gate's providers. Nothing waits for the first fetch: requests
/// that need one of its keys do.
///
/// # Errors
/// When the kernel gives no memory.
pub(super) fn keep(
    gate: Option<&Gate>,
    config: Option<&Config>,
    shared: &[Arc<SharedMemory>],
) -> io::Result<Option<Keeper>> {
    let Some((gate, config)) = gate.zip(config) else { return Ok(None) };
    let algorithms = |name: &str| {
        let provider = config.providers.iter().find(|provider| provider.name == name);
        provider.map(|provider| provider.algorithms.clone()).unwrap_or_default()
    };
    let watched: Vec<Watched> = gate
        .remotes()
        .into_iter()
        .map(|(name, remote, ring)| Watched {
            name: name.to_owned(),
            remote: remote.clone(),
            algorithms: algorithms(name),
            ring,
        })
        .collect();
    if watched.is_empty() { Ok(None) } else { Keeper::start(watched, shared).map(Some) }
}
