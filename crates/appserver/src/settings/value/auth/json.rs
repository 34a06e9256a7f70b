//! Any value, as a claim may have it.

use serde::{Deserialize, Serialize};

use crate::settings::value::Setting;

/// A value of any type, which is compared with a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

impl Setting for Json {
    fn expected() -> String {
        "a value of the claim's own type".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(Self(serde_json::Value::from(text)))
    }
}
