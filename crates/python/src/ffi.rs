//! The few raw calls into CPython that have no safe equivalent, each behind a safe function.
//!
//! Everything here needs an attached thread where it takes a [`Python`]; nothing here keeps a raw
//! pointer beyond its call, except the thread state that [`save_thread`] returns.

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr::NonNull;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyStringData};

/// The thread state of a thread that let go of the interpreter.
#[derive(Clone, Copy)]
pub(crate) struct SavedThread(NonNull<ffi::PyThreadState>);

/// A Python string of these Latin-1 bytes (PEP 3333, "Unicode Issues").
pub(crate) fn latin1_string<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyString>> {
    let length = ffi::Py_ssize_t::try_from(text.len())?;
    // SAFETY: the thread is attached, pointer and length describe `text`, and a null `errors` means
    // "strict". The result is a new reference to an exact `str`, or null with an exception set.
    unsafe {
        let string = ffi::PyUnicode_DecodeLatin1(text.as_ptr().cast(), length, std::ptr::null());
        Bound::from_owned_ptr_or_err(py, string).map(|string| string.cast_into_unchecked())
    }
}

/// The Latin-1 bytes of a string; `None` if it has other characters.
pub(crate) fn latin1_bytes<'a>(text: &'a Bound<'_, PyString>) -> Option<&'a [u8]> {
    // SAFETY: a string is immutable and lives as long as the reference to it; CPython stores every
    // string at the least width that holds it, so Latin-1 text is exactly `Ucs1`.
    match unsafe { text.data() } {
        Ok(PyStringData::Ucs1(bytes)) => Some(bytes),
        _ => None,
    }
}

/// Lets go of the interpreter; the caller gives the result to [`restore_thread`] on this thread
/// before it touches Python again.
pub(crate) fn save_thread() -> Option<SavedThread> {
    // SAFETY: `PyGILState_Check` may be called on any thread. Only a thread that holds the
    // interpreter saves its state, which `PyEval_SaveThread` requires.
    unsafe {
        if ffi::PyGILState_Check() == 0 {
            return None;
        }
        NonNull::new(ffi::PyEval_SaveThread()).map(SavedThread)
    }
}

/// Takes the interpreter again.
pub(crate) fn restore_thread(saved: SavedThread) {
    // SAFETY: the state came from `PyEval_SaveThread` on this same thread (it is kept in a
    // thread-local) and is restored once.
    unsafe { ffi::PyEval_RestoreThread(saved.0.as_ptr()) }
}

/// A second descriptor of the file that the application has open, with the same offset.
pub(crate) fn duplicate(fd: RawFd) -> io::Result<File> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(9));
    }
    // SAFETY: the descriptor is not negative, and it is borrowed for this one call only, during
    // which the thread holds the interpreter, so that the application cannot close it.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned().map(File::from)
}

/// Whether only one reference leads to a builtin method, and none that is weak: nobody else can come
/// back to it.
pub(crate) fn is_known_once(method: &Py<PyAny>, py: Python<'_>) -> bool {
    let object = method.as_ptr();
    // SAFETY: the thread is attached and the object is alive, because `method` refers to it. It is read
    // as a builtin method only if it is one.
    let has_weak = unsafe {
        ffi::PyCFunction_Check(object) == 0
            || !(*object.cast::<ffi::PyCFunctionObject>()).m_weakreflist.is_null()
    };
    !has_weak && references(method, py) == 1
}

/// How many references there are to the object.
pub(crate) fn references<T>(object: &Py<T>, _attached: Python<'_>) -> isize {
    // SAFETY: the thread is attached and the object is alive, because `object` refers to it.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) }
}
