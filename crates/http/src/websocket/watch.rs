//! What the reaper and the driver of one WebSocket tell each other about silence.

use crate::config::WebSocketConfig;

/// The silence of one connection. Times are nanoseconds of the worker's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    /// When something was received.
    pub(super) heard: u64,
    pub(super) what: What,
}

/// What is known of the silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It is a usual one.
    Usual,
    /// We have not listened since then.
    Deaf(u64),
    /// We have not for so long that the client may have gone unheard.
    Doubtful,
    /// It is so long that a ping is to be sent.
    PingDue,
    /// A ping was sent then.
    Pinged(u64),
    /// A close was sent then.
    Leaving(u64),
    /// The answer did not come in time.
    Late,
}

impl Watch {
    pub(super) fn start(now: u64) -> Self {
        Self { heard: now, what: What::Usual }
    }

    /// Something was received.
    pub(super) fn hear(&mut self, now: u64) {
        // What a client says instead of closing does not count.
        if !matches!(self.what, What::Leaving(_) | What::Late) {
            *self = Self::start(now);
        }
    }

    /// Whether we listen. While we do not, silence means nothing.
    pub(super) fn set_deaf(&mut self, is_deaf: bool, now: u64) {
        match self.what {
            What::Leaving(_) | What::Late => {}
            What::Deaf(_) | What::Doubtful if is_deaf => {}
            What::Deaf(_) | What::Doubtful => *self = Self::start(now),
            _ if is_deaf => self.what = What::Deaf(now),
            _ => {}
        }
    }

    /// The reaper looks. Returns what has changed.
    pub(crate) fn tick(self, now: u64, config: &WebSocketConfig) -> Option<Self> {
        let is_over = |since: u64, limit: std::time::Duration| {
            u128::from(now.saturating_sub(since)) > limit.as_nanos()
        };
        let what = match self.what {
            What::Usual if is_over(self.heard, config.ping_interval?) => What::PingDue,
            // As long as a client that is heard may be silent.
            What::Deaf(since) if is_over(since, config.ping_interval? + config.ping_timeout) => {
                What::Doubtful
            }
            What::Pinged(since) | What::Leaving(since) if is_over(since, config.ping_timeout) => {
                What::Late
            }
            _ => return None,
        };
        Some(Self { what, ..self })
    }
}

#[cfg(test)]
mod tests;
