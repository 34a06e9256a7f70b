//! One field that has to be a text, with the words of Django REST framework's `CharField`.

use serde_json::{Map, Value};

use super::body::Data;

/// Why a field is not what it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldError {
    Missing,
    Null,
    Blank,
    NoText,
    Nul,
    TooLong(usize),
}

impl FieldError {
    fn text(self) -> String {
        let text = match self {
            Self::Missing => "This field is required.",
            Self::Null => "This field may not be null.",
            Self::Blank => "This field may not be blank.",
            Self::NoText => "Not a valid string.",
            Self::Nul => "Null characters are not allowed.",
            Self::TooLong(most) => {
                return format!("Ensure this field has no more than {most} characters.");
            }
        };
        text.to_owned()
    }
}

/// What a field has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// The longest, in bytes.
    pub(crate) most: usize,
}

/// Fields that are read, and what is wrong with them.
pub(crate) struct Fields<'a> {
    data: &'a Data,
    errors: Map<String, Value>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(data: &'a Data) -> Self {
        Self { data, errors: Map::new() }
    }

    /// Reads a text; numbers count as texts, and white space around it is cut.
    pub(crate) fn text(&mut self, wanted: Text<'_>) -> Option<String> {
        match text(self.data.get(wanted.name), wanted.most) {
            Ok(text) => Some(text),
            Err(error) => {
                self.errors.insert(wanted.name.to_owned(), Value::from(vec![error.text()]));
                None
            }
        }
    }

    /// What is wrong, by the names of the fields.
    pub(crate) fn into_errors(self) -> Map<String, Value> {
        self.errors
    }
}

fn text(value: Option<&Value>, most: usize) -> Result<String, FieldError> {
    let text = match value.ok_or(FieldError::Missing)? {
        Value::Null => return Err(FieldError::Null),
        Value::String(text) => trimmed(text).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(FieldError::NoText),
    };
    match text {
        text if text.is_empty() => Err(FieldError::Blank),
        text if text.len() > most => Err(FieldError::TooLong(most)),
        text if text.contains('\0') => Err(FieldError::Nul),
        text => Ok(text),
    }
}

/// What Python's `str.strip` leaves: it takes the separators of ASCII for white space too.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| {
        letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Fields, Text};

    fn read(value: &Value) -> Result<String, String> {
        let data = value.as_object().unwrap().clone();
        let mut fields = Fields::new(&data);
        let text = fields.text(Text { name: "a", most: 8 });
        let errors = fields.into_errors();
        text.ok_or_else(|| errors["a"][0].as_str().unwrap().to_owned())
    }

    #[test]
    fn texts_and_numbers_are_texts() {
        for (value, text) in [
            (json!("ann"), "ann"),
            (json!("  ann\t\n"), "ann"),
            (json!("\u{1f}ann\u{a0}"), "ann"),
            (json!("a b"), "a b"),
            (json!(123), "123"),
            (json!(1.5), "1.5"),
        ] {
            assert_eq!(read(&json!({"a": value})).unwrap(), text);
        }
    }

    #[test]
    fn other_things_are_told() {
        for (data, told) in [
            (json!({}), "This field is required."),
            (json!({"a": null}), "This field may not be null."),
            (json!({"a": ""}), "This field may not be blank."),
            (json!({"a": " \t"}), "This field may not be blank."),
            (json!({"a": ["x"]}), "Not a valid string."),
            (json!({"a": {}}), "Not a valid string."),
            (json!({"a": true}), "Not a valid string."),
            (json!({"a": "x\u{0}y"}), "Null characters are not allowed."),
            (json!({"a": "123456789"}), "Ensure this field has no more than 8 characters."),
        ] {
            assert_eq!(read(&data).unwrap_err(), told, "{data}");
        }
    }
}
