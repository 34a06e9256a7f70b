//! Doors for the micro-benchmarks: the environ of a request, and the fields of a response. Nobody
//! else compiles this, and nothing here is kept stable.

use appserver_app::Request;
use http::HeaderMap;
use pyo3::prelude::*;

use super::WsgiConfig;
use super::environ::{About, Environs};
use crate::fields::Fields;

/// Makes environs.
pub struct EnvironMaker(Environs);

impl EnvironMaker {
    /// # Errors
    /// When Python has no memory.
    pub fn new(py: Python<'_>, config: &WsgiConfig) -> PyResult<Self> {
        Environs::new(py, config).map(Self)
    }

    /// The environ of a request without a body.
    ///
    /// # Errors
    /// When Python has no memory.
    pub fn make<'py>(&mut self, py: Python<'py>, request: &Request) -> PyResult<Bound<'py, PyAny>> {
        let about = About {
            head: &request.head,
            connection: &request.connection,
            forwarded: request.forwarded.as_deref(),
            id: &request.id,
            length: None,
        };
        let input = self.0.empty_input(py);
        self.0.build(py, &about, input)
    }
}

/// The table of a response's fields, checked as those of an application are.
///
/// # Errors
/// What is wrong with a field.
pub fn header_table(fields: &[(&str, &str)]) -> Result<HeaderMap, &'static str> {
    let mut table = Fields::default();
    for (name, value) in fields {
        table.add(name.as_bytes(), value.as_bytes())?;
    }
    Ok(table.map)
}
