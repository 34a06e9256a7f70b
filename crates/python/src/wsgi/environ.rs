//! The environ dictionary (PEP 3333, "environ Variables").
//!
//! Each request gets a copy of a template that has every fixed key, and a slot for every key that
//! all requests have: copying a dictionary is cheaper than filling one. What tends to repeat is set
//! in the template itself, and only when it changes. Values are `str` of Latin-1.

mod address;
mod header;
mod path;

use std::sync::Arc;

use appserver_app::{Connection, Forwarded, RequestId, Scheme};
use http::request::Parts;
use http::{Method, Version};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::WsgiConfig;
use super::errors::Errors;
use super::file_wrapper::FileWrapper;
use super::input::Input;
use crate::auth::Auth;
use crate::ffi::latin1_string;
use address::Server;
use header::HeaderKeys;
use path::Mount;

/// What an environ is made of.
pub(crate) struct About<'a> {
    pub(crate) head: &'a Parts,
    pub(crate) connection: &'a Arc<Connection>,
    pub(crate) forwarded: Option<&'a Forwarded>,
    pub(crate) id: &'a RequestId,
    /// The length of the collected body, in bytes; `None` without one.
    pub(crate) length: Option<u64>,
}

impl About<'_> {
    fn scheme(&self) -> Scheme {
        let told = self.forwarded.and_then(|forwarded| forwarded.scheme);
        told.unwrap_or(self.connection.scheme)
    }
}

/// Makes environs, for one thread.
pub(crate) struct Environs {
    template: Py<PyDict>,
    empty_input: Py<Input>,
    keys: HeaderKeys,
    mount: Mount,
    server: Server,
    auth: Option<Auth>,
}

impl Environs {
    /// # Errors
    ///
    /// When Python has no memory.
    pub(crate) fn new(py: Python<'_>, config: &WsgiConfig) -> PyResult<Self> {
        Ok(Self {
            template: template(py, config)?.unbind(),
            empty_input: Py::new(py, Input::empty())?,
            keys: HeaderKeys::new(py)?,
            mount: Mount::new(&config.script_name),
            server: Server::default(),
            auth: config.auth.as_ref().map(|forward| Auth::new(py, forward)).transpose()?,
        })
    }

    /// The input of requests without a body.
    pub(crate) fn empty_input(&self, py: Python<'_>) -> Py<Input> {
        self.empty_input.clone_ref(py)
    }

    /// The environ of one request.
    ///
    /// # Errors
    ///
    /// When Python has no memory.
    pub(crate) fn build<'py>(
        &mut self,
        py: Python<'py>,
        about: &About<'_>,
        input: Py<Input>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let template = self.template.bind(py);
        self.server.set(template, &about.connection.local)?;
        self.mount.set_path(template, &about.head.uri)?;
        let environ = template.copy()?;
        if !input.is(&self.empty_input) {
            environ.set_item(intern!(py, "wsgi.input"), input)?;
        }
        set_request_line(&environ, &about.head.method, about.head.version)?;
        address::set(&environ, about)?;
        self.keys.set_fields(&environ, &about.head.headers)?;
        if let Some(length) = about.length {
            let length = latin1_string(py, length.to_string().as_bytes())?;
            environ.set_item(intern!(py, "CONTENT_LENGTH"), length)?;
        }
        if about.scheme() == Scheme::Https {
            environ.set_item(intern!(py, "wsgi.url_scheme"), intern!(py, "https"))?;
        }
        environ.set_item(intern!(py, "appserver.request_id"), request_id(py, about.id)?)?;
        if let Some(auth) = &self.auth {
            auth.set_environ(&environ, &about.head.extensions)?;
        }
        Ok(environ.into_any())
    }
}

fn set_request_line(
    environ: &Bound<'_, PyDict>,
    method: &Method,
    version: Version,
) -> PyResult<()> {
    let py = environ.py();
    let key = intern!(py, "REQUEST_METHOD");
    match *method {
        Method::GET => {}
        Method::POST => environ.set_item(key, intern!(py, "POST"))?,
        Method::HEAD => environ.set_item(key, intern!(py, "HEAD"))?,
        Method::PUT => environ.set_item(key, intern!(py, "PUT"))?,
        Method::PATCH => environ.set_item(key, intern!(py, "PATCH"))?,
        Method::DELETE => environ.set_item(key, intern!(py, "DELETE"))?,
        Method::OPTIONS => environ.set_item(key, intern!(py, "OPTIONS"))?,
        ref other => environ.set_item(key, latin1_string(py, other.as_str().as_bytes())?)?,
    }
    if version == Version::HTTP_10 {
        environ.set_item(intern!(py, "SERVER_PROTOCOL"), intern!(py, "HTTP/1.0"))?;
    }
    Ok(())
}

/// Every key that all requests have, with the value that most of them have, and room for the header
/// fields: a dictionary that has grown stays large when it shrinks, and so does its copy.
fn template<'py>(py: Python<'py>, config: &WsgiConfig) -> PyResult<Bound<'py, PyDict>> {
    let environ = PyDict::new(py);
    let text = |name, value: &str| environ.set_item(PyString::intern(py, name), value);
    text("REQUEST_METHOD", "GET")?;
    let mount = config.script_name.trim_end_matches('/').as_bytes();
    environ.set_item(intern!(py, "SCRIPT_NAME"), latin1_string(py, mount)?)?;
    text("PATH_INFO", "/")?;
    text("QUERY_STRING", "")?;
    text("RAW_URI", "/")?;
    text("REMOTE_ADDR", "")?;
    text("REMOTE_PORT", "")?;
    text("SERVER_NAME", "")?;
    text("SERVER_PORT", "")?;
    text("SERVER_PROTOCOL", "HTTP/1.1")?;
    text("SERVER_SOFTWARE", concat!("appserver/", env!("CARGO_PKG_VERSION")))?;
    text("wsgi.url_scheme", "http")?;
    text("appserver.request_id", "")?;
    let flag = |name, value: bool| environ.set_item(PyString::intern(py, name), value);
    flag("wsgi.multithread", config.threads > 1)?;
    flag("wsgi.multiprocess", config.multiprocess)?;
    flag("wsgi.run_once", false)?;
    flag("wsgi.input_terminated", true)?;
    environ.set_item(intern!(py, "wsgi.version"), (1, 0))?;
    environ.set_item(intern!(py, "wsgi.errors"), Py::new(py, Errors)?)?;
    environ.set_item(intern!(py, "wsgi.input"), Py::new(py, Input::empty())?)?;
    environ.set_item(intern!(py, "wsgi.file_wrapper"), py.get_type::<FileWrapper>())?;
    if config.auth.is_some() {
        Auth::set_template(&environ)?;
    }
    environ.set_item(intern!(py, "wsgi.room"), py.None())?;
    environ.del_item(intern!(py, "wsgi.room"))?;
    Ok(environ)
}

/// The same text as [`RequestId`]'s `Display`, without the formatting machinery.
fn request_id<'py>(py: Python<'py>, id: &RequestId) -> PyResult<Bound<'py, PyString>> {
    match id {
        RequestId::Own { worker, count } if *count <= u64::from(u32::MAX) => {
            let mut text = [0_u8; 24];
            let (prefix, suffix) = text.split_at_mut(16);
            write_hex(*worker, prefix);
            write_hex(*count, suffix);
            latin1_string(py, &text)
        }
        other => latin1_string(py, other.to_string().as_bytes()),
    }
}

fn write_hex(mut number: u64, digits: &mut [u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get((number & 15) as usize).copied().unwrap_or_default();
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_as_display_prints_it() {
        let id = RequestId::Own { worker: 0x0123_4567_89ab_cdef, count: 0x00fe_dc0a };
        let mut text = [0; 24];
        let (prefix, suffix) = text.split_at_mut(16);
        write_hex(0x0123_4567_89ab_cdef, prefix);
        write_hex(0x00fe_dc0a, suffix);
        assert_eq!(id.to_string().as_bytes(), text);
    }
}
