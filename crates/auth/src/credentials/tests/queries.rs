//! Tokens in the query.

use super::{MAX_TOKEN, inquiry, places, query};
use crate::testing::List;
use crate::{Inquiry, Reason, redacted};

fn found(query_text: Option<&str>) -> Result<Option<String>, Reason> {
    let places = places(vec![vec![query()]]);
    let list = List(&[]);
    let request = Inquiry { query: query_text, ..inquiry("GET", "/", &list) };
    let found = places.find(&request, MAX_TOKEN).map_err(|refusal| refusal.reason)?;
    Ok(found.first().map(|token| token.text.clone()))
}

#[test]
fn parameters_are_decoded() {
    let token = Ok(Some("a.b.c".to_owned()));
    for query in ["access_token=a.b.c", "x=1&access_token=a.b.c&y", "access%5Ftoken=a%2eb.c"] {
        assert_eq!(found(Some(query)), token, "{query}");
    }
    for query in
        [None, Some(""), Some("access_token"), Some("access_token="), Some("Access_Token=a")]
    {
        assert_eq!(found(query), Ok(None), "{query:?}");
    }
}

#[test]
fn repetition_and_junk_are_refused() {
    for (query, reason) in [
        ("access_token=a&access_token=b", Reason::SeveralTokens),
        ("access_token=a&access_token=a", Reason::SeveralTokens),
        ("access_token=a&access%5ftoken=", Reason::SeveralTokens),
        ("access_token=a+b", Reason::MalformedCredentials),
        ("access_token=a%20b", Reason::MalformedCredentials),
        ("access_token=a%00", Reason::MalformedCredentials),
        ("access_token=a%ff", Reason::MalformedCredentials),
    ] {
        assert_eq!(found(Some(query)), Err(reason), "{query}");
    }
    let long = format!("access_token={}", "x".repeat(MAX_TOKEN + 1));
    assert_eq!(found(Some(&long)), Err(Reason::TooLong));
}

#[test]
fn tokens_are_kept_out_of_logs() {
    let names = ["access_token".to_owned()];
    for (query, told) in [
        ("access_token=secret", "access_token=***"),
        ("a=1&access_token=secret&b=2", "a=1&access_token=***&b=2"),
        ("access%5Ftoken=secret", "access%5Ftoken=***"),
        ("access_token=secret&access_token=secret", "access_token=***&access_token=***"),
        ("access_token", "access_token=***"),
        ("a=1&b=%zz", "a=1&b=%zz"),
        ("", ""),
    ] {
        assert_eq!(redacted(query, &names), told, "{query}");
    }
    assert_eq!(redacted("access_token=x", &[]), "access_token=x");
}
