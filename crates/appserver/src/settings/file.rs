//! The settings file: TOML with the line of each key.

use std::{
    collections::BTreeMap,
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
};

use figment::value::{Dict, Value};
use toml::de::{DeTable, DeValue};

use super::{
    key::{join, outer},
    mistake::{Mistake, SettingsError},
};

/// What a settings file says.
#[derive(Debug)]
pub(crate) struct File {
    /// How the file is called in messages.
    pub(crate) name: String,
    /// Its values.
    pub(crate) values: Dict,
    /// The line of each full key, counted from 1.
    pub(crate) lines: BTreeMap<String, usize>,
    /// What is not TOML.
    pub(crate) mistakes: Vec<Mistake>,
}

impl File {
    /// Reads the file that was named, or the one of the usual name where it exists.
    pub(crate) fn find(
        directory: &Path,
        named: Option<&Path>,
        usual: &str,
    ) -> Result<Option<(PathBuf, Self)>, SettingsError> {
        let name = named.unwrap_or(Path::new(usual));
        let path = directory.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some((path, Self::parse(&name.to_string_lossy(), &text)))),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SettingsError::Read { path, source }),
        }
    }

    /// Parses the text of a file. What is not TOML becomes mistakes; the rest is still read.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut file = Self {
            name: name.to_owned(),
            values: Dict::new(),
            lines: BTreeMap::new(),
            mistakes: Vec::new(),
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = error
                .span()
                .map_or_else(|| name.to_owned(), |span| format!("{name}:{}", line(text, &span)));
            file.mistakes.push(Mistake::of_place(&place, error.message()));
        }
        file.values = file.table("", table.get_ref(), text);
        file
    }

    /// Where a key is written, or the nearest table around it.
    pub(crate) fn place(&self, key: &str) -> String {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return format!("{}:{line}", self.name);
            }
            let Some(around) = outer(key) else { return self.name.clone() };
            key = around;
        }
    }

    /// Whether the file has this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.lines.contains_key(key)
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>, text: &str) -> Dict {
        let mut values = Dict::new();
        for (name, value) in table {
            let key = join(prefix, name.get_ref());
            self.lines.insert(key.clone(), line(text, &name.span()));
            values.insert(name.get_ref().to_string(), self.value(&key, value.get_ref(), text));
        }
        values
    }

    fn value(&mut self, key: &str, value: &DeValue<'_>, text: &str) -> Value {
        match value {
            DeValue::String(string) => Value::from(string.to_string()),
            DeValue::Boolean(truth) => Value::from(*truth),
            DeValue::Integer(integer) => {
                let number = i64::from_str_radix(integer.as_str(), integer.radix());
                number.map_or_else(|_| Value::from(integer.to_string()), non_negative)
            }
            DeValue::Float(float) => float
                .as_str()
                .parse::<f64>()
                .map_or_else(|_| Value::from(float.to_string()), Value::from),
            DeValue::Datetime(datetime) => Value::from(datetime.to_string()),
            DeValue::Table(table) => Value::from(self.table(key, table, text)),
            DeValue::Array(array) => {
                let values = array.iter().enumerate().map(|(index, item)| {
                    let key = join(key, &index.to_string());
                    self.lines.insert(key.clone(), line(text, &item.span()));
                    self.value(&key, item.get_ref(), text)
                });
                Value::from(values.collect::<Vec<_>>())
            }
        }
    }
}

/// Signed and unsigned integers are told apart, so that messages call a number by its sign.
fn non_negative(number: i64) -> Value {
    u64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

fn line(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}
