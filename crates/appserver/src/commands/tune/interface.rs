//! What the app speaks: found out by loading it once, which also shows whether it loads at all.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Duration;

use appserver_os::{Signal, process};
use tokio::time::timeout;

use super::grid::Interface;
use super::group::Group;
use crate::cli::AppKind;
use crate::commands::{LoadNative, child, warn};
use crate::failure::{Failure, FailureKind};
use crate::handed::Handed;
use crate::launch;
use crate::settings::{Loaded, Sources};

/// How long the interpreter may take to say where it is: it does so at once, on its own.
const DUMP: Duration = Duration::from_secs(1);

/// The app, and how it is called.
pub(super) struct App {
    /// What it is called in the report.
    pub(super) name: String,
    /// How it is called.
    pub(super) interface: Interface,
}

/// What the app's interpreter is to be told; a built-in app is made instead.
///
/// # Errors
/// There is no app, or it cannot be made.
pub(super) fn handed(
    kind: AppKind,
    (loaded, sources): (&Loaded, &Sources),
    load_native: LoadNative<'_>,
) -> Result<Handed, Failure> {
    let (handed, warnings) = launch::handed(kind, loaded, sources)?;
    warn(&warnings);
    if handed.target.is_none() {
        load_native().map_err(|error| Failure::new(FailureKind::AppLoad, error))?;
    }
    Ok(handed)
}

/// Loads the app in a child, unless it is built in.
///
/// # Errors
/// It does not load: the exit code is that of `run`.
///
/// # Cancel safety
/// Dropping the future ends the child.
pub(super) async fn find(handed: &Handed, sources: &Sources) -> Result<Found, Failure> {
    let Some(name) = handed.target.clone() else {
        let name = "the built-in application".to_owned();
        return Ok(Found::App(App { name, interface: Interface::Native }));
    };
    let (code, answer) = ask(handed, sources).await?;
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

/// The exit code of a child that loads the app, and the word that it prints. What the app starts while
/// it is loaded ends with it.
async fn ask(handed: &Handed, sources: &Sources) -> Result<(u8, String), Failure> {
    let failed = |error: io::Error| Failure::of(FailureKind::Failed, &error);
    let child::Prepared { mut command, memory } =
        child::prepare((handed, sources), "interface", handed)?;
    let (reader, writer) = io::pipe().map_err(failed)?;
    process::set_nonblocking(reader.as_fd(), true).map_err(failed)?;
    command.stdout(writer);
    let program = command.get_program().to_owned();
    // An interpreter that loads the app takes no other signal for an end.
    let group = Group::start(command, &[memory.as_fd()], Signal::SIGKILL);
    let mut group = group.map_err(|error| child::cannot_run(&program, &error))?;
    // A worker that takes longer to be ready is given up as well.
    let limit = handed.settings.boot_timeout;
    match timeout(limit.into(), group.ended()).await {
        Ok(ended) => ended.map_err(failed)?,
        Err(_) => {
            group.tell(Signal::SIGPWR);
            let _ = timeout(DUMP, group.ended()).await;
            let text = format!("the app is not loaded after {limit} (`boot_timeout`)");
            let failure = Failure::new(FailureKind::AppLoad, text);
            return Err(failure.hint(
                "where it is stands above; one that needs longer needs a longer --boot-timeout",
            ));
        }
    }
    let code = group.end().map_or(Ok(1), child::code)?;
    Ok((code, word(reader)))
}

/// What was printed; it is there already.
fn word(mut reader: io::PipeReader) -> String {
    let mut bytes = [0; 64];
    let count = reader.read(&mut bytes).unwrap_or(0);
    String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned()
}
