//! Addresses that keys may be fetched from: `https`, or `http` where that is allowed; nothing else.

use http::Uri;

/// The longest address, in bytes: more than any real one has.
const LONGEST: usize = 2048;

/// Whether keys may be fetched from this address; if not, why not.
///
/// # Errors
/// It is no `https` URL, or no `http` one where that is allowed; or it has a user, a fragment or
/// characters that no URL has.
pub fn check_url(url: &str, allow_http: bool) -> Result<(), String> {
    Address::parse(url, allow_http).map(drop)
}

/// An address that keys may be fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Whether TLS is spoken.
    pub(super) is_encrypted: bool,
    /// The host's name or address, without brackets.
    pub(super) host: String,
    /// The port.
    pub(super) port: u16,
    /// What the `Host` field says.
    pub(super) authority: String,
    /// The path with the query.
    pub(super) target: String,
}

impl Address {
    /// Reads an address; on failure says why, in an operator's words.
    pub(super) fn parse(url: &str, allow_http: bool) -> Result<Self, String> {
        if url.len() > LONGEST {
            return Err(format!("is longer than {LONGEST} bytes"));
        }
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("has a space, or a character that a URL must not have".to_owned());
        }
        if url.contains('#') {
            return Err("has a fragment (`#`)".to_owned());
        }
        let uri: Uri = url.parse().map_err(|error| format!("is no URL: {error}"))?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if allow_http => false,
            Some("http") => return Err("is not `https`; `allow_http` allows this".to_owned()),
            Some(other) => {
                return Err(format!("has the scheme `{other}`; only `https` is fetched"));
            }
            None => return Err("is no whole URL; it begins with `https://`".to_owned()),
        };
        Self::of(&uri, is_encrypted)
    }

    fn of(uri: &Uri, is_encrypted: bool) -> Result<Self, String> {
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("has a user or a password".to_owned());
        }
        let host = authority.host();
        if host.is_empty() {
            return Err("has no host".to_owned());
        }
        // What is left of the authority is `:PORT`; an empty or impossible one is no default.
        let default = if is_encrypted { 443 } else { 80 };
        let port = match authority.as_str().strip_prefix(host) {
            Some("") => default,
            _ => authority.port_u16().filter(|port| *port > 0).ok_or("has no right port")?,
        };
        Ok(Self {
            is_encrypted,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_addresses_are_taken_apart() {
        let address = Address::parse("https://idp.example/keys?x=1", false).unwrap();
        assert_eq!((address.host.as_str(), address.port), ("idp.example", 443));
        assert_eq!(address.target, "/keys?x=1");
        let address = Address::parse("http://[::1]:8080", true).unwrap();
        assert_eq!((address.host.as_str(), address.port), ("::1", 8080));
        assert_eq!((address.authority.as_str(), address.target.as_str()), ("[::1]:8080", "/"));
        assert!(!address.is_encrypted);
    }

    #[test]
    fn nothing_but_https_is_fetched_unless_http_is_allowed() {
        for url in [
            "file:///etc/passwd",
            "file://localhost/etc/passwd",
            "ftp://idp.example/keys",
            "data:application/json,{}",
            "gopher://idp.example/",
            "HTTPS2://idp.example/",
            "//idp.example/keys",
            "/keys",
            "idp.example",
            "idp.example:443",
            "",
        ] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
        assert!(check_url("http://idp.example/keys", false).unwrap_err().contains("allow_http"));
        assert_eq!(check_url("http://idp.example/keys", true), Ok(()));
        assert_eq!(check_url("HTTPS://idp.example/keys", false), Ok(()));
    }

    #[test]
    fn an_address_has_no_user_no_fragment_and_no_odd_characters() {
        let long = format!("https://idp.example/{}", "a".repeat(LONGEST));
        for url in [
            "https://ann:secret@idp.example/keys",
            "https://idp.example@evil.example/keys",
            "https://idp.example/keys#frag",
            "https://idp.example/ke ys",
            "https://idp.example/ke\r\nys",
            "https://idp.example:0/keys",
            "https://idp.example:/keys",
            "https://idp.example:99999/keys",
            "https://:443/keys",
            "https:///keys",
            "https://idp.exämple/keys",
            long.as_str(),
        ] {
            assert!(check_url(url, true).is_err(), "{url}");
        }
    }
}
