//! The grammar of `token`, and what it comes to.

use std::{fmt, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind, value_parser};

/// What is asked about a token.
#[derive(Clone, Debug)]
pub enum TokenAction {
    /// What does it say?
    Inspect {
        /// The token, where it is not on the standard input.
        token: Option<TokenText>,
        /// As JSON instead of lines for people.
        json: bool,
    },
    /// What does the policy make of it?
    Verify(Verify),
}

/// What does the policy make of a token?
#[derive(Clone, Debug)]
pub struct Verify {
    /// The method of the request.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The token, where it is not on the standard input.
    pub token: Option<TokenText>,
    /// As JSON instead of lines for people.
    pub json: bool,
    /// Whether each line of the standard input is a token, with an answer of its own.
    pub batch: bool,
    /// A file with the keys of providers whose keys are fetched.
    pub jwks: Option<PathBuf>,
}

/// A token that is not printed.
#[derive(Clone)]
pub struct TokenText(pub String);

impl fmt::Debug for TokenText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// The grammar; `shared` are arguments of both.
pub(super) fn command(shared: Vec<Arg>) -> Command {
    let inspect = Command::new("inspect")
        .about("Print what a token says, without verifying it.")
        .arg(token());
    let path = Arg::new("path").long("path").value_name("PATH").default_value("/");
    let method = Arg::new("method").long("method").value_name("METHOD").default_value("GET");
    let batch = Arg::new("batch").long("batch").action(ArgAction::SetTrue).conflicts_with("token");
    let jwks =
        Arg::new("jwks").long("jwks").value_name("FILE").value_parser(value_parser!(PathBuf));
    let verify = Command::new("verify")
        .about("Tell what the policy makes of a token, check by check. The exit code is 0 if the request passes.")
        .arg(token())
        .arg(path.help("The path of the request, perhaps with a query."))
        .arg(method.help("The method of the request."))
        .arg(batch.help("Read a token per line and print one JSON object for each."))
        .arg(jwks.help("A JWK set, instead of those that providers would fetch."));
    Command::new("token")
        .about("Look into a token, or ask what the policy makes of it.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(shared.into_iter().map(|arg| arg.global(true)))
        .subcommand(inspect)
        .subcommand(verify)
}

fn token() -> Arg {
    Arg::new("token").value_name("TOKEN").help(
        "The token; without it, or with `-`, the standard input is read, which other users cannot see.",
    )
}

/// What was asked for.
pub(super) fn action(name: &str, matches: &ArgMatches) -> Result<TokenAction, clap::Error> {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    let (token, json) = (text("token").map(TokenText), matches.get_flag("json"));
    match name {
        "inspect" => Ok(TokenAction::Inspect { token, json }),
        "verify" => Ok(TokenAction::Verify(Verify {
            method: text("method").unwrap_or_default(),
            path: path(&text("path").unwrap_or_default())?,
            token,
            json,
            batch: matches.get_flag("batch"),
            jwks: matches.get_one::<PathBuf>("jwks").cloned(),
        })),
        _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
    }
}

fn path(text: &str) -> Result<String, clap::Error> {
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let message = format!("--path {text}: expected a path that begins with /\n");
    Err(clap::Error::raw(ErrorKind::ValueValidation, message))
}
