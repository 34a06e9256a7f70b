//! Which encoding of a file a client gets (RFC 9110 section 12.5.3).

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};

/// How the bytes of a file are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coding {
    /// Not at all.
    Identity,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstandard,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// Those that a file may lie beside.
    pub(super) const COMPRESSED: [Self; 3] = [Self::Brotli, Self::Zstandard, Self::Gzip];

    /// The ending of a file that is encoded so.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Brotli => ".br",
            Self::Zstandard => ".zst",
            Self::Gzip => ".gz",
        }
    }

    /// Its name in header fields.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Brotli => "br",
            Self::Zstandard => "zstd",
            Self::Gzip => "gzip",
        }
    }

    fn is_named(self, name: &str) -> bool {
        // Section 8.4.1.3: the old name is to be taken for the new one.
        name.eq_ignore_ascii_case(self.name())
            || (self == Self::Gzip && name.eq_ignore_ascii_case("x-gzip"))
    }
}

/// What a client likes, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Accepted {
    named: [Option<u16>; 4],
    /// What is not named.
    others: Option<u16>,
}

/// The weight of plain bytes that a client says nothing about: they are welcome, but whoever names
/// an encoding likes it better.
const UNSAID: u16 = 0;

impl Accepted {
    /// What the fields of a request say. What cannot be read is not there.
    pub(super) fn read(fields: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let lines = fields.get_all(ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
        for element in lines.flat_map(|line| line.split(',')) {
            accepted.take(element);
        }
        accepted
    }

    fn take(&mut self, element: &str) {
        let mut parts = element.split(';').map(str::trim);
        let Some(name) = parts.next().filter(|name| !name.is_empty()) else { return };
        let Some(weight) = weight(parts) else { return };
        if name == "*" {
            self.others = Some(weight);
        }
        let all = [Coding::Identity, Coding::Brotli, Coding::Zstandard, Coding::Gzip];
        for (coding, named) in all.into_iter().zip(&mut self.named) {
            if coding.is_named(name) {
                *named = Some(weight);
            }
        }
    }

    /// How much this encoding is liked; `None` if it is refused.
    fn weight(&self, coding: Coding) -> Option<u16> {
        let named = self.named.get(coding as usize).copied().flatten();
        match (named.or(self.others), coding) {
            (Some(0), _) | (None, Coding::Brotli | Coding::Zstandard | Coding::Gzip) => None,
            (Some(weight), _) => Some(weight),
            (None, Coding::Identity) => Some(UNSAID),
        }
    }

    /// The place of the one that is liked best; among equals, of the one with the fewest bytes.
    /// Where all are refused plain bytes are better than none.
    pub(super) fn choose(&self, offered: impl Iterator<Item = (Coding, u64)>) -> usize {
        let liked = offered.enumerate().filter_map(|(place, (coding, size))| {
            Some((self.weight(coding)?, std::cmp::Reverse(size), std::cmp::Reverse(place)))
        });
        liked.max().map_or(0, |(_, _, std::cmp::Reverse(place))| place)
    }
}

/// `q` of an element; 1 where it is not there, and `None` for what is no weight.
fn weight<'e>(parameters: impl Iterator<Item = &'e str>) -> Option<u16> {
    for parameter in parameters {
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim_end().eq_ignore_ascii_case("q")
        {
            return thousandths(value.trim_start());
        }
    }
    Some(1000)
}

/// `0`, `1`, or one of them with up to three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_right = decimals.len() <= 3 && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let decimals: u16 = format!("{decimals:0<3}").parse().ok().filter(|_| is_right)?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1000),
        _ => None,
    }
}

/// The field of a coded answer; `None` for plain bytes.
pub(super) fn field(coding: Coding) -> Option<HeaderValue> {
    (coding != Coding::Identity).then(|| HeaderValue::from_static(coding.name()))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::ACCEPT_ENCODING;

    use super::{Accepted, Coding};

    const OFFERED: [(Coding, u64); 4] = [
        (Coding::Identity, 100),
        (Coding::Brotli, 30),
        (Coding::Zstandard, 40),
        (Coding::Gzip, 50),
    ];

    fn chosen(lines: &[&str]) -> Coding {
        let mut fields = HeaderMap::new();
        for line in lines {
            fields.append(ACCEPT_ENCODING, line.parse().unwrap());
        }
        OFFERED[Accepted::read(&fields).choose(OFFERED.into_iter())].0
    }

    #[test]
    fn the_client_chooses() {
        use Coding::{Brotli, Gzip, Identity, Zstandard};
        for (line, wanted) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip, deflate", Gzip),
            ("gzip;q=1.0, br;q=0.5", Gzip),
            ("gzip;q=0", Identity),
            ("gzip; q=0.000, br ;q=0", Identity),
            ("GZIP", Gzip),
            ("x-gzip", Gzip),
            ("*", Brotli),
            ("*;q=0.5, gzip", Gzip),
            ("br;q=0, *", Zstandard),
            ("identity", Identity),
            ("identity;q=0.5, gzip;q=0.4", Identity),
            ("identity;q=0.5, gzip;q=0.6", Gzip),
            ("gzip;q=0.001", Gzip),
            ("identity;q=0, *;q=0", Identity),
            ("*;q=0", Identity),
            ("", Identity),
            ("deflate", Identity),
            ("brotli", Identity),
            ("gzip;q=2, zstd;q=0.1", Zstandard),
            ("gzip;q=0.1234", Identity),
            ("gzip;q=", Identity),
            ("gzip;level=9", Gzip),
            (",, ,gzip,", Gzip),
        ] {
            assert_eq!(chosen(&[line]), wanted, "{line:?}");
        }
        assert_eq!(chosen(&[]), Identity);
        assert_eq!(chosen(&["zstd", "gzip;q=0.9"]), Zstandard);
    }

    #[test]
    fn of_equals_the_smallest_is_sent() {
        let offered = [(Coding::Identity, 10), (Coding::Brotli, 12), (Coding::Gzip, 12)];
        let mut fields = HeaderMap::new();
        fields.append(ACCEPT_ENCODING, "identity, gzip, br".parse().unwrap());
        assert_eq!(Accepted::read(&fields).choose(offered.into_iter()), 0);
        fields.insert(ACCEPT_ENCODING, "gzip, br".parse().unwrap());
        assert_eq!(Accepted::read(&fields).choose(offered.into_iter()), 1);
    }
}
