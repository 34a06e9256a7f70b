//! One request as a line of text.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::AccessRecord;

/// The Combined Log Format, then microseconds and the request id.
pub(super) fn combined(record: &AccessRecord<'_>) -> String {
    let mut line = String::with_capacity(192);
    let _ = write!(line, "{} - ", record.client);
    user(&mut line, record);
    let _ = write!(line, " [{}] \"", common_time(SystemTime::now()));
    escape(&mut line, record.method.as_bytes());
    line.push(' ');
    escape(&mut line, record.target.as_bytes());
    let _ = write!(line, " {}\" {} {} \"", record.protocol, record.status, record.bytes);
    escape(&mut line, record.referer.unwrap_or(b"-"));
    line.push_str("\" \"");
    escape(&mut line, record.user_agent.unwrap_or(b"-"));
    let _ = writeln!(line, "\" {} {}", record.duration.as_micros(), record.id);
    line
}

/// The user. This field stands between spaces, not in quotes, so it may have none itself.
fn user(line: &mut String, record: &AccessRecord<'_>) {
    let subject = record.auth.and_then(|auth| auth.subject).filter(|subject| !subject.is_empty());
    for part in subject.unwrap_or("-").split_inclusive(' ') {
        let word = part.strip_suffix(' ');
        escape(line, word.unwrap_or(part).as_bytes());
        if word.is_some() {
            line.push_str("\\x20");
        }
    }
}

/// One JSON object.
pub(super) fn json(record: &AccessRecord<'_>) -> String {
    let text =
        |bytes: Option<&[u8]>| bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let mut object = serde_json::json!({
        "time": unix_seconds(SystemTime::now()),
        "client": record.client,
        "method": record.method,
        "target": record.target,
        "protocol": record.protocol,
        "status": record.status,
        "bytes": record.bytes,
        "duration_us": u64::try_from(record.duration.as_micros()).unwrap_or(u64::MAX),
        "referer": text(record.referer),
        "user_agent": text(record.user_agent),
        "id": record.id.to_string(),
    });
    if let (Some(auth), Some(members)) = (record.auth, object.as_object_mut()) {
        members.insert("auth".to_owned(), auth.result.into());
        members.insert("provider".to_owned(), auth.provider.into());
        members.insert("subject".to_owned(), auth.subject.into());
    }
    format!("{object}\n")
}

/// Nothing from a client may end the quoted field or the line, or carry a terminal's escapes.
fn escape(line: &mut String, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                line.push('\\');
                line.push(char::from(*byte));
            }
            0x20..=0x7e => line.push(char::from(*byte)),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// `21/Nov/2026:23:00:00 +0000`.
fn common_time(time: SystemTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let name = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or("-");
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian calendar).
fn civil(mut days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| {
        (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::AccessAuth;

    fn record() -> AccessRecord<'static> {
        AccessRecord {
            client: "203.0.113.9",
            method: "GET",
            target: "/a\"b",
            protocol: "HTTP/1.1",
            status: 200,
            bytes: 5,
            duration: Duration::from_micros(1500),
            referer: None,
            user_agent: Some(b"evil\"\n\x1b[2J"),
            id: &"id-1",
            auth: None,
        }
    }

    #[test]
    fn a_client_cannot_break_out_of_its_field() {
        let line = combined(&record());
        assert!(line.ends_with("\"-\" \"evil\\\"\\x0a\\x1b[2J\" 1500 id-1\n"), "{line}");
        assert!(line.contains("\"GET /a\\\"b HTTP/1.1\" 200 5 "), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn the_user_is_one_word() {
        let named = |subject| {
            let auth = AccessAuth { result: "verified", provider: Some("local"), subject };
            combined(&AccessRecord { auth: Some(auth), ..record() })
        };
        assert!(named(Some("7")).starts_with("203.0.113.9 - 7 ["));
        assert!(named(None).starts_with("203.0.113.9 - - ["));
        assert!(named(Some("")).starts_with("203.0.113.9 - - ["));
        let line = named(Some("eve [01/Jan]\n\"GET \\ é "));
        let escaped = r#"203.0.113.9 - eve\x20[01/Jan]\x0a\"GET\x20\\\x20\xc3\xa9\x20 ["#;
        assert!(line.starts_with(escaped), "{line}");
        assert!(combined(&record()).starts_with("203.0.113.9 - - ["));
    }

    #[test]
    fn json_tells_of_authentication_where_there_is_any() {
        let auth = AccessAuth { result: "expired", provider: Some("local"), subject: None };
        let line = json(&AccessRecord { auth: Some(auth), ..record() });
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&value["auth"], &value["provider"]), (&"expired".into(), &"local".into()));
        assert!(value["subject"].is_null() && value.get("subject").is_some());
        assert!(!json(&record()).contains("\"auth\""));
    }

    #[test]
    fn json_is_one_line_of_json() {
        let line = json(&record());
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["target"], "/a\"b");
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn time_is_written_as_common_log_format_wants_it() {
        let at = |seconds| common_time(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(at(951_782_400), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(at(1_795_302_000), "21/Nov/2026:23:00:00 +0000");
    }
}
