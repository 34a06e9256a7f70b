//! Peers that are trusted.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::{Setting, text::text_serde};

/// An address, a network in CIDR notation (RFC 4632, RFC 4291 §2.3), or everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Written as `*`.
    Any,
    /// The addresses that share the first bits with this one.
    Prefix {
        /// One address of the network.
        address: IpAddr,
        /// How many of its first bits count.
        bits: u8,
    },
}

impl Network {
    /// Whether the address belongs to it. An IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, peer: IpAddr) -> bool {
        let Self::Prefix { address, bits } = *self else { return true };
        match (address, peer.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(theirs)) => {
                shares(u128::from(mine.to_bits() ^ theirs.to_bits()), Ipv4Addr::BITS, bits)
            }
            (IpAddr::V6(mine), IpAddr::V6(theirs)) => {
                shares(mine.to_bits() ^ theirs.to_bits(), Ipv6Addr::BITS, bits)
            }
            _ => false,
        }
    }
}

/// Whether the first `bits` of a difference that is `width` bits wide are all zero.
fn shares(difference: u128, width: u32, bits: u8) -> bool {
    difference.checked_shr(width.saturating_sub(u32::from(bits))).unwrap_or(0) == 0
}

const fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("*"),
            Self::Prefix { address, bits } if *bits == width(*address) => address.fmt(formatter),
            Self::Prefix { address, bits } => write!(formatter, "{address}/{bits}"),
        }
    }
}

impl Setting for Network {
    const NAME: &'static str = "NETWORK";

    fn expected() -> String {
        "an address or network like \"10.0.0.1\", \"10.0.0.0/8\" or \"::1\", or \"*\"".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = bits.map_or(Some(width(address)), |bits| bits.parse().ok())?;
        (bits <= width(address)).then_some(Self::Prefix { address, bits })
    }
}

text_serde!(Network);
