//! The issuer's metadata (OpenID Connect Discovery 1.0 section 4), of which only the address of the
//! keys is of interest.

use serde::Deserialize;

use super::fetch::FetchError;

/// A member that is there twice is refused by the parser.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

/// Where the issuer's metadata is.
pub(super) fn metadata_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// The address of the keys, if this is the metadata of exactly that issuer.
///
/// # Errors
/// It is no metadata, or another issuer's.
pub(super) fn set_url(metadata: &[u8], issuer: &str) -> Result<String, FetchError> {
    let Ok(metadata) = serde_json::from_slice::<Metadata>(metadata) else {
        let text = "the issuer's metadata is no JSON object with `issuer` and `jwks_uri`";
        return Err(FetchError::Content(text.to_owned()));
    };
    if metadata.issuer != issuer {
        let text = format!("the metadata of {issuer} is that of another issuer");
        return Err(FetchError::Content(text));
    }
    Ok(metadata.jwks_uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_below_the_issuer() {
        let url = "https://idp.example/realms/a/.well-known/openid-configuration";
        assert_eq!(metadata_url("https://idp.example/realms/a"), url);
        assert_eq!(metadata_url("https://idp.example/realms/a/"), url);
    }

    #[test]
    fn the_issuer_is_compared_exactly() {
        let issuer = "https://idp.example";
        let text =
            |issuer: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://k","x":1}}"#);
        assert_eq!(set_url(text(issuer).as_bytes(), issuer).unwrap(), "https://k");
        for other in ["https://idp.example/", "https://IDP.example", "https://evil.example", ""] {
            assert!(set_url(text(other).as_bytes(), issuer).is_err(), "{other}");
        }
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"issuer":"i"}"#,
            r#"{"jwks_uri":"https://k"}"#,
            r#"{"issuer":["i"],"jwks_uri":"https://k"}"#,
            r#"{"issuer":"i","issuer":"i","jwks_uri":"https://k"}"#,
            r#"{"issuer":"i","jwks_uri":"https://k","jwks_uri":"https://evil"}"#,
        ] {
            assert!(set_url(text.as_bytes(), "i").is_err(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(set_url(deep.as_bytes(), "i").is_err());
    }
}
