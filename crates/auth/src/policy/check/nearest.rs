//! The name that somebody may have meant.

/// The known name that is nearest to this one, if one is near enough to be a slip of the pen: a third
/// of its letters at most differ.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let distances = known.map(|other| (distance(name, other), other));
    distances
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// How many letters have to be put in, left out or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut left = number + 1;
        let mut corner = number;
        let mut next = vec![left];
        for (above, wanted) in row.iter().skip(1).zip(other.chars()) {
            let change = corner + usize::from(letter != wanted);
            left = change.min(left + 1).min(above + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near() {
        let known = ["local", "corp", "missing"];
        let nearest = |name| nearest(name, known.into_iter());
        assert_eq!(nearest("locl"), Some("local"));
        assert_eq!(nearest("crop"), None);
        assert_eq!(nearest("misssing"), Some("missing"));
        assert_eq!(nearest("x"), None);
    }

    #[test]
    fn distances() {
        for (one, other, wanted) in [("", "", 0), ("", "ab", 2), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, other), wanted);
            assert_eq!(distance(other, one), wanted);
        }
    }
}
