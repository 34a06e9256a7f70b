//! What the app speaks: found out by loading it once, which also shows whether it loads at all.

use super::grid::Interface;
use crate::cli::AppKind;
use crate::commands::{LoadNative, child, warn};
use crate::failure::{Failure, FailureKind};
use crate::launch;
use crate::settings::{Loaded, Sources};

/// The app, and how it is called.
pub(super) struct App {
    /// What it is called in the report.
    pub(super) name: String,
    /// How it is called.
    pub(super) interface: Interface,
}

/// Loads the app in a child, or makes it if it is built in.
///
/// # Errors
/// There is none, or it does not load: the exit code is that of `run`.
pub(super) fn find(
    kind: AppKind,
    (loaded, sources): (&Loaded, &Sources),
    load_native: LoadNative<'_>,
) -> Result<Found, Failure> {
    let (handed, warnings) = launch::handed(kind, loaded, sources)?;
    warn(&warnings);
    let Some(name) = handed.target.clone() else {
        load_native().map_err(|error| Failure::new(FailureKind::AppLoad, error))?;
        let name = "the built-in application".to_owned();
        return Ok(Found::App(App { name, interface: Interface::Native }));
    };
    let (code, answer) = child::ask((&handed, sources), "interface", &handed)?;
    let interface = match (code, answer.trim()) {
        (0, "wsgi") => Interface::Wsgi,
        (0, "asgi") => Interface::Asgi,
        (0, _) => {
            let text = "the installed appserver package does not know the command `tune`";
            let failure = Failure::new(FailureKind::Failed, text);
            return Err(failure.hint("install the version that belongs to this program"));
        }
        (code, _) => return Ok(Found::Refused(code)),
    };
    Ok(Found::App(App { name, interface }))
}

/// What came of it.
pub(super) enum Found {
    /// The app loads.
    App(App),
    /// It does not, which the child has said; this is its exit code.
    Refused(u8),
}
