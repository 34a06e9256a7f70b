//! End-to-end tests: the real programs as real processes, asked by real clients.
//!
//! `packaging/test` prepares what they need. Each test has its own server, temporary folder and
//! process group, and none sleeps or measures time.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod e2e {
    mod asgi;
    mod asgi_frameworks;
    mod asyncio_suite;
    mod auth_counters;
    mod auth_python;
    mod chat;
    mod chromium;
    mod django;
    mod frameworks;
    mod http;
    mod issue;
    mod jwks;
    mod jwt_oracle;
    mod listeners;
    mod native;
    mod notes;
    mod passwords;
    mod preload;
    mod releases;
    mod reload;
    mod rights;
    mod service_manager;
    mod settings_reference;
    mod site;
    mod start;
    mod static_files;
    mod stop;
    mod supervision;
    mod token;
    mod trouble;
    mod tune;
    mod users;
    mod websocket;
    mod wire;
    mod wsgi;
}
