//! What `OPTIONS` tells of an endpoint, in the shape of Django REST framework's metadata.

use serde_json::{Map, Value, json};

use crate::Endpoint;

/// What is told of an endpoint; `login_field` names users.
pub(crate) fn describe(endpoint: Endpoint, login_field: &str) -> Value {
    let (name, description) = words(endpoint);
    let mut fields = Map::new();
    for (field, is_written) in inputs(endpoint, login_field) {
        let label = label(field);
        let about = json!({
            "type": "string", "required": is_written, "read_only": !is_written, "label": label,
        });
        fields.insert(field.to_owned(), about);
    }
    json!({
        "name": name,
        "description": description,
        "renders": ["application/json"],
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
        "actions": { "POST": fields },
    })
}

/// The fields, and whether each is read; others are only answered.
fn inputs(endpoint: Endpoint, login_field: &str) -> Vec<(&str, bool)> {
    match endpoint {
        Endpoint::Obtain | Endpoint::SlidingObtain => vec![(login_field, true), ("password", true)],
        Endpoint::Refresh => vec![("refresh", true), ("access", false)],
        Endpoint::Blacklist => vec![("refresh", true)],
        Endpoint::Verify | Endpoint::Revoke | Endpoint::SlidingRefresh => vec![("token", true)],
        Endpoint::LogoutAll | Endpoint::Jwks | Endpoint::Metadata => Vec::new(),
    }
}

fn words(endpoint: Endpoint) -> (&'static str, &'static str) {
    match endpoint {
        Endpoint::Obtain => (
            "Token Obtain Pair",
            "Gives an access token and a refresh token for name and password.",
        ),
        Endpoint::Refresh => ("Token Refresh", "Gives an access token for a refresh token."),
        Endpoint::Verify => ("Token Verify", "Tells whether a token is valid."),
        Endpoint::Blacklist => ("Token Blacklist", "Ends a refresh token."),
        Endpoint::Revoke => ("Token Revoke", "Ends a token (RFC 7009)."),
        Endpoint::LogoutAll => ("Logout All", "Ends everything that the caller has."),
        Endpoint::SlidingObtain => {
            ("Token Obtain Sliding", "Gives a sliding token for name and password.")
        }
        Endpoint::SlidingRefresh => {
            ("Token Refresh Sliding", "Gives a newer sliding token for one that may be refreshed.")
        }
        Endpoint::Jwks => ("Jwks", "The public keys that tokens are verified with (RFC 7517)."),
        Endpoint::Metadata => ("Metadata", "What this issuer has (RFC 8414)."),
    }
}

/// As Django REST framework makes one of a name.
fn label(field: &str) -> String {
    let text = field.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect()
    })
}
