//! `wsgi.errors`: whatever `sys.stderr` is at the moment of writing.

use pyo3::intern;
use pyo3::prelude::*;

/// A text stream to `sys.stderr`. An application may replace `sys.stderr` at any time, and a
/// process may have none.
#[pyclass(frozen, module = "appserver")]
pub(crate) struct Errors;

#[pymethods]
impl Errors {
    fn write(&self, text: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = text.py();
        match stderr(py)? {
            Some(stream) => Ok(stream.call_method1(intern!(py, "write"), (text,))?.unbind()),
            None => Ok(text.len()?.into_pyobject(py)?.into_any().unbind()),
        }
    }

    fn writelines(&self, lines: &Bound<'_, PyAny>) -> PyResult<()> {
        for line in lines.try_iter()? {
            self.write(&line?)?;
        }
        Ok(())
    }

    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(stream) = stderr(py)? {
            stream.call_method0(intern!(py, "flush"))?;
        }
        Ok(())
    }
}

fn stderr(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let stream = py.import(intern!(py, "sys"))?.getattr_opt(intern!(py, "stderr"))?;
    Ok(stream.filter(|stream| !stream.is_none()))
}
