//! Uses a refresh token up.

use std::time::Duration;

use crate::hashed::hashed;
use crate::sql::{Access, Connection, Fault, Operation, Outcome};
use crate::{Consumed, Denial, Mark, Reuse, Use};

use super::denials;
use super::ledger::{Known, Ledger};

/// For how long a session that was stolen is denied beyond the last token of it that was given out,
/// in seconds: as much as clocks may differ, and some more.
const MARGIN: i64 = 3600;

/// Uses a refresh token up.
pub(super) struct Consume<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) used: &'a Use,
}

impl Operation for Consume<'_> {
    type Output = Consumed;
    const ACCESS: Access = Access::Write;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Consumed>, Fault> {
        let Use { token, successor, reuse, now } = self.used;
        let mut is_mine = self.ledger.claim(on, token, successor, *now).await?;
        // Asked after the claim, so that a denial that came while it waited is seen.
        if denials::is_denied(on, token).await? {
            return Ok(Outcome::Undo(Consumed::Revoked));
        }
        if !is_mine && *reuse == Reuse::Refused && self.ledger.add(on, token).await? {
            is_mine = self.ledger.claim(on, token, successor, *now).await?;
        }
        if is_mine {
            self.ledger.add(on, successor).await?;
            return Ok(Outcome::Keep(Consumed::Fresh));
        }
        match (self.ledger.find(on, &token.jti).await?, *reuse) {
            (None, Reuse::Theft { .. }) => Ok(Outcome::Undo(Consumed::Unknown)),
            // Removed between two statements: the next attempt finds it so from the beginning.
            (None, Reuse::Refused) => Err(Fault::Conflict("the token is gone".to_owned())),
            (Some(Known { used: Some(used), is_revoked: false }), reuse) => {
                self.again(on, &used, reuse).await
            }
            (Some(Known { is_revoked: false, .. }), _) => {
                Err(Fault::Conflict("the token has changed".to_owned()))
            }
            (Some(_), _) => Ok(Outcome::Undo(Consumed::Revoked)),
        }
    }
}

impl Consume<'_> {
    /// The token was used before.
    async fn again(
        &self,
        on: &mut Connection,
        used: &(i64, String),
        reuse: Reuse,
    ) -> Result<Outcome<Consumed>, Fault> {
        let Reuse::Theft { grace } = reuse else { return Ok(Outcome::Undo(Consumed::Reused)) };
        if self.is_repeated(on, used, grace).await? {
            return Ok(Outcome::Undo(Consumed::Replayed { at: used.0 }));
        }
        let Use { token, successor, .. } = self.used;
        let stolen = Denial {
            mark: Mark::of_session(&token.session),
            before: i64::MAX,
            until: token.expires.max(successor.expires).saturating_add(MARGIN),
        };
        denials::put(on, &[stolen]).await?;
        Ok(Outcome::Keep(Consumed::Reused))
    }

    /// Whether this is the same use once more: a moment later, by one who has not seen the successor.
    async fn is_repeated(
        &self,
        on: &mut Connection,
        (at, successor): &(i64, String),
        grace: Duration,
    ) -> Result<bool, Fault> {
        let jti = &self.used.successor.jti;
        let grace = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        // Without a grace not even a use in the same millisecond is forgiven.
        let is_late = grace == 0 || self.used.now.saturating_sub(*at) > grace;
        if is_late || *successor != hashed(jti) {
            return Ok(false);
        }
        let next = self.ledger.find(on, jti).await?;
        Ok(next.is_some_and(|next| next.used.is_none() && !next.is_revoked))
    }
}
