//! The memory of what is revoked, which generations hand on to each other.
//!
//! It belongs to the store: with another one, what was revoked before is another's. It lies before
//! all other memory that workers share.

use std::io;
use std::sync::Arc;

use appserver_issuer::config::Config;
use appserver_issuer::denied::Denied;
use appserver_os::SharedMemory;

use crate::settings::Settings;

/// The memories of the last two stores: a reload may fail.
#[derive(Debug, Default)]
pub(crate) struct DeniedShelf {
    kept: Vec<(String, Arc<SharedMemory>)>,
}

impl DeniedShelf {
    /// The memory for a generation with this configuration.
    ///
    /// # Errors
    /// When the kernel gives no memory.
    pub(crate) fn serve(
        &mut self,
        config: Option<&Config>,
    ) -> io::Result<Option<Arc<SharedMemory>>> {
        let Some(config) = config else { return Ok(None) };
        let store = &config.store;
        let name = format!("{} {} {}", store.is_django, store.prefix, store.url);
        let memory = match self.kept.iter().position(|(known, _)| *known == name) {
            Some(at) => self.kept.remove(at).1,
            None => Arc::new(Denied::create_memory()?),
        };
        self.kept.insert(0, (name, Arc::clone(&memory)));
        self.kept.truncate(2);
        Ok(Some(memory))
    }
}

/// The memory of what is revoked, where these settings want it, and all other.
pub(crate) fn split<'m>(
    settings: &Settings,
    memories: &'m [Arc<SharedMemory>],
) -> (Option<Arc<SharedMemory>>, &'m [Arc<SharedMemory>]) {
    match memories.split_first() {
        Some((first, others)) if settings.auth.jwt.issue.enabled.is_on() => {
            (Some(Arc::clone(first)), others)
        }
        _ => (None, memories),
    }
}
