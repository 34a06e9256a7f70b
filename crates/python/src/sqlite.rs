//! The interpreter's own SQLite library, by its module `sqlite3`, lent to the issuer.
//!
//! Promises that the interpreter is held for no longer than a statement, which the module runs
//! without it, and that no lock of ours is held meanwhile; that a file is never made. Which files are
//! opened, and what is asked of them, is not known here.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use appserver_issuer::lent::{Cell, Done, LentError, Library, Session, Value};
use pyo3::exceptions::{PyImportError, PyTypeError};
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use pyo3::{IntoPyObjectExt, intern, prelude::*};

use crate::percent::percent_encode;

/// The library that the application uses.
#[derive(Clone, Debug)]
pub struct PythonSqlite {
    module: Arc<Module>,
    sessions: Arc<Sessions>,
}

#[derive(Debug)]
struct Module {
    connect: Py<PyAny>,
    /// The base of the module's exceptions.
    error: Py<PyAny>,
}

impl PythonSqlite {
    /// The library, if the interpreter has one. Call it when the application is loaded, which may have
    /// put a module of its own in the place of `sqlite3`; one that it uses by another name is not seen.
    ///
    /// # Errors
    /// The module raises something when it is imported, or is none.
    pub fn find(py: Python<'_>) -> PyResult<Option<Self>> {
        let module = match py.import("sqlite3") {
            Ok(module) => module,
            Err(error) if error.is_instance_of::<PyImportError>(py) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (connect, error) = (module.getattr("connect")?, module.getattr("Error")?);
        let module = Module { connect: connect.unbind(), error: error.unbind() };
        Ok(Some(Self { module: Arc::new(module), sessions: Arc::default() }))
    }

    /// Waits until all connections are closed, but no longer than this: an interpreter must not end
    /// under them. Call it without the interpreter.
    pub fn wait_until_closed(&self, longest: Duration) {
        let Sessions { open, closed } = &*self.sessions;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(closed.wait_timeout_while(open, longest, |open| *open > 0));
    }
}

impl Library for PythonSqlite {
    fn open(&self, path: &Path, patience: Duration) -> Result<Box<dyn Session>, LentError> {
        let counted = Counted::new(&self.sessions);
        let module = Arc::clone(&self.module);
        attached(|py| {
            let connection = module.connect(py, path, patience);
            let connection = connection.map_err(|error| module.told(py, &error))?;
            let session = PythonSession { connection, module, _counted: counted };
            Ok(Box::new(session) as Box<dyn Session>)
        })
    }
}

impl Module {
    fn connect(&self, py: Python<'_>, path: &Path, patience: Duration) -> PyResult<Py<PyAny>> {
        // Not as a plain path: that would make a file. With an authority, if an empty one: a path may
        // begin with two slashes.
        let path = percent_encode(path.as_os_str().as_encoded_bytes());
        let options = PyDict::new(py);
        options.set_item(intern!(py, "uri"), true)?;
        options.set_item(intern!(py, "timeout"), patience.as_secs_f64())?;
        // Who opens it also begins transactions, and ends them.
        options.set_item(intern!(py, "isolation_level"), py.None())?;
        // There is one thread, but it is none of Python's.
        options.set_item(intern!(py, "check_same_thread"), false)?;
        let connect = self.connect.bind(py);
        connect.call((format!("file://{path}?mode=rw"),), Some(&options)).map(Bound::unbind)
    }

    fn told(&self, py: Python<'_>, error: &PyErr) -> LentError {
        let value = error.value(py);
        if !value.is_instance(self.error.bind(py)).unwrap_or_default() {
            return LentError::Told { code: None, message: error.to_string() };
        }
        // From CPython 3.11 on, and not of the module's own errors.
        let code = value.getattr(intern!(py, "sqlite_errorcode"));
        let code = code.and_then(|code| code.extract()).ok();
        LentError::Told { code, message: value.to_string() }
    }
}

/// A connection.
struct PythonSession {
    connection: Py<PyAny>,
    module: Arc<Module>,
    /// Goes last: the connection is closed then.
    _counted: Counted,
}

impl Session for PythonSession {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<Done, LentError> {
        attached(|py| {
            let done = run(self.connection.bind(py), sql, values);
            done.map_err(|error| self.module.told(py, &error))
        })
    }
}

impl Drop for PythonSession {
    fn drop(&mut self) {
        // Without an interpreter the process ends, and the file is closed with it.
        Python::try_attach(|py| {
            if let Err(error) = self.connection.bind(py).call_method0(intern!(py, "close")) {
                tracing::warn!(%error, "a connection to SQLite cannot be closed");
            }
        });
    }
}

fn run(connection: &Bound<'_, PyAny>, sql: &str, values: &[Value]) -> PyResult<Done> {
    let py = connection.py();
    let values = values.iter().map(|value| match value {
        Value::Int(number) => number.into_bound_py_any(py),
        Value::Text(text) => text.into_bound_py_any(py),
    });
    let values = PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)?;
    let cursor = connection.call_method1(intern!(py, "execute"), (sql, values))?;
    let rows = cursor.call_method0(intern!(py, "fetchall"))?.cast_into::<PyList>()?;
    let cells = |row: Bound<'_, PyAny>| {
        row.cast_into::<PyTuple>()?.iter().map(|value| cell(&value)).collect()
    };
    let rows = rows.iter().map(cells).collect::<PyResult<_>>()?;
    // It is -1 for statements that change no rows.
    let changes: i64 = cursor.getattr(intern!(py, "rowcount"))?.extract()?;
    Ok(Done { rows, changes: changes.try_into().unwrap_or_default() })
}

/// The types of the values that SQLite has; the module makes no others by itself.
fn cell(value: &Bound<'_, PyAny>) -> PyResult<Cell> {
    if value.is_none() {
        Ok(Cell::Null)
    } else if value.is_exact_instance_of::<PyInt>() {
        value.extract().map(Cell::Int)
    } else if value.is_exact_instance_of::<PyString>() {
        value.extract().map(Cell::Text)
    } else if value.is_exact_instance_of::<PyFloat>() {
        value.extract().map(Cell::Real)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(Cell::Blob(bytes.as_bytes().to_owned()))
    } else {
        let kind = value.get_type();
        Err(PyTypeError::new_err(format!("SQLite gives no values of the type {kind}")))
    }
}

/// Does it with the interpreter.
fn attached<T>(what: impl FnOnce(Python<'_>) -> Result<T, LentError>) -> Result<T, LentError> {
    let gone = || Err(LentError::Gone("the interpreter has ended".to_owned()));
    Python::try_attach(what).unwrap_or_else(gone)
}

/// How many connections there are.
#[derive(Debug, Default)]
struct Sessions {
    open: Mutex<usize>,
    closed: Condvar,
}

impl Sessions {
    fn change(&self, to: impl FnOnce(usize) -> usize) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = to(*open);
        self.closed.notify_all();
    }
}

/// One of them.
struct Counted(Arc<Sessions>);

impl Counted {
    fn new(sessions: &Arc<Sessions>) -> Self {
        sessions.change(|open| open.saturating_add(1));
        Self(Arc::clone(sessions))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.change(|open| open.saturating_sub(1));
    }
}
