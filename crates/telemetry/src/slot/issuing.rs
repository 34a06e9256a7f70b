//! Counters of tokens that the server gives out and takes back.

use super::{ISSUING, Slot};

/// Declares what is counted, once: the words, and the report.
macro_rules! counted {
    ($($(#[doc = $doc:literal])+ $event:ident = $field:ident,)+) => {
        /// Something that came of a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IssuingEvent {
            $($(#[doc = $doc])+ $event,)+
        }

        /// What came of calls, since the server started.
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct IssuingReport {
            $($(#[doc = $doc])+ pub $field: u64,)+
        }

        /// Words of one worker.
        pub(crate) const ISSUING_WORDS: usize = [$(stringify!($event)),+].len();

        impl IssuingReport {
            /// Adds what another worker has counted.
            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)+
            }

            /// What was counted at least once, with its name.
            pub fn counted(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field)),+].into_iter().filter(|(_, count)| *count > 0)
            }
        }

        impl Slot {
            pub(super) fn read_issuing(&self) -> IssuingReport {
                let get = |event: IssuingEvent| self.get(ISSUING + event as usize);
                IssuingReport { $($field: get(IssuingEvent::$event),)+ }
            }
        }
    };
}

counted! {
    /// Logins that gave tokens.
    LoginOk = logins_ok,
    /// Logins with wrong names or passwords.
    LoginRefused = logins_refused,
    /// Logins that were not looked at, because there were too many.
    LoginLimited = logins_limited,
    /// Logins for which there was no thread to hash.
    LoginBusy = logins_busy,
    /// Refreshes that gave tokens.
    RefreshOk = refreshes_ok,
    /// Of these, refreshes that gave the same successor again.
    RefreshReplayed = refreshes_replayed,
    /// Refresh tokens that were used twice.
    RefreshReused = refreshes_reused,
    /// Refresh tokens that were refused for anything else.
    RefreshRefused = refreshes_refused,
    /// Calls for which the store or the users could not be asked.
    Unavailable = unavailable,
    /// Calls that have ended tokens.
    Revocation = revocations,
}

impl Slot {
    /// Something came of a call.
    pub fn count_issuing(&self, event: IssuingEvent) {
        self.add(ISSUING + event as usize, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::{IssuingEvent, IssuingReport};
    use crate::Scoreboard;

    #[test]
    fn calls_are_counted_apart_and_added_up() {
        let board = Scoreboard::create(2).unwrap();
        board.slot(0).count_issuing(IssuingEvent::LoginOk);
        board.slot(1).count_issuing(IssuingEvent::LoginOk);
        board.slot(1).count_issuing(IssuingEvent::Revocation);
        let mut report = IssuingReport::default();
        for slot in 0..2 {
            let slot = board.slot(slot);
            slot.vacate();
            slot.occupy(42, 1, 7);
            report.add(&slot.read().issuing);
        }
        let counted: Vec<_> = report.counted().collect();
        assert_eq!(counted, [("logins_ok", 2), ("revocations", 1)]);
        assert_eq!(board.slot(0).read().requests(), 0);
    }
}
