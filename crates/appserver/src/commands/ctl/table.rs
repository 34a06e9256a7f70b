//! Answers as text for people.

use appserver_supervisor::control::{Answer, AuthStatus, KeysStatus, Status, WorkerStatus};
use appserver_telemetry::IssuingReport;

/// An answer, in lines.
pub(super) fn text(answer: &Answer) -> String {
    match answer {
        Answer::Status(status) => self::status(status),
        Answer::Workers(workers) => self::workers(workers),
        Answer::Done(text) | Answer::Failed(text) => text.clone(),
    }
}

fn status(status: &Status) -> String {
    let rows = [
        ("state", status.state.clone()),
        ("pid", status.pid.to_string()),
        ("version", status.version.clone()),
        ("uptime", duration(status.uptime)),
        ("generation", status.generation.to_string()),
        ("workers", format!("{} ready of {} wanted", status.ready, status.workers)),
        ("listeners", status.listeners.join(", ")),
        ("requests", status.requests.to_string()),
        ("server errors", status.server_errors.to_string()),
        ("refused", status.refused.to_string()),
        ("in flight", status.in_flight.to_string()),
        ("connections", status.connections.to_string()),
    ];
    let mut lines = rows.map(|(name, value)| format!("{name:<14} {value}")).to_vec();
    lines.extend(auth(&status.auth));
    lines.extend(issuing(&status.issuing));
    lines.join("\n")
}

/// What came of authentication, if anything did.
fn auth(status: &AuthStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if status.cache_hits + status.cache_misses > 0 {
        let (hits, misses) = (status.cache_hits, status.cache_misses);
        lines.push(format!("{:<14} {hits} hits, {misses} misses", "token cache"));
    }
    lines.extend(status.keys.iter().map(keys));
    if status.counts.is_empty() {
        return lines;
    }
    lines.push("authentication".to_owned());
    let longest = status.counts.iter().filter_map(|count| count.provider.as_ref());
    let width = longest.map(|name| name.chars().count()).max().unwrap_or(0).max(1);
    lines.extend(status.counts.iter().map(|count| {
        let provider = count.provider.as_deref().unwrap_or("-");
        let result = count.reason.as_deref().unwrap_or(&count.result);
        format!("  {provider:<width$}  {result:<21} {}", count.count)
    }));
    lines
}

/// What came of giving tokens out, if anything did.
fn issuing(report: &IssuingReport) -> Vec<String> {
    let counted = report.counted().map(|(name, count)| {
        let name = name.replace('_', " ");
        format!("  {name:<19} {count}")
    });
    let lines: Vec<String> = counted.collect();
    let head = (!lines.is_empty()).then(|| "tokens".to_owned());
    head.into_iter().chain(lines).collect()
}

fn keys(keys: &KeysStatus) -> String {
    let provider = keys.provider.as_deref().unwrap_or("of the application");
    let age = keys.age.map_or_else(|| "never fetched".to_owned(), |age| duration(age) + " old");
    let counts = keys.fetches.iter().map(|(result, count)| format!(", {result}: {count}"));
    format!("{:<14} {provider}: {age}{}", "keys", counts.collect::<String>())
}

fn workers(workers: &[WorkerStatus]) -> String {
    let head = format!(
        "{:>4} {:>8} {:>4} {:<9} {:>9} {:>10} {:>9} {:>6} {:>9}  {}",
        "slot",
        "pid",
        "gen",
        "state",
        "age",
        "requests",
        "in flight",
        "conns",
        "rss",
        "oldest request"
    );
    let rows = workers.iter().map(|worker| {
        let oldest = worker.oldest.as_ref().map(|(millis, line)| format!("{millis} ms {line}"));
        format!(
            "{:>4} {:>8} {:>4} {:<9} {:>9} {:>10} {:>9} {:>6} {:>7} M  {}",
            worker.slot,
            worker.pid,
            worker.generation,
            worker.state,
            duration(worker.age),
            worker.requests,
            worker.in_flight,
            worker.connections,
            worker.rss >> 20,
            oldest.unwrap_or_default()
        )
    });
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m{:02}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h{minutes:02}m"),
        (days, hours, _) => format!("{days}d{hours:02}h"),
    }
}

#[cfg(test)]
mod tests {
    use appserver_supervisor::control::{AuthCount, AuthStatus, KeysStatus};

    use appserver_telemetry::IssuingReport;

    use super::{auth, issuing};

    fn count(provider: Option<&str>, result: &str, reason: Option<&str>, count: u64) -> AuthCount {
        let [provider, reason] = [provider, reason].map(|text| text.map(str::to_owned));
        AuthCount { provider, result: result.to_owned(), reason, count }
    }

    #[test]
    fn tokens_are_told_where_there_were_any() {
        assert!(issuing(&IssuingReport::default()).is_empty());
        let report = IssuingReport { logins_ok: 3, revocations: 1, ..IssuingReport::default() };
        let expected = ["tokens", "  logins ok           3", "  revocations         1"];
        assert_eq!(issuing(&report), expected);
    }

    #[test]
    fn authentication_is_told_where_there_is_any() {
        assert!(auth(&AuthStatus::default()).is_empty());
        let counts = vec![
            count(None, "anonymous", None, 3),
            count(Some("corp-idp"), "verified", None, 12),
            count(Some("corp-idp"), "refused", Some("malformed_credentials"), 1),
        ];
        let fetches = [("ok".to_owned(), 2), ("timeout".to_owned(), 1)].into();
        let provider = Some("corp".to_owned());
        let keys = vec![KeysStatus { provider, age: Some(65), failures: 1, fetches }];
        let status = AuthStatus { counts, cache_hits: 9, cache_misses: 3, keys };
        let expected = [
            "token cache    9 hits, 3 misses",
            "keys           corp: 1m05s old, ok: 2, timeout: 1",
            "authentication",
            "  -         anonymous             3",
            "  corp-idp  verified              12",
            "  corp-idp  malformed_credentials 1",
        ];
        assert_eq!(auth(&status), expected);
    }
}
