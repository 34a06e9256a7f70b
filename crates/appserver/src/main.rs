//! The `appserver` command.

use std::process::ExitCode;

use appserver::cli::AppKind;
use appserver::commands;

fn main() -> ExitCode {
    let arguments = std::env::args_os();
    ExitCode::from(commands::execute(AppKind::Discover, arguments, &|| Ok(())))
}
