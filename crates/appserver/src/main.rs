//! The `appserver` command.
fn main() {}
