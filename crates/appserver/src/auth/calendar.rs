//! Times of claims for people.

/// The end of the year 9999: longer years are no dates that anybody means.
const LAST: u64 = 253_402_300_799;

/// `2026-11-21 23:00:00 UTC` of seconds since 1970; `None` beyond four-digit years.
pub(crate) fn utc(seconds: f64) -> Option<String> {
    if !(0.0..=LAST as f64).contains(&seconds) {
        return None;
    }
    let seconds = seconds as u64;
    let (year, month, day) = civil(seconds / 86_400);
    let rest = seconds % 86_400;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    Some(format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"))
}

/// `in 4m 12s`, `3h 2m ago` or `now`, of a difference in seconds.
pub(crate) fn relative(seconds: f64) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let mut rest = seconds.abs() as u64;
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        if rest >= length && parts.len() < 2 {
            parts.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    match parts.join(" ") {
        text if text.is_empty() => "now".to_owned(),
        text if seconds > 0.0 => format!("in {text}"),
        text => format!("{text} ago"),
    }
}

/// Year, month and day of a count of days since 1970-01-01, by the cycle of 400 years whose years
/// begin in March, so that the leap day is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        for (seconds, text) in [
            (0.0, "1970-01-01 00:00:00 UTC"),
            (951_782_400.0, "2000-02-29 00:00:00 UTC"),
            (1_800_000_000.5, "2027-01-15 08:00:00 UTC"),
            (4_107_542_399.0, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400.0, "2100-03-01 00:00:00 UTC"),
            (LAST as f64, "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(utc(seconds).as_deref(), Some(text));
        }
        for beyond in [-1.0, 1e300, f64::NAN] {
            assert_eq!(utc(beyond), None);
        }
    }

    #[test]
    fn differences_have_two_units_at_most() {
        for (seconds, text) in [
            (0.4, "now"),
            (59.0, "in 59s"),
            (-252.0, "4m 12s ago"),
            (90_061.0, "in 1d 1h"),
            (-3_605.0, "1h 5s ago"),
        ] {
            assert_eq!(relative(seconds), text);
        }
    }
}
