//! `client` and `server` of a scope.

use appserver_app::{Connection, Endpoint, Request};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The server's address that a template holds. Almost all connections come to the same one.
#[derive(Default)]
pub(super) struct Server(Option<Endpoint>);

/// The client's address as the scope has it, made once per connection.
pub(super) struct Client(Option<Py<PyAny>>);

impl Server {
    /// Sets the server's address in the template, if it holds another one.
    pub(super) fn set(&mut self, template: &Bound<'_, PyDict>, local: &Endpoint) -> PyResult<()> {
        if self.0.as_ref() == Some(local) {
            return Ok(());
        }
        let py = template.py();
        self.0 = None;
        template.set_item(intern!(py, "server"), describe(py, local)?)?;
        self.0 = Some(local.clone());
        Ok(())
    }
}

impl Client {
    /// Sets the client's address.
    pub(super) fn set(scope: &Bound<'_, PyDict>, request: &Request) -> PyResult<()> {
        let py = scope.py();
        let told = request.forwarded.as_ref().and_then(|forwarded| forwarded.client.as_deref());
        if let Some(client) = told {
            // A proxy tells the address only.
            scope.set_item(intern!(py, "client"), pair(py, client, 0)?)?;
        } else if let Some(Client(Some(client))) =
            request.connection.cached(|| Client::new(py, &request.connection))
        {
            scope.set_item(intern!(py, "client"), client)?;
        }
        Ok(())
    }

    /// A client on a Unix socket has no address.
    fn new(py: Python<'_>, connection: &Connection) -> Self {
        match &connection.peer {
            Endpoint::Tcp { text, port, .. } => Self(pair(py, text, *port).ok()),
            Endpoint::Unix(_) => Self(None),
        }
    }
}

/// `(host, port)`, or `(path, None)` of a Unix socket.
fn describe(py: Python<'_>, endpoint: &Endpoint) -> PyResult<Py<PyAny>> {
    match endpoint {
        Endpoint::Tcp { text, port, .. } => pair(py, text, *port),
        Endpoint::Unix(path) => {
            let path = path.as_ref().map(|path| path.to_string_lossy().into_owned());
            Ok((path, py.None()).into_pyobject(py)?.into_any().unbind())
        }
    }
}

/// A tuple, so that connections can share it.
fn pair(py: Python<'_>, host: &str, port: u16) -> PyResult<Py<PyAny>> {
    Ok((host, port).into_pyobject(py)?.into_any().unbind())
}
