//! The Python extension module: what the user's interpreter loads to become a mold and its workers.
//!
//! It only composes: the mold's loop, the worker's body and the bridge are other crates'. The Python
//! side is the package `appserver`, which calls `_appserver`'s functions.

#![forbid(unsafe_code)]

mod application;
mod auth;
mod issuing;
mod mold;
mod worker;

/// The compiled half of the package `appserver`.
#[pyo3::pymodule(gil_used = true)]
mod _appserver {
    use std::path::PathBuf;

    use appserver::issuing::Operation;
    use pyo3::prelude::*;

    #[pymodule_export]
    use appserver_python::asgi::ClientDisconnected;
    #[pymodule_export]
    use appserver_python::auth::Verified;
    #[pymodule_export]
    use appserver_python::turn::Turn;

    /// Runs the mold that was handed this descriptor, and every worker that is forked from it.
    /// Returns the exit code; `None` if the process is to start over without loading the
    /// application.
    #[pyfunction]
    fn mold(py: Python<'_>, fd: i32, each: bool) -> PyResult<Option<i32>> {
        crate::mold::run(py, fd, each)
    }

    /// Loads the application that the settings in this descriptor name; returns the exit code.
    #[pyfunction]
    fn check(py: Python<'_>, fd: i32) -> PyResult<i32> {
        crate::application::check(py, fd)
    }

    /// Loads the application that the settings in this descriptor name, and prints how it is called;
    /// returns the exit code.
    #[pyfunction]
    fn interface(py: Python<'_>, fd: i32) -> PyResult<i32> {
        crate::application::interface(py, fd)
    }

    /// Answers the question about tokens in this descriptor, for the application that the settings
    /// in it name; returns the exit code.
    #[pyfunction]
    fn token(py: Python<'_>, fd: i32) -> PyResult<i32> {
        crate::application::token(py, fd)
    }

    /// Does what the operator wants that is in this descriptor, for the application that the
    /// settings in it name; returns the exit code.
    #[pyfunction]
    fn operate(py: Python<'_>, fd: i32) -> PyResult<i32> {
        crate::application::operate(py, fd)
    }

    /// Ends everything that a user has.
    ///
    /// Returns when the store has it; False where the server gives no tokens out. Without a server in
    /// this process its settings are those of the directory.
    #[pyfunction]
    fn revoke_user(py: Python<'_>, name: String, directory: PathBuf) -> PyResult<bool> {
        crate::issuing::revoke(py, &Operation::RevokeUser(name), directory)
    }

    /// The same for a token, by its `jti`.
    #[pyfunction]
    fn revoke_token(py: Python<'_>, name: String, directory: PathBuf) -> PyResult<bool> {
        crate::issuing::revoke(py, &Operation::RevokeToken(name), directory)
    }

    /// The same for a session, by its `sid`.
    #[pyfunction]
    fn revoke_session(py: Python<'_>, name: String, directory: PathBuf) -> PyResult<bool> {
        crate::issuing::revoke(py, &Operation::RevokeSession(name), directory)
    }
}
