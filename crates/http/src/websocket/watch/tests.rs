//! Silence, second by second.

use std::time::Duration;

use super::{Watch, What};
use crate::config::WebSocketConfig;

const SECOND: u64 = 1_000_000_000;
const CONFIG: WebSocketConfig = WebSocketConfig {
    max_message: 0,
    ping_interval: Some(Duration::from_secs(10)),
    ping_timeout: Duration::from_secs(5),
    deflate: false,
};

fn tick(watch: Watch, second: u64) -> Option<What> {
    watch.tick(second * SECOND, &CONFIG).map(|watch| watch.what)
}

#[test]
fn silence_is_pinged_and_then_ended() {
    let mut watch = Watch::start(SECOND);
    assert_eq!(tick(watch, 11), None);
    assert_eq!(tick(watch, 12), Some(What::PingDue));
    watch.what = What::Pinged(12 * SECOND);
    assert_eq!(tick(watch, 17), None);
    assert_eq!(tick(watch, 18), Some(What::Late));
    watch.hear(17 * SECOND);
    assert_eq!(tick(watch, 27), None);
    assert_eq!(tick(watch, 28), Some(What::PingDue));
}

#[test]
fn without_an_interval_silence_is_fine() {
    let config = WebSocketConfig { ping_interval: None, ..CONFIG };
    assert_eq!(Watch::start(0).tick(1000 * SECOND, &config), None);
}

#[test]
fn nothing_is_expected_while_nobody_listens() {
    let mut watch = Watch { heard: 0, what: What::Pinged(0) };
    watch.set_deaf(true, SECOND);
    assert_eq!(tick(watch, 16), None);
    watch.set_deaf(false, 100 * SECOND);
    assert_eq!(tick(watch, 110), None);
    assert_eq!(tick(watch, 111), Some(What::PingDue));
}

/// What is not read may end without anybody hearing of it.
#[test]
fn a_long_deafness_is_doubtful() {
    let mut watch = Watch::start(0);
    watch.set_deaf(true, SECOND);
    watch.set_deaf(true, 9 * SECOND);
    assert_eq!(tick(watch, 17), Some(What::Doubtful));
    watch.what = What::Doubtful;
    watch.set_deaf(true, 18 * SECOND);
    assert_eq!((watch.what, tick(watch, 100)), (What::Doubtful, None));
    watch.set_deaf(false, 19 * SECOND);
    assert_eq!(watch, Watch::start(19 * SECOND));
    let config = WebSocketConfig { ping_interval: None, ..CONFIG };
    watch.set_deaf(true, 20 * SECOND);
    assert_eq!(watch.tick(1000 * SECOND, &config), None);
}

#[test]
fn only_the_answer_to_a_close_counts() {
    let mut watch = Watch { heard: 0, what: What::Leaving(0) };
    watch.hear(4 * SECOND);
    watch.set_deaf(true, 4 * SECOND);
    watch.set_deaf(false, 4 * SECOND);
    assert_eq!(tick(watch, 6), Some(What::Late));
}
