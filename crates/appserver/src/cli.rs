//! The command line: what was asked for, as a [`Command`].
//!
//! Flags of settings are made from the declaration of the settings. Nothing is done here: no
//! setting is loaded, nothing is printed.

mod build;
mod keys;
mod reference;
mod token;
mod tune;
mod users;

#[cfg(test)]
mod tests;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgMatches, error::ErrorKind};

pub(crate) use build::flag_name;
pub use keys::KeysAction;
pub use reference::reference;
pub use token::{TokenAction, TokenText, Verify};
pub(crate) use tune::header;
pub use tune::{TuneOptions, TuneOutput};
pub use users::UsersAction;

use crate::settings::{FlagValue, Settings, Sources, join};

/// Which program's command line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// The server: the app is an argument, or is found.
    Discover,
    /// A program that has its app built in.
    Native {
        /// What the program is called.
        name: &'static str,
    },
}

/// What was asked for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Serve.
    Run(Sources),
    /// Check the settings and load the app, without serving.
    Check(Sources),
    /// Print every setting and where it came from.
    ConfigShow {
        /// Where the settings come from.
        sources: Sources,
        /// As JSON instead of lines for people.
        json: bool,
    },
    /// Print a page of the documentation.
    Reference(Page),
    /// Talk to the running server.
    Ctl {
        /// Where the setting of the control socket's directory comes from.
        sources: Sources,
        /// What to tell the server.
        action: CtlAction,
        /// Print the answer as JSON instead of lines for people.
        json: bool,
    },
    /// Look into a token, or ask what the policy makes of it.
    Token {
        /// Where the settings come from.
        sources: Sources,
        /// What is asked.
        action: TokenAction,
    },
    /// Keep the users of our own table.
    Users {
        /// Where the settings come from.
        sources: Sources,
        /// What is to be done.
        action: UsersAction,
    },
    /// Keep the keys that tokens are signed with.
    Keys {
        /// Where the settings come from.
        sources: Sources,
        /// What is to be done.
        action: KeysAction,
        /// As JSON instead of lines for people.
        json: bool,
    },
    /// Try numbers of workers and threads under load, and recommend the best.
    Tune {
        /// Where the settings come from.
        sources: Sources,
        /// What is tried, and how.
        options: Box<TuneOptions>,
    },
    /// Print the version.
    Version,
}

/// A page of the documentation that the program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// All settings.
    Settings,
    /// All commands and their flags.
    CommandLine,
    /// All exit codes.
    ExitCodes,
}

impl Page {
    /// All pages.
    pub const ALL: [Self; 3] = [Self::Settings, Self::CommandLine, Self::ExitCodes];

    /// The name of the page, which is also that of its file without the ending.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::CommandLine => "command-line",
            Self::ExitCodes => "exit-codes",
        }
    }

    /// The page, as Markdown.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Settings => crate::settings::reference(),
            Self::CommandLine => reference(),
            Self::ExitCodes => crate::failure::reference(),
        }
    }
}

/// What the running server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CtlAction {
    /// Tell how it is.
    Status,
    /// Tell how each worker is.
    Workers,
    /// Load settings and app again and replace the workers.
    Reload,
    /// Run so many workers.
    Scale(u32),
    /// Stop gracefully.
    Stop,
    /// Open log files anew.
    ReopenLogs,
}

/// Reads the command line. `arguments` begins with the name of the program.
///
/// # Errors
/// What was typed is wrong, or only help or the version was asked for: the error's `exit` prints
/// either and ends the process with the right code.
pub fn parse<I>(kind: AppKind, arguments: I) -> Result<Command, clap::Error>
where
    I: IntoIterator<Item = OsString>,
{
    let matches = build::command(kind).try_get_matches_from(arguments)?;
    match matches.subcommand() {
        Some(("run", matches)) => Ok(Command::Run(sources(matches)?)),
        Some(("check", matches)) => Ok(Command::Check(sources(matches)?)),
        Some(("config", matches)) => config(matches),
        Some(("ctl", matches)) => ctl(matches),
        Some(("token", matches)) => about_token(matches),
        Some(("users", matches)) => about_users(matches),
        Some(("keys", matches)) => about_keys(matches),
        Some(("tune", matches)) => {
            let options = Box::new(tune::options(matches)?);
            Ok(Command::Tune { sources: sources(matches)?, options })
        }
        _ => Ok(Command::Version),
    }
}

fn config(matches: &ArgMatches) -> Result<Command, clap::Error> {
    match matches.subcommand() {
        Some(("reference", matches)) => {
            let name = matches.get_one::<String>("page").map_or("settings", String::as_str);
            let page = Page::ALL.into_iter().find(|page| page.name() == name);
            Ok(Command::Reference(page.unwrap_or(Page::Settings)))
        }
        Some((_, matches)) => {
            Ok(Command::ConfigShow { sources: sources(matches)?, json: matches.get_flag("json") })
        }
        None => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
    }
}

fn ctl(matches: &ArgMatches) -> Result<Command, clap::Error> {
    let Some((name, inner)) = matches.subcommand() else {
        return Err(clap::Error::new(ErrorKind::MissingSubcommand));
    };
    let action = match name {
        "status" => CtlAction::Status,
        "workers" => CtlAction::Workers,
        "reload" => CtlAction::Reload,
        "scale" => CtlAction::Scale(inner.get_one::<u32>("count").copied().unwrap_or(1)),
        "reopen-logs" => CtlAction::ReopenLogs,
        _ => CtlAction::Stop,
    };
    Ok(Command::Ctl { sources: sources(inner)?, action, json: inner.get_flag("json") })
}

fn about_token(matches: &ArgMatches) -> Result<Command, clap::Error> {
    let Some((name, inner)) = matches.subcommand() else {
        return Err(clap::Error::new(ErrorKind::MissingSubcommand));
    };
    Ok(Command::Token { sources: sources(inner)?, action: token::action(name, inner)? })
}

fn about_users(matches: &ArgMatches) -> Result<Command, clap::Error> {
    let Some((name, inner)) = matches.subcommand() else {
        return Err(clap::Error::new(ErrorKind::MissingSubcommand));
    };
    Ok(Command::Users { sources: sources(inner)?, action: users::action(name, inner)? })
}

fn about_keys(matches: &ArgMatches) -> Result<Command, clap::Error> {
    let Some((name, inner)) = matches.subcommand() else {
        return Err(clap::Error::new(ErrorKind::MissingSubcommand));
    };
    let (sources, action) = (sources(inner)?, keys::action(name, inner)?);
    Ok(Command::Keys { sources, action, json: inner.get_flag("json") })
}

/// The setting that a folder of static files makes.
fn folder(pair: &str) -> Result<FlagValue, clap::Error> {
    let Some((prefix, folder)) = pair.split_once('=') else {
        let message = format!("--static {pair}: expected PREFIX=FOLDER\n");
        return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
    };
    let key = join(&join("static.mounts", prefix), "root");
    Ok(FlagValue { key, flag: "--static".to_owned(), texts: vec![folder.to_owned()] })
}

/// The sources of the settings, with all flags that were given.
fn sources(matches: &ArgMatches) -> Result<Sources, clap::Error> {
    let mut flags = Vec::new();
    for (key, field) in Settings::TABLE.all() {
        let flag =
            flag_name(&key, field).map_or_else(|| "APP".to_owned(), |name| format!("--{name}"));
        // Not every command takes every flag.
        if let Ok(Some(texts)) = matches.try_get_many::<String>(&key) {
            flags.push(FlagValue { key, flag, texts: texts.cloned().collect() });
        }
    }
    for pair in matches.try_get_many::<String>("set").ok().flatten().into_iter().flatten() {
        let Some((key, text)) = pair.split_once('=') else {
            let message = format!("--set {pair}: expected KEY=VALUE\n");
            return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
        };
        flags.push(FlagValue {
            key: key.trim().to_owned(),
            flag: "--set".to_owned(),
            texts: vec![text.to_owned()],
        });
    }
    for pair in matches.try_get_many::<String>("static").ok().flatten().into_iter().flatten() {
        flags.push(folder(pair)?);
    }
    let config = matches.try_get_one::<PathBuf>("config").ok().flatten().cloned();
    Sources::of_process(config, flags).map_err(|error| {
        let message = format!("the current directory cannot be read: {error}\n");
        clap::Error::raw(ErrorKind::Io, message)
    })
}
