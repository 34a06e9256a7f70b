//! Columns of ids: how a text becomes a value that the column can be compared with, and back.
//!
//! Parameters are converted, never columns, so that indexes are used.

use super::{Connection, Dialect, Fault, Value};

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Whole numbers.
    Integer,
    /// The database's own UUIDs.
    Uuid,
    /// UUIDs as 32 hexadecimal digits: Django's, where the database has none.
    Hex,
    /// Texts, or whatever else it calls so.
    Text(String),
}

impl Key {
    /// The type of a column, as the database says; `None` if there is no such column.
    pub(crate) async fn of(
        on: &mut Connection,
        table: &str,
        column: &str,
    ) -> Result<Option<Self>, Fault> {
        let dialect = on.dialect();
        let (sql, table) = match dialect {
            Dialect::Sqlite => {
                ("SELECT type FROM pragma_table_info($1) WHERE name = $2", table.to_owned())
            }
            Dialect::Postgres => (
                "SELECT format_type(atttypid, NULL) FROM pg_attribute \
                 WHERE attrelid = to_regclass($1) AND attname = CAST($2 AS name)",
                dialect.quote(table),
            ),
            Dialect::MySql => (
                "SELECT column_type FROM information_schema.columns WHERE \
                 table_schema = DATABASE() AND table_name = $1 AND column_name = $2",
                table.to_owned(),
            ),
        };
        let found = on.first(sql, &[table.into(), column.into()]).await?;
        Ok(found.map(|line| Self::named(&line.text(0).unwrap_or_default())))
    }

    fn named(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let first = lower.split([' ', '(']).next().unwrap_or_default();
        match first {
            "uuid" => Self::Uuid,
            _ if lower == "char(32)" => Self::Hex,
            "integer" | "int" | "bigint" | "smallint" | "mediumint" | "tinyint" => Self::Integer,
            _ => Self::Text(name.to_owned()),
        }
    }

    /// The parameter of this number, as it is compared with the column.
    pub(crate) fn parameter(&self, dialect: Dialect, number: usize) -> String {
        match (self, dialect) {
            (Self::Uuid, Dialect::Postgres) => format!("CAST(${number} AS uuid)"),
            (Self::Text(name), Dialect::Postgres) => format!("CAST(${number} AS {name})"),
            _ => format!("${number}"),
        }
    }

    /// The value of a text; `None` if the column can hold no such thing.
    pub(crate) fn value(&self, text: &str) -> Option<Value> {
        match self {
            Self::Integer => {
                let number: i64 = text.parse().ok()?;
                // Not `+1` or `01`: one id, one text.
                (number.to_string() == text).then_some(Value::Int(number))
            }
            Self::Uuid => digits(text).map(|digits| dashed(&digits).into()),
            Self::Hex => digits(text).map(Value::Text),
            Self::Text(_) => (!text.contains('\0')).then(|| text.into()),
        }
    }

    /// The text of what was read from the column.
    pub(crate) fn text(&self, read: String) -> String {
        match self {
            Self::Hex if digits(&read).is_some() => dashed(&read),
            _ => read,
        }
    }
}

/// The digits of a UUID that is written with or without hyphens (RFC 9562 section 4), in lower case.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let is_uuid = digits.len() == 32
        && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
        && (text.len() == 32 || text == dashed(&digits));
    is_uuid.then_some(digits)
}

/// 32 digits with hyphens.
fn dashed(digits: &str) -> String {
    let mut text = String::with_capacity(36);
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Key, Value};

    const DASHED: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    const PLAIN: &str = "6ba7b8109dad11d180b400c04fd430c8";

    #[test]
    fn types_are_known_by_their_names() {
        for name in ["integer", "bigint", "INTEGER", "int(11)", "bigint unsigned", "smallint"] {
            assert_eq!(Key::named(name), Key::Integer, "{name}");
        }
        assert_eq!(Key::named("uuid"), Key::Uuid);
        assert_eq!(Key::named("char(32)"), Key::Hex);
        for name in ["character varying", "varchar(150)", "citext", "interval", "point", "numeric"]
        {
            assert_eq!(Key::named(name), Key::Text(name.to_owned()), "{name}");
        }
    }

    #[test]
    fn one_id_has_one_text() {
        assert_eq!(Key::Integer.value("17"), Some(Value::Int(17)));
        for bad in ["", "1a", "+1", "01", " 1", "1.0", "99999999999999999999", "-0"] {
            assert_eq!(Key::Integer.value(bad), None, "{bad}");
        }
        assert_eq!(Key::Uuid.value(DASHED), Some(DASHED.into()));
        assert_eq!(Key::Hex.value(DASHED), Some(PLAIN.into()));
        assert_eq!(Key::Hex.text(PLAIN.to_owned()), DASHED);
        for bad in ["", "6ba7b810", "6ba7b8109-dad-11d1-80b4-00c04fd430c8", "-"] {
            assert_eq!(Key::Uuid.value(bad), None, "{bad}");
        }
    }
}
