//! Answers in the words and shapes of simplejwt 5.5 and Django REST framework, so that clients of
//! either need not change. Codes are what clients go by; texts are for people.

mod describe;

use appserver_auth::issue::SignerError;
use serde_json::{Map, Value, json};

pub(crate) use describe::describe;

use crate::request::BodyError;
use crate::{Answer, CallResult, Endpoint};

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// The body.
    Body(BodyError),
    /// Fields, with what is wrong with each.
    Fields(Map<String, Value>),
    /// The method.
    Method(String),
    /// JSON is not accepted.
    Unacceptable,
    /// Name and password are not those of anybody who may log in.
    Credentials,
    /// The user of a token is gone or may not log in.
    Account,
    /// The user's password is another since the token was issued.
    PasswordChanged,
    /// The token: simplejwt's words.
    Token(String),
    /// The refresh token was used before.
    Reused,
    /// `verify` of a token that is revoked.
    Blacklisted,
    /// Nobody has said who they are.
    Unidentified,
    /// Another site has made this request; why, in fixed words.
    Forged(&'static str),
    /// Too many tries; seconds to wait.
    Limited(u64),
    /// Too much to do; seconds to wait.
    Busy(u64),
    /// The store or the application cannot be asked.
    Unavailable,
    /// A mistake of ours or of the application; told to the log.
    Failed,
}

/// A key that cannot sign is a mistake of ours.
impl From<SignerError> for Refusal {
    fn from(error: SignerError) -> Self {
        tracing::error!(%error, "a token cannot be signed");
        Self::Failed
    }
}

/// When a store that is gone may be back, in seconds.
const RETRY_AFTER: u64 = 2;

impl Refusal {
    /// With simplejwt's words for a token.
    pub(crate) fn token(words: &str) -> Self {
        Self::Token(words.to_owned())
    }

    /// In words for operators, of what can come of a token that nobody has asked for.
    pub(crate) fn for_operators(&self) -> &'static str {
        match self {
            Self::Unavailable => "the store or the users cannot be reached",
            Self::Busy(_) => "there is too much to do",
            _ => "the token cannot be made; the log says why",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Body(BodyError::MediaType(_)) => 415,
            Self::Body(BodyError::TooLong) => 413,
            Self::Body(_) | Self::Fields(_) | Self::Blacklisted => 400,
            Self::Method(_) => 405,
            Self::Unacceptable => 406,
            Self::Credentials
            | Self::Account
            | Self::PasswordChanged
            | Self::Token(_)
            | Self::Reused
            | Self::Unidentified => 401,
            Self::Forged(_) => 403,
            Self::Limited(_) => 429,
            Self::Busy(_) | Self::Unavailable => 503,
            Self::Failed => 500,
        }
    }

    fn result(&self) -> CallResult {
        match self {
            Self::Body(_) | Self::Fields(_) | Self::Method(_) | Self::Unacceptable => {
                CallResult::Malformed
            }
            Self::Credentials => CallResult::Credentials,
            Self::Account | Self::PasswordChanged => CallResult::Account,
            Self::Token(_) => CallResult::Token,
            Self::Reused => CallResult::Reused,
            Self::Blacklisted => CallResult::Blacklisted,
            Self::Unidentified => CallResult::Unidentified,
            Self::Forged(_) => CallResult::Forged,
            Self::Limited(_) => CallResult::Limited,
            Self::Busy(_) => CallResult::Busy,
            Self::Unavailable => CallResult::Unavailable,
            Self::Failed => CallResult::Failed,
        }
    }

    fn body(&self) -> Value {
        let detail = |text: &str| json!({ "detail": text });
        match self {
            Self::Body(BodyError::Malformed(text)) => detail(text),
            Self::Body(BodyError::NoObject(text)) => json!({ "non_field_errors": [text] }),
            Self::Body(BodyError::MediaType(found)) => {
                detail(&format!("Unsupported media type \"{found}\" in request."))
            }
            Self::Body(BodyError::TooLong) => detail("The body of the request is too long."),
            Self::Fields(errors) => Value::Object(errors.clone()),
            Self::Method(method) => detail(&format!("Method \"{method}\" not allowed.")),
            Self::Unacceptable => detail("Could not satisfy the request Accept header."),
            Self::Credentials => detail("No active account found with the given credentials"),
            Self::Account => detail("No active account found for the given token."),
            Self::PasswordChanged => json!({
                "detail": "The user's password has been changed.",
                "code": "password_changed",
            }),
            Self::Reused => json!({ "detail": "Token is blacklisted", "code": "token_not_valid" }),
            Self::Token(words) => json!({ "detail": words, "code": "token_not_valid" }),
            Self::Blacklisted => json!({ "non_field_errors": ["Token is blacklisted"] }),
            Self::Unidentified => detail("Authentication credentials were not provided."),
            Self::Forged(why) => detail(&format!("CSRF Failed: {why}.")),
            Self::Limited(seconds) => {
                let unit = if *seconds == 1 { "second" } else { "seconds" };
                let text =
                    format!("Request was throttled. Expected available in {seconds} {unit}.");
                detail(&text)
            }
            Self::Busy(_) => detail("Too many logins at this moment. Try again soon."),
            Self::Unavailable => detail("Tokens cannot be given out at this moment."),
            Self::Failed => detail("A server error occurred."),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(seconds) | Self::Busy(seconds) => Some(*seconds),
            Self::Unavailable => Some(RETRY_AFTER),
            _ => None,
        }
    }
}

/// The answer to a refused call.
pub(crate) fn refuse(refusal: &Refusal, endpoint: Endpoint, realm: &str) -> Answer {
    let mut answer = with_json(&refusal.body(), refusal.result());
    answer.status = refusal.status();
    answer.fields.push(("allow", endpoint.methods().to_owned()));
    if answer.status == 401 {
        answer.fields.push(("www-authenticate", format!("Bearer realm=\"{realm}\"")));
    }
    if let Some(seconds) = refusal.retry_after() {
        answer.fields.push(("retry-after", seconds.to_string()));
    }
    answer
}

/// The answer to a call that has done what it was to do.
pub(crate) fn accept(body: &Value, endpoint: Endpoint, result: CallResult) -> Answer {
    let mut answer = with_json(body, result);
    answer.fields.push(("allow", endpoint.methods().to_owned()));
    answer
}

/// Nobody keeps it: it may hold tokens (RFC 6749 section 5.1).
fn with_json(body: &Value, result: CallResult) -> Answer {
    let fields = vec![
        ("content-type", "application/json".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("pragma", "no-cache".to_owned()),
        ("vary", "Accept".to_owned()),
    ];
    Answer { status: 200, fields, body: body.to_string(), result }
}

impl Endpoint {
    /// What `Allow` says.
    pub(crate) fn methods(self) -> &'static str {
        match self {
            Self::Jwks | Self::Metadata => "GET, HEAD, OPTIONS",
            _ => "POST, OPTIONS",
        }
    }
}
