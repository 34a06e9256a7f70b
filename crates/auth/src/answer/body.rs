//! The body of a refusal. Its texts are ours, so none has to be escaped in JSON.

use super::words::{Kind, Words};
use crate::Reason;
use crate::config::ErrorBody;

/// The type of the body, if there is one, and the body.
pub(super) fn body(
    kind: ErrorBody,
    words: &Words,
    reason: Reason,
) -> (Option<&'static str>, String) {
    match kind {
        ErrorBody::Drf => (Some("application/json"), drf(words, reason)),
        ErrorBody::Problem => (Some("application/problem+json"), problem(words, reason)),
        ErrorBody::Text => (Some("text/plain; charset=utf-8"), format!("{}\n", words.description)),
        ErrorBody::Empty => (None, String::new()),
    }
}

/// As djangorestframework-simplejwt 5.5 answers, byte by byte where it has an answer.
fn drf(words: &Words, reason: Reason) -> String {
    let detail = words.detail;
    if words.kind == Kind::BadToken {
        return format!(
            r#"{{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{{"token_class":"AccessToken","token_type":"access","message":"{detail}"}}]}}"#
        );
    }
    if reason == Reason::MalformedCredentials {
        return format!(r#"{{"detail":"{detail}","code":"bad_authorization_header"}}"#);
    }
    format!(r#"{{"detail":"{detail}"}}"#)
}

/// RFC 9457.
fn problem(words: &Words, reason: Reason) -> String {
    let (status, title) = words.kind.status(reason);
    let detail = words.description;
    format!(
        r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","reason":"{reason}"}}"#
    )
}
