//! `REMOTE_*` and `SERVER_*`: who is at the ends of the connection.

use appserver_app::{Connection, Endpoint, Scheme};
use http::header::HOST;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::About;
use crate::ffi::latin1_string;

/// The client's address and port as Python strings, made once per connection.
struct Client {
    strings: Option<(Py<PyString>, Py<PyString>)>,
}

/// The server's keys in the template. Almost all connections come to the same address.
#[derive(Default)]
pub(super) struct Server {
    current: Option<Endpoint>,
}

impl Server {
    /// Sets the keys in the template that the next environ is copied from.
    pub(super) fn set(&mut self, template: &Bound<'_, PyDict>, local: &Endpoint) -> PyResult<()> {
        if self.current.as_ref() == Some(local) {
            return Ok(());
        }
        self.current = None;
        if let Some((name, port)) = strings(template.py(), local)? {
            set_server(template, &name, &port)?;
        }
        self.current = Some(local.clone());
        Ok(())
    }
}

/// Sets what the template does not have.
pub(super) fn set(environ: &Bound<'_, PyDict>, about: &About<'_>) -> PyResult<()> {
    set_client(environ, about)?;
    match about.connection.local {
        Endpoint::Tcp { .. } => Ok(()),
        Endpoint::Unix(_) => set_server_from_host(environ, about),
    }
}

type Strings<'py> = (Bound<'py, PyString>, Bound<'py, PyString>);

fn strings<'py>(py: Python<'py>, endpoint: &Endpoint) -> PyResult<Option<Strings<'py>>> {
    let Endpoint::Tcp { port, text, .. } = endpoint else { return Ok(None) };
    let port = latin1_string(py, port.to_string().as_bytes())?;
    Ok(Some((latin1_string(py, text.as_bytes())?, port)))
}

/// A client behind a proxy has an address but no port that we know; a client on a Unix socket has
/// neither.
fn set_client(environ: &Bound<'_, PyDict>, about: &About<'_>) -> PyResult<()> {
    let py = environ.py();
    let (address, port) = (intern!(py, "REMOTE_ADDR"), intern!(py, "REMOTE_PORT"));
    if let Some(client) = about.forwarded.and_then(|forwarded| forwarded.client.as_deref()) {
        environ.set_item(address, latin1_string(py, client.as_bytes())?)?;
        return environ.del_item(port);
    }
    let cached = about.connection.cached(|| Client::new(py, about.connection));
    match cached {
        Some(Client { strings: Some((client, client_port)) }) => {
            environ.set_item(address, client)?;
            environ.set_item(port, client_port)
        }
        _ => environ.del_item(port),
    }
}

impl Client {
    fn new(py: Python<'_>, connection: &Connection) -> Self {
        let strings = strings(py, &connection.peer).ok().flatten();
        Self { strings: strings.map(|(client, port)| (client.unbind(), port.unbind())) }
    }
}

fn set_server(
    environ: &Bound<'_, PyDict>,
    name: &Bound<'_, PyString>,
    port: &Bound<'_, PyString>,
) -> PyResult<()> {
    let py = environ.py();
    environ.set_item(intern!(py, "SERVER_NAME"), name)?;
    environ.set_item(intern!(py, "SERVER_PORT"), port)
}

/// A Unix socket has no name of its own that a URL could be built of; PEP 3333 demands one.
fn set_server_from_host(environ: &Bound<'_, PyDict>, about: &About<'_>) -> PyResult<()> {
    let py = environ.py();
    let host = about.head.headers.get(HOST).map_or(&[][..], |host| host.as_bytes());
    let (name, port) = split_host(host);
    let default: &[u8] = if about.scheme() == Scheme::Https { b"443" } else { b"80" };
    let name = latin1_string(py, if name.is_empty() { b"localhost" } else { name })?;
    let port = latin1_string(py, port.unwrap_or(default))?;
    set_server(environ, &name, &port)
}

/// Host and port of a Host field; the brackets of an IPv6 address stay.
fn split_host(host: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let Some((name, port)) = colon.and_then(|colon| host.split_at_checked(colon)) else {
        return (host, None);
    };
    let port = port.get(1..).unwrap_or_default();
    if port.iter().all(u8::is_ascii_digit) {
        (name, Some(port).filter(|port| !port.is_empty()))
    } else {
        (host, None)
    }
}

#[cfg(test)]
mod tests {
    use super::split_host;

    #[test]
    fn hosts_are_split_at_the_port() {
        assert_eq!(split_host(b"a.example:8000"), (&b"a.example"[..], Some(&b"8000"[..])));
        assert_eq!(split_host(b"a.example"), (&b"a.example"[..], None));
        assert_eq!(split_host(b"a.example:"), (&b"a.example"[..], None));
        assert_eq!(split_host(b"[::1]"), (&b"[::1]"[..], None));
        assert_eq!(split_host(b"[::1]:80"), (&b"[::1]"[..], Some(&b"80"[..])));
        assert_eq!(split_host(b""), (&b""[..], None));
    }
}
