//! The master's side of fetched keys: memory for each set, which generations hand on to each other.
//!
//! The master never looks at keys and never fetches. A set belongs to its settings: where a reload
//! changes none of them, the new generation has the same memory, else new memory that begins with
//! the keys of the same address. Whatever a generation may still be using is kept, because a reload
//! may fail.

use std::io;
use std::sync::{Arc, Weak};

use appserver_auth::Algorithm;
use appserver_auth::config::{Config, Keys, Provider, Remote};
use appserver_os::SharedMemory;
use appserver_os::clock::monotonic_ns;

use super::store::{self, Counts, Name, Store};

/// Room for a set that only the application's own settings name, in bytes.
const SPARE: usize = 1024 * 1024;
/// How many sets that only the application's own settings have named are kept: the one in use, and
/// those of reloads that have failed since.
const MOST_SPARES: usize = 3;

/// The memories of this generation and of others.
#[derive(Debug, Default)]
pub struct Shelf {
    settings: Kept,
    spares: Kept,
}

/// Memories of one kind.
#[derive(Debug, Default)]
struct Kept {
    /// Those of the last two generations: what a reload takes out by mistake, the next brings back.
    last: [Vec<Arc<SharedMemory>>; 2],
    /// All of them; older ones are alive while a generation has them.
    all: Vec<Weak<SharedMemory>>,
}

impl Kept {
    fn alive(&self) -> Vec<Arc<SharedMemory>> {
        self.all.iter().filter_map(Weak::upgrade).collect()
    }

    fn serve(&mut self, served: &[Arc<SharedMemory>]) {
        self.last.rotate_right(1);
        let [newest, _] = &mut self.last;
        *newest = served.to_vec();
        self.all.retain(|memory| memory.strong_count() > 0);
        let is_new = |memory: &&Arc<SharedMemory>| {
            !self.all.iter().any(|old| old.as_ptr() == Arc::as_ptr(memory))
        };
        let new: Vec<_> = served.iter().filter(is_new).map(Arc::downgrade).collect();
        self.all.extend(new);
    }
}

impl Shelf {
    /// The memories for a generation with this configuration. Those of older generations stay as
    /// they are.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub fn serve(&mut self, config: Option<&Config>) -> io::Result<Vec<Arc<SharedMemory>>> {
        let wanted: Vec<(Name, usize)> = config.into_iter().flat_map(wanted).collect();
        let mut served: Vec<Arc<SharedMemory>> = Vec::new();
        for (name, max_bytes) in &wanted {
            if !served.iter().any(|memory| identity_of(memory) == name.identity) {
                served.push(self.get(name, *max_bytes, &wanted)?);
            }
        }
        self.settings.serve(&served);
        if config.is_some_and(|config| config.from_django) {
            let spares = self.spares()?;
            self.spares.serve(&spares);
            served.extend(spares);
        }
        Ok(served)
    }

    fn get(
        &self,
        name: &Name,
        max_bytes: usize,
        wanted: &[(Name, usize)],
    ) -> io::Result<Arc<SharedMemory>> {
        let alive = self.settings.alive();
        let known = alive.iter().find(|memory| identity_of(memory) == name.identity);
        let memory = match known {
            Some(memory) => Arc::clone(memory),
            None => Arc::new(Store::create(max_bytes)?),
        };
        // What another provider goes on with is that one's: it may trust other certificates.
        let is_free = |store: &Store| {
            let identity = store.identity();
            !wanted.iter().any(|(other, _)| other.identity == identity)
        };
        let others = alive.into_iter().chain(self.spares.alive()).map(Store::new).filter(is_free);
        Store::new(Arc::clone(&memory)).adopt(name, &others.collect::<Vec<_>>(), monotonic_ns());
        Ok(memory)
    }

    /// What the project names is known to workers only. They find the memory of before by its
    /// identity, or claim the empty one, which is the last.
    fn spares(&self) -> io::Result<Vec<Arc<SharedMemory>>> {
        let alive = self.spares.alive();
        let empty = alive.iter().find(|memory| identity_of(memory) == 0).cloned();
        let mut spares = alive;
        spares.retain(|memory| identity_of(memory) != 0);
        spares.sort_by_key(|memory| std::cmp::Reverse(used(memory)));
        spares.truncate(MOST_SPARES);
        spares.push(match empty {
            Some(memory) => memory,
            None => Arc::new(Store::create(SPARE)?),
        });
        Ok(spares)
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
    // Of those that only the project names it is the one that was fetched last.
    let is_unnamed = |memory: &&Arc<SharedMemory>| {
        let identity = identity_of(memory);
        identity != 0 && !names.iter().any(|(of, _)| *of == identity)
    };
    let projects = memories.iter().filter(is_unnamed).max_by_key(|memory| used(memory));
    for memory in memories {
        let store = Store::new(Arc::clone(memory));
        let (identity, history) = (store.identity(), store.history());
        let report = |provider: Option<&str>| Report {
            provider: provider.map(str::to_owned),
            counts: store::counts(memory),
            fetched_ns: Some(history.fetched).filter(|time| *time > 0),
            failures: history.failures,
        };
        let its = names.iter().filter(|(of, _)| *of == identity);
        reports.extend(its.map(|(_, name)| report(Some(name))));
        if projects.is_some_and(|project| Arc::ptr_eq(project, memory)) {
            reports.push(report(None));
        }
    }
    reports
}

fn named(provider: &Provider) -> Option<(u64, &str)> {
    match &provider.keys {
        Keys::Remote(remote) => {
            Some((name(remote, &provider.algorithms).identity, provider.name.as_str()))
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
    let (name, now) = (name(remote, algorithms), monotonic_ns());
    let stores: Vec<Store> = memories.iter().map(|memory| Store::new(Arc::clone(memory))).collect();
    if let Some(store) = stores.iter().find(|store| store.identity() == name.identity) {
        return Ok(store.clone());
    }
    if let Some(store) = stores.iter().find(|store| store.adopt(&name, &stores, now)) {
        return Ok(store.clone());
    }
    tracing::warn!(
        "there is no shared memory for a set of keys; each worker fetches it for itself"
    );
    let store = Store::new(Arc::new(Store::create(remote.max_bytes)?));
    store.adopt(&name, &stores, now);
    Ok(store)
}

fn wanted(config: &Config) -> impl Iterator<Item = (Name, usize)> {
    config.providers.iter().filter_map(|provider| match &provider.keys {
        Keys::Remote(remote) => Some((name(remote, &provider.algorithms), remote.max_bytes)),
        _ => None,
    })
}

/// Says which set it is: how it is fetched, and what for. Two providers that agree share one.
fn name(remote: &Remote, algorithms: &[Algorithm]) -> Name {
    let hash = |text: serde_json::Result<Vec<u8>>| store::hash(&text.unwrap_or_default()).max(1);
    Name {
        identity: hash(serde_json::to_vec(&(remote, algorithms))),
        address: hash(serde_json::to_vec(&remote.url)),
        algorithms: hash(serde_json::to_vec(algorithms)),
    }
}

/// When it was in use last, as far as one can tell.
fn used(memory: &Arc<SharedMemory>) -> u64 {
    let history = Store::new(Arc::clone(memory)).history();
    history.fetched.max(history.began)
}

fn identity_of(memory: &Arc<SharedMemory>) -> u64 {
    Store::new(Arc::clone(memory)).identity()
}

#[cfg(test)]
mod tests;
