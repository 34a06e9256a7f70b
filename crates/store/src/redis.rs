//! The state of tokens in a Redis server, or in one that speaks like it.
//!
//! Each operation is one script, so it happens as a whole or not at all. Only hashes and times are
//! stored, and each key ends by itself. One server is written to; what watches over several of them
//! (Sentinel) or spreads keys among them (Cluster) is not known here. A server that forgets, because
//! it has no room or was started anew, forgets revocations too: [`RedisStore::prepare`] warns of that.

mod link;
mod scripts;

use std::time::Duration;

use ::redis::{FromRedisValue, ScriptInvocation, cmd};

use crate::hashed::{hashed, mark, unmark};
use crate::{
    Address, Allowance, Consumed, Denial, Entry, Mark, Pending, Reuse, Since, State, StoreError,
    TokenStore, Use,
};
use link::Link;
use scripts::Scripts;

/// How much longer than needed things are kept, in milliseconds: as much as clocks may differ, and
/// more than any leeway, because a token that is forgotten may count as new.
const KEPT: i64 = 3_600_000;
/// The longest that anything is kept: a hundred years. The server refuses what its clock cannot hold.
const LONGEST: i64 = 100 * 365 * 86_400_000;
/// How far back changes are read again, in milliseconds: when another server takes the place of one
/// that has gone, its clock is another one.
const OVERLAP: i64 = 90_000;
/// The greatest number that scripts know exactly; it stands for [`i64::MAX`].
const GREATEST: i64 = (1 << 53) - 1;

/// A store in Redis.
pub(crate) struct RedisStore {
    link: Link,
    scripts: Scripts,
    prefix: String,
}

impl RedisStore {
    /// Whether an address is one of Redis.
    pub(crate) fn is_for(url: &str) -> bool {
        ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme))
    }

    /// The store at this address.
    ///
    /// # Errors
    /// [`StoreError::Address`].
    pub(crate) fn open(address: &Address) -> Result<Self, StoreError> {
        let link = Link::new(&address.url, address.timeout)?;
        Ok(Self { link, scripts: Scripts::new(), prefix: address.prefix.clone() })
    }

    fn token(&self, jti: &str) -> String {
        format!("{}token:{}", self.prefix, hashed(jti))
    }

    fn attempts(&self, key: &str) -> String {
        format!("{}attempts:{}", self.prefix, hashed(key))
    }

    /// The keys of denials, in the order that scripts want.
    fn denied(&self) -> [String; 3] {
        ["denials", "denials:changed", "denials:ends"].map(|name| format!("{}{name}", self.prefix))
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.link.run(script).await
    }

    /// Warns where the server may forget.
    async fn look(&self) -> Result<(), StoreError> {
        let memory: String = self.link.query(cmd("INFO").arg("memory")).await?;
        if let Some(policy) = line(&memory, "maxmemory_policy").filter(|is| *is != "noeviction") {
            tracing::warn!(
                "Redis forgets revocations when it has no more room: its maxmemory-policy is \
                 {policy}, and should be noeviction"
            );
        }
        let persistence: String = self.link.query(cmd("INFO").arg("persistence")).await?;
        if line(&persistence, "aof_enabled") == Some("0") {
            tracing::warn!(
                "Redis forgets revocations when it is started anew: its setting appendonly is no"
            );
        }
        Ok(())
    }

    async fn consume_one(&self, used: &Use) -> Result<Consumed, StoreError> {
        let Use { token, successor, reuse, now } = used;
        let grace = match reuse {
            Reuse::Refused => -1,
            Reuse::Theft { grace } => milliseconds(*grace),
        };
        let stolen = token.expires.max(successor.expires).saturating_add(KEPT / 1000);
        let session = mark(Mark::of_session(&token.session));
        let mut script = self.scripts.consume.prepare_invoke();
        script.key(&self.denied()).key(self.token(&token.jti)).key(self.token(&successor.jti));
        script.arg(*now).arg(lifetime(token.expires, *now)).arg(hashed(&successor.jti));
        script.arg(lifetime(successor.expires, *now)).arg(grace);
        script.arg(number(stolen)).arg(lifetime(stolen, *now)).arg(session);
        script.arg(token.issued).arg(marks(token));
        let (came, at): (String, i64) = self.run(&script).await?;
        match came.as_str() {
            "fresh" => Ok(Consumed::Fresh),
            "replayed" => Ok(Consumed::Replayed { at }),
            "reused" => Ok(Consumed::Reused),
            "revoked" => Ok(Consumed::Revoked),
            "unknown" => Ok(Consumed::Unknown),
            _ => Err(unexpected()),
        }
    }

    async fn state_of(&self, entry: &Entry) -> Result<State, StoreError> {
        let mut script = self.scripts.state.prepare_invoke();
        script.key(&self.denied()).key(self.token(&entry.jti)).arg(entry.issued).arg(marks(entry));
        match self.run::<String>(&script).await?.as_str() {
            "live" => Ok(State::Live),
            "used" => Ok(State::Used),
            "revoked" => Ok(State::Revoked),
            "unknown" => Ok(State::Unknown),
            _ => Err(unexpected()),
        }
    }

    async fn changed(&self, since: Since, now: i64) -> Result<(Vec<Denial>, Since), StoreError> {
        let mut script = self.scripts.denials.prepare_invoke();
        script.key(&self.denied()).arg(since.0).arg(OVERLAP).arg(now.div_euclid(1000));
        let (time, found): (i64, Vec<(String, i64, i64)>) = self.run(&script).await?;
        let denials = found.iter().map(|(text, before, until)| {
            let mark = unmark(text)?;
            Some(Denial { mark, before: unnumber(*before), until: unnumber(*until) })
        });
        let denials = denials.collect::<Option<_>>().ok_or_else(unexpected)?;
        Ok((denials, Since(time)))
    }

    async fn put(&self, denials: &[Denial], now: i64) -> Result<(), StoreError> {
        if denials.is_empty() {
            return Ok(());
        }
        let mut script = self.scripts.deny.prepare_invoke();
        script.key(&self.denied());
        for Denial { mark, before, until } in denials {
            script.arg(self::mark(*mark)).arg(number(*before)).arg(number(*until));
            script.arg(lifetime(*until, now));
        }
        self.run(&script).await
    }

    async fn take_from(
        &self,
        from: &[Allowance],
        now: i64,
    ) -> Result<Option<Duration>, StoreError> {
        if from.is_empty() {
            return Ok(None);
        }
        let mut script = self.scripts.take.prepare_invoke();
        script.arg(now.saturating_mul(1000));
        for Allowance { key, burst, per } in from {
            let per = i64::try_from(per.as_micros()).unwrap_or(GREATEST).min(GREATEST / 4);
            script.key(self.attempts(key)).arg(*burst).arg(per);
        }
        let wait: u64 = self.run(&script).await?;
        Ok(Some(wait).filter(|wait| *wait > 0).map(Duration::from_micros))
    }

    async fn locked_until(&self, keys: &[String], now: i64) -> Result<Option<i64>, StoreError> {
        let mut latest = None;
        for key in keys {
            let command = cmd("HGET").arg(self.attempts(key)).arg("locked").clone();
            let until: Option<i64> = self.link.query(&command).await?;
            latest = latest.max(until.filter(|until| *until > now));
        }
        Ok(latest)
    }
}

impl TokenStore for RedisStore {
    fn prepare(&self) -> Pending<'_, ()> {
        Box::pin(self.look())
    }

    fn record<'a>(&'a self, entry: &'a Entry) -> Pending<'a, ()> {
        Box::pin(async move {
            let time = lifetime(entry.expires, entry.issued.saturating_mul(1000));
            self.run(self.scripts.record.key(self.token(&entry.jti)).arg(time)).await
        })
    }

    fn state<'a>(&'a self, entry: &'a Entry) -> Pending<'a, State> {
        Box::pin(self.state_of(entry))
    }

    fn consume<'a>(&'a self, used: &'a Use) -> Pending<'a, Consumed> {
        Box::pin(self.consume_one(used))
    }

    fn blacklist<'a>(&'a self, entry: &'a Entry, now: i64) -> Pending<'a, bool> {
        Box::pin(async move {
            let mut script = self.scripts.blacklist.key(self.token(&entry.jti));
            self.run(script.arg(now).arg(lifetime(entry.expires, now))).await
        })
    }

    fn deny<'a>(&'a self, denials: &'a [Denial], now: i64) -> Pending<'a, ()> {
        Box::pin(self.put(denials, now))
    }

    fn denials(&self, since: Since, now: i64) -> Pending<'_, (Vec<Denial>, Since)> {
        Box::pin(self.changed(since, now))
    }

    fn take<'a>(&'a self, from: &'a [Allowance], now: i64) -> Pending<'a, Option<Duration>> {
        Box::pin(self.take_from(from, now))
    }

    fn fail<'a>(&'a self, key: &'a str, window: Duration, now: i64) -> Pending<'a, u32> {
        Box::pin(async move {
            let window = milliseconds(window);
            self.run(self.scripts.fail.key(self.attempts(key)).arg(now).arg(window)).await
        })
    }

    fn lock<'a>(&'a self, key: &'a str, until: i64) -> Pending<'a, ()> {
        Box::pin(async move {
            let until = until.min(GREATEST);
            self.run(self.scripts.lock.key(self.attempts(key)).arg(until).arg(KEPT)).await
        })
    }

    fn locked<'a>(&'a self, keys: &'a [String], now: i64) -> Pending<'a, Option<i64>> {
        Box::pin(self.locked_until(keys, now))
    }

    fn forgive<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            let fields = ["failures", "ends", "locked"];
            self.link.query(cmd("HDEL").arg(self.attempts(key)).arg(&fields)).await
        })
    }

    fn sweep(&self, now: i64, most: u32) -> Pending<'_, u64> {
        Box::pin(async move {
            let mut script = self.scripts.sweep.prepare_invoke();
            script.key(&self.denied()).arg(now.div_euclid(1000)).arg(most);
            self.run(&script).await
        })
    }
}

/// The marks of a token. Who is nobody shares nothing with others who are.
fn marks(entry: &Entry) -> Vec<String> {
    let subject = Some(&entry.subject).filter(|subject| !subject.is_empty());
    let of = [Mark::of_token(&entry.jti), Mark::of_session(&entry.session), Mark::of_everybody()];
    let of = of.into_iter().chain(subject.map(|subject| Mark::of_subject(subject)));
    of.map(mark).collect()
}

/// For how many milliseconds to keep what ends then, in seconds.
fn lifetime(ends: i64, now: i64) -> i64 {
    let left = ends.saturating_mul(1000).saturating_sub(now).max(0);
    left.saturating_add(KEPT).min(LONGEST)
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(LONGEST).min(LONGEST)
}

fn number(time: i64) -> i64 {
    time.clamp(-GREATEST, GREATEST)
}

fn unnumber(number: i64) -> i64 {
    if number >= GREATEST { i64::MAX } else { number }
}

/// The value of a line of `INFO`.
fn line<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn unexpected() -> StoreError {
    StoreError::Refused("Redis holds something else than what we put in".to_owned())
}

#[cfg(test)]
mod tests;
