//! The grammar of `keys`, and what it comes to.

use clap::{Arg, ArgMatches, Command, error::ErrorKind};

/// What is to be done with the keys that tokens are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysAction {
    /// Print all of them.
    List,
    /// Let another one sign.
    Rotate,
    /// Take one out of use.
    Revoke {
        /// Its name.
        kid: String,
    },
}

/// The grammar; `shared` are arguments of all.
pub(super) fn command(shared: Vec<Arg>) -> Command {
    // Names are random: one in 64 begins like a flag.
    let kid = Arg::new("kid").value_name("KID").required(true).allow_hyphen_values(true);
    Command::new("keys")
        .about("Keep the keys that the server makes itself and signs tokens with.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(shared.into_iter().map(|arg| arg.global(true)))
        .subcommand(Command::new("list").about("Print all keys."))
        .subcommand(Command::new("rotate").about(
            "Let another key sign within seconds. What was signed before stays valid. Whoever \
             verifies has to ask anew for a key that is not known; with others, leave rotation to \
             the timer, which publishes keys ahead.",
        ))
        .subcommand(
            Command::new("revoke")
                .about("Take a key out of use at once: tokens that it has signed are refused.")
                .arg(kid.help("The name of the key.")),
        )
}

/// What was asked for.
pub(super) fn action(command: &str, matches: &ArgMatches) -> Result<KeysAction, clap::Error> {
    match command {
        "list" => Ok(KeysAction::List),
        "rotate" => Ok(KeysAction::Rotate),
        "revoke" => {
            let kid = matches.get_one::<String>("kid").cloned().unwrap_or_default();
            Ok(KeysAction::Revoke { kid })
        }
        _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(KeysAction, bool), clap::Error> {
        let json = Arg::new("json").long("json").action(clap::ArgAction::SetTrue);
        let matches = command(vec![json]).try_get_matches_from(line.split_whitespace())?;
        let (name, matches) = matches.subcommand().unwrap();
        Ok((action(name, matches)?, matches.get_flag("json")))
    }

    #[test]
    fn every_command_is_understood() {
        let revoke = |kid: &str| KeysAction::Revoke { kid: kid.to_owned() };
        for (line, expected) in [
            ("keys list", (KeysAction::List, false)),
            ("keys list --json", (KeysAction::List, true)),
            ("keys --json rotate", (KeysAction::Rotate, true)),
            ("keys rotate", (KeysAction::Rotate, false)),
            ("keys revoke abc", (revoke("abc"), false)),
            ("keys revoke -Abc_9", (revoke("-Abc_9"), false)),
            ("keys revoke --Abc --json", (revoke("--Abc"), true)),
        ] {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
        for line in ["keys", "keys revoke", "keys forge", "keys rotate abc"] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
