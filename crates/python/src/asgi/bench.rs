//! A door for the micro-benchmarks: the scope of a request. Nobody else compiles this, and nothing
//! here is kept stable.

use appserver_app::Request;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::AsgiConfig;
use super::scope::Scopes;

/// Makes scopes.
pub struct ScopeMaker(Scopes);

impl ScopeMaker {
    /// # Errors
    /// When Python has no memory.
    pub fn new(py: Python<'_>, config: &AsgiConfig) -> PyResult<Self> {
        Scopes::new(py, config, None).map(Self)
    }

    /// The scope of a request.
    ///
    /// # Errors
    /// When Python has no memory.
    pub fn make<'py>(
        &mut self,
        py: Python<'py>,
        request: &Request,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.0.http(py, request)
    }
}
