//! Who may try to log in how often: answered before anything is hashed, and alike whether there is
//! such a user or not.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use appserver_store::{Allowance, StoreError, TokenStore};

use crate::config::Limits;

/// The keys of one try.
pub(crate) struct Try {
    address: Option<String>,
    name: String,
    pair: String,
}

impl Try {
    /// For this name, from this address.
    pub(crate) fn new(client: Option<IpAddr>, username: &str) -> Self {
        let address = client.map(network);
        // Databases may compare without regard to case.
        let name = username.to_lowercase();
        let pair = format!("pair:{}:{name}", address.as_deref().unwrap_or_default());
        Self { address, name, pair }
    }

    /// For how long it has to wait; `None` is not at all.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub(crate) async fn wait(
        &self,
        limits: &Limits,
        store: &dyn TokenStore,
        now: i64,
    ) -> Result<Option<Duration>, StoreError> {
        if !limits.tiers.is_empty()
            && let Some(until) = store.locked(std::slice::from_ref(&self.pair), now).await?
        {
            let wait = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
            return Ok(Some(Duration::from_millis(wait)));
        }
        let allowances = self.allowances(limits);
        if allowances.is_empty() {
            return Ok(None);
        }
        store.take(&allowances, now).await
    }

    fn allowances(&self, limits: &Limits) -> Vec<Allowance> {
        let address = limits.per_address.zip(self.address.as_ref());
        let address = address.map(|(rate, address)| allowance("address", address, rate));
        let name = limits.per_user.map(|rate| allowance("user", &self.name, rate));
        address.into_iter().chain(name).collect()
    }

    /// The name or the password was wrong.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub(crate) async fn failed(
        &self,
        limits: &Limits,
        store: &dyn TokenStore,
        now: i64,
    ) -> Result<(), StoreError> {
        if limits.tiers.is_empty() {
            return Ok(());
        }
        let failures = store.fail(&self.pair, limits.window, now).await?;
        match tier(limits, failures) {
            Some(time) => store.lock(&self.pair, later(now, time)).await,
            None => Ok(()),
        }
    }

    /// Both were right.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub(crate) async fn succeeded(
        &self,
        limits: &Limits,
        store: &dyn TokenStore,
    ) -> Result<(), StoreError> {
        if limits.tiers.is_empty() { Ok(()) } else { store.forgive(&self.pair).await }
    }
}

/// The highest tier that is reached: from the first one on, each failure has its wait.
fn tier(limits: &Limits, failures: u32) -> Option<Duration> {
    let reached = limits.tiers.iter().filter(|(count, _)| *count <= failures);
    reached.map(|(_, time)| *time).max()
}

fn allowance(kind: &str, key: &str, (burst, per): (u32, Duration)) -> Allowance {
    Allowance { key: format!("{kind}:{key}"), burst, per }
}

fn later(now: i64, time: Duration) -> i64 {
    now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// An address as one client has it: of IPv6 the first 64 bits, because a network has the rest.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let high = u128::from(address) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(high))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Try, network, tier};
    use crate::config::Limits;

    fn limits() -> Limits {
        let seconds = Duration::from_secs;
        Limits { tiers: vec![(5, seconds(60)), (10, seconds(900))], ..Limits::default() }
    }

    #[test]
    fn a_network_is_one_client() {
        for (address, told) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(address.parse().unwrap()), told);
        }
    }

    #[test]
    fn tiers_rise_and_the_last_one_stays() {
        let found: Vec<u64> = (1..=13)
            .map(|failures| tier(&limits(), failures).map_or(0, |time| time.as_secs()))
            .collect();
        assert_eq!(found, [0, 0, 0, 0, 60, 60, 60, 60, 60, 900, 900, 900, 900]);
    }

    #[test]
    fn names_that_a_database_may_take_for_one_are_one() {
        let keys = |name: &str| {
            let all = Try::new("192.0.2.7".parse().ok(), name).allowances(&limits());
            all.into_iter().map(|one| one.key).collect::<Vec<_>>()
        };
        assert_eq!(keys("Ann"), keys("ann"));
        assert_eq!(keys("ann"), ["address:192.0.2.7", "user:ann"]);
    }
}
