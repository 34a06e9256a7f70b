//! Giving tokens out, where it needs Python: whom the issuer asks, and what the project ends.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use appserver::auth::resolve;
use appserver::failure::{Failure, FailureKind};
use appserver::handed::Handed;
use appserver::issuing::Operation;
use appserver::settings::{self, SettingsError, Sources};
use appserver_issuer::config::UserSource;
use appserver_issuer::django::settle;
use appserver_issuer::lent::Library;
use appserver_issuer::{Config as Issuing, Delegate, Host, Issuer, Revoke};
use appserver_python::delegate::PythonDelegate;
use appserver_python::sqlite::PythonSqlite;
use appserver_supervisor::BootReport;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Waiting for a store takes no longer than its own timeout; this is for one that never answers.
const LONGEST: Duration = Duration::from_secs(70);

/// Says that this process becomes a worker.
pub(crate) fn begin_work() {
    WORKER.store(std::process::id(), Ordering::Relaxed);
}

/// Whether the callback can be imported: better known before anything is served.
///
/// # Errors
/// It cannot.
pub(crate) fn try_callback(py: Python<'_>, handed: &Handed) -> Result<(), BootReport> {
    let callback = handed.settings.auth.jwt.issue.claims_callback.as_str();
    if handed.issuer.is_none() || callback.is_empty() {
        return Ok(());
    }
    appserver_python::delegate::try_callback(py, callback).map_err(|error| unasked(&error))
}

/// What the application has for the issuer. After the last fork.
///
/// # Errors
/// The callback or the SQLite library cannot be imported.
pub(crate) fn host(py: Python<'_>, handed: &Handed) -> Result<Host, BootReport> {
    let Some(issuing) = &handed.issuer else { return Ok(Host::default()) };
    let sqlite = sqlite(py, issuing).map_err(|error| BootReport {
        summary: format!("cannot use the application's SQLite: {error}"),
        app_failed: true,
        ..BootReport::default()
    })?;
    let sqlite = sqlite.map(|library| Arc::new(library) as Arc<dyn Library>);
    Ok(Host { delegate: delegate(py, handed, issuing)?, sqlite, ..Host::default() })
}

/// The application's SQLite library, where files are shared with it.
fn sqlite(py: Python<'_>, issuing: &Issuing) -> PyResult<Option<PythonSqlite>> {
    if issuing.shares_files() { PythonSqlite::find(py) } else { Ok(None) }
}

/// Whom the issuer asks: the application, where it is to be asked at all.
fn delegate(
    py: Python<'_>,
    handed: &Handed,
    issuing: &Issuing,
) -> Result<Option<Arc<dyn Delegate>>, BootReport> {
    if !issuing.has_callback && issuing.users != UserSource::Application {
        return Ok(None);
    }
    let jwt = &handed.settings.auth.jwt;
    let asked = (jwt.issue.claims_callback.as_str(), jwt.from_django.is_on());
    let delegate = PythonDelegate::start(py, asked, issuing.pool.0);
    Ok(Some(Arc::new(delegate.map_err(|error| unasked(&error))?)))
}

fn unasked(error: &PyErr) -> BootReport {
    BootReport {
        summary: format!("cannot ask the application about tokens: {error}"),
        hint: Some("look at auth.jwt.issue.claims_callback".to_owned()),
        app_failed: true,
        ..BootReport::default()
    }
}

/// Revokes, and returns when the store has it; false where the server gives no tokens out. Without an
/// issuer in this process the settings of that directory say where the store is.
///
/// # Errors
/// `RuntimeError`: the store does not have it.
pub(crate) fn revoke(py: Python<'_>, operation: &Operation, directory: PathBuf) -> PyResult<bool> {
    // A child that the application has forked has nobody to ask.
    let is_worker = WORKER.load(Ordering::Relaxed) == std::process::id();
    if let Some(issuer) = appserver::issuing::running().filter(|_| is_worker) {
        let what = match operation {
            Operation::RevokeUser(id) => Revoke::User(id.clone()),
            Operation::RevokeToken(jti) => Revoke::Token(jti.clone()),
            Operation::RevokeSession(sid) => Revoke::Session(sid.clone()),
            _ => return Err(failed(&"nothing is to be revoked")),
        };
        return py.detach(|| wait(&issuer, what)).map(|()| true);
    }
    let Some(issuing) = elsewhere(py, directory)? else { return Ok(false) };
    let sqlite = sqlite(py, &issuing)?;
    let lent = sqlite.clone().map(|library| Arc::new(library) as Arc<dyn Library>);
    let performed = py.detach(|| {
        let performed = operation.perform(&issuing, Host { sqlite: lent, ..Host::default() });
        if let Some(library) = &sqlite {
            library.wait_until_closed(LONGEST);
        }
        performed
    });
    performed.map(|_| true).map_err(|error| failed(&error))
}

/// The process that is a worker, and no child of one.
static WORKER: AtomicU32 = AtomicU32::new(0);

/// What the settings of that directory come to, with what the project of this process says.
fn elsewhere(py: Python<'_>, directory: PathBuf) -> PyResult<Option<Issuing>> {
    let sources = Sources::of_directory(directory);
    // With all mistakes.
    let wrong = |error: SettingsError| failed(&Failure::from(error));
    let loaded = settings::load(&sources).map_err(wrong)?;
    let resolved = resolve(&loaded, &sources.environment).map_err(wrong)?;
    let (Some(config), Some(issuing)) = (resolved.config, resolved.issuer) else {
        return Ok(None);
    };
    if !issuing.from_django {
        return Ok(Some(issuing));
    }
    // Whose views are where does not matter to who revokes, and need not even be importable here.
    let project = appserver_python::django::describe_issuing(py, &BTreeMap::new())?;
    let project = project.ok_or_else(|| failed(&"no Django project is loaded"))?;
    let (_, issuing, _) =
        settle(&config, &issuing, &project).map_err(|problem| failed(&problem))?;
    Ok(Some(issuing))
}

/// Does what an operator wants, for the application that is loaded; returns the exit code.
pub(crate) fn operate(
    py: Python<'_>,
    handed: &Handed,
    operation: &Operation,
) -> Result<String, Failure> {
    let failed = |text: String| Failure::new(FailureKind::Failed, text);
    let issuing = handed.issuer.as_ref();
    let issuing = issuing.ok_or_else(|| failed("the server gives no tokens out".to_owned()))?;
    let host = host(py, handed).map_err(|report| failed(report.to_string()))?;
    py.detach(|| operation.perform(issuing, host))
}

/// The issuer works on a thread of its own, so that this one may wait, whatever it is.
fn wait(issuer: &Issuer, what: Revoke) -> PyResult<()> {
    match within(LONGEST, issuer.revoke(what)) {
        Some(Ok(())) => Ok(()),
        Some(Err(problem)) => Err(failed(&problem)),
        None => Err(failed(&"the store does not answer")),
    }
}

/// What a future of another runtime comes to, if it does so in time. The thread may be one that runs
/// a loop.
fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    let end = Instant::now() + time;
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
        let left = end.checked_duration_since(Instant::now())?;
        std::thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn failed(problem: &dyn std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(problem.to_string())
}
