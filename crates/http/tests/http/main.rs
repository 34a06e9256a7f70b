//! The server behind real sockets, in this process, with a small application.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod app;
mod auth;
mod body;
mod client;
mod company;
mod deadlines;
mod drain;
mod endpoints;
mod extras;
mod limits;
mod malformed;
mod requests;
mod responses;
mod server;
mod static_files;
mod turns;
mod websocket;
