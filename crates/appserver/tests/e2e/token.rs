//! What `token`, `check` and `config show` tell of tokens, and what they keep to themselves.

use std::fs::File;

use appserver_testkit::{Builder, Ended, program};
use serde_json::{Value, json};

use super::auth_python::token::{SECRET, now, of_user, signed};
use super::site::APPS;

const SETTINGS: &str = r#"
[auth.jwt]
default = "required"

[auth.jwt.providers.local]
secret = { env = "TEST_SECRET" }

[[auth.jwt.rules]]
path = "/open/"
require = "none"

[[auth.jwt.rules]]
path = "/admin/"
methods = ["GET"]
scopes = { any = ["admin"] }
"#;

fn native() -> Builder {
    Builder::native(program::built("native-axum")).env("TEST_SECRET", SECRET)
}

/// A command with these settings, and this as its standard input.
fn asked(words: &[&str], settings: &str, input: &str) -> Ended {
    let builder = native().file("appserver.toml", settings).file("input", input);
    let stdin = File::open(builder.project().join("input")).unwrap();
    builder.command(words).stdin(stdin).run()
}

fn verify(path: &str, token: &str) -> Ended {
    asked(&["token", "verify", "--path", path], SETTINGS, token)
}

fn good() -> String {
    of_user(&json!("42"), &json!({"scope": "read admin"}))
}

/// Says the same, but is signed by somebody else.
fn forged() -> String {
    let secret = SECRET.to_lowercase();
    signed("HS256", &secret, &json!({"exp": now() + 3600, "user_id": "42"}))
}

#[test]
fn each_check_of_a_token_is_told() {
    let expired = signed("HS256", SECRET, &json!({"exp": now() - 60}));
    let poor = of_user(&json!("42"), &json!({"scope": "read"}));
    for (path, token, code, said) in [
        ("/admin/x", good(), 0, "passes as 42, by a token of provider local"),
        ("/admin/x", format!("Bearer {}\n", good()), 0, "/admin/"),
        ("/admin/x", poor.clone(), 1, "refused with 403: scope"),
        ("/x", poor, 0, "provider local: the token is good"),
        ("/x", expired, 1, "refused with 401: expired"),
        ("/x", forged(), 1, "refused with 401: signature"),
        ("/x", "a.b".to_owned(), 1, "refused with 401: not_compact"),
        ("/x", String::new(), 1, "refused with 401: missing"),
        ("/open/x", String::new(), 0, "passes as nobody in particular"),
        ("/open/../admin/", good(), 1, "refused with 400: ambiguous_path"),
    ] {
        let ended = verify(path, &token);
        ended.assert_code(code).assert_said(said);
        assert!(token.len() < 9 || !ended.text.contains(token.trim()), "{}", ended.text);
    }
}

#[test]
fn methods_and_json_are_for_programs() {
    let words = ["token", "verify", "--path", "/admin/x", "--method", "POST", "--json"];
    let ended = asked(&words, SETTINGS, &of_user(&json!("42"), &json!({})));
    let verdict: Value = serde_json::from_str(&ended.assert_code(0).text).unwrap();
    assert_eq!((&verdict["passes"], &verdict["subject"]), (&json!(true), &json!("42")));
    assert!(!verdict["checks"].as_array().unwrap().is_empty());
}

#[test]
fn a_batch_has_an_answer_per_line() {
    let lines = [good(), forged(), String::new(), "x".to_owned(), good()];
    let ended = asked(&["token", "verify", "--batch"], SETTINGS, &(lines.join("\n") + "\n"));
    let verdicts: Vec<Value> = ended
        .assert_code(0)
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let passes: Vec<bool> = verdicts.iter().map(|verdict| verdict["passes"] == true).collect();
    assert_eq!(passes, [true, false, false, false, true], "{}", ended.text);
    assert_eq!(verdicts[1]["reason"], "signature");
}

/// The token goes where its provider looks for it.
#[test]
fn a_token_goes_where_it_is_looked_for() {
    for source in [
        "{ cookie = \"access\" }",
        "{ cookie = \"access\", csrf = \"double-submit\" }",
        "{ header = \"X-Token\", scheme = \"\" }",
        "{ query = \"t\" }",
    ] {
        let sources = format!("sources = [{source}]\nsecret");
        let settings = SETTINGS.replacen("secret", &sources, 1);
        let words = ["token", "verify", "--path", "/x?a=b", "--method", "POST"];
        asked(&words, &settings, &good()).assert_code(0).assert_said("passes as 42");
    }
}

#[test]
fn keys_of_a_file_stand_for_those_that_are_fetched() {
    let settings = "[auth.jwt.providers.corp]\nalgorithms = [\"EdDSA\"]\ntypes = [\"\"]\nrequire = []\n\
        jwks_url = \"https://127.0.0.1:1/keys\"\n";
    // RFC 8037, appendix A.2 and A.4: its payload is no object of claims.
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let builder = native().file("appserver.toml", settings).file("keys.json", keys);
    let command = builder.command(&["token", "verify", "--jwks", "keys.json", token]);
    command.run().assert_code(1).assert_said("malformed_claims");
    let fetched = asked(&["token", "verify"], settings, token);
    fetched
        .assert_code(1)
        .assert_said("cannot fetch the keys of provider corp")
        .assert_said("--jwks");
}

#[test]
fn what_a_token_says_is_told_without_believing_it() {
    let token = forged();
    let ended = asked(&["token", "inspect"], SETTINGS, &token);
    ended.assert_code(0).assert_said("NOT VERIFIED").assert_said("\"user_id\": \"42\"");
    ended.assert_said("UTC, in 59m").assert_said("provider local would check its signature");
    // Settings that are wrong do not matter here.
    let ended = asked(&["token", "inspect", "--json"], "wrokers = 1", &token);
    let told: Value = serde_json::from_str(&ended.assert_code(0).text).unwrap();
    assert_eq!((&told["verified"], &told["claims"]["user_id"]), (&json!(false), &json!("42")));
    let other = signed("HS384", SECRET, &json!({}));
    let ended = asked(&["token", "inspect"], SETTINGS, &other);
    ended.assert_code(0).assert_said("would refuse it: `alg` is \"HS384\", not HS256");
    asked(&["token", "inspect"], "", "hello").assert_code(1).assert_said("no token");
}

/// What a stranger has written moves no cursor and turns no text around.
#[test]
fn what_is_not_seen_is_written_out() {
    let token = signed("HS256", SECRET, &json!({"a\u{9b}31m": "x\u{202e}y\u{7f}é"}));
    for words in [&["token", "inspect"][..], &["token", "inspect", "--json"]] {
        let ended = asked(words, SETTINGS, &token);
        ended.assert_code(0).assert_said("a\\u009b31m").assert_said("x\\u202ey\\u007fé");
    }
    let named = signed("HS256", SECRET, &json!({"exp": now() + 60, "user_id": "x\u{9b}\u{202e}"}));
    for words in [&["token", "verify"][..], &["token", "verify", "--json"]] {
        let ended = asked(words, SETTINGS, &named);
        ended.assert_code(0);
        assert!(!ended.text.contains(['\u{9b}', '\u{202e}']), "{:?}", ended.text);
    }
}

/// As a running server does it.
#[test]
fn keys_of_a_set_that_are_not_admitted_are_left_out() {
    let settings = "[auth.jwt.providers.corp]\nalgorithms = [\"EdDSA\"]\ntypes = [\"\"]\n\
        jwks_url = \"https://127.0.0.1:1/keys\"\n";
    let keys = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"short","x":"AAAA"},
        {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let builder = native().file("appserver.toml", settings).file("keys.json", keys);
    let command = builder.command(&["token", "verify", "--jwks", "keys.json", token]);
    let ended = command.run();
    ended.assert_code(1).assert_said("warning: a key of provider corp is left out");
    ended.assert_said("malformed_claims");
}

/// Addresses may hold passwords and keys, also where they should not.
#[test]
fn addresses_are_told_without_users() {
    let settings = "[auth.jwt.providers.corp]\nalgorithms = [\"EdDSA\"]\n\
        jwks_url = \"https://me:geheim@127.0.0.1:1/keys\"\n";
    let shown = asked(&["config", "show"], settings, "");
    shown.assert_code(0).assert_said("https://***@127.0.0.1:1/keys");
    let refused = asked(&["check"], settings, "");
    refused.assert_code(2).assert_said("has a user or a password");
    let query = settings.replace("me:geheim@", "").replace("/keys", "/keys?key=geheim");
    let fetched = asked(&["token", "verify"], &query, &good());
    fetched.assert_code(1).assert_said("from https://127.0.0.1:1/keys");
    for ended in [shown, refused, fetched] {
        assert!(!ended.text.contains("geheim"), "{}", ended.text);
    }
}

#[test]
fn check_warns_of_tokens_for_anybody() {
    let settings = "[auth.jwt.providers.corp]\nalgorithms = [\"ES256\"]\n\
        discovery = \"https://idp.example\"\n";
    let ended = asked(&["check"], settings, "");
    ended.assert_code(0).assert_said("warning: auth.jwt.providers.corp: any token");
}

#[test]
fn check_prints_the_policy() {
    let ended = asked(&["check"], SETTINGS, "");
    ended.assert_code(0).assert_said("ok: the settings are right");
    ended.assert_said("  provider local: HS256");
    let policy: Vec<&str> = ended.text.lines().skip(3).collect();
    assert_eq!(policy.len(), 3, "{}", ended.text);
    assert!(policy[0].contains("/open/") && policy[1].contains("/admin/"), "{policy:?}");
    assert!(policy[2].contains("required"), "{policy:?}");
}

#[test]
fn no_command_tells_a_secret() {
    let inline = SETTINGS.replace("{ env = \"TEST_SECRET\" }", &format!("{SECRET:?}"));
    for (words, settings, code) in [
        (&["config", "show"][..], SETTINGS, 0),
        (&["config", "show", "--json"], SETTINGS, 0),
        (&["check"], SETTINGS, 0),
        (&["check"], &inline, 2),
        (&["config", "show"], &inline, 2),
    ] {
        let ended = asked(words, settings, "");
        ended.assert_code(code);
        assert!(!ended.text.contains(SECRET), "{words:?}: {}", ended.text);
    }
    let flag = format!("auth.jwt.providers.local.secret={SECRET}");
    let ended = asked(&["check", "--set", &flag], SETTINGS, "");
    ended.assert_code(2).assert_said("a secret is taken from the settings file");
    assert!(!ended.text.contains(SECRET), "{}", ended.text);
}

#[test]
fn wrong_settings_about_tokens_refuse_to_start() {
    let weak = native().env("TEST_SECRET", "short").file("appserver.toml", SETTINGS).run();
    weak.assert_code(2).assert_said("auth.jwt.providers.local").assert_said("appserver.toml:5");
    let rule = SETTINGS.replace("\"none\"", "\"locla\"");
    native().file("appserver.toml", rule).run().assert_code(2).assert_said("locla");
    let django = "auth.jwt.from_django = true";
    native().file("appserver.toml", django).run().assert_code(2).assert_said("no Django project");
    let rule =
        "auth.jwt.from_django = true\n[[auth.jwt.rules]]\npath = \"/\"\nrequire = \"djagno\"\n";
    let refused = native().file("appserver.toml", rule).run();
    refused.assert_code(2).assert_said("is it \"django\"?").assert_said("appserver.toml:2");
}

/// A key that went wrong takes no server down.
#[test]
fn a_reload_with_a_wrong_secret_is_refused() {
    let settings = SETTINGS.replace("{ env = \"TEST_SECRET\" }", "{ file = \"key\" }");
    let server = native().file("appserver.toml", settings).file("key", SECRET).workers(1).start();
    // The file that the test makes is for everybody to read.
    assert!(server.log().text().contains("the secret in key can be read by other users"));
    server.replace("key", "short");
    let refused = server.reload().unwrap_err();
    assert!(
        refused.contains("auth.jwt.providers.local") && !refused.contains("short"),
        "{refused}"
    );
    server.get("/").assert_status(401);
    let again = format!("{}\n", SECRET.replace('u', "v"));
    server.replace("key", again);
    server.reload().unwrap();
    server.stop();
}

/// Only the project knows its keys: the commands ask it.
#[test]
fn commands_ask_a_django_project() {
    let settings = "[auth.jwt]\nfrom_django = true\n[[auth.jwt.rules]]\npath = \"/open/\"\nrequire = \"none\"\n";
    let command = |words: &[&str], input: &str| {
        let builder = Builder::example("wsgi-plain", "").copied().without_target();
        let database = builder.home().join("edge.sqlite3");
        let builder = builder.file("appserver.toml", settings).file("input", input);
        let stdin = File::open(builder.project().join("input")).unwrap();
        let flags = ["--pythonpath", APPS, "--set", "app=edge_drf:application"];
        let builder = builder.env("EDGE_SECRET", SECRET).env("EDGE_DATABASE", database);
        builder.env("EDGE_SIMPLE_JWT", "{}").stdin(stdin).command(words).args(flags).run()
    };
    let checked = command(&["check"], "");
    checked.assert_code(0).assert_said("ok: the settings are right").assert_said("/open/");
    command(&["token", "verify"], &good()).assert_code(0).assert_said("of provider django");
    command(&["token", "inspect"], &good()).assert_code(0).assert_said("the Django project has");
    let refused = command(&["token", "verify", "--path", "/x"], &forged());
    refused.assert_code(1).assert_said("refused with 401: signature");
    command(&["token", "verify", "--path", "/open/x"], "").assert_code(0);
}

/// What a project says while it is imported, and at its end, is not among the answers.
#[test]
fn answers_are_alone_on_standard_output() {
    const NOISY: &str = "import atexit, os\nprint('noise')\nos.write(1, b'noise')\n\
        atexit.register(print, 'noise')\nfrom edge_drf import application\n";
    let tokens = [good(), forged()].join("\n");
    let builder = Builder::example("wsgi-plain", "").copied().without_target();
    let database = builder.home().join("edge.sqlite3");
    let builder =
        builder.file("appserver.toml", "auth.jwt.from_django = true").file("noisy.py", NOISY);
    let builder = builder.file("input", tokens);
    let stdin = File::open(builder.project().join("input")).unwrap();
    let flags = ["--pythonpath", APPS, "--set", "app=noisy:application"];
    let builder = builder.env("EDGE_SECRET", SECRET).env("EDGE_DATABASE", database);
    let builder = builder.env("EDGE_SIMPLE_JWT", "{}").stdin(stdin);
    let builder = builder.through(&["sh", "-c", "exec \"$@\" 2>/dev/null", "sh"]);
    let ended = builder.command(&["token", "verify", "--batch"]).args(flags).run();
    let lines: Vec<&str> = ended.assert_code(0).text.lines().collect();
    let is_json = |line: &&str| serde_json::from_str::<Value>(line).is_ok();
    assert!(lines.len() == 2 && lines.iter().all(is_json), "{}", ended.text);
}
