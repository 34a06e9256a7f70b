//! What a client sends to an endpoint, read as Django REST framework reads it.

mod accept;
mod body;
mod field;
mod form;

pub(crate) use accept::takes_json;
pub(crate) use body::{BodyError, Data, read};
pub(crate) use field::{Fields, Text};
