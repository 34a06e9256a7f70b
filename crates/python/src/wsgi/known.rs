//! Texts of heads that came before: an application gives the same constants again and again, as the
//! same objects, and what they mean need not be found out each time.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::ffi;

/// How many are remembered. An application has a few dozen at most.
const PLACES: usize = 32;

/// Meanings of strings, by the identity of the string. A place is taken over by the next string
/// that falls into it.
#[derive(Debug)]
pub(crate) struct Known<T> {
    places: [Option<(Py<PyString>, T)>; PLACES],
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { places: [const { None }; PLACES] }
    }
}

impl<T: Clone> Known<T> {
    /// What `text` means: remembered, or found out by `parse`. `None` if it is no exact `str` of
    /// Latin-1, or means nothing. Runs no code of the application. `is_constant` tells that what
    /// holds `text` will come again.
    pub(crate) fn meaning(
        &mut self,
        text: &Bound<'_, PyAny>,
        is_constant: bool,
        parse: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let text = text.cast_exact::<PyString>().ok()?;
        // Objects are aligned to 16 bytes.
        let place = self.places.get_mut((text.as_ptr() as usize >> 4) % PLACES)?;
        if let Some((known, meaning)) = place
            && known.is(text)
        {
            return Some(meaning.clone());
        }
        let meaning = parse(ffi::latin1_bytes(text)?)?;
        // A string that only the head refers to was made for it and will not come again.
        if is_constant || ffi::references(text.as_unbound(), text.py()) > 1 {
            *place = Some((text.clone().unbind(), meaning.clone()));
        }
        Some(meaning)
    }
}
