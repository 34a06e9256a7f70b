//! What came of authentication, over all workers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use appserver_telemetry::{AuthReport, AuthResult};

/// What came of authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthStatus {
    /// What was counted at least once, by provider and result.
    pub counts: Vec<AuthCount>,
    /// Tokens that were remembered.
    pub cache_hits: u64,
    /// Tokens that were not.
    pub cache_misses: u64,
    /// Keys that are fetched.
    pub keys: Vec<KeysStatus>,
}

/// The keys of a provider that are fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysStatus {
    /// The provider; `None` is one that only the application's own settings name.
    pub provider: Option<String>,
    /// How long ago the keys in use were fetched, in seconds; `None` is never.
    pub age: Option<u64>,
    /// Attempts in a row that have failed since.
    pub failures: u64,
    /// How often something came of fetching them.
    pub fetches: BTreeMap<String, u64>,
}

/// How often something came of requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AuthCount {
    /// Whose tokens they had, where that matters.
    pub provider: Option<String>,
    /// `anonymous`, `verified` or `refused`.
    pub result: String,
    /// Why they were refused.
    pub reason: Option<String>,
    /// How often.
    pub count: u64,
}

impl AuthStatus {
    /// Adds what a worker counted. Its reasons are numbers, which these names belong to.
    pub fn add(&mut self, report: &AuthReport, reasons: &[&str]) {
        self.cache_hits += report.cache_hits;
        self.cache_misses += report.cache_misses;
        for counted in &report.counts {
            let (result, reason) = words(counted.result, reasons);
            let known = self.counts.iter_mut().find(|known| {
                known.provider == counted.provider
                    && known.result == result
                    && known.reason == reason
            });
            match known {
                Some(known) => known.count += counted.count,
                None => self.counts.push(AuthCount {
                    provider: counted.provider.clone(),
                    result: result.to_owned(),
                    reason,
                    count: counted.count,
                }),
            }
        }
        self.counts.sort();
    }
}

fn words(result: AuthResult, reasons: &[&str]) -> (&'static str, Option<String>) {
    match result {
        AuthResult::Anonymous => ("anonymous", None),
        AuthResult::Verified => ("verified", None),
        AuthResult::Refused(number) => {
            let name = reasons.get(number).map(|name| (*name).to_owned());
            ("refused", Some(name.unwrap_or_else(|| format!("reason {number}"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use appserver_telemetry::{AuthResult, Scoreboard};

    use super::AuthStatus;

    #[test]
    fn workers_are_added_up_by_name() {
        let board = Scoreboard::create(2).unwrap();
        let first = board.slot(0).count_auth(["local", "corp"]);
        let second = board.slot(1).count_auth(["corp"]);
        first.decided(Some(1), AuthResult::Refused(1));
        second.decided(Some(0), AuthResult::Refused(1));
        second.decided(Some(0), AuthResult::Refused(2));
        second.decided(None, AuthResult::Anonymous);
        second.looked_up(2, 1);
        first.looked_up(1, 0);
        let mut status = AuthStatus::default();
        for slot in 0..2 {
            status.add(&board.slot(slot).read().auth, &["missing", "expired"]);
        }
        let counts: Vec<_> = status
            .counts
            .iter()
            .map(|it| (it.provider.as_deref(), &*it.result, it.reason.as_deref(), it.count))
            .collect();
        let expected = [
            (None, "anonymous", None, 1),
            (Some("corp"), "refused", Some("expired"), 2),
            (Some("corp"), "refused", Some("reason 2"), 1),
        ];
        assert_eq!(counts, expected);
        assert_eq!((status.cache_hits, status.cache_misses), (3, 1));
    }
}
