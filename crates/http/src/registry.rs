//! All connections of a worker.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::state::State;

/// The open connections, in places that are reused.
#[derive(Default)]
pub(crate) struct Registry {
    places: RefCell<Places>,
    count: Cell<usize>,
}

#[derive(Default)]
struct Places {
    states: Vec<Option<Rc<State>>>,
    free: Vec<usize>,
}

impl Registry {
    /// How many connections are open.
    pub(crate) fn len(&self) -> usize {
        self.count.get()
    }

    /// Adds a connection. The place is for [`Self::remove`].
    pub(crate) fn insert(&self, state: Rc<State>) -> usize {
        let mut places = self.places.borrow_mut();
        self.count.set(self.count.get() + 1);
        let free = places.free.pop();
        if let Some((place, slot)) = free.and_then(|at| Some((at, places.states.get_mut(at)?))) {
            *slot = Some(state);
            return place;
        }
        places.states.push(Some(state));
        places.states.len() - 1
    }

    /// Removes the connection at this place.
    pub(crate) fn remove(&self, place: usize) {
        let mut places = self.places.borrow_mut();
        let removed = places.states.get_mut(place).and_then(Option::take);
        if removed.is_some() {
            places.free.push(place);
            self.count.set(self.count.get().saturating_sub(1));
        }
    }

    /// Shows every connection. `visit` must not add or remove any; waking them is fine.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&Rc<State>)) {
        for state in self.places.borrow().states.iter().flatten() {
            visit(state);
        }
    }

    /// The connection that has been idle between two requests for the longest time.
    pub(crate) fn longest_idle(&self) -> Option<Rc<State>> {
        let places = self.places.borrow();
        let idle = places.states.iter().flatten();
        let idle = idle.filter(|state| state.is_idle() && !state.is_fresh.get());
        idle.filter(|state| !state.wants_close.get())
            .min_by_key(|state| state.idle_since.get())
            .cloned()
    }
}
