//! The status line that an application gives: `"404 Not Found"`.

use bytes::Bytes;
use http::StatusCode;

/// A checked status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The code, 200 to 999.
    pub(crate) code: StatusCode,
    /// The reason phrase, if it is not the registered one.
    pub(crate) reason: Option<Bytes>,
}

impl Status {
    /// Reads a status line of Latin-1 text (PEP 3333: "a status string of the form `999 Message
    /// here`", without control characters).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, &'static str> {
        if line.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return Err("status has a control character");
        }
        let (digits, rest) = line.split_at_checked(3).ok_or(SHAPE)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(SHAPE);
        }
        let reason = match rest {
            [] => &[][..],
            [b' ', reason @ ..] => reason,
            _ => return Err(SHAPE),
        };
        let code = StatusCode::from_bytes(digits).map_err(|_| RANGE)?;
        if code.is_informational() {
            return Err(RANGE);
        }
        let canonical = code.canonical_reason().map(str::as_bytes);
        let own = canonical != Some(reason) && !reason.is_empty();
        Ok(Self { code, reason: own.then(|| Bytes::copy_from_slice(reason)) })
    }
}

const SHAPE: &str = "status must be three digits, a space and a reason";
const RANGE: &str = "status code must be between 200 and 999";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_reasons_are_not_kept() {
        let status = Status::parse(b"404 Not Found").unwrap();
        assert_eq!((status.code, status.reason), (StatusCode::NOT_FOUND, None));
    }

    #[test]
    fn other_reasons_are_kept() {
        let status = Status::parse(b"200 F\xfcr dich").unwrap();
        assert_eq!(status.reason.as_deref(), Some(&b"F\xfcr dich"[..]));
        assert_eq!(Status::parse(b"799 ").unwrap().reason, None);
        assert_eq!(Status::parse(b"200").unwrap().code, StatusCode::OK);
    }

    #[test]
    fn impossible_lines_are_refused() {
        let lines: [&[u8]; 9] = [
            b"",
            b"20",
            b"1000 Weird",
            b"100 Continue",
            b"099 Low",
            b"2O0 OK",
            b"200\tOK",
            b"200 O\r\nX: y",
            b"+20 OK",
        ];
        for line in lines {
            assert!(Status::parse(line).is_err(), "{line:?}");
        }
    }
}
