//! Which tokens are known, used and revoked: what both kinds of tables can do.

use crate::sql::{Access, Connection, Fault, Operation, Outcome};
use crate::{Entry, State};

use super::denials;
use super::django::Django;
use super::own;

/// The tables that tokens are written down in.
pub(super) enum Ledger {
    /// Ours.
    Own,
    /// Those of simplejwt's blacklist app.
    Django(Django),
}

/// What is written down of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// When it was used, in milliseconds, and the hash of its successor's `jti`.
    pub(super) used: Option<(i64, String)>,
    /// Whether it is revoked.
    pub(super) is_revoked: bool,
}

impl Ledger {
    /// simplejwt's.
    pub(super) fn django() -> Self {
        Self::Django(Django::default())
    }

    /// Writes a token down; false if it was known already.
    pub(super) async fn add(&self, on: &mut Connection, entry: &Entry) -> Result<bool, Fault> {
        match self {
            Self::Own => own::add(on, entry).await,
            Self::Django(django) => django.add(on, entry).await,
        }
    }

    /// Uses a token up that is known and neither used nor revoked; false if it is not so. Of several
    /// at once only one gets true, and the others only after that one has finished.
    pub(super) async fn claim(
        &self,
        on: &mut Connection,
        entry: &Entry,
        successor: &Entry,
        now: i64,
    ) -> Result<bool, Fault> {
        match self {
            Self::Own => own::claim(on, entry, successor, now).await,
            Self::Django(django) => django.claim(on, entry, successor, now).await,
        }
    }

    /// Revokes a token that is known and neither used nor revoked; false if it is not so.
    pub(super) async fn revoke(
        &self,
        on: &mut Connection,
        entry: &Entry,
        now: i64,
    ) -> Result<bool, Fault> {
        match self {
            Self::Own => own::revoke(on, entry, now).await,
            Self::Django(django) => django.revoke(on, entry, now).await,
        }
    }

    /// What is known of a token.
    pub(super) async fn find(
        &self,
        on: &mut Connection,
        jti: &str,
    ) -> Result<Option<Known>, Fault> {
        match self {
            Self::Own => own::find(on, jti).await,
            Self::Django(django) => django.find(on, jti).await,
        }
    }
}

/// Writes a token down.
pub(super) struct Record<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) entry: &'a Entry,
}

impl Operation for Record<'_> {
    type Output = ();
    const ACCESS: Access = Access::Step;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<()>, Fault> {
        self.ledger.add(on, self.entry).await?;
        Ok(Outcome::Keep(()))
    }
}

/// Tells the state of a token.
pub(super) struct Ask<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) entry: &'a Entry,
}

impl Operation for Ask<'_> {
    type Output = State;
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<State>, Fault> {
        let known = self.ledger.find(on, &self.entry.jti).await?;
        let is_denied = denials::is_denied(on, self.entry).await?;
        let state = match known {
            _ if is_denied => State::Revoked,
            None => State::Unknown,
            Some(known) if known.is_revoked => State::Revoked,
            Some(known) if known.used.is_some() => State::Used,
            Some(_) => State::Live,
        };
        Ok(Outcome::Keep(state))
    }
}

/// Revokes one token, known or not.
pub(super) struct Blacklist<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) entry: &'a Entry,
    pub(super) now: i64,
}

impl Operation for Blacklist<'_> {
    type Output = bool;
    const ACCESS: Access = Access::Lasting;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<bool>, Fault> {
        let mut is_new = self.ledger.revoke(on, self.entry, self.now).await?;
        if !is_new && self.ledger.add(on, self.entry).await? {
            is_new = self.ledger.revoke(on, self.entry, self.now).await?;
        }
        Ok(Outcome::Keep(is_new))
    }
}
