//! `PATH_INFO`, `SCRIPT_NAME`, `QUERY_STRING` and the raw target.

use std::borrow::Cow;

use http::Uri;
use http::uri::PathAndQuery;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::ffi::latin1_string;
use crate::percent::percent_decode;

/// Where the application is mounted.
pub(super) struct Mount {
    prefix: Box<[u8]>,
    /// The target that the template holds: a copy, because a part of the request would keep all of
    /// its buffer. Empty for none.
    current: String,
}

impl Mount {
    pub(super) fn new(script_name: &str) -> Self {
        let prefix = script_name.trim_end_matches('/').as_bytes().into();
        Self { prefix, current: String::new() }
    }

    /// Sets the keys that come from the request target in the template, if it holds another one's.
    pub(super) fn set_path(&mut self, template: &Bound<'_, PyDict>, uri: &Uri) -> PyResult<()> {
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        if self.current == target && !target.is_empty() {
            return Ok(());
        }
        self.current.clear();
        self.write_path(template, uri)?;
        if target.len() <= LONGEST_KEPT && uri.authority().is_none() {
            self.current.push_str(target);
        }
        Ok(())
    }

    fn write_path(&self, environ: &Bound<'_, PyDict>, uri: &Uri) -> PyResult<()> {
        let py = environ.py();
        let target = match (uri.authority(), uri.path_and_query()) {
            (None, Some(target)) => Cow::Borrowed(target.as_str()),
            _ => Cow::Owned(uri.to_string()),
        };
        let raw = latin1_string(py, target.as_bytes())?;
        let decoded = percent_decode(uri.path().as_bytes());
        let path = self.strip(&decoded);
        if path == target.as_bytes() {
            environ.set_item(intern!(py, "PATH_INFO"), &raw)?;
        } else {
            environ.set_item(intern!(py, "PATH_INFO"), latin1_string(py, path)?)?;
        }
        environ.set_item(intern!(py, "RAW_URI"), &raw)?;
        let query = uri.query().unwrap_or_default();
        environ.set_item(intern!(py, "QUERY_STRING"), latin1_string(py, query.as_bytes())?)
    }

    /// The path below the mount. A path that is not below it has been stripped by a proxy already.
    fn strip<'a>(&self, path: &'a [u8]) -> &'a [u8] {
        match path.strip_prefix(&*self.prefix) {
            Some(rest) if rest.is_empty() || rest.starts_with(b"/") => rest,
            _ => path,
        }
    }
}

/// Targets up to this length are remembered; longer ones do not come again.
const LONGEST_KEPT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_ends_at_a_segment() {
        let mount = Mount::new("/shop/");
        assert_eq!(mount.strip(b"/shop/cart"), b"/cart");
        assert_eq!(mount.strip(b"/shop"), b"");
        assert_eq!(mount.strip(b"/shopping"), b"/shopping");
        assert_eq!(Mount::new("").strip(b"/x"), b"/x");
    }
}
