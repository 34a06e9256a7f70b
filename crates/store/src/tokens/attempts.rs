//! Who may try how often: allowances, failures, locks.

use std::time::Duration;

use crate::Allowance;
use crate::hashed::hashed;
use crate::sql::{Access, Connection, Dialect, Fault, Operation, Outcome, Value};

/// The row of a name that is not there yet.
const NEW: &str = "INTO appserver_attempts \
    (name, arrival, failures, failures_end, locked_until, expires_at) VALUES";

/// Takes one from each allowance, or from none.
pub(super) struct Take<'a> {
    pub(super) from: &'a [Allowance],
    pub(super) now: i64,
}

impl Operation for Take<'_> {
    type Output = Option<Duration>;
    const ACCESS: Access = Access::Write;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Self::Output>, Fault> {
        let mut buckets: Vec<(String, &Allowance)> =
            self.from.iter().map(|from| (hashed(&from.key), from)).collect();
        // In one order for everybody, so that two never wait for each other.
        buckets.sort_by(|one, other| one.0.cmp(&other.0));
        let now = self.now.saturating_mul(1000);
        let mut taken = Vec::with_capacity(buckets.len());
        let mut wait = None;
        for (name, from) in &buckets {
            match bucket(arrival(on, name).await?, from, now) {
                Ok(next) => taken.push((name, next)),
                Err(longer) => wait = wait.max(Some(longer)),
            }
        }
        if wait.is_some() {
            return Ok(Outcome::Undo(wait));
        }
        let dialect = on.dialect();
        let sql = format!(
            "UPDATE appserver_attempts SET arrival = $1, expires_at = {} WHERE name = $3",
            dialect.greater("expires_at", "$2")
        );
        for (name, next) in taken {
            let values = [next.into(), (next / 1000 + 1).into(), name.as_str().into()];
            on.execute(&sql, &values).await?;
        }
        Ok(Outcome::Keep(None))
    }
}

/// The theoretical arrival time of a name, whose row is locked from now on.
async fn arrival(on: &mut Connection, name: &str) -> Result<i64, Fault> {
    let dialect = on.dialect();
    let lock = dialect.for_update();
    let sql = format!("SELECT arrival FROM appserver_attempts WHERE name = $1{lock}");
    if let Some(line) = on.first(&sql, &[name.into()]).await? {
        return Ok(line.int(0).unwrap_or_default());
    }
    let new = dialect.insert_new(&format!("{NEW} ($1, 0, 0, 0, 0, 0)"));
    if on.execute(&new, &[name.into()]).await? == 1 {
        return Ok(0);
    }
    let line = on.first(&sql, &[name.into()]).await?;
    line.and_then(|line| line.int(0)).ok_or_else(|| Fault::Conflict("the row is gone".to_owned()))
}

/// GCRA (ITU-T I.371 annex A): the next arrival time, or how long it takes until there is room. Times
/// in microseconds.
fn bucket(arrival: i64, from: &Allowance, now: i64) -> Result<i64, Duration> {
    let per = i64::try_from(from.per.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    if from.burst == 0 {
        return Err(from.per);
    }
    // Further away than that it never is, but if a clock was wrong.
    let arrival = arrival.clamp(now, now.saturating_add(per));
    let next = arrival.saturating_add((per / i64::from(from.burst)).max(1));
    match next.saturating_sub(now).saturating_sub(per) {
        late @ 1.. => Err(Duration::from_micros(late.unsigned_abs())),
        _ => Ok(next),
    }
}

/// Counts a failure. Each one renews the window.
pub(super) struct Fail<'a> {
    pub(super) key: &'a str,
    pub(super) window: Duration,
    pub(super) now: i64,
}

impl Operation for Fail<'_> {
    type Output = u32;
    const ACCESS: Access = Access::Write;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<u32>, Fault> {
        let window = i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX);
        let name = hashed(self.key);
        let sql = counting(on.dialect());
        let end = self.now.saturating_add(window);
        let values: [Value; 3] = [name.as_str().into(), end.into(), self.now.into()];
        on.execute(&sql, &values).await?;
        let sql = "SELECT failures FROM appserver_attempts WHERE name = $1";
        let line = on.first(sql, &[name.into()]).await?;
        let count = line.and_then(|line| line.int(0)).unwrap_or(1);
        Ok(Outcome::Keep(u32::try_from(count).unwrap_or(u32::MAX)))
    }
}

fn counting(dialect: Dialect) -> String {
    let failures = "CASE WHEN appserver_attempts.failures_end > $3 \
                    THEN appserver_attempts.failures + 1 ELSE 1 END";
    let expires = dialect.greater("appserver_attempts.expires_at", &dialect.inserted("expires_at"));
    dialect.insert_or(
        &format!("{NEW} ($1, 0, 1, $2, 0, $2)"),
        "name",
        &[
            ("failures", failures.to_owned()),
            ("failures_end", dialect.inserted("failures_end")),
            ("expires_at", expires),
        ],
    )
}

/// Locks a name.
pub(super) struct Lock<'a> {
    pub(super) key: &'a str,
    pub(super) until: i64,
}

impl Operation for Lock<'_> {
    type Output = ();
    const ACCESS: Access = Access::Step;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<()>, Fault> {
        let dialect = on.dialect();
        let later = |column: &str| {
            dialect.greater(&format!("appserver_attempts.{column}"), &dialect.inserted(column))
        };
        let sql = dialect.insert_or(
            &format!("{NEW} ($1, 0, 0, 0, $2, $2)"),
            "name",
            &[("locked_until", later("locked_until")), ("expires_at", later("expires_at"))],
        );
        on.execute(&sql, &[hashed(self.key).into(), self.until.into()]).await?;
        Ok(Outcome::Keep(()))
    }
}

/// Until when a name is locked.
pub(super) struct Locked<'a> {
    pub(super) keys: &'a [String],
    pub(super) now: i64,
}

impl Operation for Locked<'_> {
    type Output = Option<i64>;
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Self::Output>, Fault> {
        let sql =
            "SELECT locked_until FROM appserver_attempts WHERE name = $1 AND locked_until > $2";
        let mut latest = None;
        for key in self.keys {
            let found = on.first(sql, &[hashed(key).into(), self.now.into()]).await?;
            latest = latest.max(found.and_then(|line| line.int(0)));
        }
        Ok(Outcome::Keep(latest))
    }
}

/// Forgets failures and locks of a name; not what it has taken.
pub(super) struct Forgive<'a>(pub(super) &'a str);

impl Operation for Forgive<'_> {
    type Output = ();
    const ACCESS: Access = Access::Step;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<()>, Fault> {
        let sql = "UPDATE appserver_attempts SET failures = 0, failures_end = 0, locked_until = 0 \
                   WHERE name = $1";
        on.execute(sql, &[hashed(self.0).into()]).await?;
        Ok(Outcome::Keep(()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::bucket;
    use crate::Allowance;

    fn allowance(burst: u32, seconds: u64) -> Allowance {
        Allowance { key: String::new(), burst, per: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_bucket_holds_its_burst_and_fills_evenly() {
        let from = allowance(3, 60);
        let mut arrival = 0;
        for _ in 0..3 {
            arrival = bucket(arrival, &from, 1_000_000_000).unwrap();
        }
        assert_eq!(bucket(arrival, &from, 1_000_000_000), Err(Duration::from_secs(20)));
        assert_eq!(bucket(arrival, &from, 1_019_999_999), Err(Duration::from_micros(1)));
        assert!(bucket(arrival, &from, 1_020_000_000).is_ok());
    }

    #[test]
    fn a_clock_that_was_wrong_locks_nobody_out_for_longer_than_the_period() {
        assert_eq!(bucket(i64::MAX, &allowance(2, 10), 5), Err(Duration::from_secs(5)));
        assert_eq!(bucket(0, &allowance(0, 10), 5), Err(Duration::from_secs(10)));
    }
}
