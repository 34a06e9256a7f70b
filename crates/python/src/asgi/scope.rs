//! The scope of a connection (ASGI, "HTTP & WebSocket", spec version 2.5).
//!
//! Each request gets a copy of a template that has every fixed key: copying a dictionary is cheaper
//! than filling one. What tends to repeat is set in the template itself, and only when it changes.

mod address;
mod header;
mod path;

use appserver_app::{Request, Scheme};
use http::{HeaderMap, Method, Version};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use super::AsgiConfig;
use crate::auth::Auth;
use address::{Client, Server};
use header::Names;
use path::Mount;

/// Makes scopes.
pub(super) struct Scopes {
    http: Template,
    http_extensions: Py<PyDict>,
    websocket: Template,
    names: Names,
    auth: Option<Auth>,
    /// What the lifespan left for all requests; each gets a copy.
    state: Option<Py<PyDict>>,
}

/// What the scopes of a kind are copies of.
struct Template {
    scope: Py<PyDict>,
    mount: Mount,
    server: Server,
}

impl Scopes {
    /// # Errors
    /// When Python has no memory.
    pub(super) fn new(
        py: Python<'_>,
        config: &AsgiConfig,
        state: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let root_path = config.root_path.as_str();
        Ok(Self {
            http: Template::new(py, "http", root_path)?,
            http_extensions: http_extensions(py)?.unbind(),
            websocket: Template::new(py, "websocket", root_path)?,
            names: Names::default(),
            auth: config.auth.as_ref().map(|forward| Auth::new(py, forward)).transpose()?,
            state: state.map(Bound::unbind),
        })
    }

    /// The scope of a request.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(super) fn http<'py>(
        &mut self,
        py: Python<'py>,
        request: &Request,
    ) -> PyResult<Bound<'py, PyDict>> {
        let scope = self.http.copy(py, request)?;
        self.fill(&scope, request)?;
        set_method(&scope, &request.head.method)?;
        if request.scheme() == Scheme::Https {
            scope.set_item(intern!(py, "scheme"), intern!(py, "https"))?;
        }
        let extensions = self.http_extensions.bind(py).copy()?;
        if request.hints.is_some() {
            extensions.set_item(intern!(py, "http.response.early_hint"), PyDict::new(py))?;
        }
        self.offer(&scope, &extensions, request)?;
        Ok(scope)
    }

    /// The scope of a WebSocket.
    ///
    /// # Errors
    /// When Python has no memory.
    pub(super) fn websocket<'py>(
        &mut self,
        py: Python<'py>,
        request: &Request,
    ) -> PyResult<Bound<'py, PyDict>> {
        let scope = self.websocket.copy(py, request)?;
        self.fill(&scope, request)?;
        let scheme = match request.scheme() {
            Scheme::Http => intern!(py, "ws"),
            Scheme::Https => intern!(py, "wss"),
        };
        scope.set_item(intern!(py, "scheme"), scheme)?;
        let subprotocols = PyList::new(py, subprotocols(&request.head.headers))?;
        scope.set_item(intern!(py, "subprotocols"), subprotocols)?;
        let extensions = PyDict::new(py);
        extensions.set_item(intern!(py, "websocket.http.response"), PyDict::new(py))?;
        self.offer(&scope, &extensions, request)?;
        Ok(scope)
    }

    /// Puts the scope's own dictionary of extensions in, with what a verified token says.
    fn offer(
        &self,
        scope: &Bound<'_, PyDict>,
        extensions: &Bound<'_, PyDict>,
        request: &Request,
    ) -> PyResult<()> {
        if let Some(auth) = &self.auth {
            auth.set_scope(scope, extensions, &request.head.extensions)?;
        }
        scope.set_item(intern!(scope.py(), "extensions"), extensions)
    }

    /// What both kinds of scope have.
    fn fill(&mut self, scope: &Bound<'_, PyDict>, request: &Request) -> PyResult<()> {
        let py = scope.py();
        let head = &request.head;
        if head.version == Version::HTTP_10 {
            scope.set_item(intern!(py, "http_version"), intern!(py, "1.0"))?;
        }
        scope.set_item(intern!(py, "headers"), self.names.fields(py, &head.headers)?)?;
        Client::set(scope, request)?;
        if let Some(state) = &self.state {
            scope.set_item(intern!(py, "state"), state.bind(py).copy()?)?;
        }
        Ok(())
    }
}

impl Template {
    fn new(py: Python<'_>, kind: &'static str, root_path: &str) -> PyResult<Self> {
        let scope = template(py, kind, root_path)?.unbind();
        Ok(Self { scope, mount: Mount::new(root_path), server: Server::default() })
    }

    /// A copy for a request, with what is the same for many.
    fn copy<'py>(&mut self, py: Python<'py>, request: &Request) -> PyResult<Bound<'py, PyDict>> {
        let scope = self.scope.bind(py);
        self.mount.set(scope, &request.head.uri)?;
        self.server.set(scope, &request.connection.local)?;
        scope.copy()
    }
}

/// Every key that all scopes of a kind have, with the value that most of them have, and room for the
/// others.
fn template<'py>(
    py: Python<'py>,
    kind: &'static str,
    root_path: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let asgi = PyDict::new(py);
    asgi.set_item(intern!(py, "version"), "3.0")?;
    asgi.set_item(intern!(py, "spec_version"), "2.5")?;
    let scope = PyDict::new(py);
    let text = |name, value: &str| scope.set_item(PyString::intern(py, name), value);
    text("type", kind)?;
    scope.set_item(intern!(py, "asgi"), asgi)?;
    text("http_version", "1.1")?;
    if kind == "http" {
        text("method", "GET")?;
    }
    text("scheme", "http")?;
    text("path", "/")?;
    scope.set_item(intern!(py, "raw_path"), PyBytes::new(py, b"/"))?;
    scope.set_item(intern!(py, "query_string"), PyBytes::new(py, b""))?;
    text("root_path", root_path)?;
    scope.set_item(intern!(py, "headers"), py.None())?;
    scope.set_item(intern!(py, "client"), py.None())?;
    scope.set_item(intern!(py, "server"), py.None())?;
    scope.set_item(intern!(py, "extensions"), py.None())?;
    // Room for `state`, and for what frameworks put there: `app`, `router`, `endpoint` and the like.
    for name in ["room 1", "room 2", "room 3"] {
        scope.set_item(name, py.None())?;
    }
    for name in ["room 1", "room 2", "room 3"] {
        scope.del_item(name)?;
    }
    Ok(scope)
}

/// What every HTTP request is offered.
fn http_extensions(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let extensions = PyDict::new(py);
    extensions.set_item(intern!(py, "http.response.pathsend"), PyDict::new(py))?;
    extensions.set_item(intern!(py, "http.response.trailers"), PyDict::new(py))?;
    Ok(extensions)
}

fn set_method(scope: &Bound<'_, PyDict>, method: &Method) -> PyResult<()> {
    let py = scope.py();
    let key = intern!(py, "method");
    match *method {
        Method::GET => Ok(()),
        Method::POST => scope.set_item(key, intern!(py, "POST")),
        Method::HEAD => scope.set_item(key, intern!(py, "HEAD")),
        Method::PUT => scope.set_item(key, intern!(py, "PUT")),
        Method::PATCH => scope.set_item(key, intern!(py, "PATCH")),
        Method::DELETE => scope.set_item(key, intern!(py, "DELETE")),
        Method::OPTIONS => scope.set_item(key, intern!(py, "OPTIONS")),
        // "The method name, uppercased".
        ref other => scope.set_item(key, other.as_str().to_ascii_uppercase()),
    }
}

/// The subprotocols that the client offers, in its order (RFC 6455, section 4.1). What is no token
/// is none.
pub(super) fn subprotocols(headers: &HeaderMap) -> Vec<&str> {
    let fields = headers.get_all(http::header::SEC_WEBSOCKET_PROTOCOL);
    let values = fields.iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(str::trim);
    // A field's name is a token too.
    names.filter(|name| http::HeaderName::from_bytes(name.as_bytes()).is_ok()).collect()
}
