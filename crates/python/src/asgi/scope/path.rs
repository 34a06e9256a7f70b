//! `path`, `raw_path` and `query_string` of a scope.

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::percent::percent_decode;

/// Targets up to this length are remembered; longer ones do not come again.
const LONGEST_KEPT: usize = 256;

/// Where the application is mounted.
pub(super) struct Mount {
    root_path: Box<str>,
    /// The target that the template holds: a copy, because a part of the request would keep all of
    /// its buffer. Empty for none.
    current: String,
}

impl Mount {
    pub(super) fn new(root_path: &str) -> Self {
        Self { root_path: root_path.into(), current: String::new() }
    }

    /// Sets the keys that come from the request target in the template, if it holds another one's.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(super) fn set(&mut self, template: &Bound<'_, PyDict>, uri: &Uri) -> PyResult<()> {
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        if self.current == target && !target.is_empty() {
            return Ok(());
        }
        self.current.clear();
        self.write(template, uri)?;
        if target.len() <= LONGEST_KEPT {
            self.current.push_str(target);
        }
        Ok(())
    }

    fn write(&self, scope: &Bound<'_, PyDict>, uri: &Uri) -> PyResult<()> {
        let py = scope.py();
        let raw = self.mounted(uri.path());
        let path = percent_decode(raw.as_bytes());
        scope.set_item(intern!(py, "path"), String::from_utf8_lossy(&path))?;
        scope.set_item(intern!(py, "raw_path"), PyBytes::new(py, raw.as_bytes()))?;
        let query = PyBytes::new(py, uri.query().unwrap_or_default().as_bytes());
        scope.set_item(intern!(py, "query_string"), query)
    }

    /// The whole path, with the mount in front. A proxy may have stripped it.
    fn mounted<'a>(&self, path: &'a str) -> Cow<'a, str> {
        let root = &*self.root_path;
        match path.strip_prefix(root) {
            Some(rest) if root.is_empty() || rest.is_empty() || rest.starts_with('/') => {
                Cow::Borrowed(path)
            }
            _ => Cow::Owned(format!("{root}{path}")),
        }
    }
}
