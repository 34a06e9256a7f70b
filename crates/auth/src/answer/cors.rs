//! Whose pages may read a refusal: a browser shows an answer to a page of another origin only if the
//! answer says so (Fetch, section 3.3).

use crate::credentials::is_same_origin;

/// Who may read the answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The pages of the origin that asks, with credentials too.
    Origin,
    /// Any page that has asked without credentials.
    Anyone,
}

impl Readers {
    /// Those that there are where the pages of these origins, or of any (`*`), may read.
    pub(crate) fn of(origins: &[String], origin: &str) -> Option<Self> {
        if origins.iter().any(|named| is_same_origin(named, origin)) {
            return Some(Self::Origin);
        }
        origins.iter().any(|named| named == "*").then_some(Self::Anyone)
    }
}

#[cfg(test)]
mod tests {
    use super::Readers;

    fn readers(origins: &[&str], origin: &str) -> Option<Readers> {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        Readers::of(&origins, origin)
    }

    #[test]
    fn an_origin_is_named_whole() {
        let named = ["https://shop.example", "http://localhost:3000", "https://b.example:443"];
        for origin in ["https://shop.example", "http://localhost:3000", "https://b.example"] {
            assert_eq!(readers(&named, origin), Some(Readers::Origin), "{origin}");
        }
        for origin in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil.example",
            "https://evil-shop.example",
            "https://a.shop.example",
            "https://shop.example/",
            "http://localhost",
            "null",
            "*",
            "",
        ] {
            assert_eq!(readers(&named, origin), None, "{origin}");
        }
        assert_eq!(readers(&[], "https://shop.example"), None);
    }

    #[test]
    fn any_origin_is_any_without_credentials() {
        for origin in ["https://shop.example", "null", "app://x"] {
            assert_eq!(readers(&["*"], origin), Some(Readers::Anyone));
        }
        let both = ["*", "https://shop.example"];
        assert_eq!(readers(&both, "https://shop.example"), Some(Readers::Origin));
        assert_eq!(readers(&both, "https://other.example"), Some(Readers::Anyone));
    }
}
