//! Whether a client takes JSON (RFC 9110 section 12.5.1).

/// Whether the values of `Accept` allow JSON; without any everything is allowed.
pub(crate) fn takes_json<'a>(values: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut is_any = true;
    for value in values {
        let text = String::from_utf8_lossy(value);
        let mut ranges = text.split(',').map(str::trim).filter(|range| !range.is_empty());
        if ranges.any(is_json) {
            return true;
        }
        is_any = is_any && text.trim().is_empty();
    }
    is_any
}

/// Parameters do not matter: as Django REST framework has it, `q=0` is no refusal.
fn is_json(range: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(range.as_str(), "*/*" | "application/*" | "application/json")
}

#[cfg(test)]
mod tests {
    use super::takes_json;

    fn takes(values: &[&str]) -> bool {
        takes_json(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn ranges_that_hold_json_take_it() {
        for values in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/json"],
            &["Application/JSON; indent=4"],
            &["text/html", "application/*;q=0.1"],
            &["text/html,application/xhtml+xml,*/*;q=0.8"],
        ] {
            assert!(takes(values), "{values:?}");
        }
    }

    #[test]
    fn others_do_not() {
        for values in [&["text/html"][..], &["application/xml, text/*"], &["json"]] {
            assert!(!takes(values), "{values:?}");
        }
    }
}
