//! A verified token as Python sees it.
//!
//! Promises: only the server makes one. There is no constructor, no subclass, no pickling and no
//! copying, and the class itself cannot be changed; so an object whose type is exactly this is proof.
//! What is not asked for costs nothing.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyIterator, PyMappingProxy, PyString, PyTuple};
use serde_json::Value;

/// A token that the server has verified: whom a request is from. Reads like the mapping of its
/// claims. Only the server makes these.
#[pyclass(frozen, mapping, immutable_type, module = "appserver")]
pub struct Verified {
    token: appserver_auth::Verified,
    claims: PyOnceLock<Py<PyMappingProxy>>,
}

impl Verified {
    /// Not reachable from Python.
    pub(crate) fn new<'py>(
        py: Python<'py>,
        token: &appserver_auth::Verified,
    ) -> PyResult<Bound<'py, Self>> {
        Bound::new(py, Self { token: token.clone(), claims: PyOnceLock::new() })
    }

    /// The claim of this name as Python has it: `Some(None)` if there is none, `None` if only the
    /// mapping can tell. A view asks for one or two, and a mapping of all costs more than they do.
    fn claim<'py>(&self, name: &Bound<'py, PyAny>) -> Option<Option<Bound<'py, PyAny>>> {
        let py = name.py();
        let name = name.cast_exact::<PyString>().ok()?.to_str().ok()?;
        Some(match self.token.claims().members().get(name) {
            None => None,
            Some(Value::Null) => Some(py.None().into_bound(py)),
            Some(Value::Bool(value)) => Some(PyBool::new(py, *value).to_owned().into_any()),
            Some(Value::String(text)) => Some(PyString::new(py, text).into_any()),
            Some(Value::Number(number)) => {
                Some(number.as_i64()?.into_pyobject(py).ok()?.into_any())
            }
            Some(Value::Array(_) | Value::Object(_)) => return None,
        })
    }
}

#[pymethods]
impl Verified {
    /// The name of the provider that the token is from.
    #[getter]
    fn provider(&self) -> &str {
        self.token.provider()
    }

    /// The claims, as a mapping that cannot be changed.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyMappingProxy>> {
        let parse = || {
            static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let loads = LOADS.import(py, "json", "loads")?;
            let members = loads.call1((self.token.claims().text(),))?.cast_into::<PyDict>()?;
            Ok::<_, PyErr>(PyMappingProxy::new(py, members.as_mapping()).unbind())
        };
        Ok(self.claims.get_or_try_init(py, parse)?.bind(py))
    }

    /// The claims, by the name that simplejwt has for them.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyMappingProxy>> {
        self.claims(py)
    }

    /// Whom the token is about, as a text.
    #[getter]
    fn subject(&self) -> Option<String> {
        self.token.subject()
    }

    /// The id of the user, as the token has it: usually a text.
    #[getter]
    fn user_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.token.user() {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(PyString::new(py, text).into_any())),
            Some(_) => self.claims(py)?.get_item(self.token.user_claim()).map(Some),
        }
    }

    /// What kind of token it is, where it says so.
    #[getter]
    fn token_type(&self) -> Option<&str> {
        self.token.token_type()
    }

    /// The scopes that it grants.
    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.token.scopes())
    }

    /// The roles that it grants.
    #[getter]
    fn roles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.token.roles())
    }

    /// The id of the token.
    #[getter]
    fn jti(&self) -> Option<&str> {
        self.token.jti()
    }

    /// When it expires, in seconds since 1970-01-01 00:00 UTC.
    #[getter]
    fn expires(&self) -> Option<f64> {
        self.token.expires()
    }

    /// The token itself, where the server forwards it.
    #[getter]
    fn token(&self) -> Option<&str> {
        self.token.token()
    }

    /// The tokens of other providers, where a rule wants several.
    #[getter]
    fn others<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let others = self.token.others().iter().map(|token| Self::new(py, token));
        PyTuple::new(py, others.collect::<PyResult<Vec<_>>>()?)
    }

    /// The claim of this name, or else the default.
    #[pyo3(signature = (name, default = None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(claim) = self.claim(name) {
            return Ok(claim.or(default));
        }
        let claims = self.claims(py)?;
        if claims.contains(name)? { claims.get_item(name).map(Some) } else { Ok(default) }
    }

    /// The names of the claims.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.claims(py)?.call_method0("keys")
    }

    fn __getitem__<'py>(&self, name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.claim(name) {
            Some(Some(claim)) => Ok(claim),
            // The mapping says it in its own words.
            Some(None) | None => self.claims(name.py())?.get_item(name),
        }
    }

    fn __contains__(&self, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        match self.claim(name) {
            Some(claim) => Ok(claim.is_some()),
            None => self.claims(name.py())?.contains(name),
        }
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.claims(py)?.as_any().try_iter()
    }

    /// Never the token.
    fn __repr__(&self) -> String {
        let subject = self.token.subject().unwrap_or_default();
        format!("<appserver.Verified provider={:?} subject={subject:?}>", self.token.provider())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(cannot("pickled"))
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(cannot("pickled"))
    }

    fn __copy__(&self) -> PyResult<()> {
        Err(cannot("copied"))
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(cannot("copied"))
    }
}

fn cannot(what: &str) -> PyErr {
    PyTypeError::new_err(format!("appserver.Verified cannot be {what}: only the server makes one"))
}
