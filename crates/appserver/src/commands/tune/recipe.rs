//! How the server under load is started: as the operator's `run`, but for what `tune` chooses.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::grid::Point;
use super::state::{self, State};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::settings::Sources;
use crate::settings::value::Kind;

/// What a service manager says to this process and does not mean for the server under load.
const NOT_OURS: [&str; 5] =
    ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID"];
/// The address of a store may hold a password, so that no flag sets it.
const STORE_VARIABLE: &str = "APPSERVER_AUTH__JWT__STORE__URL";

/// The command line of the server, but for the combination.
#[derive(Clone)]
pub(super) struct Recipe {
    program: PathBuf,
    directory: PathBuf,
    arguments: Vec<String>,
    config: Option<PathBuf>,
    state: Option<State>,
}

impl Recipe {
    /// With the operator's settings file, flags and variables; `state` is `None` where the server gives
    /// out no tokens.
    pub(super) fn new(sources: &Sources, state: Option<State>) -> Self {
        let mut arguments = Vec::new();
        for flag in &sources.flags {
            let kind = Settings::TABLE.find(&flag.key).map_or(Kind::Text, |field| field.kind);
            let texts = match kind {
                // Each `--set` of a list replaces the one before.
                Kind::List => vec![flag.texts.join(",")],
                _ => flag.texts.clone(),
            };
            for text in texts {
                set(&mut arguments, &flag.key, &text);
            }
        }
        let (program, directory) = (sources.program.clone(), sources.directory.clone());
        Self { program, directory, arguments, config: sources.config.clone(), state }
    }

    /// A server of this combination. Everything that it makes for itself is in `home`, and it is
    /// ready when it says so to the socket `notify`.
    pub(super) fn command(&self, point: Point, home: &Path, notify: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("run");
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        command.args(&self.arguments).args(replaced(point, home)).current_dir(&self.directory);
        for name in NOT_OURS {
            command.env_remove(name);
        }
        if self.state.is_some() {
            let keys = format!("auth.jwt.keys.dir={}", state::keys(home).display());
            command.args(["--set", &keys]).env(STORE_VARIABLE, state::store(home));
        }
        command.env("NOTIFY_SOCKET", notify);
        command
    }

    /// Makes what the server finds in `home`.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn make_state(&self, home: &Path) -> Result<(), Failure> {
        self.state.as_ref().map_or(Ok(()), |state| state.make(home))
    }
}

/// What is never the operator's: nobody else can reach the server, and it disturbs no other one.
fn replaced(point: Point, home: &Path) -> Vec<String> {
    let state = state::folder(home);
    let home = home.to_string_lossy();
    let mut arguments = Vec::new();
    for (key, text) in [
        ("bind", "127.0.0.1:0"),
        ("workers", &point.workers.to_string()),
        ("threads", &point.threads.unwrap_or(1).to_string()),
        ("runtime_dir", &home),
        ("pidfile", &format!("{home}/pid")),
        ("state_dir", &state.to_string_lossy()),
        ("log.level", "warn"),
        ("log.format", "text"),
        ("log.access", "off"),
    ] {
        set(&mut arguments, key, text);
    }
    arguments
}

fn set(arguments: &mut Vec<String>, key: &str, text: &str) {
    arguments.extend(["--set".to_owned(), format!("{key}={text}")]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{self, FlagValue};

    fn flag(key: &str, texts: &[&str]) -> FlagValue {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        FlagValue { key: key.to_owned(), flag: format!("--{key}"), texts }
    }

    fn sources(flags: Vec<FlagValue>) -> Sources {
        let folder = std::env::temp_dir();
        Sources {
            program: "/bin/shop".into(),
            config: None,
            environment: Vec::new(),
            flags,
            directory: folder,
        }
    }

    /// With the operator's flags, and no tokens.
    fn recipe(flags: Vec<FlagValue>) -> Recipe {
        Recipe::new(&sources(flags), None)
    }

    /// What the server under load makes of its arguments, with these variables.
    fn read_back(recipe: &Recipe, environment: &[(&str, &str)]) -> Settings {
        let point = Point { workers: 3, threads: Some(2) };
        let command = recipe.command(point, Path::new("/tmp"), Path::new("/tmp/notify"));
        let words: Vec<&str> = command.get_args().filter_map(|word| word.to_str()).collect();
        let pairs = words.windows(2).filter(|pair| pair[0] == "--set");
        let flags = pairs.map(|pair| {
            let (key, text) = pair[1].split_once('=').unwrap();
            flag(key, &[text])
        });
        let mut variables: std::collections::BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let own = command.get_envs().filter_map(|(name, value)| name.to_str().zip(value?.to_str()));
        variables.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let environment = variables.into_iter().collect();
        let sources = Sources { environment, ..sources(flags.collect()) };
        settings::load(&sources).unwrap().settings
    }

    #[test]
    fn the_operators_flags_are_kept() {
        let recipe = recipe(vec![
            flag("app", &["shop:app"]),
            flag("forwarded_allow_ips", &["10.0.0.1", "10.0.0.2,10.0.0.3"]),
            flag("env", &["A=1", "B=2=3"]),
            flag("http.body_timeout", &["5s"]),
            flag("static.mounts.\"/a.b/\".root", &["."]),
        ]);
        let settings = read_back(&recipe, &[]);
        assert_eq!(settings.app.as_deref(), Some("shop:app"));
        assert_eq!(settings.forwarded_allow_ips.len(), 3);
        assert_eq!(settings.env.get("B").map(String::as_str), Some("2=3"));
        assert_eq!(settings.env.len(), 2);
        assert_eq!(settings.http.body_timeout.to_string(), "5s");
        let root = settings.r#static.mounts.get("/a.b/").and_then(|mount| mount.root.clone());
        assert_eq!(root.as_deref(), Some(Path::new(".")));
    }

    /// Neither a flag nor a variable lets others reach the server, or disturbs the one that serves.
    #[test]
    fn what_tune_chooses_wins() {
        let recipe = recipe(vec![
            flag("bind", &["0.0.0.0:80"]),
            flag("workers", &["9"]),
            flag("pidfile", &["/run/shop.pid"]),
            flag("log.access", &["-"]),
            flag("state_dir", &["/var/lib/shop"]),
        ]);
        let variables = [
            ("PORT", "8000"),
            ("WEB_CONCURRENCY", "7"),
            ("APPSERVER_BIND", "unix:/run/shop.sock"),
            ("APPSERVER_RUNTIME_DIR", "/run/shop"),
            ("STATE_DIRECTORY", "/var/lib/shop"),
        ];
        let settings = read_back(&recipe, &variables);
        let binds: Vec<String> = settings.bind.iter().map(ToString::to_string).collect();
        assert_eq!(binds, ["127.0.0.1:0"]);
        assert_eq!((settings.workers.count(), settings.threads), (3, 2));
        assert_eq!(settings.runtime_dir.as_deref(), Some(Path::new("/tmp")));
        assert_eq!(settings.pidfile.as_deref(), Some(Path::new("/tmp/pid")));
        assert_eq!(settings.state_dir.as_deref(), Some(Path::new("/tmp/state")));
        assert_eq!(settings.log.access.to_string(), "off");
    }

    /// Tokens are neither kept nor revoked where the server that serves keeps them.
    #[test]
    fn the_store_and_the_keys_are_others() {
        let flags = vec![
            flag("auth.jwt.issue.enabled", &["true"]),
            flag("auth.jwt.keys.dir", &["/srv/keys"]),
        ];
        let store = [(STORE_VARIABLE, "postgres://shop@db/shop")];
        let without = read_back(&recipe(flags.clone()), &store);
        assert_eq!(without.auth.jwt.store.url.to_string(), "postgres://shop@db/shop");
        let loaded = settings::load(&sources(flags.clone())).unwrap();
        let (state, warning) = State::read(&loaded, &[]);
        assert_eq!(warning, None);
        let settings = read_back(&Recipe::new(&sources(flags), state), &store);
        let jwt = settings.auth.jwt;
        assert_eq!(jwt.store.url.to_string(), "sqlite:///tmp/state/state.sqlite3");
        assert_eq!(jwt.keys.dir.as_deref(), Some(Path::new("/tmp/state/keys")));
        let loaded = settings::load(&sources(Vec::new())).unwrap();
        assert!(State::read(&loaded, &[]).0.is_none(), "no tokens are given out");
    }
}
