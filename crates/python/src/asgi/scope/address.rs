//! `client` and `server` of a scope.

use appserver_app::{Connection, Endpoint, Request};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The server's address as the scope has it. Almost all connections come to the same one.
#[derive(Default)]
pub(super) struct Addresses {
    server: Option<(Endpoint, Py<PyAny>)>,
}

/// The client's address as the scope has it, made once per connection.
struct Client(Option<Py<PyAny>>);

impl Addresses {
    /// Sets both addresses.
    pub(super) fn set(&mut self, scope: &Bound<'_, PyDict>, request: &Request) -> PyResult<()> {
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
        scope.set_item(intern!(py, "server"), self.server(py, &request.connection.local)?)
    }

    fn server(&mut self, py: Python<'_>, local: &Endpoint) -> PyResult<&Py<PyAny>> {
        if self.server.as_ref().is_none_or(|(known, _)| known != local) {
            self.server = None;
        }
        let (_, server) = match &mut self.server {
            Some(server) => server,
            none => none.insert((local.clone(), describe(py, local)?)),
        };
        Ok(server)
    }
}

impl Client {
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
