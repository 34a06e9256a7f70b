//! Which request a log line is about, and what the application's exceptions look like in it.

use std::fmt;

use appserver_app::{Request, RequestId};
use http::{Method, Uri};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Which request a log line is about. Query strings stay out of logs: they may hold secrets.
pub(crate) struct Origin {
    pub(crate) id: RequestId,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} (request {})", self.method, self.uri.path(), self.id)
    }
}

impl Origin {
    /// Of this request.
    pub(crate) fn of(request: &Request) -> Self {
        let head = &request.head;
        Self { id: request.id.clone(), method: head.method.clone(), uri: head.uri.clone() }
    }

    /// Logs an exception with its traceback.
    pub(crate) fn log(&self, py: Python<'_>, error: &PyErr) {
        let traceback = format_traceback(py, error);
        let (id, method, path) = (&self.id, &self.method, self.uri.path());
        tracing::error!(request_id = %id, %method, path, "the application failed\n{traceback}");
    }

    /// Logs a breach of the interface that raised nothing.
    pub(crate) fn complain(&self, what: &str) {
        let (id, method, path) = (&self.id, &self.method, self.uri.path());
        tracing::error!(request_id = %id, %method, path, "{what}");
    }
}

/// The traceback as Python prints it; at least the exception itself.
pub(crate) fn format_traceback(py: Python<'_>, error: &PyErr) -> String {
    let lines = py.import(intern!(py, "traceback")).and_then(|module| {
        let exception = (error.get_type(py), error.value(py), error.traceback(py));
        module.call_method1(intern!(py, "format_exception"), exception)
    });
    let lines = lines.and_then(|lines| Ok(lines.cast_into::<PyList>()?));
    let joined = lines.and_then(|lines| {
        lines.iter().map(|line| line.extract::<String>()).collect::<PyResult<String>>()
    });
    joined.map_or_else(|_| error.to_string(), |text| text.trim_end().to_owned())
}

/// The traceback without what the exceptions say: where they were raised, and of which types they are.
pub(crate) fn format_frames(py: Python<'_>, error: &PyErr) -> String {
    // An exception may be its own cause.
    let chain = std::iter::successors(Some(error.clone_ref(py)), |error| error.cause(py));
    let chain: Vec<String> = chain.take(MOST_CAUSES).map(|error| frames(py, &error)).collect();
    chain.join("\n\nwhich was caused by\n\n")
}

fn frames(py: Python<'_>, error: &PyErr) -> String {
    let kind = error.get_type(py).qualname();
    let kind = kind.map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let lines = py.import(intern!(py, "traceback")).and_then(|module| {
        let lines = module.call_method1(intern!(py, "format_tb"), (error.traceback(py),))?;
        lines.extract::<Vec<String>>()
    });
    let lines = lines.map(|lines| lines.concat()).unwrap_or_default();
    format!("Traceback (most recent call last):\n{lines}{kind}")
}

/// Of how many exceptions in a row the frames are told.
const MOST_CAUSES: usize = 5;

/// The name of a value's type, for messages.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}
