//! What each command line means.

use super::*;

fn parse_line(kind: AppKind, line: &str) -> Result<Command, clap::Error> {
    parse(kind, line.split_whitespace().map(OsString::from))
}

fn flags(line: &str) -> Vec<(String, String, String)> {
    let Ok(Command::Run(sources)) = parse_line(AppKind::Discover, line) else {
        panic!("{line} is not run")
    };
    let flag = |flag: FlagValue| (flag.key, flag.flag, flag.texts.join("|"));
    sources.flags.into_iter().map(flag).collect()
}

fn given(key: &str, flag: &str, texts: &str) -> (String, String, String) {
    (key.to_owned(), flag.to_owned(), texts.to_owned())
}

#[test]
fn the_grammar_has_no_contradictions() {
    build::command(AppKind::Discover).debug_assert();
    build::command(AppKind::Native { name: "shop" }).debug_assert();
}

#[test]
fn flags_become_values_of_their_settings() {
    let line = "appserver run shop:app -w 4 --bind :8000 --bind unix:/x --graceful-timeout 10s \
        --set http.limit_request_line=100 --log-level debug";
    assert_eq!(
        flags(line),
        [
            given("app", "APP", "shop:app"),
            given("bind", "--bind", ":8000|unix:/x"),
            given("workers", "--workers", "4"),
            given("graceful_timeout", "--graceful-timeout", "10s"),
            given("log.level", "--log-level", "debug"),
            given("http.limit_request_line", "--set", "100"),
        ]
    );
}

#[test]
fn folders_of_files_become_tables() {
    let expected = [
        given("app", "APP", "shop:app"),
        given("static.mounts.\"/a/\".root", "--static", "one"),
        given("static.mounts.\"/b.c/\".root", "--static", "two=2"),
    ];
    assert_eq!(flags("appserver run shop:app --static /a/=one --static /b.c/=two=2"), expected);
    assert!(parse_line(AppKind::Discover, "appserver run --static assets").is_err());
}

#[test]
fn a_bare_flag_does_not_swallow_the_app() {
    let expected = [given("app", "APP", "shop:app"), given("preload", "--preload", "true")];
    assert_eq!(flags("appserver run --preload shop:app"), expected);
    assert_eq!(flags("appserver run --preload=auto")[0].2, "auto");
}

#[test]
fn a_native_app_takes_no_argument() {
    let kind = AppKind::Native { name: "shop" };
    assert!(matches!(parse_line(kind, "shop run --workers 2"), Ok(Command::Run(_))));
    assert!(parse_line(kind, "shop run other:app").is_err());
}

#[test]
fn control_commands_take_their_flags_on_both_sides() {
    for line in [
        "appserver ctl --json --runtime-dir /r scale 3",
        "appserver ctl scale 3 --json --runtime-dir /r",
    ] {
        let Ok(Command::Ctl { sources, action, json }) = parse_line(AppKind::Discover, line) else {
            panic!("{line} is not ctl")
        };
        assert_eq!((action, json), (CtlAction::Scale(3), true));
        assert_eq!(sources.flags[0].texts, ["/r"]);
    }
    assert!(parse_line(AppKind::Discover, "appserver ctl scale 0").is_err());
}

#[test]
fn every_command_is_understood() {
    let parse = |line: &str| parse_line(AppKind::Discover, line).unwrap();
    assert!(matches!(parse("appserver check"), Command::Check(_)));
    assert!(matches!(
        parse("appserver config show --json"),
        Command::ConfigShow { json: true, .. }
    ));
    assert!(matches!(parse("appserver config reference"), Command::Reference(Page::Settings)));
    assert!(matches!(parse("appserver version"), Command::Version));
    for (name, expected) in [
        ("status", CtlAction::Status),
        ("workers", CtlAction::Workers),
        ("reload", CtlAction::Reload),
        ("stop", CtlAction::Stop),
    ] {
        let Command::Ctl { action, .. } = parse(&format!("appserver ctl {name}")) else {
            panic!("{name} is not ctl")
        };
        assert_eq!(action, expected);
    }
}

#[test]
fn tokens_are_arguments_or_come_from_elsewhere() {
    let parse = |line: &str| parse_line(AppKind::Discover, line);
    let action = |line: &str| match parse(line).unwrap() {
        Command::Token { action, .. } => action,
        other => panic!("{line} is {other:?}"),
    };
    let TokenAction::Inspect { token, json } = action("appserver token inspect --json hush") else {
        panic!("it is another action")
    };
    assert!(json && token.as_ref().is_some_and(|token| token.0 == "hush"));
    assert!(!format!("{token:?}").contains("hush"));
    let TokenAction::Verify(verify) = action("appserver token verify") else {
        panic!("it is another action")
    };
    assert_eq!((verify.method.as_str(), verify.path.as_str()), ("GET", "/"));
    assert!(verify.token.is_none() && !verify.batch && !verify.json);
    let line = "appserver token verify --path /a?b --method PUT --batch --jwks k.json --chdir x";
    let Command::Token { sources, action } = parse(line).unwrap() else { panic!("{line}") };
    let TokenAction::Verify(verify) = action else { panic!("{line}") };
    assert_eq!((verify.method.as_str(), verify.path.as_str()), ("PUT", "/a?b"));
    assert_eq!(verify.jwks, Some(PathBuf::from("k.json")));
    assert_eq!(sources.flags[0].key, "chdir");
    for wrong in ["token", "token verify --path x", "token verify --batch a.b.c", "token forge"] {
        assert_eq!(parse(&format!("appserver {wrong}")).unwrap_err().exit_code(), 2, "{wrong}");
    }
}

#[test]
fn tokens_are_ended_and_made_by_what_names_them() {
    use crate::issuing::Operation;
    let parse = |line: &str| parse_line(AppKind::Discover, &format!("appserver token {line}"));
    for (line, expected) in [
        ("revoke --user 7", Operation::RevokeUser("7".to_owned())),
        ("revoke --jti abc", Operation::RevokeToken("abc".to_owned())),
        ("revoke --session abc", Operation::RevokeSession("abc".to_owned())),
        ("revoke --everybody", Operation::RevokeEverybody),
        ("issue --user 7", Operation::Issue { user: "7".to_owned(), json: false }),
        ("issue --user 7 --json", Operation::Issue { user: "7".to_owned(), json: true }),
    ] {
        let Command::Token { sources, action } = parse(line).unwrap() else { panic!("{line}") };
        let TokenAction::Operate(operation) = action else { panic!("{line}") };
        assert_eq!(operation, expected);
        // Whom it is about is not whom workers run as.
        assert!(sources.flags.is_empty(), "{line}");
    }
    for wrong in ["revoke", "revoke --user 7 --everybody", "issue"] {
        assert_eq!(parse(wrong).unwrap_err().exit_code(), 2, "{wrong}");
    }
}

#[test]
fn wrong_lines_end_with_the_code_of_usage() {
    for line in
        ["appserver run --wrokers 3", "appserver run --set x", "appserver config", "appserver"]
    {
        assert_eq!(parse_line(AppKind::Discover, line).unwrap_err().exit_code(), 2, "{line}");
    }
    assert_eq!(parse_line(AppKind::Discover, "appserver --help").unwrap_err().exit_code(), 0);
}
