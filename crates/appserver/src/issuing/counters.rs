//! What comes of calls, counted in the worker's slot.

use appserver_issuer::{Answer, CallResult, Endpoint};
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
        if answer.result == CallResult::Replayed {
            self.0.count_issuing(IssuingEvent::RefreshOk);
        }
        if let Some(event) = event(endpoint, answer) {
            self.0.count_issuing(event);
        }
    }
}

/// What an answer counts as. A request that says nothing is none.
fn event(endpoint: Endpoint, answer: &Answer) -> Option<IssuingEvent> {
    use IssuingEvent::{
        LoginBusy, LoginLimited, LoginOk, LoginRefused, RefreshOk, RefreshRefused, RefreshReplayed,
        RefreshReused, Revocation, Unavailable,
    };
    let is_refused = answer.status >= 400;
    match (endpoint, answer.result) {
        (_, CallResult::Unavailable) => Some(Unavailable),
        (_, CallResult::Malformed | CallResult::Failed)
        | (Endpoint::Verify | Endpoint::Jwks | Endpoint::Metadata, _) => None,
        (Endpoint::Obtain | Endpoint::SlidingObtain, result) => match result {
            CallResult::Obtained => Some(LoginOk),
            CallResult::Limited => Some(LoginLimited),
            CallResult::Busy => Some(LoginBusy),
            _ => is_refused.then_some(LoginRefused),
        },
        (Endpoint::Refresh | Endpoint::SlidingRefresh, result) => match result {
            CallResult::Refreshed => Some(RefreshOk),
            CallResult::Replayed => Some(RefreshReplayed),
            CallResult::Reused => Some(RefreshReused),
            _ => is_refused.then_some(RefreshRefused),
        },
        (Endpoint::Blacklist | Endpoint::Revoke | Endpoint::LogoutAll, result) => {
            (result == CallResult::Revoked).then_some(Revocation)
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
            (Endpoint::Obtain, 200, CallResult::Obtained),
            (Endpoint::Obtain, 401, CallResult::Credentials),
            (Endpoint::Obtain, 429, CallResult::Limited),
            (Endpoint::Obtain, 503, CallResult::Busy),
            (Endpoint::Obtain, 503, CallResult::Unavailable),
            (Endpoint::Obtain, 400, CallResult::Malformed),
            (Endpoint::Refresh, 200, CallResult::Refreshed),
            (Endpoint::Refresh, 200, CallResult::Replayed),
            (Endpoint::Refresh, 401, CallResult::Reused),
            (Endpoint::Refresh, 401, CallResult::Token),
            (Endpoint::LogoutAll, 200, CallResult::Revoked),
            (Endpoint::Blacklist, 401, CallResult::Token),
            (Endpoint::Verify, 200, CallResult::Valid),
            (Endpoint::Obtain, 200, CallResult::Described),
            (Endpoint::Refresh, 200, CallResult::Described),
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
