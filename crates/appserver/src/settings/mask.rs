//! Addresses without the user and the password that they may hold.

/// Stands for what is not shown.
const HIDDEN: &str = "***";

/// The text with `***` for the user and the password of each URL in it (RFC 3986 section 3.2.1).
pub(crate) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((scheme, after)) = rest.split_once("://") {
        shown.push_str(scheme);
        shown.push_str("://");
        let is_end = |letter: char| "/?#\\,\"".contains(letter) || letter.is_whitespace();
        let end = after.find(is_end).unwrap_or(after.len());
        let (authority, further) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str(HIDDEN);
                shown.push('@');
                shown.push_str(host);
            }
            None => shown.push_str(authority),
        }
        rest = further;
    }
    shown.push_str(rest);
    shown
}

/// An address without user, password and query, for messages about it.
pub(crate) fn bare(url: &str) -> String {
    masked(url.split(['?', '#']).next().unwrap_or_default())
}

/// The same value with the texts in it masked.
pub(crate) fn masked_value(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(masked(&text)),
        Value::Array(items) => items.into_iter().map(masked_value).collect(),
        Value::Object(members) => {
            let masked = |(name, value)| (name, masked_value(value));
            Value::Object(members.into_iter().map(masked).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_addresses_are_hidden() {
        for (text, shown) in [
            ("https://a.example/b", "https://a.example/b"),
            ("https://u:p@a.example:8/b?c=d", "https://***@a.example:8/b?c=d"),
            ("https://u:p@q@a.example", "https://***@a.example"),
            ("https://u@a, http://v:w@b", "https://***@a, http://***@b"),
            ("https://a.example/@u", "https://a.example/@u"),
            ("u@a.example", "u@a.example"),
            ("://", "://"),
        ] {
            assert_eq!(masked(text), shown);
        }
        let lists = serde_json::json!([{ "a": "x://u:p@h" }, 1]);
        assert_eq!(masked_value(lists), serde_json::json!([{ "a": "x://***@h" }, 1]));
        assert_eq!(bare("https://u:p@a.example/b?key=c#d"), "https://***@a.example/b");
    }
}
