//! What is revoked, in memory that all workers of a machine see.

use appserver_auth::{Denials, Mark};

/// What is revoked.
#[derive(Debug)]
pub struct Denied {
    _private: (),
}

impl Denials for Denied {
    fn before(&self, mark: Mark) -> Option<i64> {
        let _ = mark;
        None
    }

    fn is_recent(&self) -> bool {
        true
    }
}
