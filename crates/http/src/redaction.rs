//! Secrets in addresses, on their way to a log.
//!
//! Two things are hidden: the values of parameters that tokens are looked for in, whatever they are,
//! and whatever has the shape of a token, wherever it is.

mod shape;

use std::borrow::Cow;

use appserver_auth::redacted;

/// What separates a path, a query and a fragment, of which a client may have put a second one in, and
/// parameters besides `&`.
const MARKS: [char; 3] = ['?', '#', ';'];

/// An address without the values of these parameters, in its query and its fragment, and without
/// anything that looks like a token.
pub(crate) fn redact<'a>(address: &'a str, secrets: &[String]) -> Cow<'a, str> {
    let told = without_parameters(address, secrets);
    match shape::hidden(&told) {
        Some(hidden) => Cow::Owned(hidden),
        None => told,
    }
}

fn without_parameters<'a>(address: &'a str, secrets: &[String]) -> Cow<'a, str> {
    let first = address.find(MARKS).filter(|_| !secrets.is_empty());
    let Some((path, rest)) = first.and_then(|at| address.split_at_checked(at + 1)) else {
        return Cow::Borrowed(address);
    };
    let mut told = path.to_owned();
    for section in rest.split_inclusive(MARKS) {
        let section_end = section.trim_end_matches(MARKS).len();
        let (parameters, mark) = section.split_at_checked(section_end).unwrap_or((section, ""));
        told.push_str(&redacted(parameters, secrets));
        told.push_str(mark);
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::redact;

    /// A header, claims and a signature.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.aaaaBBBB0000-_-_";

    fn told(address: &str) -> String {
        redact(address, &["access_token".into(), "jwt x".into()]).into_owned()
    }

    #[test]
    fn the_values_of_secrets_are_hidden() {
        for (address, expected) in [
            ("/a?access_token=s.e.c", "/a?access_token=***"),
            ("/a?x=1&access_token=s.e.c&y=2", "/a?x=1&access_token=***&y=2"),
            ("/a?access_token=s=e&access_token=c", "/a?access_token=***&access_token=***"),
            ("/a?x=1;access_token=s.e.c;y=2", "/a?x=1;access_token=***;y=2"),
            ("/a;access_token=s.e.c?y=2", "/a;access_token=***?y=2"),
            ("/a?access%5ftoken=sec", "/a?access%5ftoken=***"),
            ("/a?jwt+x=sec&jwt%20x=sec", "/a?jwt+x=***&jwt%20x=***"),
            ("/a?b?access_token=sec", "/a?b?access_token=***"),
            ("/a??access_token=sec#", "/a??access_token=***#"),
            ("https://h/?b#access_token=sec&c", "https://h/?b#access_token=***&c"),
            ("https://h/#access_token=sec", "https://h/#access_token=***"),
        ] {
            assert_eq!(told(address), expected);
        }
    }

    #[test]
    fn tokens_are_hidden_wherever_they_are() {
        for address in [
            "/a?jwt=T",
            "/a?next=/ws%3Faccess_token%3DT",
            "/a?next=%2Fws%3Faccess_token%3DT%26b%3Dc",
            "/T/b",
            "/T?x=T&y=T",
            "/a?id_token=T&state=1",
            "https://h/cb#id_token=T",
            "/a?access_token=T",
        ] {
            let expected = address.replace('T', "***");
            for secrets in [&[][..], &["access_token".to_owned()]] {
                assert_eq!(redact(&address.replace('T', TOKEN), secrets), expected);
            }
        }
    }

    #[test]
    fn other_addresses_stay_as_they_are() {
        for address in
            ["", "/", "*", "/access_token=1", "/a?", "/a?#?", "/?token=1&access_tokens=2"]
        {
            assert_eq!(told(address), address);
        }
        assert_eq!(redact("/a?access_token=1", &[]), "/a?access_token=1");
    }
}
