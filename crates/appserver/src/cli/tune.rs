//! The grammar of `tune`, and what it comes to.
//!
//! Settings that `tune` chooses itself cannot be set here: its `--workers` and `--threads` are what
//! is tried, and the server under load listens on the loopback interface only.

use std::path::PathBuf;
use std::time;

use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind, value_parser};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};

use crate::settings::value::{ByteSize, Duration, Setting};

/// Settings that `tune` replaces: where the server listens and tells of itself, and what is tried.
pub(super) const REPLACED: &[&str] = &[
    "bind",
    "workers",
    "threads",
    "runtime_dir",
    "pidfile",
    "log.level",
    "log.format",
    "log.access",
];

/// The argument of a setting that `tune` replaces: who brings the command line of `run` is told what to
/// leave out.
pub(super) fn refused(argument: Arg) -> Arg {
    let refuse = |_: &str| Err::<String, _>("`tune` chooses this itself; leave it out");
    argument.hide(true).value_parser(refuse)
}

/// The most workers that the settings allow.
const MOST_WORKERS: i64 = 500;
/// The most threads that the settings allow.
const MOST_THREADS: i64 = 512;
/// More connections than a server holds by default measure the queue of the kernel.
const MOST_CONNECTIONS: i64 = 1000;

/// What is tried, how, and what is made of it.
#[derive(Clone, Debug)]
pub struct TuneOptions {
    /// What is asked for, in turn. At least one.
    pub urls: Vec<PathAndQuery>,
    /// What is sent as `Host`, instead of the address.
    pub host: Option<HeaderValue>,
    /// Header fields that are sent as well.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Files with more of them.
    pub header_files: Vec<PathBuf>,
    /// Numbers of workers to try; empty for those that suit the machine.
    pub workers: Vec<u32>,
    /// Numbers of threads to try; empty for the usual ones.
    pub threads: Vec<u32>,
    /// How many connections ask at the same time.
    pub connections: u32,
    /// How long each combination is measured.
    pub duration: time::Duration,
    /// How long each is loaded before that.
    pub warm_up: time::Duration,
    /// How often the whole is done.
    pub rounds: u32,
    /// How many requests are sent to one combination at most.
    pub requests: u64,
    /// How long all of it may take.
    pub max_time: time::Duration,
    /// How many bytes the server may take; `None` for what the machine has.
    pub memory_limit: Option<u64>,
    /// What is printed and written.
    pub output: TuneOutput,
}

/// What becomes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuneOutput {
    /// As JSON instead of a table for people.
    pub json: bool,
    /// Without letters that need Unicode.
    pub ascii: bool,
    /// Into the settings file.
    pub write: bool,
}

/// The grammar; `shared` are the argument for the app and the flags of settings that are kept.
pub(super) fn command(shared: Vec<Arg>) -> Command {
    Command::new("tune")
        .about(
            "Run the app with several numbers of workers and threads under a load of GET requests, \
             and recommend the best. Only this machine can reach the server meanwhile.",
        )
        .args(shared)
        .args(load())
        .args(grid())
        .args(bounds())
        .args(output())
}

fn load() -> [Arg; 5] {
    [
        option("url", "PATH")
            .default_value("/")
            .action(ArgAction::Append)
            .value_parser(path)
            .help("What to ask for: a path with its query. May be repeated; all are asked for in turn."),
        option("connections", "N")
            .default_value("32")
            .value_parser(value_parser!(u32).range(1..=MOST_CONNECTIONS))
            .help("How many connections ask at the same time, each again as soon as it is answered."),
        option("host", "NAME")
            .value_parser(|text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string()))
            .help("What to send as `Host`. Without it the address, which a Django project may refuse."),
        option("header", "'NAME: VALUE'")
            .action(ArgAction::Append)
            .help("A header field to send. Every user of the machine can read it in the list of processes: a token belongs into a --header-file."),
        option("header-file", "FILE")
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help("A file of header fields to send, one on each line."),
    ]
}

fn grid() -> [Arg; 2] {
    [
        option("workers", "N,N")
            .id("try-workers")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(value_parser!(u32).range(1..=MOST_WORKERS))
            .help("The numbers of workers to try. Without it, from 1 to twice the CPUs that the affinity mask and the control group leave to the server."),
        option("threads", "N,N")
            .id("try-threads")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(value_parser!(u32).range(1..=MOST_THREADS))
            .help("The numbers of threads to try, for a WSGI app: others have none."),
    ]
}

fn bounds() -> [Arg; 6] {
    [
        option("duration", "DURATION")
            .default_value("5s")
            .value_parser(setting::<Duration>)
            .help("How long to measure each combination."),
        option("warm-up", "DURATION")
            .default_value("1s")
            .value_parser(setting::<Duration>)
            .help("How long to load each combination before it is measured."),
        option("rounds", "N")
            .default_value("1")
            .value_parser(value_parser!(u32).range(1..=20))
            .help("How often to measure everything. Several rounds tell differences from noise."),
        option("requests", "N")
            .default_value("10000000")
            .value_parser(value_parser!(u64).range(1..))
            .help("How many requests to send to one combination at most."),
        option("max-time", "DURATION")
            .default_value("5m")
            .value_parser(setting::<Duration>)
            .help("How long all of it may take. What does not fit is left out and named."),
        option("memory-limit", "SIZE")
            .value_parser(setting::<ByteSize>)
            .help("How much memory the server may take, like `512MiB`. Without it, what the control group and the machine have."),
    ]
}

fn output() -> [Arg; 3] {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    [
        flag("json").help("Print JSON."),
        flag("ascii").help("Draw with ASCII letters only."),
        flag("write").help("Put the recommended lines into the settings file. Everything else in it stays as it is."),
    ]
}

fn option(name: &'static str, value: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value)
}

/// What was asked for.
///
/// # Errors
/// A length of time is too short to be measured.
pub(super) fn options(matches: &ArgMatches) -> Result<TuneOptions, clap::Error> {
    let duration = |id| length(matches, id);
    let many = |id| matches.get_many::<u32>(id).into_iter().flatten().copied().collect();
    let number = |id| matches.get_one::<u32>(id).copied().unwrap_or(1);
    let options = TuneOptions {
        urls: matches.get_many("url").into_iter().flatten().cloned().collect(),
        host: matches.get_one("host").cloned(),
        headers: headers(matches)?,
        header_files: matches.get_many("header-file").into_iter().flatten().cloned().collect(),
        workers: many("try-workers"),
        threads: many("try-threads"),
        connections: number("connections"),
        duration: duration("duration"),
        warm_up: duration("warm-up"),
        rounds: number("rounds"),
        requests: matches.get_one("requests").copied().unwrap_or(1),
        max_time: duration("max-time"),
        memory_limit: matches.get_one::<ByteSize>("memory-limit").map(|size| size.len() as u64),
        output: TuneOutput {
            json: matches.get_flag("json"),
            ascii: matches.get_flag("ascii"),
            write: matches.get_flag("write"),
        },
    };
    if options.duration.is_zero() {
        let message = "--duration: nothing can be measured in no time\n";
        return Err(clap::Error::raw(ErrorKind::ValueValidation, message));
    }
    Ok(options)
}

/// The header fields of the command line. Not parsed by clap, which repeats what is wrong: a value may
/// be a secret.
fn headers(matches: &ArgMatches) -> Result<Vec<(HeaderName, HeaderValue)>, clap::Error> {
    let wrong = |why| clap::Error::raw(ErrorKind::ValueValidation, format!("--header: {why}\n"));
    let texts = matches.get_many::<String>("header").into_iter().flatten();
    texts.map(|text| header(text).map_err(wrong)).collect()
}

fn length(matches: &ArgMatches, id: &str) -> time::Duration {
    matches.get_one::<Duration>(id).copied().map(Duration::get).unwrap_or_default()
}

fn setting<T: Setting>(text: &str) -> Result<T, String> {
    T::parse(text).ok_or_else(|| format!("expected {}", T::expected()))
}

/// Only a path: which server is asked is not to be chosen.
fn path(text: &str) -> Result<PathAndQuery, String> {
    let parsed = text.starts_with('/').then(|| text.parse::<PathAndQuery>().ok()).flatten();
    parsed.ok_or_else(|| "expected a path, like \"/items?page=2\"".to_owned())
}

/// A header field as it is written in HTTP, marked so that no message shows its value. How a request is
/// framed is not to be chosen.
///
/// # Errors
/// In words, without the value: it may be a secret.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let expected = || "expected a header field, like \"Accept: text/html\"".to_owned();
    let (name, value) = text.split_once(':').ok_or_else(expected)?;
    let name = name.trim().parse::<HeaderName>().map_err(|_| expected())?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| expected())?;
    value.set_sensitive(true);
    match name.as_str() {
        "host" => Err("`Host` is set with --host".to_owned()),
        "connection" | "content-length" | "expect" | "te" | "transfer-encoding" | "upgrade" => {
            Err(format!("`{name}` belongs to the connection, which is not to be changed"))
        }
        _ => Ok((name, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<TuneOptions, clap::Error> {
        let words = line.split_whitespace();
        options(&command(Vec::new()).try_get_matches_from(words)?)
    }

    #[test]
    fn everything_has_a_default() {
        let options = parse("tune").unwrap();
        assert_eq!(options.urls, ["/"]);
        assert!(options.workers.is_empty() && options.threads.is_empty());
        assert!(!options.duration.is_zero() && !options.max_time.is_zero());
        assert_eq!((options.rounds, options.memory_limit), (1, None));
    }

    #[test]
    fn what_is_given_is_taken() {
        let options = parse(
            "tune --url /a?b=c --url /d --workers 1,2 --workers 8 --threads 4 --duration 200ms \
             --memory-limit 1GiB --host shop.example --header X-A:b --header-file f --json --write",
        );
        let options = options.unwrap();
        assert_eq!(options.urls, ["/a?b=c", "/d"]);
        assert_eq!((options.workers, options.threads), (vec![1, 2, 8], vec![4]));
        assert_eq!(options.duration, time::Duration::from_millis(200));
        assert_eq!(options.memory_limit, Some(1 << 30));
        assert_eq!(options.host.unwrap(), "shop.example");
        assert_eq!(options.headers[0].0, "x-a");
        assert_eq!(options.header_files, [PathBuf::from("f")]);
        assert_eq!(options.output, TuneOutput { json: true, ascii: false, write: true });
    }

    /// Nobody else's server is to be loaded, and no other method used.
    #[test]
    fn what_is_not_safe_cannot_be_said() {
        for line in [
            "tune --url http://example.org/",
            "tune --url example.org",
            "tune --url *",
            "tune --bind 0.0.0.0:80",
            "tune --method POST",
            "tune --workers 0",
            "tune --workers 501",
            "tune --threads 0",
            "tune --connections 0",
            "tune --connections 100000",
            "tune --duration 0s",
            "tune --duration 5",
            "tune --header nothing",
            "tune --header Host:a",
            "tune --header Content-Length:5",
            "tune --header Transfer-Encoding:chunked",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn the_value_of_a_header_field_is_never_repeated() {
        let arguments = |text: &'static str| ["tune", "--header", text];
        let parse =
            |text| options(&command(Vec::new()).try_get_matches_from(arguments(text)).unwrap());
        for wrong in [
            "Authorization secret",
            "Authorization Bearer secret: x",
            "Authorization: se\ncret",
            "Host: secret",
            "Transfer-Encoding: secret",
        ] {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong}");
            assert!(error.to_string().contains("--header"), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let right = parse("Authorization: secret").unwrap();
        assert!(!format!("{right:?}").contains("secret"));
    }

    #[test]
    fn what_is_replaced_is_refused_with_what_to_do() {
        let program = super::super::build::command(super::super::AppKind::Discover);
        for flag in ["--bind", "-b", "--runtime-dir", "--pidfile", "--log-level", "--access-log"] {
            let words = ["appserver", "tune", "shop:app", flag, "x"];
            let error = program.clone().try_get_matches_from(words).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{flag}");
            assert!(error.to_string().contains("leave it out"), "{error}");
        }
    }

    /// A line that starts the app with `run` needs to lose nothing but what is chosen here.
    #[test]
    fn every_flag_of_run_is_known_but_for_what_is_replaced() {
        let program = super::super::build::command(super::super::AppKind::Discover);
        let flags = |name: &str| -> Vec<String> {
            let command = program.find_subcommand(name).unwrap();
            let arguments = command.get_arguments().map(|arg| arg.get_id().to_string());
            arguments.filter(|id| !REPLACED.contains(&id.as_str())).collect()
        };
        let known = flags("tune");
        let missing: Vec<String> =
            flags("run").into_iter().filter(|id| !known.contains(id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
