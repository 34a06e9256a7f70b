//! The grammar of `users`, and what it comes to.

use clap::{Arg, ArgMatches, Command, error::ErrorKind};

/// What is to be done with users of our own table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsersAction {
    /// Make one, with a password that is asked for.
    Add {
        /// What the user logs in by.
        name: String,
        /// Of the user, for claims.
        email: String,
    },
    /// Set the password, and end everything that the user has.
    Password {
        /// Whose.
        name: String,
    },
    /// Let a user log in no more, and end everything that the user has.
    Disable {
        /// Whom.
        name: String,
    },
    /// Let a user log in again.
    Enable {
        /// Whom.
        name: String,
    },
    /// Print all of them.
    List {
        /// As JSON instead of lines for people.
        json: bool,
    },
}

/// The grammar; `shared` are arguments of all, but for `--json`, which only one has.
pub(super) fn command(shared: Vec<Arg>) -> Command {
    let (json, shared): (Vec<Arg>, Vec<Arg>) =
        shared.into_iter().partition(|arg| arg.get_id() == "json");
    let email = Arg::new("email").long("email").value_name("ADDRESS").default_value("");
    Command::new("users")
        .about("Keep the users that log in with the server itself, for apps that have none.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(shared.into_iter().map(|arg| arg.global(true)))
        .subcommand(
            named("add", "Add a user. The password is asked for, or is the first line of the standard input.")
                .arg(email.help("The user's address, for claims.").hide_default_value(true)),
        )
        .subcommand(named(
            "passwd",
            "Set a password, as with `add`, and end everything that the user is logged in to.",
        ))
        .subcommand(named(
            "disable",
            "Let a user log in no more, and end everything that the user is logged in to.",
        ))
        .subcommand(named("enable", "Let a user log in again."))
        .subcommand(Command::new("list").about("Print all users.").args(json))
}

fn named(command: &'static str, about: &'static str) -> Command {
    let name = Arg::new("name").value_name("NAME").required(true);
    Command::new(command).about(about).arg(name.help("What the user logs in by."))
}

/// What was asked for.
pub(super) fn action(command: &str, matches: &ArgMatches) -> Result<UsersAction, clap::Error> {
    let text = |id| matches.get_one::<String>(id).cloned().unwrap_or_default();
    match command {
        "add" => Ok(UsersAction::Add { name: text("name"), email: text("email") }),
        "passwd" => Ok(UsersAction::Password { name: text("name") }),
        "disable" => Ok(UsersAction::Disable { name: text("name") }),
        "enable" => Ok(UsersAction::Enable { name: text("name") }),
        "list" => Ok(UsersAction::List { json: matches.get_flag("json") }),
        _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<UsersAction, clap::Error> {
        let json = Arg::new("json").long("json").action(clap::ArgAction::SetTrue);
        let matches = command(vec![json]).try_get_matches_from(line.split_whitespace())?;
        let (name, matches) = matches.subcommand().unwrap();
        action(name, matches)
    }

    #[test]
    fn every_command_is_understood() {
        let name = || "ada".to_owned();
        let add = |email: &str| UsersAction::Add { name: name(), email: email.to_owned() };
        for (line, expected) in [
            ("users add ada", add("")),
            ("users add ada --email ada@example.org", add("ada@example.org")),
            ("users passwd ada", UsersAction::Password { name: name() }),
            ("users disable ada", UsersAction::Disable { name: name() }),
            ("users enable ada", UsersAction::Enable { name: name() }),
            ("users list", UsersAction::List { json: false }),
            ("users list --json", UsersAction::List { json: true }),
        ] {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    /// Other users can read the arguments of a program.
    #[test]
    fn no_password_is_an_argument() {
        for line in ["users add ada secret", "users passwd ada secret", "users add"] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
