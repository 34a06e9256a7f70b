//! The grammar of `token`, and what it comes to.

use std::{fmt, path::PathBuf};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, error::ErrorKind, value_parser};

use crate::issuing::Operation;

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
    /// Do something about tokens that the server gives out.
    Operate(Operation),
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

/// The argument with the id of a user: `user` itself is a setting.
const USER: &str = "subject";

/// The grammar; `shared` are arguments of all.
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
        .about("Look into tokens, ask what the policy makes of them, end them, or make one.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(shared.into_iter().map(|arg| arg.global(true)))
        .subcommand(inspect)
        .subcommand(verify)
        .subcommand(revoke())
        .subcommand(issue())
}

fn revoke() -> Command {
    let user = Arg::new(USER).long("user").value_name("ID");
    let jti = Arg::new("jti").long("jti").value_name("JTI");
    let session = Arg::new("session").long("session").value_name("SID");
    let everybody = Arg::new("everybody").long("everybody").action(ArgAction::SetTrue);
    let one = ArgGroup::new("what").args([USER, "jti", "session", "everybody"]).required(true);
    Command::new("revoke")
        .about("End tokens that the server has given out. Every worker of every machine with the same store hears of it.")
        .arg(user.help("The id of a user: everything that the user has ends."))
        .arg(jti.help("The `jti` of a token."))
        .arg(session.help("The `sid` of the tokens of a session."))
        .arg(everybody.help("Everything that was issued until now."))
        .group(one)
}

fn issue() -> Command {
    let user = Arg::new(USER).long("user").value_name("ID").required(true);
    Command::new("issue")
        .about(
            "Give a user tokens, as a login would, and print the access token; with --json both.",
        )
        .arg(user.help("The id of the user."))
}

fn token() -> Arg {
    Arg::new("token").value_name("TOKEN").help(
        "The token; without it, or with `-`, the standard input is read, which other users cannot see.",
    )
}

/// What was asked for.
pub(super) fn action(name: &str, matches: &ArgMatches) -> Result<TokenAction, clap::Error> {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    let json = matches.get_flag("json");
    let token = || text("token").map(TokenText);
    match name {
        "inspect" => Ok(TokenAction::Inspect { token: token(), json }),
        "verify" => Ok(TokenAction::Verify(Verify {
            method: text("method").unwrap_or_default(),
            path: path(&text("path").unwrap_or_default())?,
            token: token(),
            json,
            batch: matches.get_flag("batch"),
            jwks: matches.get_one::<PathBuf>("jwks").cloned(),
        })),
        "revoke" => Ok(TokenAction::Operate(revocation(matches))),
        "issue" => {
            let user = text(USER).unwrap_or_default();
            Ok(TokenAction::Operate(Operation::Issue { user, json }))
        }
        _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
    }
}

fn revocation(matches: &ArgMatches) -> Operation {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    if let Some(id) = text(USER) {
        return Operation::RevokeUser(id);
    }
    if let Some(jti) = text("jti") {
        return Operation::RevokeToken(jti);
    }
    text("session").map_or(Operation::RevokeEverybody, Operation::RevokeSession)
}

fn path(text: &str) -> Result<String, clap::Error> {
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let message = format!("--path {text}: expected a path that begins with /\n");
    Err(clap::Error::raw(ErrorKind::ValueValidation, message))
}
