//! Full keys of settings: names with dots between them, as TOML writes them.
//!
//! A name that is more than letters, digits, hyphens and underscores is quoted, so that the dots
//! inside of it are no dots between names.

use std::borrow::Cow;

/// The key of something inside a table.
#[must_use]
pub(crate) fn join(prefix: &str, name: &str) -> String {
    let name = written(name);
    if prefix.is_empty() { name.into_owned() } else { format!("{prefix}.{name}") }
}

/// A name as TOML writes it.
fn written(name: &str) -> Cow<'_, str> {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    // Lists of tables are no names, but stand in keys of the reference.
    let bare = name.strip_suffix("[]").unwrap_or(name);
    if bare.bytes().all(is_bare) && !bare.is_empty() {
        return Cow::Borrowed(name);
    }
    // A string of JSON is one of TOML, always in one line and in double quotes.
    Cow::Owned(serde_json::Value::from(name).to_string())
}

/// The first name of a key, and the key inside of it.
#[must_use]
pub(crate) fn split(key: &str) -> (Cow<'_, str>, Option<&str>) {
    let end = dots(key).next();
    let (name, rest) = end.and_then(|at| key.split_at_checked(at)).unwrap_or((key, ""));
    (read(name), rest.strip_prefix('.'))
}

/// The key of the table around; `None` for the top.
#[must_use]
pub(crate) fn outer(key: &str) -> Option<&str> {
    key.get(..dots(key).last()?)
}

/// A name without its quotes.
fn read(name: &str) -> Cow<'_, str> {
    let inside = match name.strip_prefix(['"', '\'']) {
        // What is in quotes is a value as well, and that can be read.
        Some(_) => toml::from_str::<toml::Table>(&format!("name = {name}")).ok(),
        None => None,
    };
    let text = inside.as_ref().and_then(|table| table.get("name")).and_then(toml::Value::as_str);
    text.map_or(Cow::Borrowed(name), |text| Cow::Owned(text.to_owned()))
}

/// The places of the dots between names.
fn dots(key: &str) -> impl Iterator<Item = usize> {
    let mut quote = None;
    let mut is_escaped = false;
    key.bytes().enumerate().filter_map(move |(at, byte)| {
        match (quote, byte) {
            _ if is_escaped => is_escaped = false,
            (Some(b'"'), b'\\') => is_escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'.') => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::{join, outer, split};

    #[test]
    fn plain_keys_are_as_they_were() {
        assert_eq!(join("", "workers"), "workers");
        assert_eq!(join("http", "body_timeout"), "http.body_timeout");
        assert_eq!(join("auth.jwt", "rules[]"), "auth.jwt.rules[]");
        assert_eq!(split("workers"), ("workers".into(), None));
        assert_eq!(split("a.b.c"), ("a".into(), Some("b.c")));
        assert_eq!(outer("a.b.c"), Some("a.b"));
        assert_eq!(outer("a"), None);
    }

    #[test]
    fn names_with_signs_are_quoted() {
        let key = join(&join("static.mounts", "/v1.2/"), "root");
        assert_eq!(key, "static.mounts.\"/v1.2/\".root");
        assert_eq!(split("\"/v1.2/\".root"), ("/v1.2/".into(), Some("root")));
        assert_eq!(split("'/v1.2/'.root"), ("/v1.2/".into(), Some("root")));
        assert_eq!(outer(&key), Some("static.mounts.\"/v1.2/\""));
        assert_eq!(outer("static.mounts.\"/v1.2/\""), Some("static.mounts"));
    }

    #[test]
    fn what_is_no_key_is_a_name() {
        for key in ["", "\"", "\"a", "'a.b", "\"a\"b"] {
            assert_eq!(split(key), (key.into(), None));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_name_comes_back(name in r#"[a.'"\\/\[\] \n]{0,6}"#, rest in "[a-z]{1,3}") {
            let key = join(&join("", &name), &rest);
            let (first, inside) = split(&key);
            // The ending of lists is the only sign that is not quoted.
            if !name.ends_with("[]") {
                prop_assert_eq!(first, name);
                prop_assert_eq!(inside, Some(rest.as_str()));
            }
        }
    }
}
