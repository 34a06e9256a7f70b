//! Values of the settings about tokens.

mod json;
mod requirement;
mod wanted;

use std::{collections::BTreeMap, fmt, ops::Deref};

use serde::{Deserialize, Serialize};

use super::{
    Kind, Setting,
    keyword::{keyword, plain_keyword},
    text::text_serde,
};

pub use json::Json;
pub use requirement::Requirement;
pub use wanted::Wanted;

keyword! {
    /// The body of a refusal.
    ErrorBody {
        /// As Django REST framework answers.
        Drf = "drf",
        /// RFC 9457.
        Problem = "problem+json",
        /// A line of text.
        Text = "text",
        /// None.
        Empty = "none",
    }
}

keyword! {
    /// Whether there has to be a token.
    Presence {
        /// Tokens are not looked at.
        None = "none",
        /// None at all, or a right one.
        Optional = "optional",
        /// A right one.
        Required = "required",
    }
}

keyword! {
    /// What keeps other sites from using a cookie.
    CsrfProof {
        /// The origin that the browser tells.
        Origin = "origin",
        /// A header field that repeats a cookie.
        DoubleSubmit = "double-submit",
        /// Nothing: the app sees to it.
        None = "none",
    }
}

plain_keyword!(ErrorBody, Presence, CsrfProof);

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm(pub appserver_auth::Algorithm);

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

impl Setting for Algorithm {
    fn expected() -> String {
        let names = appserver_auth::Algorithm::ALL.map(appserver_auth::Algorithm::name);
        format!("one of \"{}\"", names.join("\", \""))
    }

    fn parse(text: &str) -> Option<Self> {
        appserver_auth::Algorithm::named(text).map(Self)
    }
}

text_serde!(Algorithm);

/// Names and texts that are no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pairs(BTreeMap<String, String>);

impl Deref for Pairs {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Setting for Pairs {
    const KIND: Kind = Kind::Table;
    const NAME: &'static str = "NAME=VALUE";

    fn expected() -> String {
        BTreeMap::<String, String>::expected()
    }

    fn parse(text: &str) -> Option<Self> {
        BTreeMap::parse(text).map(Self)
    }
}
