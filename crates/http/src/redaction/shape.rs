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

/// Looks at what begins here. The first part is not looked through again, and each other part at most
/// three times, so the time that this takes grows with the length of a text and no faster.
fn token(text: &[u8], at: usize) -> Looked {
    let mut behind = at;
    for expected in BEGINNING {
        match letter(text, behind) {
            Some((letter, next)) if letter == *expected => behind = next,
            _ => return Looked::Nothing(at + 1),
        }
    }
    let [header, claims, signature] = SHORTEST;
    let first = part(text, at);
    let Some(second) = next(text, &first, header) else { return Looked::Nothing(first.end) };
    let third = next(text, &part(text, second), claims);
    let last = third.map(|third| part(text, third)).filter(|last| last.length >= signature);
    last.map_or(Looked::Nothing(second), |last| Looked::Token(rest(text, last.end)))
}

/// Letters of base64url.
struct Part {
    length: usize,
    end: usize,
}

/// Where the part behind the dot begins, if this one is long enough.
fn next(text: &[u8], part: &Part, shortest: usize) -> Option<usize> {
    match letter(text, part.end) {
        Some((b'.', next)) if part.length >= shortest => Some(next),
        _ => None,
    }
}

/// Where the parts end that follow the third: an encrypted token has five.
fn rest(text: &[u8], mut end: usize) -> usize {
    while let Some((b'.', next)) = letter(text, end) {
        let part = part(text, next);
        if part.length == 0 {
            break;
        }
        end = part.end;
    }
    end
}

/// The part that begins here, which may be empty.
fn part(text: &[u8], start: usize) -> Part {
    let mut part = Part { length: 0, end: start };
    while let Some((letter, next)) = letter(text, part.end) {
        if !letter.is_ascii_alphanumeric() && letter != b'-' && letter != b'_' {
            break;
        }
        part = Part { length: part.length + 1, end: next };
    }
    part
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
            all(&token).replace('%', "%25"),
            format!("{HEADER}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}"),
        ] {
            for (before, after) in
                [("", ""), ("/a?b=", "&c"), ("é%3D", "%26"), ("%", "%"), ("", ".")]
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
        assert_eq!(hidden(&three), Some(format!("{HEADER}{HEADER}.***")));
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
