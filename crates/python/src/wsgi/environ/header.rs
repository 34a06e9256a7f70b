//! Header fields in the environ: `HTTP_…` keys that are made once per name.

use hashbrown::HashMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::ffi::latin1_string;

/// The keys of known header names. Clients choose the names, so that the table is bounded; a name
/// that finds it full costs an allocation each time.
pub(super) struct HeaderKeys {
    keys: HashMap<HeaderName, Py<PyString>>,
}

/// More names than any honest set of clients sends.
const MOST_KEYS: usize = 1024;

impl HeaderKeys {
    pub(super) fn new(py: Python<'_>) -> PyResult<Self> {
        let mut keys = HashMap::new();
        for name in [CONTENT_TYPE, CONTENT_LENGTH] {
            let key = environ_name(name.as_str(), "");
            keys.insert(name, PyString::intern(py, &key).unbind());
        }
        Ok(Self { keys })
    }

    /// Sets the fields. Transfer-Encoding is left out, because the body is no longer encoded.
    pub(super) fn set_fields(
        &mut self,
        environ: &Bound<'_, PyDict>,
        headers: &HeaderMap,
    ) -> PyResult<()> {
        let py = environ.py();
        let mut fields = headers.iter().peekable();
        while let Some((name, value)) = fields.next() {
            let repeated = fields.peek().is_some_and(|(next, _)| std::ptr::eq(*next, name));
            let value = if repeated {
                // A map yields all values of one name in a row.
                while fields.next_if(|(next, _)| std::ptr::eq(*next, name)).is_some() {}
                latin1_string(py, &join(name, headers.get_all(name).iter()))?
            } else {
                latin1_string(py, value.as_bytes())?
            };
            if name != TRANSFER_ENCODING {
                self.set(environ, name, value)?;
            }
        }
        Ok(())
    }

    fn set(
        &mut self,
        environ: &Bound<'_, PyDict>,
        name: &HeaderName,
        value: Bound<'_, PyString>,
    ) -> PyResult<()> {
        if let Some(key) = self.keys.get(name) {
            return environ.set_item(key, value);
        }
        let (py, text) = (environ.py(), environ_name(name.as_str(), "HTTP_"));
        if self.keys.len() >= MOST_KEYS {
            // Not interned: CPython 3.12 never frees interned strings.
            return environ.set_item(PyString::new(py, &text), value);
        }
        let key = PyString::intern(py, &text);
        environ.set_item(&key, value)?;
        self.keys.insert(name.clone(), key.unbind());
        Ok(())
    }
}

/// RFC 9110, section 5.3; RFC 6265, section 5.4 for cookies, whose values have commas.
fn join<'a>(name: &HeaderName, values: impl Iterator<Item = &'a HeaderValue>) -> Vec<u8> {
    let separator: &[u8] = if name == COOKIE { b"; " } else { b"," };
    let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
    values.join(separator)
}

fn environ_name(name: &str, prefix: &str) -> String {
    let name = name.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_uppercase() });
    prefix.chars().chain(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_cgi_has_them() {
        assert_eq!(environ_name("x-forwarded-for", "HTTP_"), "HTTP_X_FORWARDED_FOR");
        assert_eq!(environ_name("content-type", ""), "CONTENT_TYPE");
    }

    #[test]
    fn repeated_fields_are_joined() {
        let values = [HeaderValue::from_static("a"), HeaderValue::from_static("b")];
        assert_eq!(join(&COOKIE, values.iter()), b"a; b");
        assert_eq!(join(&http::header::ACCEPT, values.iter()), b"a,b");
    }
}
