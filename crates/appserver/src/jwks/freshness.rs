//! For how long an answer is fresh (RFC 9111 section 4.2), within bounds.

use std::time::Duration;

use appserver_auth::config::Remote;
use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// For how long an answer with these fields is fresh. What cannot be read makes it as short as it
/// may be, what is absent as long as the settings say.
pub(super) fn freshness(fields: &HeaderMap, remote: &Remote) -> Duration {
    let (least, most) = remote.cache_bounds;
    let asked = match lifetime(fields) {
        Lifetime::Unsaid => return remote.cache,
        Lifetime::None => Duration::ZERO,
        Lifetime::Seconds(seconds) => Duration::from_secs(seconds.saturating_sub(age(fields))),
    };
    asked.min(most).max(least)
}

enum Lifetime {
    Unsaid,
    None,
    Seconds(u64),
}

fn lifetime(fields: &HeaderMap) -> Lifetime {
    let mut least = Lifetime::Unsaid;
    for value in fields.get_all(CACHE_CONTROL) {
        // No directive that counts here has a comma in its value.
        for directive in String::from_utf8_lossy(value.as_bytes()).split(',') {
            least = match (said(directive), least) {
                (Lifetime::Unsaid, least) => least,
                (said, Lifetime::Unsaid) => said,
                (Lifetime::Seconds(one), Lifetime::Seconds(other)) => {
                    Lifetime::Seconds(one.min(other))
                }
                _ => Lifetime::None,
            };
        }
    }
    least
}

fn said(directive: &str) -> Lifetime {
    let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
    match name.trim().to_ascii_lowercase().as_str() {
        "no-store" | "no-cache" => Lifetime::None,
        "max-age" => seconds(value).map_or(Lifetime::None, Lifetime::Seconds),
        _ => Lifetime::Unsaid,
    }
}

/// A number of seconds, also between quotes; one that is too large is the largest (RFC 9111 section
/// 1.2.2).
fn seconds(value: &str) -> Option<u64> {
    let digits = value.trim().trim_matches('"');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn age(fields: &HeaderMap) -> u64 {
    let value = fields.get(AGE).and_then(|value| value.to_str().ok());
    value.and_then(seconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::jwks::fetch::tests::remote;

    fn fresh(cache_control: &[&'static str], age: Option<&'static str>) -> u64 {
        let mut fields = HeaderMap::new();
        for value in cache_control {
            fields.append(CACHE_CONTROL, HeaderValue::from_static(value));
        }
        if let Some(age) = age {
            fields.insert(AGE, HeaderValue::from_static(age));
        }
        freshness(&fields, &remote("https://idp.example/keys")).as_secs()
    }

    /// The settings say 600 seconds, from 30 to 86 400.
    #[test]
    fn what_the_answer_says_counts_within_bounds() {
        let table: &[(&[&'static str], Option<&'static str>, u64)] = &[
            (&[], None, 600),
            (&["public"], Some("60"), 600),
            (&["max-age=3600"], None, 3600),
            (&["public, MAX-AGE = 3600 , must-revalidate"], None, 3600),
            (&["max-age=\"3600\""], None, 3600),
            (&["max-age=3600"], Some("600"), 3000),
            (&["max-age=3600"], Some("4000"), 30),
            (&["max-age=3600"], Some("soon"), 3600),
            (&["max-age=0"], None, 30),
            (&["max-age=1"], None, 30),
            (&["max-age=99999999"], None, 86_400),
            (&["max-age=99999999999999999999999"], None, 86_400),
            (&["max-age=-5"], None, 30),
            (&["max-age=soon"], None, 30),
            (&["max-age"], None, 30),
            (&["no-store"], None, 30),
            (&["no-cache, max-age=3600"], None, 30),
            (&["max-age=3600", "no-store"], None, 30),
            (&["max-age=3600, max-age=60"], None, 60),
            (&["s-maxage=5"], None, 600),
        ];
        for (cache_control, age, seconds) in table {
            assert_eq!(fresh(cache_control, *age), *seconds, "{cache_control:?} {age:?}");
        }
    }
}
