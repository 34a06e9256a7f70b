//! Texts that look like tokens in compact form (RFC 7515 section 7.1): a JSON object in base64url,
//! which always begins with the same letters, a dot, and two parts more. Any letter may be
//! percent-encoded, as often as a client likes.

/// The beginning of `{"` in base64url.
const BEGINNING: &[u8] = b"eyJ";
/// The shortest parts that count. A header names an algorithm, claims are an object with a member,
/// and there is no signature that short.
const SHORTEST: [usize; 3] = [20, 8, 16];
/// In the place of a token.
const MASK: &str = "***";

/// A text with a mask in place of each token; `None` if there is none.
pub(super) fn hidden(text: &str) -> Option<String> {
    if !text.contains("eyJ") && !text.contains('%') {
        return None;
    }
    let mut told = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < text.len() {
        match token(text.as_bytes(), at) {
            Looked::Token(end) => {
                told.push_str(text.get(kept..at)?);
                told.push_str(MASK);
                (kept, at) = (end, end);
            }
            Looked::Nothing(next) => at = next,
        }
    }
    if kept == 0 {
        return None;
    }
    told.push_str(text.get(kept..)?);
    Some(told)
}

enum Looked {
    /// A token ends here.
    Token(usize),
    /// None begins before this.
    Nothing(usize),
}

/// Looks at what begins here. What has been looked through is not looked through again as the same
/// part, so the time that this takes grows with the length of a text and no faster.
fn token(text: &[u8], at: usize) -> Looked {
    let mut letters = at;
    for expected in BEGINNING {
        match letter(text, letters) {
            Some((letter, next)) if letter == *expected => letters = next,
            _ => return Looked::Nothing(at + 1),
        }
    }
    let mut start = at;
    for (number, shortest) in SHORTEST.into_iter().enumerate() {
        let (length, end) = part(text, start);
        let is_last = number + 1 == SHORTEST.len();
        match letter(text, end) {
            _ if length < shortest => return Looked::Nothing(if number == 0 { end } else { start }),
            _ if is_last => return Looked::Token(rest(text, end)),
            Some((b'.', next)) => start = next,
            _ => return Looked::Nothing(if number == 0 { end } else { start }),
        }
    }
    Looked::Nothing(start)
}

/// Where the parts end that follow the third: an encrypted token has five.
fn rest(text: &[u8], mut end: usize) -> usize {
    while let Some((b'.', next)) = letter(text, end) {
        let (length, after) = part(text, next);
        if length == 0 {
            break;
        }
        end = after;
    }
    end
}

/// How many letters of base64url there are, and where they end.
fn part(text: &[u8], start: usize) -> (usize, usize) {
    let (mut length, mut end) = (0, start);
    while let Some((letter, next)) = letter(text, end) {
        if !letter.is_ascii_alphanumeric() && letter != b'-' && letter != b'_' {
            break;
        }
        (length, end) = (length + 1, next);
    }
    (length, end)
}

/// The letter here, decoded, and where the next one is.
fn letter(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = *text.get(at)?;
    if first != b'%' {
        return Some((first, at + 1));
    }
    let mut digits = at + 1;
    // A `%` that is itself encoded.
    while text.get(digits..digits + 2) == Some(b"25") && byte(text, digits + 2).is_some() {
        digits += 2;
    }
    Some(byte(text, digits).map_or((first, at + 1), |byte| (byte, digits + 2)))
}

/// Two hexadecimal digits.
fn byte(text: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::hidden;

    const HEADER: &str = "eyJhbGciOiJIUzI1NiJ9";
    const CLAIMS: &str = "eyJhIjoxfQ";
    const SIGNATURE: &str = "aaaaBBBB0000-_-_";

    fn token() -> String {
        format!("{HEADER}.{CLAIMS}.{SIGNATURE}")
    }

    #[test]
    fn a_token_is_hidden_however_it_is_encoded() {
        let token = token();
        let all = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        for spelled in [
            token.clone(),
            token.replace('.', "%2E"),
            token.replace('.', "%252e"),
            token.replace('.', "%25252e"),
            token.replace("eyJ", "%65yJ"),
            token.replace("eyJ", "e%79%4a"),
            token.replace('_', "%5F"),
            all(&token),
            all(&all(&token)),
            format!("{HEADER}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}"),
        ] {
            for (before, after) in [("", ""), ("/a?b=", "&c"), ("é%3D", "%26"), ("%", "%"), ("", ".")]
            {
                let text = format!("{before}{spelled}{after}");
                assert_eq!(hidden(&text), Some(format!("{before}***{after}")), "{text}");
            }
        }
        let (before, both) = ("eyJhbGci.", format!("{token},{token}"));
        assert_eq!(hidden(&both).as_deref(), Some("***,***"));
        assert_eq!(hidden(&format!("{before}{token}")), Some(format!("{before}***")));
        let behind = format!("{HEADER}.{CLAIMS}x.eyJ.{token}");
        assert_eq!(hidden(&behind), Some(format!("{HEADER}.{CLAIMS}x.eyJ.***")));
        let three = format!("{HEADER}{HEADER}.{token}");
        assert_eq!(hidden(&three).as_deref(), Some("***"));
    }

    #[test]
    fn what_is_no_token_stays() {
        for text in [
            "".to_owned(),
            "/a/b?c=d%20e".to_owned(),
            "eyJ".to_owned(),
            format!("/{HEADER}"),
            format!("/{HEADER}.{CLAIMS}"),
            format!("/{HEADER}.{CLAIMS}."),
            format!("/{HEADER}.{CLAIMS}.short"),
            format!("/{HEADER}.short.{SIGNATURE}"),
            format!("/eyJshort.{CLAIMS}.{SIGNATURE}"),
            format!("/{HEADER}/{CLAIMS}.{SIGNATURE}"),
            format!("/{HEADER}.{CLAIMS}/{SIGNATURE}"),
            "/a.min.js?eyJ=%zz%2".to_owned(),
        ] {
            assert_eq!(hidden(&text), None, "{text}");
        }
    }

    #[test]
    fn many_beginnings_take_no_more_time_than_others() {
        for text in ["eyJ".repeat(1 << 20), format!("{HEADER}.{CLAIMS}.").repeat(1 << 16)] {
            let told = hidden(&text);
            assert!(told.is_none_or(|told| told.len() <= text.len()));
        }
    }
}
