//! Logs, the access log, and the scoreboard that workers write and the master reads.
