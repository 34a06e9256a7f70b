//! A request that carries a token, as a client of the provider would send it.

use std::fmt::Write;

use appserver_auth::Fields;
use appserver_auth::config::{Config, Csrf, Source};

/// The host that the request is for.
const HOST: &str = "localhost";
/// Where its page is from: the same.
const ORIGIN: &str = "https://localhost";

/// The header fields and the query of a request.
pub(super) struct Sample {
    fields: Vec<(String, String)>,
    cookies: Vec<String>,
    query: Option<String>,
}

impl Sample {
    /// With the token in the first place that each provider looks in.
    pub(super) fn new(config: &Config, token: Option<&str>, query: Option<&str>) -> Self {
        let fields =
            vec![("host".to_owned(), HOST.to_owned()), ("origin".to_owned(), ORIGIN.to_owned())];
        let mut sample = Self { fields, cookies: Vec::new(), query: query.map(str::to_owned) };
        if let Some(token) = token {
            let mut places: Vec<&Source> = Vec::new();
            for source in config.providers.iter().filter_map(|each| each.sources.first()) {
                if !places.contains(&source) {
                    places.push(source);
                    sample.put(source, token);
                }
            }
        }
        if !sample.cookies.is_empty() {
            sample.fields.push(("cookie".to_owned(), sample.cookies.join("; ")));
        }
        sample
    }

    /// The query, without its `?`.
    pub(super) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    fn put(&mut self, source: &Source, token: &str) {
        match source {
            Source::Header { name, scheme } => {
                let value =
                    if scheme.is_empty() { token.to_owned() } else { format!("{scheme} {token}") };
                self.fields.push((name.clone(), value));
            }
            Source::Cookie { name, csrf } => {
                self.cookies.push(format!("{name}={token}"));
                if let Csrf::DoubleSubmit { cookie, header } = csrf {
                    self.cookies.push(format!("{cookie}=1"));
                    self.fields.push((header.clone(), "1".to_owned()));
                }
            }
            Source::Query { name } => {
                let query = self.query.get_or_insert_default();
                if !query.is_empty() {
                    query.push('&');
                }
                encode(query, name);
                query.push('=');
                encode(query, token);
            }
        }
    }
}

impl Fields for Sample {
    fn each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        let fields = self.fields.iter().filter(|(known, _)| known == name);
        fields.for_each(|(_, value)| each(value.as_bytes()));
    }
}

/// Percent-encodes all that is not plain (RFC 3986 section 2.3).
fn encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            let _ = write!(into, "%{byte:02X}");
        }
    }
}
