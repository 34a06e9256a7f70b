//! Of which types the columns of a table of users are.

use crate::UserTable;
use crate::sql::{Access, Connection, Fault, Key, Operation, Outcome};

/// Types of columns that parameters are compared with or written to.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) id: Key,
    pub(super) username: Key,
    pub(super) last_login: Key,
}

/// Finds the types out.
pub(super) struct Learn<'a>(pub(super) &'a UserTable);

impl Operation for Learn<'_> {
    type Output = Shape;
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Shape>, Fault> {
        let UserTable { table, id, username, last_login, is_ours, .. } = self.0;
        let id = match Key::of(on, table, id).await? {
            Some(id) => id,
            None if *is_ours => return Err(Fault::NoTable(format!("there is no table {table}"))),
            None => {
                return Err(Fault::Refused(format!(
                    "there is no table {table} with a column {id}"
                )));
            }
        };
        let Some(username) = Key::of(on, table, username).await? else {
            return Err(Fault::Refused(format!("{table} has no column {username}")));
        };
        let last_login = match last_login {
            Some(column) => Key::of(on, table, column).await?,
            None => None,
        };
        let last_login = last_login.unwrap_or(Key::Text("text".to_owned()));
        Ok(Outcome::Keep(Shape { id, username, last_login }))
    }
}
