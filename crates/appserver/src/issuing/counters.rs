//! What comes of calls, counted in the worker's slot.

use appserver_issuer::{Answer, Endpoint};
use appserver_telemetry::{IssuingEvent, Slot};

/// Counts.
pub(crate) struct Counters(Slot);

impl Counters {
    /// In this slot.
    pub(crate) fn new(slot: &Slot) -> Self {
        Self(slot.clone())
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, endpoint: Endpoint, answer: &Answer) {
        if answer.result == REPLAYED {
            self.0.count_issuing(IssuingEvent::RefreshOk);
        }
        if let Some(event) = event(endpoint, answer) {
            self.0.count_issuing(event);
        }
    }
}

const REPLAYED: &str = "replayed";

/// What an answer counts as. A request that says nothing is none.
fn event(endpoint: Endpoint, answer: &Answer) -> Option<IssuingEvent> {
    use IssuingEvent::{
        LoginBusy, LoginLimited, LoginOk, LoginRefused, RefreshOk, RefreshRefused, RefreshReplayed,
        RefreshReused, Revocation, Unavailable,
    };
    let is_refused = answer.status >= 400;
    match (endpoint, answer.result) {
        (_, "unavailable") => Some(Unavailable),
        (_, "malformed" | "failed")
        | (Endpoint::Verify | Endpoint::Jwks | Endpoint::Metadata, _) => None,
        (Endpoint::Obtain | Endpoint::SlidingObtain, result) => match result {
            "obtained" => Some(LoginOk),
            "limited" => Some(LoginLimited),
            "busy" => Some(LoginBusy),
            _ => is_refused.then_some(LoginRefused),
        },
        (Endpoint::Refresh | Endpoint::SlidingRefresh, result) => match result {
            "refreshed" => Some(RefreshOk),
            REPLAYED => Some(RefreshReplayed),
            "reused" => Some(RefreshReused),
            _ => is_refused.then_some(RefreshRefused),
        },
        (Endpoint::Blacklist | Endpoint::Revoke | Endpoint::LogoutAll, result) => {
            (result == "revoked").then_some(Revocation)
        }
    }
}

#[cfg(test)]
mod tests {
    use appserver_telemetry::{IssuingReport, Scoreboard};

    use super::*;

    #[test]
    fn answers_count_as_what_they_are() {
        let slot = Scoreboard::create(1).unwrap().slot(0);
        let counters = Counters::new(&slot);
        for (endpoint, status, result) in [
            (Endpoint::Obtain, 200, "obtained"),
            (Endpoint::Obtain, 401, "credentials"),
            (Endpoint::Obtain, 429, "limited"),
            (Endpoint::Obtain, 503, "busy"),
            (Endpoint::Obtain, 503, "unavailable"),
            (Endpoint::Obtain, 400, "malformed"),
            (Endpoint::Refresh, 200, "refreshed"),
            (Endpoint::Refresh, 200, "replayed"),
            (Endpoint::Refresh, 401, "reused"),
            (Endpoint::Refresh, 401, "token"),
            (Endpoint::LogoutAll, 200, "revoked"),
            (Endpoint::Blacklist, 401, "token"),
            (Endpoint::Verify, 200, "valid"),
            (Endpoint::Obtain, 200, "described"),
            (Endpoint::Refresh, 200, "described"),
        ] {
            counters.answered(endpoint, &Answer { status, result, ..Answer::default() });
        }
        let expected = IssuingReport {
            logins_ok: 1,
            logins_refused: 1,
            logins_limited: 1,
            logins_busy: 1,
            refreshes_ok: 2,
            refreshes_replayed: 1,
            refreshes_reused: 1,
            refreshes_refused: 1,
            unavailable: 1,
            revocations: 1,
        };
        assert_eq!(slot.read().issuing, expected);
    }
}
