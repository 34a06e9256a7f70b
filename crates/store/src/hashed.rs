//! How ids, names and marks are kept, in every database: as hexadecimal, and nothing that could be used
//! in their stead.

use aws_lc_rs::digest::{SHA256, digest};

use crate::Mark;

/// How a `jti` or a name is kept: its SHA-256.
pub(crate) fn hashed(text: &str) -> String {
    hexadecimal(digest(&SHA256, text.as_bytes()).as_ref())
}

/// How a mark is kept.
pub(crate) fn mark(mark: Mark) -> String {
    hexadecimal(&mark.0)
}

/// A mark that was kept.
pub(crate) fn unmark(text: &str) -> Option<Mark> {
    let is_one = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_one)?;
    Some(Mark(number.to_be_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{hashed, mark, unmark};
    use crate::Mark;

    #[test]
    fn marks_are_read_as_they_are_written() {
        let of = Mark::of_subject("1");
        assert_eq!(unmark(&mark(of)), Some(of));
        for none in ["0", "00", &"é".repeat(16), &"x".repeat(32), &format!("+{}", "0".repeat(31))]
        {
            assert_eq!(unmark(none), None, "{none}");
        }
    }

    #[test]
    fn a_name_is_kept_as_its_hash() {
        assert_eq!(
            hashed("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
