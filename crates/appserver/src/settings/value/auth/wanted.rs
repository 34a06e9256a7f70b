//! Several texts of which all or any are wanted.

use std::collections::BTreeMap;

use appserver_auth::config::Wanted as Inner;
use serde::{Deserialize, Serialize};

use crate::settings::value::Setting;

/// `{ all = [..] }` or `{ any = [..] }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Wanted(pub Inner);

impl Setting for Wanted {
    fn expected() -> String {
        "{ all = [..] } or { any = [..] } of texts".to_owned()
    }

    fn parse(_text: &str) -> Option<Self> {
        None
    }
}

/// As it is written.
type Parts = BTreeMap<String, Vec<String>>;

impl TryFrom<Parts> for Wanted {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        let mut parts = parts.into_iter();
        let wanted = match (parts.next(), parts.next()) {
            (Some((word, all)), None) if word == "all" && !all.is_empty() => Some(Inner::All(all)),
            (Some((word, any)), None) if word == "any" && !any.is_empty() => Some(Inner::Any(any)),
            _ => None,
        };
        wanted.map(Self).ok_or_else(|| format!("expected {}, at least one", Self::expected()))
    }
}

impl From<Wanted> for Parts {
    fn from(wanted: Wanted) -> Self {
        let (word, texts) = match wanted.0 {
            Inner::All(all) => ("all", all),
            Inner::Any(any) => ("any", any),
        };
        Self::from([(word.to_owned(), texts)])
    }
}
