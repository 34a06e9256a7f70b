//! Answers as text for people.

use appserver_supervisor::control::{Answer, Status, WorkerStatus};

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
    rows.map(|(name, value)| format!("{name:<14} {value}")).join("\n")
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
