//! An axum router under the server.
fn main() {}
