//! Users in a table of an SQL database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::OnceCell;

use crate::lent::Lent;
use crate::sql::{Database, Target, Value, instant};
use crate::{Address, NewUser, Pending, Row, StoreError, UserTable, Users};

use super::embedded::{self, Add};
use super::find::{By, Find, List};
use super::shape::{Learn, Shape};
use super::write::{Write, column};

/// Users of one table.
pub(crate) struct SqlUsers {
    database: Database,
    table: UserTable,
    shape: OnceCell<Shape>,
}

impl SqlUsers {
    /// The users of a table of the database at this address.
    ///
    /// # Errors
    /// [`StoreError::Address`].
    pub(crate) fn open(
        address: &Address,
        table: &UserTable,
        lent: &Lent,
    ) -> Result<Self, StoreError> {
        let target = Target::of(address, table.is_ours, lent)?;
        let schema = table.is_ours.then_some(embedded::SCHEMA);
        let database = Database::new(target, address.timeout, schema);
        Ok(Self { database, table: table.clone(), shape: OnceCell::new() })
    }

    /// The types of the columns; asked for once.
    async fn shape(&self) -> Result<&Shape, StoreError> {
        let learn = async || self.database.perform(&Learn(&self.table)).await;
        self.shape.get_or_try_init(learn).await
    }

    async fn find(&self, by: By<'_>) -> Result<Option<Row>, StoreError> {
        let shape = self.shape().await?;
        self.database.perform(&Find { table: &self.table, shape, by }).await
    }

    /// Changes columns of the users that `condition` is true of; false if there are none.
    async fn write(
        &self,
        changes: &str,
        condition: &str,
        values: &[Value],
    ) -> Result<bool, StoreError> {
        let table = self.database.dialect().quote(&self.table.table);
        let sql = format!("UPDATE {table} SET {changes} WHERE {condition}");
        self.database.perform(&Write { sql, values }).await
    }

    /// Changes one column of the user of this name.
    async fn set(&self, name: &str, change: &str, to: Option<Value>) -> Result<bool, StoreError> {
        let shape = self.shape().await?;
        let Some(name) = shape.username.value(name) else { return Ok(false) };
        let dialect = self.database.dialect();
        let is = column(dialect, &self.table.username, &shape.username, 1);
        let values: Vec<Value> = [name].into_iter().chain(to).collect();
        self.write(change, &is, &values).await
    }

    async fn replace(&self, id: &str, old: &str, new: &str) -> Result<bool, StoreError> {
        let shape = self.shape().await?;
        let Some(id) = shape.id.value(id) else { return Ok(false) };
        let dialect = self.database.dialect();
        let password = dialect.quote(&self.table.password);
        let is = column(dialect, &self.table.id, &shape.id, 1);
        let values = [id, new.into(), old.into()];
        self.write(&format!("{password} = $2"), &format!("{is} AND {password} = $3"), &values).await
    }

    async fn note_login(&self, id: &str) -> Result<(), StoreError> {
        let Some(last_login) = &self.table.last_login else { return Ok(()) };
        let shape = self.shape().await?;
        let Some(id) = shape.id.value(id) else { return Ok(()) };
        let dialect = self.database.dialect();
        let change = column(dialect, last_login, &shape.last_login, 2);
        let is = column(dialect, &self.table.id, &shape.id, 1);
        self.write(&change, &is, &[id, instant(now()).into()]).await.map(drop)
    }

    async fn activate(&self, username: &str, is_active: bool) -> Result<bool, StoreError> {
        let Some(active) = &self.table.active else {
            return Err(StoreError::Refused("no column says who may log in".to_owned()));
        };
        let word = if is_active { "TRUE" } else { "FALSE" };
        let change = format!("{} = {word}", self.database.dialect().quote(active));
        self.set(username, &change, None).await
    }

    async fn add_one(&self, user: &NewUser) -> Result<Option<String>, StoreError> {
        if !self.table.is_ours {
            return Err(StoreError::Refused("users are added to our own table only".to_owned()));
        }
        self.database.perform(&Add { user, now: instant(now()) }).await
    }
}

impl Users for SqlUsers {
    fn prepare(&self) -> Pending<'_, ()> {
        Box::pin(self.database.prepare())
    }

    fn by_name<'a>(&'a self, username: &'a str) -> Pending<'a, Option<Row>> {
        Box::pin(self.find(By::Name(username)))
    }

    fn by_id<'a>(&'a self, id: &'a str) -> Pending<'a, Option<Row>> {
        Box::pin(self.find(By::Id(id)))
    }

    fn replace_password<'a>(
        &'a self,
        id: &'a str,
        old: &'a str,
        new: &'a str,
    ) -> Pending<'a, bool> {
        Box::pin(self.replace(id, old, new))
    }

    fn logged_in<'a>(&'a self, id: &'a str) -> Pending<'a, ()> {
        Box::pin(self.note_login(id))
    }

    fn add<'a>(&'a self, user: &'a NewUser) -> Pending<'a, Option<String>> {
        Box::pin(self.add_one(user))
    }

    fn set_password<'a>(&'a self, username: &'a str, encoded: &'a str) -> Pending<'a, bool> {
        Box::pin(async move {
            let change = format!("{} = $2", self.database.dialect().quote(&self.table.password));
            self.set(username, &change, Some(encoded.into())).await
        })
    }

    fn set_active<'a>(&'a self, username: &'a str, is_active: bool) -> Pending<'a, bool> {
        Box::pin(self.activate(username, is_active))
    }

    fn list(&self) -> Pending<'_, Vec<Row>> {
        Box::pin(async move {
            let shape = self.shape().await?;
            self.database.perform(&List { table: &self.table, shape }).await
        })
    }
}

/// Now, in milliseconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
