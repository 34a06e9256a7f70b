//! What tells one state of a file from another (RFC 9110 section 8.8).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use appserver_os::folder::Stamp;
use http::HeaderValue;

use super::coding::Coding;

const SECOND: i64 = 1_000_000_000;

/// Times up to here, the second day of 1980, say nothing about a file: reproducible builds and
/// archives give them to every file of every version.
const MEANINGLESS: i64 = 315_619_200 * SECOND;

/// The validators of one encoding of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Validators {
    /// A strong entity tag.
    pub(super) etag: Option<HeaderValue>,
    /// When the file was written last, in whole seconds since 1970.
    pub(super) seconds: Option<u64>,
    /// The same as a date.
    pub(super) date: Option<HeaderValue>,
}

impl Validators {
    /// Those of a file of this stamp. `now` is in nanoseconds since 1970: a file of the future has
    /// no date (section 8.8.2.1).
    pub(super) fn of(stamp: &Stamp, coding: Coding, now: i64) -> Self {
        if stamp.modified < MEANINGLESS {
            return Self::default();
        }
        let suffix = match coding {
            Coding::Identity => "",
            coding => coding.name(),
        };
        let dash = if suffix.is_empty() { "" } else { "-" };
        let tag = format!("\"{:x}-{:x}{dash}{suffix}\"", stamp.modified, stamp.size);
        let seconds = u64::try_from(stamp.modified / SECOND).ok();
        let seconds = seconds.filter(|_| stamp.modified <= now);
        let date = |seconds| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        Self {
            etag: HeaderValue::try_from(tag).ok(),
            seconds,
            date: seconds.and_then(|seconds| HeaderValue::try_from(date(seconds)).ok()),
        }
    }

    /// Whether the date means these bytes and no others: the second in which they were written is
    /// over, so that they are the last of it (section 8.8.2.2). `now` as above.
    pub(super) fn has_strong_date(&self, now: i64) -> bool {
        let now = u64::try_from(now / SECOND).unwrap_or(0);
        self.seconds.is_some_and(|written| written < now)
    }
}

/// Whether a file may have been changed once more within the same tick of its file system's clock,
/// so that its stamp would stay the same. `now` as above.
pub(super) fn is_settled(stamp: &Stamp, now: i64) -> bool {
    stamp.changed.saturating_add(SECOND) <= now
}

/// Nanoseconds since 1970.
pub(super) fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
