//! The commands: each a function from what was asked to an exit code.

mod check;
mod child;
mod ctl;
mod keys;
mod run;
mod token;
mod tune;
mod users;

use std::ffi::OsString;
use std::io::{self, Write};

use crate::cli::{self, AppKind, Command};
use crate::failure::Failure;
use crate::settings;

/// Loads the built-in application of a native program, to see whether it can be.
pub type LoadNative<'a> = &'a dyn Fn() -> Result<(), String>;

/// Does what this command line asks for; returns the exit code. `arguments` begins with the name of
/// the program.
pub fn execute(
    kind: AppKind,
    arguments: impl IntoIterator<Item = OsString>,
    load_native: LoadNative<'_>,
) -> u8 {
    let command = match cli::parse(kind, arguments) {
        Ok(command) => command,
        Err(error) => error.exit(),
    };
    let outcome = match command {
        Command::Run(sources) => run::run(kind, sources),
        Command::Check(sources) => check::check(kind, &sources, load_native),
        Command::Ctl { sources, action, json } => ctl::ctl(&sources, action, json),
        Command::Token { sources, action } => token::token(kind, &sources, action),
        Command::Users { sources, action } => users::users(kind, &sources, action),
        Command::Keys { sources, action, json } => keys::keys(&sources, &action, json),
        Command::Tune { sources, options } => tune::tune(kind, &sources, &options, load_native),
        Command::ConfigShow { sources, json } => show(&sources, json),
        Command::Reference(page) => Ok(print(&page.text())),
        Command::Version => Ok(print(concat!("appserver ", env!("CARGO_PKG_VERSION")))),
    };
    outcome.unwrap_or_else(|failure| {
        let _ = writeln!(io::stderr(), "{failure}");
        failure.kind.code()
    })
}

fn show(sources: &settings::Sources, json: bool) -> Result<u8, Failure> {
    Ok(print(&settings::load(sources)?.show(json)))
}

/// Tells what should be looked at.
fn warn(warnings: &[String]) {
    for warning in warnings {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
}

/// Prints; a reader that has gone away wants no more.
fn print(text: &str) -> u8 {
    let _ = writeln!(io::stdout(), "{}", text.trim_end());
    0
}
