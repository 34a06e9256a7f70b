//! `wsgi.input`: a complete request body, in memory or in a file, read like `io.BytesIO`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use appserver_app::{RequestBody, SpooledBody};
use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// The stream that an application reads. The body is complete, so a short read means its end.
#[pyclass(module = "appserver")]
pub(crate) struct Input {
    source: Source,
}

enum Source {
    Memory { body: Bytes, at: usize },
    File { reader: BufReader<File>, left: u64 },
}

impl Input {
    /// A stream of no bytes. It has no state, so that requests without a body share one.
    pub(crate) fn empty() -> Self {
        Self { source: Source::Memory { body: Bytes::new(), at: 0 } }
    }

    /// A stream of this body; `None` for one that is still arriving.
    pub(crate) fn new(body: RequestBody) -> Option<Self> {
        let source = match body {
            RequestBody::Empty => return Some(Self::empty()),
            RequestBody::Memory(body) => Source::Memory { body, at: 0 },
            RequestBody::File(SpooledBody { file, length }) => {
                Source::File { reader: BufReader::with_capacity(64 * 1024, file), left: length }
            }
            RequestBody::Stream(_) => return None,
        };
        Some(Self { source })
    }
}

#[pymethods]
impl Input {
    #[pyo3(signature = (size=None, /))]
    fn read<'py>(&mut self, py: Python<'py>, size: Option<isize>) -> PyResult<Bound<'py, PyBytes>> {
        self.source.read(py, limit(size))
    }

    #[pyo3(signature = (size=None, /))]
    fn readline<'py>(
        &mut self,
        py: Python<'py>,
        size: Option<isize>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.source.read_line(py, limit(size))
    }

    #[pyo3(signature = (hint=None, /))]
    fn readlines<'py>(
        &mut self,
        py: Python<'py>,
        hint: Option<isize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let hint = hint.and_then(|hint| usize::try_from(hint).ok()).filter(|hint| *hint > 0);
        let lines = PyList::empty(py);
        let mut total = 0_usize;
        while hint.is_none_or(|hint| total < hint) {
            let line = self.source.read_line(py, usize::MAX)?;
            if line.as_bytes().is_empty() {
                break;
            }
            total = total.saturating_add(line.as_bytes().len());
            lines.append(line)?;
        }
        Ok(lines)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let line = self.source.read_line(py, usize::MAX)?;
        Ok(Some(line).filter(|line| !line.as_bytes().is_empty()))
    }
}

/// A negative size, like none, means everything.
fn limit(size: Option<isize>) -> usize {
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
}

impl Source {
    fn read<'py>(&mut self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        match self {
            Self::Memory { body, at } => {
                let rest = body.get(*at..).unwrap_or_default();
                Ok(PyBytes::new(py, take(rest, rest.len().min(limit), at)))
            }
            Self::File { reader, left } => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(limit);
                let bytes = PyBytes::new_with(py, length, |buffer| {
                    Ok(py.detach(|| reader.read_exact(buffer))?)
                })?;
                *left = left.saturating_sub(length as u64);
                Ok(bytes)
            }
        }
    }

    fn read_line<'py>(&mut self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        match self {
            Self::Memory { body, at } => {
                let rest = body.get(*at..).unwrap_or_default();
                let within = rest.get(..limit).unwrap_or(rest);
                let length = memchr::memchr(b'\n', within);
                let length = length.map_or(within.len(), |newline| newline + 1);
                Ok(PyBytes::new(py, take(rest, length, at)))
            }
            Self::File { reader, left } => {
                let mut line = Vec::new();
                let limit = u64::try_from(limit).unwrap_or(u64::MAX).min(*left);
                py.detach(|| reader.take(limit).read_until(b'\n', &mut line))?;
                *left = left.saturating_sub(line.len() as u64);
                Ok(PyBytes::new(py, &line))
            }
        }
    }
}

fn take<'a>(rest: &'a [u8], length: usize, at: &mut usize) -> &'a [u8] {
    *at += length;
    rest.get(..length).unwrap_or(rest)
}
