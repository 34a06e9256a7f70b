//! One worker's HTTP/1.1 side: accept, strict framing, limits, pipeline, drain.
//!
//! Runs on one thread, within a `LocalSet` or `LocalRuntime` of tokio. It must not know how workers
//! are made, nor what language the application is written in.

mod accept;
mod authenticator;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod body;
mod closing;
mod company;
mod config;
mod connection;
mod exchange;
mod framing;
mod guard;
mod pipeline;
mod proxies;
mod reaper;
mod redaction;
mod registry;
mod server;
mod service;
mod state;
mod static_files;
mod transport;
mod turns;
mod websocket;
mod worker;

pub use config::{Config, Limits, Timeouts, WebSocketConfig};
pub use proxies::{InvalidNetwork, TrustedProxies};
pub use server::Server;
pub use static_files::{StaticError, StaticFiles, StaticMount};
pub use worker::{Events, RecycleReason};
