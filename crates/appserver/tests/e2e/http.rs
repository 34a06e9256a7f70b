//! HTTP/1.1 through the real program: what a client may do, and what happens when it does not.

mod access_log;
mod connections;
mod framing;
mod limits;
mod proxies;
