//! The state of tokens in an SQL database, in tables of our own or in simplejwt's.
//!
//! Our own tables hold hashes and times, nothing else. Whatever is decided is decided in one
//! transaction, whose first statement is the one that only one of several can win.

mod attempts;
mod consume;
mod denials;
mod django;
mod ledger;
mod own;
mod sweep;
mod tables;

use std::time::Duration;

use crate::lent::Lent;
use crate::sql::{Database, Target};
use crate::{
    Address, Allowance, Consumed, Denial, Entry, Pending, Since, State, StoreError, TokenStore, Use,
};

use ledger::Ledger;

/// A store in an SQL database.
pub(crate) struct SqlStore {
    database: Database,
    ledger: Ledger,
}

impl SqlStore {
    /// The store at this address.
    ///
    /// # Errors
    /// [`StoreError::Address`].
    pub(crate) fn open(address: &Address, lent: &Lent) -> Result<Self, StoreError> {
        let target = Target::of(address, !address.is_django, lent)?;
        let ledger = if address.is_django { Ledger::django() } else { Ledger::Own };
        let database = Database::new(target, address.timeout, Some(tables::SCHEMA));
        Ok(Self { database, ledger })
    }
}

impl TokenStore for SqlStore {
    fn prepare(&self) -> Pending<'_, ()> {
        Box::pin(self.database.prepare())
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> Pending<'a, ()> {
        Box::pin(async move {
            self.database.perform(&ledger::Record { ledger: &self.ledger, entry }).await
        })
    }

    fn state<'a>(&'a self, entry: &'a Entry) -> Pending<'a, State> {
        Box::pin(async move {
            self.database.perform(&ledger::Ask { ledger: &self.ledger, entry }).await
        })
    }

    fn consume<'a>(&'a self, used: &'a Use) -> Pending<'a, Consumed> {
        Box::pin(async move {
            self.database.perform(&consume::Consume { ledger: &self.ledger, used }).await
        })
    }

    fn blacklist<'a>(&'a self, entry: &'a Entry, now: i64) -> Pending<'a, bool> {
        Box::pin(async move {
            self.database.perform(&ledger::Blacklist { ledger: &self.ledger, entry, now }).await
        })
    }

    fn deny<'a>(&'a self, denials: &'a [Denial], _now: i64) -> Pending<'a, ()> {
        Box::pin(async move {
            if denials.is_empty() {
                return Ok(());
            }
            self.database.perform(&denials::Deny(denials)).await
        })
    }

    fn denials(&self, since: Since, now: i64) -> Pending<'_, (Vec<Denial>, Since)> {
        Box::pin(async move { self.database.perform(&denials::Changed { since, now }).await })
    }

    fn take<'a>(&'a self, from: &'a [Allowance], now: i64) -> Pending<'a, Option<Duration>> {
        Box::pin(async move {
            if from.is_empty() {
                return Ok(None);
            }
            self.database.perform(&attempts::Take { from, now }).await
        })
    }

    fn fail<'a>(&'a self, key: &'a str, window: Duration, now: i64) -> Pending<'a, u32> {
        Box::pin(async move { self.database.perform(&attempts::Fail { key, window, now }).await })
    }

    fn lock<'a>(&'a self, key: &'a str, until: i64) -> Pending<'a, ()> {
        Box::pin(async move { self.database.perform(&attempts::Lock { key, until }).await })
    }

    fn locked<'a>(&'a self, keys: &'a [String], now: i64) -> Pending<'a, Option<i64>> {
        Box::pin(async move { self.database.perform(&attempts::Locked { keys, now }).await })
    }

    fn forgive<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        Box::pin(async move { self.database.perform(&attempts::Forgive(key)).await })
    }

    fn sweep(&self, now: i64, most: u32) -> Pending<'_, u64> {
        Box::pin(async move { sweep::all(&self.database, &self.ledger, now, most).await })
    }
}
