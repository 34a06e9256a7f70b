//! What the settings about giving tokens out come to, and what is wrong with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use appserver_auth::config::{Keys, Requirement, Source};
use appserver_auth::issue::NewKey;
use appserver_auth::{Algorithm, Gate};
use appserver_issuer::config::{
    ClaimSource, Cookies, KeyDirectory, Mode, Rotation, Signing, UserChoice, UserSource,
};
use appserver_issuer::{Config, Endpoint};
use appserver_store::{Address, UserTable};

use super::operation::revoking;
use super::{report, state};
use crate::auth::{Resolved, resolve};
use crate::settings::{self, FILE_NAME, Loaded, SettingsError, Sources};

const SECRET: &str = "Vb3kq0Zt7-LxR9mWc1YdHs4GpUe8JnAoKiM2";
const OLD_SECRET: &str = "p7Wq2mZt9-RbX4nKc8LdVs1GyUe5HoTiAjF3";
const DATABASE: &str = "postgres://shop:geheim@db.example/shop";

/// What is in the environment of every test.
const VARIABLES: [(&str, &str); 3] =
    [("JWT_SECRET", SECRET), ("OLD_SECRET", OLD_SECRET), ("DATABASE_URL", DATABASE)];

fn loaded(folder: &Path, file: &str) -> (Loaded, Sources) {
    loaded_with(folder, file, &VARIABLES)
}

fn loaded_with(folder: &Path, file: &str, variables: &[(&str, &str)]) -> (Loaded, Sources) {
    fs::write(folder.join(FILE_NAME), file).unwrap();
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let sources = Sources {
        directory: folder.to_owned(),
        program: PathBuf::from("appserver"),
        config: None,
        environment: variables.iter().copied().map(pair).collect(),
        flags: Vec::new(),
    };
    (settings::load(&sources).unwrap(), sources)
}

fn resolved_in(folder: &Path, file: &str) -> Result<Resolved, SettingsError> {
    let variables = [&VARIABLES[..], &[("APPSERVER_AUTH__JWT__ISSUE__ENABLED", "true")]].concat();
    let (loaded, sources) = loaded_with(folder, file, &variables);
    resolve(&loaded, &sources.environment)
}

fn resolved(file: &str) -> Resolved {
    resolved_in(tempfile::tempdir().unwrap().path(), file).unwrap()
}

fn issuer(file: &str) -> Config {
    resolved(file).issuer.unwrap()
}

#[test]
fn nothing_is_given_out_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (loaded, sources) = loaded(folder.path(), "auth.jwt.keys.algorithm = \"RS256\"");
    assert!(resolve(&loaded, &sources.environment).unwrap().issuer.is_none());
}

#[test]
fn it_works_with_no_configuration_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let Resolved { config, issuer, warnings } = resolved_in(folder.path(), "").unwrap();
    let (config, issuer) = (config.unwrap(), issuer.unwrap());
    assert!(warnings.is_empty());
    let state = folder.path().join(".appserver");
    let Signing::Directory(keys) = &issuer.signing else { panic!() };
    assert_eq!((&keys.path, keys.algorithm), (&state.join("keys"), Algorithm::ES256));
    assert_eq!(keys.retire_after, Duration::from_hours(24));
    assert_eq!(issuer.store.url, format!("sqlite://{}", state.join("state.sqlite3").display()));
    let UserSource::Table(users, table) = &issuer.users else { panic!() };
    assert!(table.is_ours && users == &issuer.store);
    assert_eq!(issuer.rotation.mode, Mode::Family);
    assert!(issuer.rotation.rotates && issuer.rotation.blacklists && issuer.format.has_session);
    assert!(issuer.upgrade_passwords && issuer.cookies.is_none() && !issuer.from_django);
    let [provider] = config.providers.as_slice() else { panic!() };
    assert_eq!(provider, &issuer.provider);
    assert_eq!((provider.name.as_str(), provider.is_revocable), ("local", true));
    assert_eq!(
        (&*provider.token_types, &*provider.algorithms),
        (&["access".to_owned()][..], &[Algorithm::ES256][..])
    );
    assert_eq!(provider.keys, Keys::Local(String::new()));
    assert!(Gate::new(config).is_ok());
}

/// What a configuration has by itself is what the file has, where neither says anything: a Django
/// project's values go where the file has only defaults.
#[test]
fn both_have_the_same_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let found = resolved_in(folder.path(), "auth.jwt.issue.cookies.enabled = true");
    let found = found.unwrap().issuer.unwrap();
    let state = folder.path().join(".appserver");
    let store = Address::new(format!("sqlite://{}", state.join("state.sqlite3").display()));
    let users = UserSource::Table(store.clone(), UserTable::embedded());
    let signing = Signing::Directory(KeyDirectory::new(state.join("keys")));
    let own = Config::new(found.provider.clone(), signing, users, store).in_mode(Mode::Family);
    // How many threads hash is the machine's to say.
    let pool = (found.pool.0, own.pool.1);
    assert_eq!(found, Config { pool, cookies: Some(Cookies::default()), ..own });
    let parity = issuer("auth.jwt.issue.mode = \"parity\"");
    assert_eq!(parity.rotation, Rotation::new(Mode::Parity));
    assert!(!parity.format.has_session);
}

#[test]
fn endpoints_come_before_the_rules_of_the_file() {
    let file = "http.root_path = \"/shop\"\n[auth.jwt.issue.paths]\nverify = \"\"\nrevoke = \"/revoke\"\n\
        [[auth.jwt.rules]]\npath = \"/\"\nrequire = \"local\"";
    let Resolved { config, issuer, .. } = resolved(file);
    let (config, issuer) = (config.unwrap(), issuer.unwrap());
    assert_eq!(issuer.paths[&Endpoint::Revoke], "/shop/revoke");
    assert!(!issuer.paths.contains_key(&Endpoint::Verify));
    let rules: Vec<_> =
        config.rules.iter().map(|rule| (rule.path.as_str(), rule.exact, &rule.require)).collect();
    let local = Requirement::Provider("local".to_owned());
    assert_eq!(rules.len(), 7);
    assert!(rules.contains(&("/api/token/", true, &Requirement::None)), "{rules:?}");
    assert!(rules.contains(&("/api/token/logout-all/", true, &local)), "{rules:?}");
    assert_eq!(rules[6], ("/", false, &local));
    assert!(Gate::new(config).is_ok());
}

#[test]
fn to_revoke_opens_a_file_as_the_server_does() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".appserver")).unwrap();
    let store = folder.path().join(".appserver/state.sqlite3");
    fs::write(&store, "").unwrap();
    for (users, is_shared) in [(store.as_path(), true), (Path::new("/srv/shop.db"), false)] {
        let table = "auth.jwt.issue.user_table";
        let file = format!("{table}.database = \"sqlite://{}\"", users.display());
        let config = resolved_in(folder.path(), &file).unwrap().issuer.unwrap();
        let revoking = revoking(config).unwrap();
        assert_eq!(revoking.users, UserSource::Application);
        assert_eq!(revoking.store.is_applications, is_shared, "{}", users.display());
    }
}

#[test]
fn a_wrong_rule_keeps_its_own_number() {
    let folder = tempfile::tempdir().unwrap();
    let error = resolved_in(folder.path(), "[[auth.jwt.rules]]\npath = \"/a\"\nrequire = \"corp\"");
    let Err(SettingsError::Mistakes(mistakes)) = error else { panic!() };
    assert!(mistakes[0].to_string().contains("auth.jwt.rules.0"), "{mistakes:?}");
}

#[test]
fn a_secret_signs_and_older_ones_still_verify() {
    let file = "auth.jwt.issue.secret = { env = \"JWT_SECRET\" }\n[auth.jwt.providers.local]\n\
        previous_secrets = [{ env = \"OLD_SECRET\" }]";
    let issuer = issuer(file);
    assert_eq!(issuer.signing, Signing::Secret(SECRET.into()));
    assert_eq!(issuer.format.algorithm, Algorithm::HS256);
    assert_eq!(issuer.provider.keys, Keys::Secrets(vec![SECRET.into(), OLD_SECRET.into()]));
    assert_eq!(issuer.provider.token_types, ["access"]);
    assert!(!issuer.paths.contains_key(&Endpoint::Jwks));
    let issuer = self::issuer("auth.jwt.providers.local.secret = { env = \"JWT_SECRET\" }");
    assert_eq!(issuer.signing, Signing::Secret(SECRET.into()));
}

#[test]
fn a_private_key_verifies_with_its_public_half() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let key = NewKey::generate(Algorithm::ES384).unwrap();
    fs::write(&file, &*key.pem).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let text = "[auth.jwt.issue]\nenabled = true\nprivate_key = \"key.pem\"\nalgorithm = \"ES384\"";
    let (loaded, sources) = loaded(folder.path(), text);
    let resolved = resolve(&loaded, &sources.environment).unwrap();
    assert!(resolved.warnings[0].contains("can be read by other users"), "{:?}", resolved.warnings);
    let Keys::Local(set) = resolved.issuer.unwrap().provider.keys else { panic!() };
    assert!(set.contains(&key.kid) && !set.contains("\"d\""), "{set}");
    assert!(Gate::new(resolved.config.unwrap()).is_ok());
}

#[test]
fn much_is_left_to_a_django_project() {
    let file = "auth.jwt.from_django = true\n[auth.jwt.issue.claims]\ngroups = \"sql:SELECT $1\"";
    let Resolved { config, issuer, .. } = resolved(file);
    let (config, issuer) = (config.unwrap(), issuer.unwrap());
    assert!(config.providers.is_empty() && issuer.from_django && !issuer.is_store_chosen);
    assert_eq!((&issuer.signing, &*issuer.provider.name), (&Signing::Django, "django"));
    assert_eq!(issuer.rotation.mode, Mode::Parity);
    let queries = vec!["SELECT $1".to_owned()];
    assert_eq!(issuer.users, UserSource::Django { choice: UserChoice::Auto, queries });
    assert_eq!(config.rules[0].require, Requirement::None);
    for (users, choice) in [("app", UserChoice::Application), ("native", UserChoice::Table)] {
        let file = format!("auth.jwt.from_django = true\nauth.jwt.issue.users = \"{users}\"");
        let UserSource::Django { choice: found, .. } = self::issuer(&file).users else { panic!() };
        assert_eq!(found, choice);
    }
    let issuer = self::issuer("auth.jwt.from_django = true\nauth.jwt.store.url = \"django://\"");
    assert!(issuer.store.is_django && issuer.store.url.is_empty() && issuer.is_store_chosen);
}

/// Which library of SQLite may open the file depends on it.
#[test]
fn a_named_store_may_be_the_applications() {
    let named = "auth.jwt.store.url = \"sqlite:///srv/app.db\"";
    assert!(issuer(named).store.is_applications);
    assert!(!issuer("").store.is_applications, "nobody else has the server's own");
    let project = format!("auth.jwt.from_django = true\n{named}");
    assert!(!issuer(&project).store.is_applications, "the project will tell");
}

#[test]
fn a_table_of_users_can_be_named() {
    let file = "[auth.jwt.issue.user_table]\ndatabase = { env = \"DATABASE_URL\" }\n\
        table = \"people\"\nactive = \"\"\n\
        [auth.jwt.issue.claims]\nmail = \"{user.email}\"\nstaff = \"{user.is_staff:bool}\"\n\
        name = \"{user.first} {user.email}\"\ngroups = \"sql:SELECT name WHERE user = $1\"";
    let issuer = issuer(file);
    let UserSource::Table(database, table) = &issuer.users else { panic!() };
    assert!(database.is_applications && !issuer.store.is_applications);
    assert_eq!((database.url.as_str(), table.table.as_str()), (DATABASE, "people"));
    assert_eq!((&table.active, table.is_ours), (&None, false));
    assert_eq!(table.columns, ["email", "first", "is_staff"]);
    assert_eq!(table.queries, ["SELECT name WHERE user = $1"]);
    assert_eq!(issuer.claims[0], ("groups".to_owned(), ClaimSource::Query(0)));
    assert!(!issuer.upgrade_passwords, "the hashers of others are not known");
    let told = report(&issuer);
    assert!(told.contains("people in postgres://***@db.example/shop"), "{told}");
    assert!(!told.contains("geheim"), "{told}");
}

#[test]
fn cookies_are_looked_for() {
    let issuer = issuer("[auth.jwt.issue.cookies]\nenabled = true\naccess = \"__Host-a\"");
    let is_cookie =
        |source: &Source| matches!(source, Source::Cookie { name, .. } if name == "__Host-a");
    assert!(issuer.provider.sources.iter().any(is_cookie));
    let cookies = issuer.cookies.unwrap();
    assert_eq!((cookies.same_site.as_str(), cookies.domain), ("Strict", None));
}

#[test]
fn the_state_has_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let (loaded, _) = loaded(folder.path(), "");
    let given = |value: &str| vec![("STATE_DIRECTORY".to_owned(), value.to_owned())];
    assert_eq!(state::directory(&loaded, &[]), folder.path().join(".appserver"));
    assert_eq!(state::directory(&loaded, &given("/var/lib/a:/b")), Path::new("/var/lib/a"));
    assert_eq!(state::directory(&loaded, &given("")), folder.path().join(".appserver"));
    let (loaded, _) = self::loaded(folder.path(), "state_dir = \"state\"");
    assert_eq!(state::directory(&loaded, &given("/var/lib/a")), folder.path().join("state"));
    let path = folder.path().join("a/b");
    state::make(&path, &loaded.settings.identity()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_to_string(path.join(".gitignore")).unwrap(), "*\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
    state::make(&path, &loaded.settings.identity()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o750);
}

/// Texts, the key that each is wrong at, and why.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("[auth.jwt.issue]\nusers = \"app\"", "users", "only a Django project is asked"),
    ("[auth.jwt.issue]\nusers = \"native\"", "users", "there is no table of users"),
    (
        "[auth.jwt.issue]\nmode = \"parity\"\ngrace = \"5s\"",
        "grace",
        "only with `mode = \"family\"`",
    ),
    ("[auth.jwt.issue]\nalgorithm = \"ES256\"", "algorithm", "`secret` or `private_key`"),
    (
        "[auth.jwt.issue]\nalgorithm = \"ES256\"\nsecret = { env = \"JWT_SECRET\" }",
        "algorithm",
        "needs a private key",
    ),
    ("[auth.jwt.issue]\nsecret = { env = \"NO_SUCH\" }", "secret", "NO_SUCH is not set"),
    ("[auth.jwt.issue]\nprivate_key = \"none.pem\"", "private_key", "cannot read none.pem"),
    ("[auth.jwt.issue.paths]\nverify = \"/api/token/\"", "paths.verify", "is that of obtain"),
    ("[auth.jwt.issue.paths]\nverify = \"verify\"", "paths.verify", "expected a path"),
    ("[auth.jwt.issue.paths]\nverify = \"/a/../b\"", "paths.verify", "expected a path"),
    ("[auth.jwt.issue.paths]\nverify = \"/a%2Fb\"", "paths.verify", "expected a path"),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\nsame_site = \"None\"\nsecure = false",
        "cookies.same_site",
        "only with `secure`",
    ),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\nrefresh = \"access\"",
        "cookies.refresh",
        "has a cookie of this name already",
    ),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\naccess = \"a b\"",
        "cookies.access",
        "expected the name of a cookie",
    ),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\nrefresh = \"__Host-r\"",
        "cookies.refresh",
        "has the path \"/\" and no domain",
    ),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\naccess_path = \"/;x\"",
        "cookies.access_path",
        "expected a path",
    ),
    (
        "http.root_path = \"/shop\"\n[auth.jwt.issue.cookies]\nenabled = true",
        "cookies.refresh_path",
        "would not be sent to \"/shop/api/token/refresh/\"",
    ),
    (
        "[auth.jwt.issue.cookies]\nenabled = true\nrefresh_path = \"/api/token/r\"",
        "cookies.refresh_path",
        "would not be sent",
    ),
    (
        "auth.jwt.issue.paths.sliding_refresh = \"/slide/\"\n\
         [auth.jwt.issue.cookies]\nenabled = true\naccess_path = \"/api/\"",
        "cookies.access_path",
        "would not be sent to \"/slide/\"",
    ),
    ("[auth.jwt.issue.claims]\nexp = \"1\"", "claims.exp", "in every token"),
    ("[auth.jwt.issue.claims]\na = \"{user.x\"", "claims.a", "stands for a column"),
    ("[auth.jwt.issue.claims]\na = \"{email}\"", "claims.a", "stands for a column"),
    ("[auth.jwt.issue.claims]\na = \"x {user.x:int}\"", "claims.a", "has to stand alone"),
    ("[auth.jwt.issue.claims]\na = \"{user.x:date}\"", "claims.a", "found the type \"date\""),
    ("[auth.jwt.issue.claims]\na = \"sql:SELECT 1\"", "claims.a", "expected $1"),
    (
        "[auth.jwt.issue.user_table]\ndatabase = \"redis://a\"",
        "user_table.database",
        "expected an address that begins with one of sqlite://",
    ),
];

#[test]
fn mistakes_are_told_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    for (file, key, problem) in MISTAKES {
        let Err(SettingsError::Mistakes(mistakes)) = resolved_in(folder.path(), file) else {
            panic!("{file} is right")
        };
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        let wanted = format!("auth.jwt.issue.{key}");
        let is_told = |text: &String| text.contains(&wanted) && text.contains(problem);
        assert!(texts.len() == 1 && texts.iter().any(is_told), "{file}: {texts:?}");
    }
}

#[test]
fn mistakes_of_keys_and_stores_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (file, wanted) in [
        ("auth.jwt.keys.algorithm = \"HS256\"", "auth.jwt.keys.algorithm"),
        ("auth.jwt.keys.retire_after = \"1h\"", "auth.jwt.keys.retire_after"),
        ("auth.jwt.keys.rotate_every = \"1d\"", "auth.jwt.keys.publish_ahead"),
        ("auth.jwt.store.url = \"django://\"", "auth.jwt.store.url"),
        ("auth.jwt.store.url = \"mongo://u:geheim@h\"", "auth.jwt.store.url"),
        ("auth.jwt.providers.local.public_keys = [\"a.pem\"]\n", "auth.jwt.providers.local"),
    ] {
        let Err(SettingsError::Mistakes(mistakes)) = resolved_in(folder.path(), file) else {
            panic!("{file} is right")
        };
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(texts.iter().any(|text| text.contains(wanted)), "{file}: {texts:?}");
        assert!(!texts.concat().contains("geheim"), "{texts:?}");
    }
}

#[test]
fn users_beside_redis_are_of_one_machine() {
    let redis = "[auth.jwt.store]\nurl = \"redis://a\"";
    let is_told = |file: &str| {
        let warnings = resolved(file).warnings;
        warnings.iter().any(|text| text.contains("other machines do not know them"))
    };
    assert!(is_told(redis));
    assert!(!is_told(""));
    let table = "[auth.jwt.issue.user_table]\ndatabase = \"postgres://a/b\"";
    assert!(!is_told(&format!("{redis}\n{table}")));
}
