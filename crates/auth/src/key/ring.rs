//! The keys of one provider, which may change while it is used.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::KeySet;

/// Fetches keys. Implementations keep to cool-downs and limits of their own.
pub trait Refetch {
    /// Whether asking now can bring anything: a fetch is under way, or may be begun.
    fn is_possible(&self) -> bool;

    /// Resolves when keys were fetched, or could not be. They are in the ring then.
    fn refetch(&self) -> Pin<Box<dyn Future<Output = Refetched>>>;
}

/// What came of asking for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refetched {
    /// The set is newer than before.
    Renewed,
    /// It is as it was.
    Unchanged,
    /// It could not be fetched.
    Failed,
}

/// Asks several for keys at the same time.
pub(crate) struct Together(pub(crate) Vec<Rc<dyn Refetch>>);

impl Refetch for Together {
    fn is_possible(&self) -> bool {
        self.0.iter().any(|source| source.is_possible())
    }

    fn refetch(&self) -> Pin<Box<dyn Future<Output = Refetched>>> {
        let mut fetching: Vec<_> = self.0.iter().map(|source| source.refetch()).collect();
        let mut result = Refetched::Failed;
        Box::pin(std::future::poll_fn(move |cx| {
            fetching.retain_mut(|one| match one.as_mut().poll(cx) {
                Poll::Pending => true,
                Poll::Ready(Refetched::Renewed) => {
                    result = Refetched::Renewed;
                    false
                }
                Poll::Ready(_) => false,
            });
            if fetching.is_empty() { Poll::Ready(result) } else { Poll::Pending }
        }))
    }
}

/// The keys of one provider. For one thread.
pub struct KeyRing {
    set: RefCell<Rc<KeySet>>,
    version: Cell<u64>,
    source: RefCell<Option<Rc<dyn Refetch>>>,
}

impl KeyRing {
    pub(crate) fn new(set: KeySet) -> Self {
        Self { set: RefCell::new(Rc::new(set)), version: Cell::new(0), source: RefCell::new(None) }
    }

    /// The keys now.
    #[must_use]
    pub fn set(&self) -> Rc<KeySet> {
        Rc::clone(&self.set.borrow())
    }

    /// Puts other keys in. Tokens that were verified with keys that are gone are forgotten.
    pub fn replace(&self, set: KeySet) {
        *self.set.borrow_mut() = Rc::new(set);
        self.version.set(self.version.get() + 1);
    }

    /// Counts replacements.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.get()
    }

    /// Says who fetches keys that are missing.
    pub fn set_source(&self, source: Rc<dyn Refetch>) {
        *self.source.borrow_mut() = Some(source);
    }

    /// Who fetches keys that are missing, if asking now can bring anything.
    #[must_use]
    pub fn source(&self) -> Option<Rc<dyn Refetch>> {
        self.source.borrow().clone().filter(|source| source.is_possible())
    }
}
