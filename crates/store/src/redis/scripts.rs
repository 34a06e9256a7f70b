//! The scripts: each is one atomic step of the server's.

use ::redis::Script;

const PRELUDE: &str = include_str!("prelude.lua");

/// All scripts.
pub(super) struct Scripts {
    pub(super) record: Script,
    pub(super) state: Script,
    pub(super) consume: Script,
    pub(super) blacklist: Script,
    pub(super) deny: Script,
    pub(super) denials: Script,
    pub(super) sweep: Script,
    pub(super) take: Script,
    pub(super) fail: Script,
    pub(super) lock: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |body: &str| Script::new(&format!("{PRELUDE}\n{body}"));
        Self {
            record: script(include_str!("record.lua")),
            state: script(include_str!("state.lua")),
            consume: script(include_str!("consume.lua")),
            blacklist: script(include_str!("blacklist.lua")),
            deny: script(include_str!("deny.lua")),
            denials: script(include_str!("denials.lua")),
            sweep: script(include_str!("sweep.lua")),
            take: script(include_str!("take.lua")),
            fail: script(include_str!("fail.lua")),
            lock: script(include_str!("lock.lua")),
        }
    }
}
