//! The body of a refusal. Its texts are ours, so none has to be escaped in JSON.

use super::words::{Kind, Words};
use crate::Reason;
use crate::config::ErrorBody;

/// The type of the body, if there is one, and the body.
pub(super) fn body(
    kind: ErrorBody,
    words: &Words,
    reason: Reason,
    token_types: &[String],
) -> (Option<&'static str>, String) {
    match kind {
        ErrorBody::Drf => (Some("application/json"), drf(words, reason, token_types)),
        ErrorBody::Problem => (Some("application/problem+json"), problem(words, reason)),
        ErrorBody::Text => (Some("text/plain; charset=utf-8"), format!("{}\n", words.description)),
        ErrorBody::Empty => (None, String::new()),
    }
}

/// As djangorestframework-simplejwt 5.5 answers, byte by byte where it has an answer.
fn drf(words: &Words, reason: Reason, token_types: &[String]) -> String {
    let detail = words.detail;
    if words.kind == Kind::BadToken {
        let messages = messages(detail, token_types);
        return format!(
            r#"{{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{messages}]}}"#
        );
    }
    if reason == Reason::MalformedCredentials {
        return format!(r#"{{"detail":"{detail}","code":"bad_authorization_header"}}"#);
    }
    format!(r#"{{"detail":"{detail}"}}"#)
}

/// One for each class of tokens that simplejwt would have tried.
fn messages(detail: &str, token_types: &[String]) -> String {
    let message = |(class, kind): (&str, &str)| {
        format!(r#"{{"token_class":"{class}","token_type":"{kind}","message":"{detail}"}}"#)
    };
    let classes: Vec<_> = token_types.iter().filter_map(|kind| class(kind)).collect();
    if classes.is_empty() {
        return message(ACCESS);
    }
    classes.into_iter().map(message).collect::<Vec<_>>().join(",")
}

const ACCESS: (&str, &str) = ("AccessToken", "access");

/// The class of simplejwt for a kind of tokens.
fn class(kind: &str) -> Option<(&'static str, &'static str)> {
    let known = [ACCESS, ("SlidingToken", "sliding"), ("RefreshToken", "refresh")];
    known.into_iter().find(|(_, known)| *known == kind)
}

/// RFC 9457.
fn problem(words: &Words, reason: Reason) -> String {
    let (status, title) = words.kind.status(reason);
    let detail = words.description;
    format!(
        r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","reason":"{reason}"}}"#
    )
}
