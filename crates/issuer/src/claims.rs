//! Claims that are made of what is stored of a user.

use appserver_store::Row;
use serde_json::{Map, Value};

use crate::config::ClaimSource;

/// The claims of this user.
pub(crate) fn of_row(sources: &[(String, ClaimSource)], row: &Row) -> Map<String, Value> {
    let value = |source: &ClaimSource| match source {
        ClaimSource::Template(template) => fill(template, row),
        ClaimSource::Query(number) => {
            let rows = row.queries.get(*number).cloned().unwrap_or_default();
            rows.into_iter().collect()
        }
    };
    sources.iter().map(|(name, source)| (name.clone(), value(source))).collect()
}

/// The names of the columns in a template; `None` where it makes no sense.
#[must_use]
pub fn columns(template: &str) -> Option<Vec<String>> {
    let pieces = pieces(template)?;
    let is_only = pieces.len() == 1;
    let mut names = Vec::new();
    for piece in pieces {
        let Piece::Column { name, kind } = piece else { continue };
        if !(kind == Kind::Text || is_only) {
            return None;
        }
        names.push(name.to_owned());
    }
    Some(names)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Bool,
    Int,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Column { name: &'a str, kind: Kind },
}

/// A template in pieces: `{user.NAME}` or `{user.NAME:KIND}`, and texts between them.
fn pieces(template: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let (inner, after) = after.split_once('}')?;
        let (name, kind) = inner
            .strip_prefix("user.")?
            .split_once(':')
            .unwrap_or((inner.strip_prefix("user.")?, "text"));
        let kind = match kind {
            "text" => Kind::Text,
            "bool" => Kind::Bool,
            "int" => Kind::Int,
            "json" => Kind::Json,
            _ => return None,
        };
        if name.is_empty() {
            return None;
        }
        pieces.push(Piece::Column { name, kind });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Some(pieces)
}

fn fill(template: &str, row: &Row) -> Value {
    let Some(pieces) = pieces(template) else { return Value::Null };
    if let [Piece::Column { name, kind }] = pieces.as_slice() {
        return column(row, name).map_or(Value::Null, |text| typed(&text, *kind));
    }
    let text = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Column { name, .. } => column(row, name).unwrap_or_default(),
    });
    Value::String(text.collect())
}

fn column(row: &Row, name: &str) -> Option<String> {
    match name {
        "id" => Some(row.id.clone()),
        "username" => Some(row.username.clone()),
        _ => row.columns.get(name).cloned().flatten(),
    }
}

/// A text of a database as a claim; what is none of its kind is null.
fn typed(text: &str, kind: Kind) -> Value {
    match kind {
        Kind::Text => text.into(),
        Kind::Bool => match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => true.into(),
            "0" | "f" | "false" => false.into(),
            _ => Value::Null,
        },
        Kind::Int => text.parse::<i64>().map_or(Value::Null, Value::from),
        Kind::Json => serde_json::from_str(text).unwrap_or(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use appserver_store::Row;
    use serde_json::json;

    use super::{columns, of_row};
    use crate::config::ClaimSource;

    fn row() -> Row {
        let some = |text: &str| Some(text.to_owned());
        Row {
            id: "7".to_owned(),
            username: "ann".to_owned(),
            password: "!".to_owned(),
            is_active: true,
            columns: BTreeMap::from([
                ("email".to_owned(), some("a@b.example")),
                ("is_staff".to_owned(), some("t")),
                ("age".to_owned(), some("41")),
                ("tags".to_owned(), some("[1,\"a\"]")),
                ("nickname".to_owned(), None),
            ]),
            queries: vec![vec!["ops".to_owned(), "dev".to_owned()], Vec::new()],
        }
    }

    #[test]
    fn templates_are_filled() {
        for (template, claim) in [
            ("{user.email}", json!("a@b.example")),
            ("{user.id}/{user.username}", json!("7/ann")),
            ("mailto:{user.email}", json!("mailto:a@b.example")),
            ("{user.is_staff:bool}", json!(true)),
            ("{user.age:int}", json!(41)),
            ("{user.email:int}", json!(null)),
            ("{user.tags:json}", json!([1, "a"])),
            ("{user.nickname}", json!(null)),
            ("x{user.nickname}", json!("x")),
            ("fixed", json!("fixed")),
            ("", json!("")),
        ] {
            let sources = [("c".to_owned(), ClaimSource::Template(template.to_owned()))];
            assert_eq!(of_row(&sources, &row())["c"], claim, "{template}");
        }
    }

    #[test]
    fn queries_are_lists() {
        let sources = [0, 1, 2].map(|number| (number.to_string(), ClaimSource::Query(number)));
        let expected = json!({"0": ["ops", "dev"], "1": [], "2": []});
        assert_eq!(json!(of_row(&sources, &row())), expected);
    }

    #[test]
    fn what_makes_no_sense_is_no_template() {
        for wrong in ["{", "{user.}", "{email}", "{user.a:date}", "x{user.a:int}", "{user.a"] {
            assert_eq!(columns(wrong), None, "{wrong}");
        }
        assert_eq!(columns("{user.a} {user.b}").unwrap(), ["a", "b"]);
    }
}
