//! SQL databases: one way to run an operation on SQLite, PostgreSQL and MySQL.
//!
//! Promises that an operation is one transaction, ends in time, leaves nothing behind when it fails
//! or is dropped, and is tried again where the database asks for that. What is kept in the tables
//! is not known here.

mod connection;
mod database;
mod dialect;
mod fault;
mod key;
mod lent;
mod schema;
mod target;
mod time;

pub(crate) use connection::Connection;
pub(crate) use database::{Access, Database, Operation, Outcome};
pub(crate) use dialect::Dialect;
pub(crate) use fault::Fault;
pub(crate) use key::Key;
pub(crate) use schema::Schema;
pub(crate) use target::Target;
pub(crate) use time::instant;

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number of 64 bits.
    Int(i64),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A row of what a query gives: texts and whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) Vec<Option<Value>>);

impl Line {
    /// The number in this column, if it is one.
    pub(crate) fn int(&self, column: usize) -> Option<i64> {
        match self.0.get(column) {
            Some(Some(Value::Int(number))) => Some(*number),
            Some(Some(Value::Text(text))) => text.parse().ok(),
            _ => None,
        }
    }

    /// What is in this column, as a text; `None` is NULL.
    pub(crate) fn text(&self, column: usize) -> Option<String> {
        match self.0.get(column) {
            Some(Some(Value::Int(number))) => Some(number.to_string()),
            Some(Some(Value::Text(text))) => Some(text.clone()),
            _ => None,
        }
    }
}
