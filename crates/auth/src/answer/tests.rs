//! Answers, byte for byte.

use super::{Answer, Refusal};
use crate::Reason;
use crate::config::ErrorBody;

fn answer(reason: Reason, detail: &str, body: ErrorBody) -> Answer {
    Answer::new(&Refusal::new(reason, detail), "api", body)
}

fn drf(reason: Reason, detail: &str) -> Answer {
    answer(reason, detail, ErrorBody::Drf)
}

fn not_valid(message: &str) -> String {
    format!(
        "{{\"detail\":\"Given token not valid for any token type\",\"code\":\"token_not_valid\",\
         \"messages\":[{{\"token_class\":\"AccessToken\",\"token_type\":\"access\",\
         \"message\":\"{message}\"}}]}}"
    )
}

#[test]
fn a_missing_token_has_no_error() {
    let wanted = Answer {
        status: 401,
        challenge: Some("Bearer realm=\"api\"".into()),
        retry_after: None,
        content_type: Some("application/json"),
        body: r#"{"detail":"Authentication credentials were not provided."}"#.into(),
    };
    assert_eq!(drf(Reason::Missing, ""), wanted);
}

#[test]
fn tokens_that_are_not_good() {
    let wanted = Answer {
        status: 401,
        challenge: Some(
            "Bearer realm=\"api\", error=\"invalid_token\", \
             error_description=\"the token has expired\""
                .into(),
        ),
        retry_after: None,
        content_type: Some("application/json"),
        body: r#"{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":[{"token_class":"AccessToken","token_type":"access","message":"Token is expired"}]}"#.into(),
    };
    assert_eq!(drf(Reason::Expired, ""), wanted);
    for (reason, detail, message) in [
        (Reason::TokenType, "", "Token has wrong type"),
        (Reason::Revoked, "", "Token is blacklisted"),
        (Reason::ClaimMissing, "exp", "Token has no 'exp' claim"),
        (Reason::ClaimMissing, "jti", "Token has no id"),
        (Reason::ClaimMissing, "sub", "Token is invalid"),
        (Reason::Signature, "", "Token is invalid"),
        (Reason::TooLong, "", "Token is invalid"),
        (Reason::UnknownKey, "", "Token is invalid"),
        (Reason::Audience, "", "Token is invalid"),
    ] {
        assert_eq!(drf(reason, detail).body, not_valid(message), "{reason}");
    }
}

#[test]
fn requests_that_are_not_good() {
    let malformed = drf(Reason::MalformedCredentials, "");
    let body = r#"{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}"#;
    assert_eq!((malformed.status, malformed.body.as_str()), (401, body));
    let challenge = "Bearer realm=\"api\", error=\"invalid_request\", \
                     error_description=\"the credentials are not a scheme and one token\"";
    assert_eq!(malformed.challenge.as_deref(), Some(challenge));
    let several = drf(Reason::SeveralTokens, "");
    assert_eq!(
        (several.status, several.body.as_str()),
        (400, r#"{"detail":"The request has several tokens"}"#)
    );
    let challenge = "Bearer realm=\"api\", error=\"invalid_request\", \
                     error_description=\"the request has several tokens that differ\"";
    assert_eq!(several.challenge.as_deref(), Some(challenge));
    let path = drf(Reason::AmbiguousPath, "");
    assert_eq!((path.status, path.challenge), (400, None));
    assert_eq!(path.body, r#"{"detail":"The path of the request is ambiguous."}"#);
}

#[test]
fn tokens_that_do_not_grant_this() {
    let permission = r#"{"detail":"You do not have permission to perform this action."}"#;
    let scopes = vec!["read".to_owned(), "write:all".to_owned()];
    let refusal = Refusal { scopes, ..Refusal::new(Reason::Scope, "") };
    let answer = Answer::new(&refusal, "api", ErrorBody::Drf);
    let challenge = "Bearer realm=\"api\", error=\"insufficient_scope\", \
                     error_description=\"a scope is missing\", scope=\"read write:all\"";
    assert_eq!((answer.status, answer.challenge.as_deref()), (403, Some(challenge)));
    assert_eq!(answer.body, permission);
    for (reason, told) in [
        (Reason::Role, "a role is missing"),
        (Reason::Condition, "a claim does not have the value that is needed"),
    ] {
        let answer = drf(reason, "");
        let challenge = format!(
            "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"{told}\""
        );
        assert_eq!((answer.status, answer.challenge), (403, Some(challenge)));
        assert_eq!(answer.body, permission);
    }
    let forged = drf(Reason::Csrf, "");
    assert_eq!((forged.status, forged.challenge), (403, None));
    assert_eq!(forged.body, r#"{"detail":"CSRF Failed: the request may be another site's."}"#);
}

#[test]
fn what_cannot_be_known_at_this_time() {
    for reason in [Reason::NoKeys, Reason::RevocationsUnknown] {
        let answer = drf(reason, "");
        assert_eq!((answer.status, answer.challenge, answer.retry_after), (503, None, Some(5)));
        assert_eq!(answer.body, r#"{"detail":"Tokens cannot be verified at this time."}"#);
    }
}

#[test]
fn clients_are_told_in_the_manner_of_their_provider() {
    let types = ["access".to_owned(), "mine".to_owned(), "sliding".to_owned()];
    let told = |scheme, token_types| {
        let manner = super::Manner { scheme, token_types };
        Answer::in_manner(&Refusal::new(Reason::Expired, ""), "api", ErrorBody::Drf, manner)
    };
    let answer = told("JWT", &types);
    assert!(answer.challenge.unwrap().starts_with("JWT realm=\"api\", error="));
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let message = |class, kind| serde_json::json!({"token_class": class, "token_type": kind, "message": "Token is expired"});
    let wanted =
        serde_json::json!([message("AccessToken", "access"), message("SlidingToken", "sliding")]);
    assert_eq!(body["messages"], wanted);
    for scheme in ["", "a b", "\r\n", "\u{e9}"] {
        assert!(told(scheme, &[]).challenge.unwrap().starts_with("Bearer realm="), "{scheme:?}");
    }
}

#[test]
fn other_bodies() {
    let problem = answer(Reason::Scope, "", ErrorBody::Problem);
    assert_eq!(problem.content_type, Some("application/problem+json"));
    let body = r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"a scope is missing","reason":"scope"}"#;
    assert_eq!(problem.body, body);
    let revoked = answer(Reason::Revoked, "", ErrorBody::Problem);
    let body = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"the token is revoked","reason":"revoked"}"#;
    assert_eq!(revoked.body, body);
    let text = answer(Reason::Expired, "", ErrorBody::Text);
    assert_eq!(text.content_type, Some("text/plain; charset=utf-8"));
    assert_eq!(text.body, "the token has expired\n");
    let empty = answer(Reason::Expired, "", ErrorBody::Empty);
    assert_eq!((empty.content_type, empty.body.as_str()), (None, ""));
}

#[test]
fn what_is_quoted_cannot_end_the_field() {
    let refusal = Refusal::new(Reason::Missing, "");
    let challenge = |realm: &str| Answer::new(&refusal, realm, ErrorBody::Empty).challenge.unwrap();
    assert_eq!(challenge(r#"a"b\c"#), r#"Bearer realm="a\"b\\c""#);
    assert_eq!(challenge("a\r\nX: y\0\u{e9}"), r#"Bearer realm="aX: y""#);
}

/// RFC 6750 section 3 allows these characters in its attributes; JSON has to escape none of them.
#[test]
fn every_reason_has_an_answer_that_needs_no_escape() {
    for reason in Reason::ALL {
        for body in [ErrorBody::Drf, ErrorBody::Problem] {
            let answer = answer(reason, "\"in{put}", body);
            let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            let detail = json["detail"].as_str().unwrap();
            assert!(
                detail.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte))
            );
            assert!([400, 401, 403, 503].contains(&answer.status), "{reason}");
            assert!(answer.status != 401 || answer.challenge.is_some(), "{reason}");
            let told = format!("{answer:?}");
            assert!(!told.contains("in{put}"), "{reason}: {told}");
            if body == ErrorBody::Problem {
                assert_eq!(json["reason"], reason.name());
                assert_eq!(json["status"], answer.status);
            }
        }
    }
}
