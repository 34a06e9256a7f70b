//! Reads users.

use crate::sql::{Access, Connection, Dialect, Fault, Key, Line, Operation, Outcome, Value};
use crate::{Row, UserTable};

use super::shape::Shape;
use super::write::column;

/// What a user is looked for by.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// What users log in by.
    Name(&'a str),
    /// The id.
    Id(&'a str),
}

/// Finds one user.
pub(super) struct Find<'a> {
    pub(super) table: &'a UserTable,
    pub(super) shape: &'a Shape,
    pub(super) by: By<'a>,
}

impl Operation for Find<'_> {
    type Output = Option<Row>;
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Self::Output>, Fault> {
        let Self { table, shape, by } = self;
        let (name, key, text) = match by {
            By::Name(text) => (&table.username, &shape.username, text),
            By::Id(text) => (&table.id, &shape.id, text),
        };
        let Some(value) = key.value(text) else { return Ok(Outcome::Keep(None)) };
        let is = column(on.dialect(), name, key, 1);
        // Two: where names are not unique, nobody knows who it is.
        let sql = format!("{} WHERE {is} LIMIT 2", selection(on.dialect(), table));
        let found = match on.rows(&sql, &[value]).await {
            // A text that is none of the column's type.
            Err(Fault::Misfit(_)) => return Ok(Outcome::Keep(None)),
            found => found?,
        };
        let [line] = found.as_slice() else { return Ok(Outcome::Keep(None)) };
        let Some(mut user) = row(table, shape, line) else { return Ok(Outcome::Keep(None)) };
        // Whoever only gives a name has nobody's claims read: that would show who there is.
        let queries = if matches!(by, By::Id(_)) { table.queries.as_slice() } else { &[] };
        for query in queries {
            user.queries.push(ask(on, query, &shape.id, &user.id).await?);
        }
        Ok(Outcome::Keep(Some(user)))
    }
}

/// The texts in the first column of what a query about a user gives.
async fn ask(on: &mut Connection, query: &str, key: &Key, id: &str) -> Result<Vec<String>, Fault> {
    let Some(id) = key.value(id) else { return Ok(Vec::new()) };
    let dialect = on.dialect();
    let query = query.trim_end().trim_end_matches(';');
    let (query, numbers) = Dialect::parameters(query, |_| key.parameter(dialect, 1));
    let sql = match dialect {
        Dialect::Postgres => {
            format!("SELECT CAST(q.value AS text) FROM (\n{query}\n) AS q (value)")
        }
        Dialect::Sqlite | Dialect::MySql => query,
    };
    let values: &[Value] = if numbers.is_empty() { &[] } else { &[id] };
    Ok(on.rows(&sql, values).await?.iter().filter_map(|line| line.text(0)).collect())
}

/// All users.
pub(super) struct List<'a> {
    pub(super) table: &'a UserTable,
    pub(super) shape: &'a Shape,
}

impl Operation for List<'_> {
    type Output = Vec<Row>;
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Self::Output>, Fault> {
        let Self { table, shape } = self;
        let dialect = on.dialect();
        let order = dialect.quote(&table.username);
        let sql = format!("{} ORDER BY {order}", selection(dialect, table));
        let found = on.rows(&sql, &[]).await?;
        Ok(Outcome::Keep(found.iter().filter_map(|line| row(table, shape, line)).collect()))
    }
}

/// Reads id, name, password, whether the user may log in, and the other columns.
fn selection(dialect: Dialect, table: &UserTable) -> String {
    let UserTable { id, username, password, active, columns, .. } = table;
    let named = [Some(id), Some(username), Some(password), active.as_ref()];
    let read = |column: Option<&String>| match column {
        Some(column) => dialect.as_text(&dialect.quote(column)),
        None => "'1'".to_owned(),
    };
    let all: Vec<String> = named.into_iter().chain(columns.iter().map(Some)).map(read).collect();
    format!("SELECT {} FROM {}", all.join(", "), dialect.quote(&table.table))
}

/// A user; `None` if there is no id or no name.
fn row(table: &UserTable, shape: &Shape, line: &Line) -> Option<Row> {
    let columns = table.columns.iter().zip(4..);
    Some(Row {
        id: shape.id.text(line.text(0)?),
        username: line.text(1)?,
        // NULL is no password: nothing verifies against it.
        password: line.text(2).unwrap_or_default(),
        is_active: line.text(3).is_some_and(|text| matches!(text.as_str(), "1" | "true" | "t")),
        columns: columns.map(|(name, at)| (name.clone(), line.text(at))).collect(),
        queries: Vec::new(),
    })
}
