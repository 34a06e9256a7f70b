//! Values of `SIMPLE_JWT`, with the types that they have to have.

use serde_json::Value;

use super::DjangoProject;

/// Reads names of `SIMPLE_JWT`.
#[derive(Clone, Copy)]
pub(super) struct Names<'a>(pub(super) &'a DjangoProject);

impl<'a> Names<'a> {
    fn value(self, name: &str) -> Option<&'a Value> {
        self.0.simple_jwt.get(name).filter(|value| !value.is_null())
    }

    /// A text; `None` is Python's `None` or an empty text.
    pub(super) fn text(self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "has to be a text")),
        }
    }

    /// One text, or several.
    pub(super) fn texts(self, name: &str) -> Result<Vec<String>, String> {
        let several = || wrong(name, "has to be a text, or several");
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(several))
                .collect(),
            Some(_) => Err(several()),
        }
    }

    /// A number of seconds that is not negative.
    pub(super) fn seconds(self, name: &str) -> Result<std::time::Duration, String> {
        let seconds = match self.value(name) {
            None => 0.0,
            Some(value) => value.as_f64().unwrap_or(-1.0),
        };
        std::time::Duration::try_from_secs_f64(seconds)
            .map_err(|_| wrong(name, "has to be a time that is not negative"))
    }

    /// Whether it is true.
    pub(super) fn is_true(self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// A name that cannot be used as it is.
pub(super) fn wrong(name: &str, problem: &str) -> String {
    format!("SIMPLE_JWT[\"{name}\"] {problem}")
}
