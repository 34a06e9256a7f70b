//! What settings about tokens come to, and what is wrong with them.

mod mistakes;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use appserver_auth::Algorithm;
use appserver_auth::config::{
    Config, Csrf, ErrorBody, Keys, Presence, Provider, Remote, RemoteUrl, Requirement, Rule,
    Source, Test,
};

use super::{Resolved, report, resolve};
use crate::settings::{self, FILE_NAME, SettingsError, Sources};

const SECRET: &str = "Vb3kq0Zt7-LxR9mWc1YdHs4GpUe8JnAoKiM2";

fn sources(folder: &Path, file: &str, environment: &[(&str, &str)]) -> Sources {
    fs::write(folder.join(FILE_NAME), file).unwrap();
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Sources {
        directory: folder.to_owned(),
        program: folder.join("bin/appserver"),
        config: None,
        environment: environment.iter().map(pair).collect(),
        flags: Vec::new(),
    }
}

/// Resolves a file, with `JWT_SECRET` set and `EMPTY` empty.
fn resolved_in(folder: &Path, file: &str) -> Result<Resolved, SettingsError> {
    let sources = sources(folder, file, &[("JWT_SECRET", SECRET), ("EMPTY", "")]);
    resolve(&settings::load(&sources).unwrap(), &sources.environment)
}

fn resolved(file: &str) -> Result<Resolved, SettingsError> {
    resolved_in(tempfile::tempdir().unwrap().path(), file)
}

fn mistakes(file: &str) -> Vec<String> {
    match resolved(file) {
        Err(SettingsError::Mistakes(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("expected mistakes, found {other:?}"),
    }
}

/// A file with one provider that is right, and this.
fn with(text: &str) -> String {
    format!("[auth.jwt.providers.local]\nsecret = {{ env = \"JWT_SECRET\" }}\n{text}\n")
}

#[test]
fn without_a_provider_nothing_is_looked_at() {
    assert!(resolved("").unwrap().config.is_none());
    assert!(resolved("[auth.jwt]\ndefault = \"required\"\n").unwrap().config.is_none());
    assert!(resolved("auth.jwt.from_django = true").unwrap().config.unwrap().from_django);
}

#[test]
fn a_provider_has_sensible_defaults() {
    let config = resolved(&with("")).unwrap().config.unwrap();
    let [provider] = config.providers.as_slice() else { panic!() };
    assert_eq!(provider.algorithms, [Algorithm::HS256]);
    assert_eq!(provider.keys, Keys::Secrets(vec![SECRET.as_bytes().to_vec()]));
    let bearer = Source::Header { name: "authorization".to_owned(), scheme: "Bearer".to_owned() };
    assert_eq!(provider.sources, [bearer]);
    assert_eq!((&provider.issuer, &provider.subjects, provider.max_lifetime), (&None, &None, None));
    assert_eq!(provider.types, ["JWT", ""]);
    assert_eq!(provider.required, ["exp"]);
    assert_eq!((config.default, config.error_body), (Presence::Optional, ErrorBody::Drf));
    assert_eq!((config.max_token, config.cache_time), (8192, Duration::from_secs(300)));
}

/// What a configuration has by itself is what the file has, where neither says anything: a Django
/// project's values go where the file has only defaults.
#[test]
fn both_have_the_same_defaults() {
    let local = resolved(&with("")).unwrap().config.unwrap();
    let secret = Keys::Secrets(vec![SECRET.as_bytes().to_vec()]);
    let provider = Provider::new("local", vec![Algorithm::HS256], secret);
    assert_eq!(local, Config::new(vec![provider], Vec::new()));
    let far = "[auth.jwt.providers.far]\nalgorithms = [\"ES256\"]\n\
        jwks_url = \"https://idp.example/keys\"\n";
    let far = resolved(far).unwrap().config.unwrap().providers.remove(0);
    let url = RemoteUrl::Set("https://idp.example/keys".to_owned());
    let keys = Keys::Remote(Remote::new(url));
    assert_eq!(far, Provider::new("far", vec![Algorithm::ES256], keys));
    let open = resolved(&with("[[auth.jwt.rules]]\npath = \"/a\"\nrequire = \"none\""));
    assert_eq!(open.unwrap().config.unwrap().rules, [Rule::new("/a", Requirement::None)]);
}

#[test]
fn everything_that_is_written_arrives() {
    let text = "audiences = [\"a\"]\nmax_lifetime = \"1h\"\nprevious_secrets = [{ env = \"JWT_SECRET\" }]\n\
        sources = [{ cookie = \"access\", csrf = \"double-submit\" }, { query = \"t\" }]\n\
        [auth.jwt]\nerror_body = \"none\"\ntrusted_origins = [\"https://A.example:8443\"]\n\
        [auth.jwt.forward]\ntoken = false\nclaim_headers = { X-User = \"sub\" }\nremote_user = \"sub\"\n\
        [[auth.jwt.rules]]\npath = \"/a/\"\nrequire = { any = [\"local\", \"missing\"] }\n\
        bypass_preflight = false\n\
        [[auth.jwt.rules]]\npath = \"/b/\"\nrequire = \"required\"\n\
        claims = [{ claim = \"n\", one_of = [1, \"b\", true] }]\n\
        [http]\nroot_path = \"/shop\"";
    let config = resolved(&with(text)).unwrap().config.unwrap();
    let provider = &config.providers[0];
    assert_eq!(provider.audiences, ["a"]);
    assert_eq!(provider.max_lifetime, Some(Duration::from_secs(3600)));
    assert!(matches!(&provider.keys, Keys::Secrets(secrets) if secrets.len() == 2));
    let repeated =
        Csrf::DoubleSubmit { cookie: "csrftoken".to_owned(), header: "x-csrftoken".to_owned() };
    let cookie = Source::Cookie { name: "access".to_owned(), csrf: repeated };
    assert_eq!(provider.sources, [cookie, Source::Query { name: "t".to_owned() }]);
    assert_eq!((config.error_body, config.root_path.as_str()), (ErrorBody::Empty, "/shop"));
    assert_eq!(config.trusted_origins, ["https://a.example:8443"]);
    assert!(!config.forward.token);
    assert_eq!(config.forward.claim_headers["x-user"], "sub");
    assert_eq!(config.forward.remote_user.as_deref(), Some("sub"));
    let rule = &config.rules[0];
    let local = Requirement::Provider("local".to_owned());
    assert_eq!(rule.require, Requirement::Any(vec![local, Requirement::Missing]));
    assert_eq!(
        config.rules[1].claims[0].test,
        Test::OneOf(vec![1.into(), "b".into(), true.into()])
    );
    assert_eq!(rule.bypass_preflight, Some(false));
}

#[test]
fn keys_come_from_one_place() {
    let remote =
        "[auth.jwt.providers.p]\nalgorithms = [\"ES256\"]\ndiscovery = \"https://idp.example\"";
    let config = resolved(remote).unwrap().config.unwrap();
    let Keys::Remote(fetched) = &config.providers[0].keys else { panic!() };
    assert_eq!(fetched.url, RemoteUrl::Discovery("https://idp.example".to_owned()));
    assert_eq!(fetched.cooldown, Duration::from_secs(30));
    // Whoever is asked for the keys has to have made the tokens.
    assert_eq!(config.providers[0].issuer.as_deref(), Some("https://idp.example"));
    let django = "auth.jwt.from_django = true\n[auth.jwt.providers.django]\nleeway = \"5s\"";
    assert_eq!(resolved(django).unwrap().config.unwrap().providers[0].keys, Keys::Django);
}

#[test]
fn a_secret_file_is_read_whole_but_for_one_newline() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[auth.jwt.providers.p]\nsecret = { file = \"key\" }";
    let path = folder.path().join("key");
    for (end, kept) in [("", ""), ("\n", ""), ("\r\n", ""), ("\n\n", "\n"), (" \n", " ")] {
        fs::write(&path, format!("{SECRET}{end}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let resolved = resolved_in(folder.path(), file).unwrap();
        let expected = Keys::Secrets(vec![format!("{SECRET}{kept}").into_bytes()]);
        assert!(resolved.config.unwrap().providers[0].keys == expected, "{end:?}");
        assert_eq!(resolved.warnings, Vec::<String>::new());
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let warnings = resolved_in(folder.path(), file).unwrap().warnings;
    assert!(warnings[0].contains("key can be read by other users (mode 640)"), "{warnings:?}");
}

/// What the project will say is no reason to wait with what is wrong already.
#[test]
fn a_django_project_has_a_stand_in() {
    let rule = "[[auth.jwt.rules]]\npath = \"/\"\nrequire = \"django\"";
    let from_django = format!("[auth.jwt]\nfrom_django = true\n{rule}");
    assert_eq!(resolved(&from_django).unwrap().config.unwrap().providers, []);
    for algorithms in ["[]", "[\"HS512\"]", "[\"RS256\"]"] {
        let django =
            format!("{from_django}\n[auth.jwt.providers.django]\nalgorithms = {algorithms}");
        let config = resolved(&django).unwrap().config.unwrap();
        assert_eq!(config.providers[0].keys, Keys::Django, "nothing of the stand-in stays");
    }
    let weak = format!("{from_django}\n[auth.jwt.providers.a]\nsecret = {{ file = \"weak\" }}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("weak"), "short").unwrap();
    let refused = resolved_in(folder.path(), &weak).unwrap_err();
    let SettingsError::Mistakes(all) = refused else { panic!("{refused}") };
    assert!(
        all[0].to_string().contains("for `auth.jwt.providers.a` in appserver.toml:6"),
        "{all:?}"
    );
    assert_eq!(all.len(), 1, "{all:?}");
}

#[test]
fn there_may_be_thirty_two_providers() {
    let many = |count: usize, head: &str| {
        let provider = |number| {
            format!("[auth.jwt.providers.p{number}]\nsecret = {{ env = \"JWT_SECRET\" }}\n")
        };
        format!("{head}\n{}", (0..count).map(provider).collect::<String>())
    };
    assert_eq!(resolved(&many(32, "")).unwrap().config.unwrap().providers.len(), 32);
    for (count, head) in [(33, ""), (32, "auth.jwt.from_django = true")] {
        let all = mistakes(&many(count, head));
        let told = "there are 33 providers, more than 32, for `auth.jwt.providers`";
        assert!(all[0].starts_with(told), "{all:#?}");
        assert_eq!(all.len(), 1, "{all:#?}");
    }
}

#[test]
fn fields_that_servers_read_are_not_set_from_claims() {
    for name in [
        "Forwarded",
        "X-Real-IP",
        "Range",
        "Content-Range",
        "Accept-Encoding",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Anything",
        "Proxy-Connection",
        "Proxy-Authorization",
        "X-Forwarded-User",
        "X-HTTP-Method-Override",
        "X-CSRFToken",
    ] {
        let all = mistakes(&with(&format!("[auth.jwt.forward]\nclaim_headers.{name} = \"a\"")));
        assert!(all[0].starts_with("this field means something else"), "{name}: {all:#?}");
    }
    let fine = with("[auth.jwt.forward]\nclaim_headers = { X-User-Id = \"a\", X-Range = \"b\" }");
    assert_eq!(resolved(&fine).unwrap().config.unwrap().forward.claim_headers.len(), 2);
}

/// A pipe that nobody writes to is not waited for, and a device has no end.
#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for file in ["fifo", "/dev/zero", "folder"] {
        for keys in [
            format!("secret = {{ file = {file:?} }}"),
            format!("algorithms = [\"ES256\"]\npublic_keys = [{file:?}]"),
            format!("algorithms = [\"ES256\"]\njwks_file = {file:?}"),
            format!("algorithms = [\"ES256\"]\njwks_url = \"https://a\"\njwks.ca_file = {file:?}"),
        ] {
            let text = format!("[auth.jwt.providers.p]\n{keys}");
            let refused = resolved_in(folder.path(), &text).unwrap_err();
            let SettingsError::Mistakes(all) = refused else { panic!("{refused}") };
            let told = all[0].to_string();
            assert!(
                told.starts_with(&format!("cannot read {file}: it is no regular file")),
                "{told}"
            );
        }
    }
}

#[test]
fn origins_that_may_read_refusals_are_some_or_any() {
    let origins = |list: &str| {
        let config = resolved(&with(&format!("[auth.jwt]\ncors_origins = {list}")));
        config.unwrap().config.unwrap().cors_origins
    };
    assert_eq!(origins("[]"), Vec::<String>::new());
    assert_eq!(
        origins("[\"https://A.example\", \"http://b:81\"]"),
        ["https://a.example", "http://b:81"]
    );
    assert_eq!(origins("\"*\""), ["*"]);
    assert!(mistakes(&with("[auth.jwt]\ntrusted_origins = \"*\""))[0].starts_with("found \"*\""));
}

/// An issuer of many makes tokens for everybody.
#[test]
fn tokens_for_anybody_are_warned_of() {
    const REMOTE: &str = "[auth.jwt.providers.corp]\nalgorithms = [\"ES256\"]\n\
        discovery = \"https://u.example/\"\n";
    let rule = |path: &str, more: &str| format!("[[auth.jwt.rules]]\npath = {path:?}\n{more}\n");
    let ours = "audiences = [\"shop\"]";
    for (text, is_warned) in [
        (REMOTE.to_owned(), true),
        (REMOTE.replace("discovery", "jwks_url"), true),
        (format!("{REMOTE}{ours}"), false),
        (with(""), false),
        (format!("{REMOTE}{}", rule("/a/", ours)), true),
        (format!("{REMOTE}{}", rule("/", ours)), false),
        (format!("{REMOTE}{}{}", rule("/a/", ""), rule("/", ours)), true),
        (format!("{REMOTE}{}{}", rule("/a/", "require = \"none\""), rule("/", ours)), false),
        (format!("{REMOTE}{}", rule("/", &format!("methods = [\"GET\"]\n{ours}"))), true),
        (format!("{REMOTE}[auth.jwt]\ndefault = \"none\"\n{}", rule("/a/", ours)), false),
        (
            with(&format!(
                "{REMOTE}[auth.jwt]\ndefault = \"none\"\n{}",
                rule("/a/", "require = \"local\"")
            )),
            false,
        ),
        (
            with(&format!(
                "{REMOTE}[auth.jwt]\ndefault = \"none\"\n{}",
                rule("/a/", "require = { any = [\"local\", \"corp\"] }")
            )),
            true,
        ),
    ] {
        let warnings = resolved(&text).unwrap().warnings;
        assert_eq!(warnings.len(), usize::from(is_warned), "{text}: {warnings:?}");
        assert!(
            warnings.iter().all(|told| told.contains("auth.jwt.providers.corp")),
            "{warnings:?}"
        );
    }
}

#[test]
fn weak_secrets_refuse_to_start() {
    let sources = |secret| {
        let folder = tempfile::tempdir().unwrap();
        let sources = sources(folder.path(), &with(""), &[("JWT_SECRET", secret)]);
        resolve(&settings::load(&sources).unwrap(), &sources.environment)
    };
    for secret in
        ["short", "changemechangemechangemechangemechangeme", "-----BEGIN PUBLIC KEY-----"]
    {
        let Err(SettingsError::Mistakes(all)) = sources(secret) else { panic!("{secret}") };
        let told = all[0].to_string();
        assert!(told.contains("for `auth.jwt.providers.local` in appserver.toml:1"), "{told}");
        assert!(!told.contains(secret), "{told}");
    }
    assert!(sources(SECRET).is_ok());
}

#[test]
fn the_policy_is_told_after_the_good_news() {
    let config = resolved(&with("[[auth.jwt.rules]]\npath = \"/open/\"\nrequire = \"none\""))
        .unwrap()
        .config;
    let gate = appserver_auth::Gate::new(config.unwrap()).unwrap();
    let text = report("shop:app", Some(&gate));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "ok: the settings are right and shop:app loads");
    assert!(lines[2].contains("provider local: HS256"), "{text}");
    assert!(lines[3].contains("/open/") && lines[3].contains("none"), "{text}");
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(report("shop:app", None).lines().count(), 1);
}
