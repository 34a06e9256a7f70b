//! Builds the command line's grammar from the declaration of the settings.

use clap::{Arg, ArgAction, Command, value_parser};

use super::{AppKind, Page, keys, token, tune, users};
use crate::settings::{Field, Settings, prose, value::Kind};

/// The heading of flags that are settings.
pub(super) const SETTINGS: &str = "Settings";

/// The whole grammar of one program.
pub(super) fn command(kind: AppKind) -> Command {
    let name = match kind {
        AppKind::Discover => "appserver",
        AppKind::Native { name } => name,
    };
    Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .about("Serves an app with pre-forked workers.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .infer_long_args(false)
        .subcommand(run(kind, "run", "Serve the app."))
        .subcommand(run(kind, "check", "Check the settings and load the app, without serving."))
        .subcommand(config(kind))
        .subcommand(ctl())
        .subcommand(token::command(shared(&["chdir", "python.interpreter", "python.path"])))
        .subcommand(users::command(shared(&["chdir"])))
        .subcommand(keys::command(shared(&["chdir"])))
        .subcommand(tune::command(tuned(kind)))
        .subcommand(Command::new("version").about("Print the version."))
}

fn run(kind: AppKind, name: &'static str, about: &'static str) -> Command {
    let command = Command::new(name).about(about).args(app(kind)).args(sources());
    command.args(settings()).arg(folders())
}

fn config(kind: AppKind) -> Command {
    let pages = Page::ALL.map(Page::name);
    let page = Arg::new("page").value_name("PAGE").value_parser(pages).default_value("settings");
    Command::new("config")
        .about("Print what is set and what can be set.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(run(kind, "show", "Print every setting and where it came from.").arg(json()))
        .subcommand(
            Command::new("reference")
                .about("Print a page of the documentation.")
                .arg(page.help("The page to print.")),
        )
}

fn ctl() -> Command {
    let shared = shared(&["runtime_dir", "chdir"]);
    let count = Arg::new("count")
        .value_name("N")
        .value_parser(value_parser!(u32).range(1..=500))
        .required(true)
        .help("How many workers.");
    Command::new("ctl")
        .about("Talk to the running server.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(shared.into_iter().map(|arg| arg.global(true)))
        .subcommand(Command::new("status").about("Tell how the server is."))
        .subcommand(Command::new("workers").about("Tell how each worker is."))
        .subcommand(
            Command::new("reload").about("Load settings and app again and replace the workers."),
        )
        .subcommand(Command::new("scale").about("Run this many workers.").arg(count))
        .subcommand(Command::new("stop").about("Stop gracefully."))
        .subcommand(
            Command::new("reopen-logs").about("Open log files anew, after they were moved away."),
        )
}

/// Arguments of commands that read only some settings.
fn shared(needed: &[&str]) -> Vec<Arg> {
    let mut shared = sources();
    shared.extend(settings().into_iter().filter(|arg| needed.contains(&arg.get_id().as_str())));
    shared.push(json());
    shared
}

/// Arguments of `run`; those of settings that `tune` chooses are refused.
fn tuned(kind: AppKind) -> Vec<Arg> {
    let kept = |arg: Arg| match arg.get_id().as_str() {
        // There are arguments of these names, which mean what is tried.
        "workers" | "threads" => None,
        id if tune::REPLACED.contains(&id) => Some(tune::refused(arg)),
        _ => Some(arg),
    };
    let arguments = app(kind).into_iter().chain(sources());
    arguments.chain(settings().into_iter().filter_map(kept)).chain([folders()]).collect()
}

fn app(kind: AppKind) -> Option<Arg> {
    let (key, field) = Settings::TABLE.all().into_iter().find(|(key, _)| is_argument(key))?;
    let argument = Arg::new(key).value_name("APP").help(prose(field.doc));
    (kind == AppKind::Discover).then_some(argument)
}

fn sources() -> Vec<Arg> {
    let config = Arg::new("config")
        .long("config")
        .short('c')
        .value_name("FILE")
        .value_parser(value_parser!(std::path::PathBuf))
        .help("The settings file, instead of the one in the directory.");
    let set = Arg::new("set")
        .long("set")
        .value_name("KEY=VALUE")
        .action(ArgAction::Append)
        .help("Set any setting, like `--set http.body_timeout=5s`.");
    vec![config, set]
}

/// Folders of static files, which have tables of their own and so no settings with flags.
fn folders() -> Arg {
    Arg::new("static")
        .long("static")
        .value_name("PREFIX=FOLDER")
        .action(ArgAction::Append)
        .help("Serve the files of a folder under a prefix, like `--static /static/=staticfiles`.")
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON.")
}

/// One flag per setting that has one.
pub(super) fn settings() -> Vec<Arg> {
    let fields = Settings::TABLE.all().into_iter();
    fields.filter_map(|(key, field)| setting(key, field)).collect()
}

fn setting(key: String, field: &'static Field) -> Option<Arg> {
    let flag = flag_name(&key, field)?;
    let arg = Arg::new(key)
        .long(flag)
        .value_name(field.value_name)
        .help(help(field))
        .help_heading(SETTINGS)
        .action(match field.kind {
            Kind::List | Kind::Table => ArgAction::Append,
            Kind::Text | Kind::Integer => ArgAction::Set,
        });
    let arg = match field.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    // Without the equals sign, an argument after the flag would be taken for its value.
    Some(match field.bare {
        true => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        false => arg,
    })
}

fn help(field: &Field) -> String {
    let doc = prose(field.doc);
    match field.words {
        [] => doc,
        words => format!("{doc} [possible values: {}]", words.join(", ")),
    }
}

/// The flag of a setting, without its hyphens. Settings in tables have one where their declaration
/// says so; secrets never have one.
pub(crate) fn flag_name(key: &str, field: &Field) -> Option<String> {
    if field.secret || is_argument(key) {
        return None;
    }
    let named = field.flag.map(str::to_owned);
    named.or_else(|| (!key.contains('.')).then(|| key.replace('_', "-")))
}

/// Whether a setting is the argument of `run` instead of a flag.
fn is_argument(key: &str) -> bool {
    key == "app"
}
