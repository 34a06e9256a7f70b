//! What is revoked.

use crate::hashed::{mark, unmark};
use crate::sql::{Access, Connection, Dialect, Fault, Operation, Outcome, Value};
use crate::{Denial, Entry, Mark, Since};

/// How far back is read again, in milliseconds: a change bears the time of its statement, and may be
/// committed as much later as a transaction takes, which ends with the operation's timeout.
const OVERLAP: i64 = 90_000;

/// Whether a token is denied.
pub(super) async fn is_denied(on: &mut Connection, entry: &Entry) -> Result<bool, Fault> {
    let session = Mark::of_session(&entry.session);
    // Who is nobody shares nothing with others who are.
    let subject = if entry.subject.is_empty() { session } else { Mark::of_subject(&entry.subject) };
    let marks = [Mark::of_token(&entry.jti), session, subject, Mark::of_everybody()];
    let mut values: Vec<Value> = marks.map(|of| mark(of).into()).into();
    values.push(entry.issued.into());
    let sql = "SELECT before_iat FROM appserver_denials \
               WHERE mark IN ($1, $2, $3, $4) AND before_iat > $5 LIMIT 1";
    Ok(on.first(sql, &values).await?.is_some())
}

/// Puts denials in, in a transaction.
pub(super) async fn put(on: &mut Connection, denials: &[Denial]) -> Result<(), Fault> {
    let dialect = on.dialect();
    let clock = dialect.clock();
    let stricter = |column: &str| {
        dialect.greater(&format!("appserver_denials.{column}"), &dialect.inserted(column))
    };
    let sql = dialect.insert_or(
        &format!(
            "INTO appserver_denials (mark, before_iat, ends_at, changed_at) \
             VALUES ($1, $2, $3, {clock})"
        ),
        "mark",
        &[
            ("before_iat", stricter("before_iat")),
            ("ends_at", stricter("ends_at")),
            ("changed_at", clock.to_owned()),
        ],
    );
    // In one order for everybody, so that two never wait for each other.
    let mut sorted: Vec<&Denial> = denials.iter().collect();
    sorted.sort_by_key(|denial| denial.mark);
    for denial in sorted {
        let values = [mark(denial.mark).into(), denial.before.into(), denial.until.into()];
        on.execute(&sql, &values).await?;
    }
    Ok(())
}

/// Puts denials in.
pub(super) struct Deny<'a>(pub(super) &'a [Denial]);

impl Operation for Deny<'_> {
    type Output = ();
    const ACCESS: Access = Access::Lasting;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<()>, Fault> {
        put(on, self.0).await.map(Outcome::Keep)
    }
}

/// Denials that have changed.
pub(super) struct Changed {
    pub(super) since: Since,
    pub(super) now: i64,
}

impl Operation for Changed {
    type Output = (Vec<Denial>, Since);
    const ACCESS: Access = Access::Read;

    async fn run(&self, on: &mut Connection) -> Result<Outcome<Self::Output>, Fault> {
        let clock = format!("SELECT {}", on.dialect().clock());
        // Before the rows are read: what changes meanwhile is read again next time.
        let clock = on.first(&clock, &[]).await?.and_then(|line| line.int(0)).unwrap_or_default();
        // A clock that was set back says nothing of what has changed since.
        let from = if clock < self.since.0 { 0 } else { self.since.0.saturating_sub(OVERLAP) };
        let values = [from.into(), self.now.div_euclid(1000).into()];
        Ok(Outcome::Keep((changed(on, &values).await?, Since(clock))))
    }
}

/// Denials that have changed since the first value, and end after the second.
async fn changed(on: &mut Connection, values: &[Value; 2]) -> Result<Vec<Denial>, Fault> {
    let rest = "FROM appserver_denials WHERE changed_at >= $1 AND ends_at >= $2";
    if on.dialect() == Dialect::Sqlite {
        // In one row: each takes a turn of the application's interpreter, where it has lent its
        // library, and nobody can commit to the file meanwhile.
        let sql =
            format!("SELECT group_concat(mark || ' ' || before_iat || ' ' || ends_at) {rest}");
        let text = on.first(&sql, values).await?.and_then(|line| line.text(0)).unwrap_or_default();
        return Ok(text.split(',').filter_map(|one| denial(one.split(' '))).collect());
    }
    let lines = on.rows(&format!("SELECT mark, before_iat, ends_at {rest}"), values).await?;
    let texts = lines.iter().filter_map(|line| {
        let [mark, before, until] = [0, 1, 2].map(|column| line.text(column));
        Some([mark?, before?, until?])
    });
    Ok(texts.filter_map(|texts| denial(texts.iter().map(String::as_str))).collect())
}

/// A denial out of its three columns.
fn denial<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<Denial> {
    let mark = unmark(texts.next()?)?;
    let [before, until] = [texts.next()?, texts.next()?].map(str::parse);
    Some(Denial { mark, before: before.ok()?, until: until.ok()? })
}
