//! The reference page of the command line, printed from its grammar.

use std::fmt::Write;

use clap::{Arg, Command};

use super::{
    AppKind,
    build::{self, SETTINGS},
};

/// The page, as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = String::from(HEAD);
    let command = build::command(AppKind::Discover);
    for inner in command.get_subcommands() {
        describe(&mut page, command.get_name(), inner);
    }
    let _ = writeln!(page, "\n## Flags of settings\n");
    for arg in build::settings() {
        describe_argument(&mut page, &arg);
    }
    page
}

const HEAD: &str = "\
<!-- Printed by `appserver config reference command-line`. A test compares it. -->
# Command line

Every command explains itself with `--help`. Commands that read settings also take the flags of
settings, which are at the end of this page.
";

fn describe(page: &mut String, parent: &str, command: &Command) {
    let path = format!("{parent} {}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(page, "\n## `{path}`\n\n{about}");
    let own = |arg: &&Arg| arg.get_help_heading() != Some(SETTINGS);
    let arguments: Vec<&Arg> = command.get_arguments().filter(own).collect();
    if !arguments.is_empty() {
        page.push('\n');
    }
    for argument in arguments {
        describe_argument(page, argument);
    }
    for inner in command.get_subcommands() {
        describe(page, &path, inner);
    }
}

fn describe_argument(page: &mut String, arg: &Arg) {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_value_names().unwrap_or_default().join(" ");
    let takes = arg.get_action().takes_values();
    let value = match (takes, arg.is_require_equals_set()) {
        (false, _) => String::new(),
        (true, true) => format!("[={values}]"),
        (true, false) => format!(" {values}"),
    };
    let name = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("`-{short}`, `--{long}{value}`"),
        (None, Some(long)) => format!("`--{long}{value}`"),
        _ => format!("`{values}`"),
    };
    let choices: Vec<String> =
        arg.get_possible_values().iter().map(|choice| format!("`{}`", choice.get_name())).collect();
    let choices = match choices.is_empty() || !takes {
        true => String::new(),
        false => format!(" One of {}.", choices.join(", ")),
    };
    let default = match arg.get_default_values() {
        [default] if takes && !arg.is_hide_default_value_set() => {
            format!(" Without it, `{}`.", default.to_string_lossy())
        }
        _ => String::new(),
    };
    let _ = writeln!(page, "- {name}: {help}{choices}{default}");
}
