//! What was answered, and how soon.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use http::StatusCode;

/// The longest time that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;
/// Times are right to one part in a thousand.
const DIGITS: u8 = 3;

/// Answers and failures of a load.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Tally {
    /// In microseconds. Made with the first time.
    pub(in super::super) times: Option<Histogram<u64>>,
    /// Whole answers, by status.
    pub(in super::super) statuses: BTreeMap<u16, u64>,
    /// Requests without a whole answer, by why.
    pub(in super::super) troubles: BTreeMap<String, u64>,
    /// Where redirects lead; of several the first.
    pub(in super::super) location: Option<String>,
}

impl Tally {
    /// A whole answer.
    pub(super) fn answered(&mut self, status: StatusCode, took: Duration) {
        *self.statuses.entry(status.as_u16()).or_default() += 1;
        self.record(took);
    }

    /// A request that got no whole answer.
    pub(super) fn failed(&mut self, why: String) {
        *self.troubles.entry(why).or_default() += 1;
    }

    /// A request that has been waiting for this long at the end. It counts among the times, or the
    /// slowest would be left out.
    pub(super) fn waiting(&mut self, since: Duration) {
        self.record(since);
    }

    fn record(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(LONGEST);
        let times = self.times.get_or_insert_with(histogram);
        times.saturating_record(micros.max(1));
    }

    /// Adds those of another.
    pub(in super::super) fn add(&mut self, other: &Self) {
        if let Some(theirs) = &other.times {
            // Both have the same bounds.
            let _ = self.times.get_or_insert_with(histogram).add(theirs);
        }
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (why, count) in &other.troubles {
            *self.troubles.entry(why.clone()).or_default() += count;
        }
        if self.location.is_none() {
            self.location.clone_from(&other.location);
        }
    }

    /// How many whole answers there were.
    pub(in super::super) fn answers(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// How many of these have such a status.
    pub(in super::super) fn count(&self, is_meant: impl Fn(u16) -> bool) -> u64 {
        self.statuses.iter().filter(|(status, _)| is_meant(**status)).map(|(_, count)| count).sum()
    }

    /// How many requests failed: server errors, and those without a whole answer.
    pub(in super::super) fn errors(&self) -> u64 {
        self.count(|status| status >= 500) + self.troubles.values().sum::<u64>()
    }

    /// The time within which so many percent of the requests were answered.
    pub(in super::super) fn percentile(&self, percent: f64) -> Duration {
        let times = self.times.as_ref();
        Duration::from_micros(times.map_or(0, |times| times.value_at_quantile(percent / 100.0)))
    }
}

#[expect(clippy::expect_used, reason = "the bounds are constants that fit")]
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("1 and an hour are bounds")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn tally(times: impl Iterator<Item = u32>) -> Tally {
        let mut tally = Tally::default();
        times.for_each(|millis| tally.answered(StatusCode::OK, MS * millis));
        tally
    }

    fn is_near(one: Duration, other: Duration) -> bool {
        one.abs_diff(other) <= other / 500
    }

    #[test]
    fn percentiles_are_those_of_all_requests() {
        let mut whole = tally(1..51);
        whole.add(&tally(51..101));
        assert_eq!(whole.answers(), 100);
        assert!(is_near(whole.percentile(50.0), MS * 50), "{:?}", whole.percentile(50.0));
        assert!(is_near(whole.percentile(99.0), MS * 99), "{:?}", whole.percentile(99.0));
        assert_eq!(Tally::default().percentile(99.0), Duration::ZERO);
    }

    /// Else a server that answers a few at once and the rest never has fine times.
    #[test]
    fn who_still_waits_counts_among_the_times() {
        let mut tally = tally(std::iter::repeat_n(1, 10));
        (0..10).for_each(|_| tally.waiting(MS * 5000));
        assert!(is_near(tally.percentile(99.0), MS * 5000));
        assert_eq!(tally.answers(), 10);
    }

    #[test]
    fn errors_are_those_of_the_server_and_of_the_connection() {
        let mut tally = Tally::default();
        for status in [200, 301, 404, 500, 503] {
            tally.answered(StatusCode::from_u16(status).unwrap(), MS);
        }
        tally.failed("reset".to_owned());
        tally.failed("reset".to_owned());
        assert_eq!((tally.answers(), tally.errors()), (5, 4));
        assert_eq!(tally.count(|status| status == 404), 1);
        let mut other = Tally::default();
        other.add(&tally);
        assert_eq!((other.answers(), other.errors()), (5, 4));
    }
}
