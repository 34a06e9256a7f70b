//! Texts of heads that came before: an application gives the same constants again and again, as the
//! same objects, and what they mean need not be found out each time.

use std::fmt;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::ffi;

/// How many are remembered. An application has a few dozen at most.
const PLACES: usize = 32;

/// An immutable kind of object that holds a text.
pub(crate) trait Text: Sized {
    /// The object, if it is exactly of this kind.
    fn exact<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, Self>>;

    /// Its text as Latin-1; `None` if it has other characters.
    fn text<'a>(this: &'a Bound<'_, Self>) -> Option<&'a [u8]>;
}

impl Text for PyString {
    fn exact<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, Self>> {
        object.cast_exact().ok()
    }

    fn text<'a>(this: &'a Bound<'_, Self>) -> Option<&'a [u8]> {
        ffi::latin1_bytes(this)
    }
}

impl Text for PyBytes {
    fn exact<'a, 'py>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, Self>> {
        object.cast_exact().ok()
    }

    fn text<'a>(this: &'a Bound<'_, Self>) -> Option<&'a [u8]> {
        Some(this.as_bytes())
    }
}

/// Meanings of texts, by the identity of the object. A place is taken over by the next one that
/// falls into it.
pub(crate) struct Known<S, T> {
    places: [Option<(Py<S>, T)>; PLACES],
}

impl<S, T> Default for Known<S, T> {
    fn default() -> Self {
        Self { places: [const { None }; PLACES] }
    }
}

impl<S, T> fmt::Debug for Known<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl<S: Text, T: Clone> Known<S, T> {
    /// What `text` means: remembered, or found out by `parse`. `None` if it is not exactly of its
    /// kind, not of Latin-1, or means nothing. Runs no code of the application. `is_constant` tells
    /// that what holds `text` will come again.
    pub(crate) fn meaning(
        &mut self,
        text: &Bound<'_, PyAny>,
        is_constant: bool,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let text = S::exact(text)?;
        // Objects are aligned to 16 bytes.
        let place = self.places.get_mut((text.as_ptr() as usize >> 4) % PLACES)?;
        if let Some((known, meaning)) = place
            && known.is(text)
        {
            return Some(meaning.clone());
        }
        let meaning = parse(S::text(text)?)?;
        // An object that only the head refers to was made for it and will not come again.
        if is_constant || ffi::references(text.as_unbound(), text.py()) > 1 {
            *place = Some((text.clone().unbind(), meaning.clone()));
        }
        Some(meaning)
    }
}
