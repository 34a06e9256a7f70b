//! Telling from an application's signature what it speaks.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// How an application is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `application(environ, start_response)` (PEP 3333).
    Wsgi,
    /// `await application(scope, receive, send)` (ASGI 3).
    Asgi,
}

impl Interface {
    /// What this callable looks like. A coroutine function is ASGI, and so is whatever needs exactly
    /// three arguments; everything else is WSGI.
    pub(super) fn of(application: &Bound<'_, PyAny>) -> Self {
        let is_asgi = is_coroutine_function(application).unwrap_or(false)
            || parameters(application).is_ok_and(|count| count == 3);
        if is_asgi { Self::Asgi } else { Self::Wsgi }
    }
}

fn is_coroutine_function(application: &Bound<'_, PyAny>) -> PyResult<bool> {
    let inspect = application.py().import(intern!(application.py(), "inspect"))?;
    let ask = |function: &Bound<'_, PyAny>| {
        inspect.call_method1("iscoroutinefunction", (function,))?.extract::<bool>()
    };
    if ask(application)? {
        return Ok(true);
    }
    // The `__call__` of a class is what its instances do, not what calling the class does.
    if application.is_instance_of::<PyType>() {
        return Ok(false);
    }
    ask(&application.getattr("__call__")?)
}

/// How many positional parameters a caller has to fill.
fn parameters(application: &Bound<'_, PyAny>) -> PyResult<usize> {
    let inspect = application.py().import(intern!(application.py(), "inspect"))?;
    let parameter = inspect.getattr("Parameter")?;
    let positional =
        [parameter.getattr("POSITIONAL_ONLY")?, parameter.getattr("POSITIONAL_OR_KEYWORD")?];
    let empty = parameter.getattr("empty")?;
    let signature = inspect.call_method1("signature", (application,))?;
    let mut count = 0;
    for one in signature.getattr("parameters")?.call_method0("values")?.try_iter()? {
        let one = one?;
        let kind = one.getattr("kind")?;
        let is_positional = positional.iter().any(|known| kind.is(known));
        if is_positional && one.getattr("default")?.is(&empty) {
            count += 1;
        }
    }
    Ok(count)
}
