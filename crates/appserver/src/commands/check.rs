//! `check`: are the settings right, and does the application load?

use crate::auth;
use crate::cli::AppKind;
use crate::commands::{LoadNative, child, print, warn};
use crate::failure::{Failure, FailureKind};
use crate::issuing;
use crate::launch;
use crate::settings::{self, Sources};

/// Checks without serving: the application is loaded in a child, or in this process if it is
/// built in.
pub(super) fn check(
    kind: AppKind,
    sources: &Sources,
    load_native: LoadNative<'_>,
) -> Result<u8, Failure> {
    let loaded = settings::load(sources)?;
    let (handed, warnings) = launch::handed(kind, &loaded, sources)?;
    warn(&warnings);
    match &handed.target {
        None => load_native().map_err(|error| Failure::new(FailureKind::AppLoad, error))?,
        Some(_) => {
            let code = child::run((&handed, sources), "check", &handed)?;
            if code != 0 {
                return Ok(code);
            }
        }
    }
    // The child tells of what a Django project says; only it knows.
    if handed.auth.as_ref().is_some_and(|auth| auth.from_django) {
        return Ok(0);
    }
    let gate = handed.auth.clone().map(appserver_auth::Gate::new);
    let gate = gate.and_then(Result::ok);
    let target = handed.target.as_deref().unwrap_or("the built-in application");
    let issuing = handed.issuer.as_ref().map(issuing::report);
    let report = [Some(auth::report(target, gate.as_ref())), issuing];
    Ok(print(&report.into_iter().flatten().collect::<Vec<_>>().join("\n")))
}
