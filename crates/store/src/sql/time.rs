//! Times as texts, the way Django writes them.

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC, from milliseconds since 1970; as Python's `str(datetime)`,
/// without a fraction that is nought.
pub(crate) fn instant(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    let fraction = milliseconds.rem_euclid(1000);
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    if fraction != 0 {
        text.push_str(&format!(".{fraction:03}000"));
    }
    text
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar. Years are
/// counted from March, so that the day of the leap year is its last.
fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let from_0000_03_01 = days + 719_468;
    let era = from_0000_03_01.div_euclid(DAYS_OF_400_YEARS);
    let of_era = from_0000_03_01.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn times_are_written_as_python_does() {
        assert_eq!(instant(0), "1970-01-01 00:00:00");
        assert_eq!(instant(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(instant(1_000_000_000_007), "2001-09-09 01:46:40.007000");
        assert_eq!(instant(4_107_542_399_999), "2100-02-28 23:59:59.999000");
        assert_eq!(instant(4_107_542_400_000), "2100-03-01 00:00:00");
        assert_eq!(instant(-1), "1969-12-31 23:59:59.999000");
    }
}
