//! Who gives way to whom.

use super::is_less_busy;
use appserver_telemetry::Load;

fn load(connections: u64, in_flight: u64) -> Load {
    Load { connections, in_flight, accepted: 0 }
}

#[test]
fn whoever_has_fewer_connections_and_no_more_to_do_goes_first() {
    assert!(is_less_busy(load(0, 0), load(1, 0)));
    assert!(is_less_busy(load(0, 0), load(1, 1)));
    assert!(!is_less_busy(load(1, 0), load(1, 0)));
    assert!(!is_less_busy(load(2, 0), load(1, 0)));
}

#[test]
fn nobody_waits_for_one_that_is_busier() {
    assert!(!is_less_busy(load(50, 3), load(100, 2)));
    assert!(is_less_busy(load(50, 2), load(100, 2)));
}

#[test]
fn among_many_a_few_more_do_not_count() {
    assert!(!is_less_busy(load(70, 0), load(80, 0)));
    assert!(is_less_busy(load(69, 0), load(80, 0)));
}
