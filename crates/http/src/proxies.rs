//! Which peers may speak for somebody else.

use std::net::IpAddr;
use std::str::FromStr;

use appserver_app::Endpoint;

/// The networks whose `X-Forwarded-*` and `X-Request-ID` fields are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    everybody: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text names no network.
#[derive(Debug, thiserror::Error)]
#[error("not an address, a network (10.0.0.0/8) or *: {0:?}")]
pub struct InvalidNetwork(String);

impl TrustedProxies {
    /// Those whom these texts name: addresses, networks in CIDR notation, or `*` for everybody.
    ///
    /// # Errors
    /// The first text that is none of them.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let mut proxies = Self::default();
        for text in texts {
            match text.trim() {
                "*" => proxies.everybody = true,
                text => proxies.networks.push(text.parse()?),
            }
        }
        Ok(proxies)
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        !self.everybody && self.networks.is_empty()
    }

    /// Whether this peer is trusted. Whoever can reach a Unix socket is, once anybody is.
    pub fn trusts(&self, peer: &Endpoint) -> bool {
        match peer {
            Endpoint::Tcp { ip, .. } => self.trusts_address(*ip),
            Endpoint::Unix(_) => !self.is_empty(),
        }
    }

    /// Whether this address is trusted.
    pub fn trusts_address(&self, address: IpAddr) -> bool {
        self.everybody || self.networks.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                ours.to_bits() & mask == theirs.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) => digits.parse().map_err(|_| invalid())?,
        };
        if prefix > longest { Err(invalid()) } else { Ok(Self { address, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;

    #[test]
    fn networks_contain_their_addresses_and_no_others() {
        let cases = [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("*", "203.0.113.1", true),
        ];
        for (network, address, expected) in cases {
            let proxies = TrustedProxies::parse([network]).unwrap();
            assert_eq!(
                proxies.trusts_address(address.parse().unwrap()),
                expected,
                "{address} in {network}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129"] {
            assert!(TrustedProxies::parse([text]).is_err(), "{text:?}");
        }
    }
}
