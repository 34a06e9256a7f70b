//! Changes users.

use crate::sql::{Access, Connection, Dialect, Fault, Key, Operation, Outcome, Value};

/// A statement that changes users; comes to whether it has changed any.
pub(super) struct Write<'a> {
    pub(super) sql: String,
    pub(super) values: &'a [Value],
}

impl Operation for Write<'_> {
    type Output = bool;
    const ACCESS: Access = Access::Step;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<bool>, Fault> {
        Ok(Outcome::Keep(on.execute(&self.sql, self.values).await? > 0))
    }
}

/// A column and the parameter of this number, with `=` between them.
pub(super) fn column(dialect: Dialect, name: &str, key: &Key, number: usize) -> String {
    format!("{} = {}", dialect.quote(name), key.parameter(dialect, number))
}
