//! `REMOTE_*` and `SERVER_*`: who is at the ends of the connection.

use appserver_app::{Connection, Endpoint, Scheme};
use http::header::HOST;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::About;
use crate::ffi::latin1_string;

/// The addresses of a connection as Python strings, made once per connection.
struct Addresses {
    remote: Option<(Py<PyString>, Py<PyString>)>,
    server: Option<(Py<PyString>, Py<PyString>)>,
}

/// Sets the four keys.
pub(super) fn set(environ: &Bound<'_, PyDict>, about: &About<'_>) -> PyResult<()> {
    let py = environ.py();
    let made = about.connection.cached(|| Addresses::new(py, about.connection));
    let addresses = match made {
        Some(Some(addresses)) => addresses,
        _ => return Ok(()),
    };
    set_remote(environ, about, addresses)?;
    match &addresses.server {
        Some((name, port)) => set_server(environ, name.bind(py), port.bind(py)),
        None => set_server_from_host(environ, about),
    }
}

impl Addresses {
    fn new(py: Python<'_>, connection: &Connection) -> Option<Self> {
        Some(Self {
            remote: strings(py, &connection.peer).ok()?,
            server: strings(py, &connection.local).ok()?,
        })
    }
}

fn strings(
    py: Python<'_>,
    endpoint: &Endpoint,
) -> PyResult<Option<(Py<PyString>, Py<PyString>)>> {
    let Endpoint::Tcp { port, text, .. } = endpoint else { return Ok(None) };
    let port = latin1_string(py, port.to_string().as_bytes())?;
    Ok(Some((latin1_string(py, text.as_bytes())?.unbind(), port.unbind())))
}

/// A client behind a proxy has an address but no port that we know; a client on a Unix socket has
/// neither.
fn set_remote(
    environ: &Bound<'_, PyDict>,
    about: &About<'_>,
    addresses: &Addresses,
) -> PyResult<()> {
    let py = environ.py();
    let (address, port) = (intern!(py, "REMOTE_ADDR"), intern!(py, "REMOTE_PORT"));
    let client = about.forwarded.and_then(|forwarded| forwarded.client.as_deref());
    match (client, &addresses.remote) {
        (Some(client), _) => {
            environ.set_item(address, latin1_string(py, client.as_bytes())?)?;
            environ.del_item(port)
        }
        (None, Some((remote, remote_port))) => {
            environ.set_item(address, remote)?;
            environ.set_item(port, remote_port)
        }
        (None, None) => environ.del_item(port),
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
