//! Secrets in addresses, on their way to a log.

use std::borrow::Cow;

use appserver_auth::redacted;

/// What separates a path, a query and a fragment. A client may have put a second one in.
const MARKS: [char; 2] = ['?', '#'];

/// An address without the values of these parameters, in its query and its fragment.
pub(crate) fn redact<'a>(address: &'a str, secrets: &[String]) -> Cow<'a, str> {
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

    fn told(address: &str) -> String {
        redact(address, &["access_token".into(), "jwt x".into()]).into_owned()
    }

    #[test]
    fn the_values_of_secrets_are_hidden() {
        for (address, expected) in [
            ("/a?access_token=s.e.c", "/a?access_token=***"),
            ("/a?x=1&access_token=s.e.c&y=2", "/a?x=1&access_token=***&y=2"),
            ("/a?access_token=s=e&access_token=c", "/a?access_token=***&access_token=***"),
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
    fn other_addresses_stay_as_they_are() {
        for address in
            ["", "/", "*", "/access_token=1", "/a?", "/a?#?", "/?token=1&access_tokens=2"]
        {
            assert_eq!(told(address), address);
        }
        assert_eq!(redact("/a?access_token=1", &[]), "/a?access_token=1");
    }
}
