//! The issuer as a worker uses it, on a real SQLite store.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "issuer/bench.rs"]
mod bench;
#[path = "issuer/cookies.rs"]
mod cookies;
#[path = "issuer/families.rs"]
mod families;
#[path = "issuer/logins.rs"]
mod logins;
#[path = "issuer/logout.rs"]
mod logout;
#[path = "issuer/parity.rs"]
mod parity;
