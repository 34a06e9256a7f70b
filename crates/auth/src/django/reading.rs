//! Values of `SIMPLE_JWT`, with the types that they have to have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::DjangoProject;

/// Reads names of `SIMPLE_JWT`.
#[derive(Clone, Copy)]
pub struct Names<'a>(pub(super) &'a DjangoProject);

impl<'a> Names<'a> {
    /// Of this project.
    #[must_use]
    pub fn of(project: &'a DjangoProject) -> Self {
        Self(project)
    }

    /// The value; `None` is Python's `None`, too.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a Value> {
        self.0.simple_jwt.get(name).filter(|value| !value.is_null())
    }

    /// Whether the project itself sets it.
    #[must_use]
    pub fn is_set(self, name: &str) -> bool {
        self.0.set.iter().any(|set| set == name)
    }

    /// A text; `None` is Python's `None`, and nothing else: simplejwt compares with an empty one.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(self, name: &str) -> Result<Option<String>, String> {
        let text = self.text_or_empty(name)?;
        match text.as_deref() {
            Some("") => Err(empty(name)),
            _ => Ok(text),
        }
    }

    /// A text that may be empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn text_or_empty(self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "has to be a text")),
        }
    }

    /// One text, or several; `None` is Python's `None`, and nothing else.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(self, name: &str) -> Result<Option<Vec<String>>, String> {
        let several = || wrong(name, "has to be a text, or several");
        let text = |item: &Value| match item.as_str() {
            Some("") => Err(empty(name)),
            Some(text) => Ok(text.to_owned()),
            None => Err(several()),
        };
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) if items.is_empty() => Err(empty(name)),
            Some(Value::Array(items)) => items.iter().map(text).collect::<Result<_, _>>().map(Some),
            Some(one) => text(one).map(|text| Some(vec![text])),
        }
    }

    /// A secret: a text, or bytes in base64.
    ///
    /// # Errors
    /// It is something else.
    pub fn secret(self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone().into_bytes())),
            Some(value) => {
                let bytes = value.get("base64").and_then(Value::as_str);
                let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
                bytes.map(Some).ok_or_else(|| wrong(name, "has to be a text, or bytes"))
            }
        }
    }

    /// A number of seconds that is not negative.
    ///
    /// # Errors
    /// It is something else.
    pub fn seconds(self, name: &str) -> Result<std::time::Duration, String> {
        let seconds = match self.value(name) {
            None => 0.0,
            Some(value) => value.as_f64().unwrap_or(-1.0),
        };
        std::time::Duration::try_from_secs_f64(seconds)
            .map_err(|_| wrong(name, "has to be a time that is not negative"))
    }

    /// Whether it is true.
    #[must_use]
    pub fn is_true(self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// A name that cannot be used as it is.
#[must_use]
pub fn wrong(name: &str, problem: &str) -> String {
    format!("SIMPLE_JWT[\"{name}\"] {problem}")
}

fn empty(name: &str) -> String {
    wrong(name, "is empty: simplejwt would accept no token; set it to None, or leave it out")
}
