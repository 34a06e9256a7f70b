//! Settings from files, variables and flags to their values or their mistakes.

mod auth;
mod secret;
mod static_files;

use std::{fs, path::Path};

use super::{
    value::{Bind, Setting, Workers},
    *,
};

/// Sources with a settings file of this text in a directory of their own.
struct Setup {
    folder: tempfile::TempDir,
    sources: Sources,
}

fn setup(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str, &str)]) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    if !file.is_empty() {
        fs::write(folder.path().join(FILE_NAME), file).unwrap();
    }
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let flag = |(key, flag, text): &(&str, &str, &str)| FlagValue {
        key: (*key).to_owned(),
        flag: (*flag).to_owned(),
        texts: vec![(*text).to_owned()],
    };
    let sources = Sources {
        directory: folder.path().to_owned(),
        program: folder.path().join("bin/appserver"),
        config: None,
        environment: environment.iter().map(pair).collect(),
        flags: flags.iter().map(flag).collect(),
    };
    Setup { folder, sources }
}

fn mistakes(setup: &Setup) -> Vec<String> {
    match load(&setup.sources) {
        Err(SettingsError::Mistakes(mistakes)) => {
            mistakes.iter().map(ToString::to_string).collect()
        }
        other => panic!("expected mistakes, found {other:?}"),
    }
}

fn from(setup: &Setup, key: &str) -> String {
    let shown = load(&setup.sources).unwrap().shown;
    shown.into_iter().find(|shown| shown.key == key).unwrap().from
}

#[test]
fn every_declaration_is_right() {
    let defaults = serde_json::to_value(Settings::default()).unwrap();
    let defaults = figment::value::Value::serialize(defaults).unwrap();
    for (key, field) in Settings::TABLE.all() {
        let default = defaults.find_ref(&key).unwrap_or_else(|| panic!("{key} has no default"));
        check_declaration(&key, field, default);
    }
    check_collections(&Settings::TABLE);
    // Lists are written as texts in the declaration.
    assert_eq!(Settings::default().bind.len(), 1);
    assert_eq!(Settings::default().forwarded_allow_ips.len(), 2);
    assert_eq!(JwtProvider::default().scope_claims.len(), 2);
    assert_eq!(JwtProvider::default().require.len(), 1);
}

fn check_collections(table: &'static Table) {
    for each in table.collections {
        let defaults = figment::value::Value::serialize((each.table.defaults)()).unwrap();
        each.table.walk("", &mut |key, field| {
            check_declaration(&key, field, defaults.find_ref(&key).unwrap());
        });
        check_collections(each.table);
    }
    table.tables.iter().for_each(|inner| check_collections(inner));
}

fn check_declaration(key: &str, field: &'static Field, default: &figment::value::Value) {
    assert!((field.verify)(default, field.range).is_none(), "the default of {key}");
    for bound in field.range.iter().flat_map(|(least, greatest)| [least, greatest]) {
        let value = bound
            .parse::<u64>()
            .map_or_else(|_| figment::value::Value::from(*bound), figment::value::Value::from);
        assert!((field.verify)(&value, field.range).is_none(), "the bound {bound} of {key}");
    }
    assert!(!prose(field.doc).is_empty(), "{key} has no doc");
}

#[test]
fn each_layer_wins_over_those_below() {
    let workers = |setup: &Setup| load(&setup.sources).unwrap().settings.workers;
    let layers = |count: usize| {
        let platform = ("WEB_CONCURRENCY", "5");
        let own = ("APPSERVER_WORKERS", "6");
        setup(
            if count > 0 { "\nworkers = 4" } else { "" },
            [&[][..], &[], &[platform], &[own, platform], &[own, platform]][count],
            if count > 3 { &[("workers", "--workers", "7")] } else { &[] },
        )
    };
    for (count, (expected, place)) in [
        (Workers::Auto, "default"),
        (Workers::Count(4), "appserver.toml:2"),
        (Workers::Count(5), "environment WEB_CONCURRENCY"),
        (Workers::Count(6), "environment APPSERVER_WORKERS"),
        (Workers::Count(7), "flag --workers"),
    ]
    .into_iter()
    .enumerate()
    {
        let setup = layers(count);
        assert_eq!(workers(&setup), expected);
        assert_eq!(from(&setup, "workers"), place);
    }
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let file = "graceful_timeout = \"abc\"\nkeepalive = 5\ngraceful_timout = \"1s\"\n\
        bind = [\n  \"nope\",\n  \":1\",\n  3,\n]\nhttp.body_timeot = 1\n[htp]\n[env]\nA = 1\n";
    let setup = setup(
        file,
        &[("APPSERVER_HTTP__BODY_MIN_RATE", "x"), ("APPSERVER_THREADS", "0")],
        &[("workers", "--workers", "4000"), ("log.level", "--set", "loud")],
    );
    let all = mistakes(&setup);
    for expected in [
        "found string \"abc\", expected a duration with its unit, like \"30s\", \"500ms\", \"2m\" \
         or \"1h\", for `graceful_timeout` in appserver.toml:1",
        "found 5, expected a duration with its unit, like \"30s\", \"500ms\", \"2m\" or \"1h\", or \
         \"off\", for `keepalive` in appserver.toml:2",
        "unknown setting (did you mean `graceful_timeout`?), for `graceful_timout` in appserver.toml:3",
        "unknown setting (did you mean `http.body_timeout`?), for `http.body_timeot` in appserver.toml:9",
        "unknown setting (did you mean `http`?), for `htp` in appserver.toml:10",
        "expected a table of names and texts, for `env.A` in appserver.toml:12",
        "found 0, expected 1 to 512, for `threads` in environment APPSERVER_THREADS",
        "found string \"4000\", expected 1 to 500, for `workers` in flag --workers",
        "found string \"loud\", expected one of \"error\", \"warn\", \"info\", \"debug\", \"trace\", \
         for `log.level` in flag --set",
    ] {
        assert!(all.iter().any(|mistake| mistake == expected), "{expected}\nnot in\n{all:#?}");
    }
    let bind: Vec<_> = all.iter().filter(|mistake| mistake.contains("`bind`")).collect();
    assert!(
        bind[0].ends_with("appserver.toml:5") && bind[1].ends_with("appserver.toml:7"),
        "{bind:?}"
    );
    assert_eq!(all.len(), 12, "{all:#?}");
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let all = mistakes(&setup("workers = 2\nbind = [\n\nthreads == 3\n", &[], &[]));
    assert!(all[0].contains("appserver.toml:"), "{all:?}");
    let all = mistakes(&setup("workers = 2\nworkers = 3\n", &[], &[]));
    assert!(all[0].ends_with("in appserver.toml:2"), "{all:?}");
}

#[test]
fn names_of_gunicorn_lead_to_ours() {
    let all = mistakes(&setup("accesslog = \"-\"", &[], &[]));
    assert_eq!(
        all,
        ["unknown setting (did you mean `log.access`?), for `accesslog` in appserver.toml:1"]
    );
}

#[test]
fn ports_that_the_kernel_chooses_are_no_duplicates() {
    let bind = "bind = [\"127.0.0.1:0\", \"127.0.0.1:0\"]";
    assert!(load(&setup(bind, &[], &[]).sources).is_ok());
}

#[test]
fn settings_that_contradict_each_other_are_mistakes() {
    let file = "bind = [\":80\", \"unix:/a\", \":80\"]\npidfile = \"no/such/x.pid\"\n\
        user = \"no-such-user\"\nhttp.root_path = \"shop/\"\nhttp.limit_request_line = 60000\n";
    let setup = setup(file, &[], &[("http.limit_request_head", "--set", "9KiB")]);
    let missing = setup.folder.path().join("no/such");
    assert_eq!(
        mistakes(&setup),
        [
            "0.0.0.0:80 is there twice, for `bind` in appserver.toml:1".to_owned(),
            "there is no user \"no-such-user\", for `user` in appserver.toml:3".to_owned(),
            format!("{} is not a directory, for `pidfile` in appserver.toml:2", missing.display()),
            "found \"shop/\", expected a path like \"/shop\", or nothing, for `http.root_path` in \
             appserver.toml:4"
                .to_owned(),
            "9KiB is less than the longest request line or field, 60000B, for \
             `http.limit_request_head` in flag --set"
                .to_owned(),
        ]
    );
}

#[test]
fn the_platforms_port_is_bound_on_every_address() {
    let setup = setup("bind = \":1\"", &[("PORT", "5000")], &[]);
    let bind = load(&setup.sources).unwrap().settings.bind;
    assert_eq!(bind.to_vec(), [Bind::parse("0.0.0.0:5000").unwrap()]);
}

#[test]
fn variables_that_are_not_meant_for_the_server_are_let_be() {
    let others = [
        ("APPSERVER_SERVICE_HOST", "10.0.0.1"),
        ("APPSERVER_PORT", "tcp://10.0.0.1:80"),
        ("APPSERVER_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("APPSERVER__FD", "7"),
        ("APPSERVER_WORKERS", ""),
        ("PORT", ""),
    ];
    assert_eq!(load(&setup("", &others, &[]).sources).unwrap().settings, Settings::default());
}

#[test]
fn tables_of_names_are_merged_and_keep_their_case() {
    let setup = setup(
        "[env]\nA = \"file\"\nB = \"file\"",
        &[("APPSERVER_ENV__DJANGO_DEBUG", "1")],
        &[("env", "--env", "A=x=y")],
    );
    let env = load(&setup.sources).unwrap().settings.env;
    let expected = [("A", "x=y"), ("B", "file"), ("DJANGO_DEBUG", "1")];
    assert!(env.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
    assert_eq!(from(&setup, "env.A"), "flag --env");
    assert_eq!(from(&setup, "env.B"), "appserver.toml:3");
}

#[test]
fn chdir_is_followed_before_the_file_is_looked_for() {
    let setup = setup("workers = 2", &[], &[("chdir", "--chdir", "inner")]);
    let inner = setup.folder.path().join("inner");
    assert!(mistakes(&setup)[0].contains("is not a directory"));
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join(FILE_NAME), "workers = 3").unwrap();
    let loaded = load(&setup.sources).unwrap();
    assert_eq!((loaded.settings.workers, loaded.directory), (Workers::Count(3), inner));
}

#[test]
fn chdir_in_the_file_is_relative_to_where_the_file_was_looked_for() {
    let setup = setup("chdir = \"inner\"", &[], &[]);
    let inner = setup.folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    assert_eq!(load(&setup.sources).unwrap().directory, inner);
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let mut setup = setup("", &[], &[]);
    assert!(load(&setup.sources).is_ok());
    setup.sources.config = Some("other.toml".into());
    let error = load(&setup.sources).unwrap_err();
    assert!(matches!(&error, SettingsError::Read { path, .. } if path.ends_with("other.toml")));
}

#[test]
fn as_many_workers_can_be_wanted_as_the_master_runs() {
    let most = appserver_supervisor::plan::MAX_WORKERS;
    assert!(load(&setup(&format!("workers = {most}"), &[], &[]).sources).is_ok());
    assert_eq!(mistakes(&setup(&format!("workers = {}", most + 1), &[], &[])).len(), 1);
}

#[test]
fn settings_reach_a_child_unchanged() {
    let file = "bind = [\":1\", \"unix:/a,b\", \"fd://4\", \"[::]:2\"]\nworkers = 3\numask = \"027\"\n\
        preload = true\nkeepalive = false\nmax_worker_rss = \"1GB\"\nforwarded_allow_ips = \"*\"\n\
        env.A = \"1\"\nlog.access = true\npython.path = [\"src\"]\nchdir = \".\"";
    let settings = load(&setup(file, &[], &[]).sources).unwrap().settings;
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
}

#[test]
fn shown_settings_are_a_settings_file() {
    let file = "env.A = \"***\"\nlog.access = \"a.log\"";
    let loaded = load(&setup(file, &[], &[]).sources).unwrap();
    let again = setup(&loaded.show(false), &[], &[]);
    assert_eq!(load(&again.sources).unwrap().settings, loaded.settings);
    let json: Vec<serde_json::Value> = serde_json::from_str(&loaded.show(true)).unwrap();
    assert_eq!(json.len(), loaded.shown.len());
}

/// The environment of an app holds its passwords.
#[test]
fn what_the_environment_of_the_app_holds_is_not_shown() {
    let flags = [("env", "--env", "TOKEN=hush"), ("env", "--env", "EMPTY=")];
    let loaded = load(&setup("env.DB = \"hush\"", &[], &flags).sources).unwrap();
    assert_eq!(loaded.settings.env.get("DB").map(String::as_str), Some("hush"));
    for json in [false, true] {
        let text = loaded.show(json);
        assert!(text.contains("env.DB") && text.contains("env.TOKEN"), "{text}");
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn the_runtime_directory_is_found_even_if_other_settings_are_wrong() {
    let setup = setup("workers = \"x\"\nruntime_dir = \"run\"", &[], &[]);
    assert_eq!(runtime_dir(&setup.sources), Some(setup.folder.path().join("run")));
}

#[test]
fn the_runtime_directory_of_the_service_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let environment = [("RUNTIME_DIRECTORY".to_owned(), format!("{path}:/other"))];
    assert_eq!(find_runtime_dir(&environment).as_deref(), Some(folder.path()));
}

#[test]
fn the_runtime_directory_is_made_where_its_parent_lets_it() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("appserver");
    let variable = |path: &Path| ("XDG_RUNTIME_DIR".to_owned(), path.to_str().unwrap().to_owned());
    let system = find_runtime_dir(&[]);
    // Root may make the system's own, which comes first.
    let expected = system.clone().unwrap_or(inner);
    assert_eq!(find_runtime_dir(&[variable(folder.path())]), Some(expected));
    assert_eq!(find_runtime_dir(&[variable(Path::new("/no/such/folder"))]), system);
}

#[test]
fn a_user_whose_group_nobody_knows_needs_one() {
    let told = "user 3999999999 is not in the user database; name a `group` as well";
    let is_told = |file: &str| {
        let setup = setup(file, &[], &[]);
        match load(&setup.sources) {
            Err(SettingsError::Mistakes(all)) => {
                all.iter().any(|mistake| mistake.to_string().contains(told))
            }
            _ => false,
        }
    };
    assert!(is_told("user = 3999999999"));
    assert!(!is_told("user = 3999999999\ngroup = 3999999999"));
}

#[test]
fn the_interpreter_is_found_in_the_order_of_nearness() {
    use std::os::unix::fs::PermissionsExt;
    let Setup { folder, mut sources } = setup("", &[], &[]);
    let make = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let [on_path, venv, hidden, active] =
        ["path/python3", "venv/bin/python", ".venv/bin/python", "active/bin/python"]
            .map(|name| folder.path().join(name));
    let variable = |name: &str, value: &str| {
        (name.to_owned(), folder.path().join(value).to_str().unwrap().to_owned())
    };
    sources.environment = vec![variable("PATH", "path"), variable("VIRTUAL_ENV", "active")];
    assert_eq!(find_interpreter(folder.path(), &sources), None);
    for path in [on_path, venv, hidden, active] {
        make(&path);
        assert_eq!(find_interpreter(folder.path(), &sources), Some(path));
    }
}
