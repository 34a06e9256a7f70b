//! The master's side of fetched keys: memory for each set, which generations hand on to each other.
//!
//! The master never reads it and never fetches. A set belongs to its settings: where a reload
//! changes none of them, the new generation starts with the keys that are there.

use std::io;
use std::sync::Arc;

use appserver_auth::Algorithm;
use appserver_auth::config::{Config, Keys, Provider, Remote};
use appserver_os::SharedMemory;

use super::store::{self, Counts, Store};

/// Room for a set that only the application's own settings name, in bytes.
const SPARE: usize = 1024 * 1024;

/// The memories that the last generation was given.
#[derive(Debug, Default)]
pub struct Shelf {
    memories: Vec<Arc<SharedMemory>>,
}

impl Shelf {
    /// The memories for a generation with this configuration. Those that it does not need any more
    /// are given up here; older generations have theirs still.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub fn serve(&mut self, config: Option<&Config>) -> io::Result<Vec<Arc<SharedMemory>>> {
        let mut served = Vec::new();
        for (identity, max_bytes) in config.into_iter().flat_map(wanted) {
            if !served.iter().any(|memory| identity_of(memory) == identity) {
                served.push(self.get(identity, max_bytes)?);
            }
        }
        if config.is_some_and(|config| config.from_django) {
            self.add_spares(&mut served)?;
        }
        self.memories.clone_from(&served);
        Ok(served)
    }

    fn get(&self, identity: u64, max_bytes: usize) -> io::Result<Arc<SharedMemory>> {
        let mut memories = self.memories.iter();
        if let Some(memory) = memories.find(|memory| identity_of(memory) == identity) {
            return Ok(Arc::clone(memory));
        }
        let memory = Arc::new(Store::create(max_bytes)?);
        Store::new(Arc::clone(&memory)).claim(identity);
        Ok(memory)
    }

    /// What the project names is known to workers only. They find the memory of before by its
    /// identity, or claim the empty one.
    fn add_spares(&self, served: &mut Vec<Arc<SharedMemory>>) -> io::Result<()> {
        let is_new =
            |memory: &&Arc<SharedMemory>| !served.iter().any(|other| Arc::ptr_eq(other, memory));
        let others: Vec<_> = self.memories.iter().filter(is_new).cloned().collect();
        let empty = others.iter().find(|memory| identity_of(memory) == 0).cloned();
        // One of them is enough: a project has one such set.
        served.extend(others.into_iter().rev().find(|memory| identity_of(memory) != 0));
        served.push(match empty {
            Some(memory) => memory,
            None => Arc::new(Store::create(SPARE)?),
        });
        Ok(())
    }
}

/// What has come of fetching the keys of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider; `None` is one that only the application's own settings name.
    pub provider: Option<String>,
    /// How often its set was fetched, by what came of it. Providers that share a set share these.
    pub counts: Counts,
    /// When the set in use was fetched, as [`appserver_os::clock`] counts; `None` is never.
    pub fetched_ns: Option<u64>,
    /// How many attempts in a row have failed since.
    pub failures: u64,
}

/// What has come of fetching, for each provider of a configuration that keys are fetched for.
/// `memories` are those that [`Shelf::serve`] has made for it.
#[must_use]
pub fn report(config: &Config, memories: &[Arc<SharedMemory>]) -> Vec<Report> {
    let names: Vec<(u64, &str)> = config.providers.iter().filter_map(named).collect();
    let mut reports = Vec::new();
    for memory in memories {
        let store = Store::new(Arc::clone(memory));
        let (identity, history) = (store.identity(), store.history());
        let report = |provider: Option<&str>| Report {
            provider: provider.map(str::to_owned),
            counts: store::counts(memory),
            fetched_ns: Some(history.fetched).filter(|time| *time > 0),
            failures: history.failures,
        };
        let before = reports.len();
        let its = names.iter().filter(|(of, _)| *of == identity);
        reports.extend(its.map(|(_, name)| report(Some(name))));
        if before == reports.len() && identity != 0 {
            reports.push(report(None));
        }
    }
    reports
}

fn named(provider: &Provider) -> Option<(u64, &str)> {
    match &provider.keys {
        Keys::Remote(remote) => {
            Some((identity(remote, &provider.algorithms), provider.name.as_str()))
        }
        _ => None,
    }
}

/// The memory for a set among those that were handed down; else one that only this process sees.
///
/// # Errors
/// When the kernel gives no memory.
pub(super) fn find(
    memories: &[Arc<SharedMemory>],
    remote: &Remote,
    algorithms: &[Algorithm],
) -> io::Result<Store> {
    let identity = identity(remote, algorithms);
    let mut stores = memories.iter().map(|memory| Store::new(Arc::clone(memory)));
    if let Some(store) = stores.find(|store| store.identity() == identity) {
        return Ok(store);
    }
    let mut stores = memories.iter().map(|memory| Store::new(Arc::clone(memory)));
    if let Some(store) = stores.find(|store| store.claim(identity)) {
        return Ok(store);
    }
    tracing::warn!(
        "there is no shared memory for a set of keys; each worker fetches it for itself"
    );
    let store = Store::new(Arc::new(Store::create(remote.max_bytes)?));
    store.claim(identity);
    Ok(store)
}

fn wanted(config: &Config) -> impl Iterator<Item = (u64, usize)> {
    config.providers.iter().filter_map(|provider| match &provider.keys {
        Keys::Remote(remote) => Some((identity(remote, &provider.algorithms), remote.max_bytes)),
        _ => None,
    })
}

/// Says which set it is: how it is fetched, and what for. Two providers that agree share one.
fn identity(remote: &Remote, algorithms: &[Algorithm]) -> u64 {
    let text = serde_json::to_vec(&(remote, algorithms)).unwrap_or_default();
    store::hash(&text).max(1)
}

fn identity_of(memory: &Arc<SharedMemory>) -> u64 {
    Store::new(Arc::clone(memory)).identity()
}

#[cfg(test)]
mod tests;
