//! Who is stuck.

use std::time::Duration;

use appserver_telemetry::SlotReport;

use super::Watch;

const SECOND: u64 = 1_000_000_000;
const WATCH: Watch =
    Watch { request_timeout: Some(Duration::from_secs(10)), max_age: None, max_rss: None };

/// A worker at second 100, whose loop turned and whose oldest request began at these seconds.
fn stuck(heartbeat: u64, oldest: Option<u64>, is_untimed: bool) -> Option<String> {
    let oldest = oldest.map(|second| (second * SECOND, "GET /".to_owned()));
    let heartbeat_ns = heartbeat * SECOND;
    let report = SlotReport { heartbeat_ns, oldest, is_untimed, ..SlotReport::default() };
    WATCH.stuck(&report, 100 * SECOND)
}

#[test]
fn a_request_that_runs_too_long_is_named() {
    assert_eq!(stuck(100, None, false), None);
    assert_eq!(stuck(100, Some(90), false), None);
    assert!(stuck(100, Some(88), false).is_some_and(|why| why.starts_with("GET / has been")));
}

#[test]
fn where_requests_may_take_their_time_only_the_loop_counts() {
    assert_eq!(stuck(100, Some(1), true), None);
    for is_untimed in [false, true] {
        assert!(stuck(88, None, is_untimed).is_some_and(|why| why.starts_with("its loop")));
    }
}
