//! Python applications behind the application trait: the WSGI and the ASGI bridge.
//!
//! The caller starts the interpreter, forks, and builds the runtime; this crate imports the
//! application ([`load`]) and answers requests with it ([`wsgi`], [`asgi`]). It must not know how workers are
//! made, nor how requests are framed.

#![deny(unsafe_code)]

pub mod asgi;
pub mod auth;
pub mod delegate;
pub mod django;
#[expect(unsafe_code, reason = "the one address of raw calls into CPython")]
mod ffi;
mod fields;
pub mod gil;
pub mod load;
mod origin;
mod percent;
pub mod sqlite;
pub mod turn;
pub mod wsgi;
