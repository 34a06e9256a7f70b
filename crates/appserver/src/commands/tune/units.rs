//! Figures as people read them. No figure has more digits than it is worth.

use std::time::Duration;

/// Requests per second.
pub(super) fn rate(per_second: f64) -> String {
    format!("{}/s", figure(per_second))
}

/// A number with three digits that count, or all before the point.
pub(super) fn figure(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// How long a request took.
pub(super) fn latency(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{micros:.0} us"),
        ..1e6 => format!("{} ms", figure(micros / 1e3)),
        _ => format!("{} s", figure(micros / 1e6)),
    }
}

/// An amount of memory.
pub(super) fn bytes(amount: u64) -> String {
    let mib = amount as f64 / f64::from(1 << 20);
    match mib {
        ..1024.0 => format!("{} MiB", figure(mib)),
        _ => format!("{} GiB", figure(mib / 1024.0)),
    }
}

/// A length of time that somebody chose.
pub(super) fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds @ ..1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds @ ..60.0 => format!("{} s", (seconds * 10.0).round() / 10.0),
        seconds => format!("{:.0} min", seconds / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_that_count() {
        assert_eq!(
            [2.58159, 25.8159, 258.159, 25815.9].map(figure),
            ["2.58", "25.8", "258", "25816"]
        );
    }

    #[test]
    fn units_follow_the_amount() {
        let times = [850, 12_345, 2_500_000].map(Duration::from_micros).map(latency);
        assert_eq!(times, ["850 us", "12.3 ms", "2.50 s"]);
        assert_eq!([50 << 20, 3 << 30].map(bytes), ["50.0 MiB", "3.00 GiB"]);
        let spans = [200, 5000, 1500, 300_000].map(Duration::from_millis).map(span);
        assert_eq!(spans, ["200 ms", "5 s", "1.5 s", "5 min"]);
    }
}
