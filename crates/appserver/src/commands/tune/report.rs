//! The result, for people and for programs.

use serde_json::{Value, json};

use super::chart::chart;
use super::findings::LeftOut;
use super::grid::Interface;
use super::lines::lines;
use super::measure::Questions;
use super::recommend::{Choice, Outcome};
use super::table::table;
use super::terminal::Look;
use super::units::{bytes, span};

/// Everything that is told.
pub(super) struct Report<'r> {
    /// What the app is called.
    pub(super) app: &'r str,
    /// How it is called.
    pub(super) interface: Interface,
    /// What was asked.
    pub(super) questions: &'r Questions,
    /// The limit of memory, in bytes.
    pub(super) memory_limit: u64,
    /// The figures.
    pub(super) outcomes: &'r [Outcome],
    /// What has none.
    pub(super) left_out: &'r [LeftOut],
    /// What is recommended.
    pub(super) choice: Option<&'r Choice>,
    /// What should be known.
    pub(super) notes: &'r [String],
}

impl Report<'_> {
    /// As lines for people.
    pub(super) fn text(&self, look: Look) -> String {
        let chosen = self.choice.map(|choice| choice.point);
        let mut parts = vec![self.head()];
        if !self.outcomes.is_empty() {
            parts.push(table(self.outcomes, chosen, look));
            parts.push(chart(self.outcomes, chosen, look));
        }
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let left_out =
            self.left_out.iter().map(|left| format!("left out: {}: {}", left.point, left.why));
        let remarks: Vec<String> = notes.chain(left_out).collect();
        if !remarks.is_empty() {
            parts.push(remarks.join("\n"));
        }
        if let Some(choice) = self.choice {
            parts.push(choice.reason.clone());
            let lines = lines(choice.point).join("\n");
            parts.push(format!("# for {}\n{lines}", crate::settings::FILE_NAME));
        }
        parts.join("\n\n")
    }

    fn head(&self) -> String {
        let urls: Vec<&str> =
            self.questions.urls.iter().map(http::uri::PathAndQuery::as_str).collect();
        let cpus = match self.questions.cpus {
            1 => "1 CPU".to_owned(),
            cpus => format!("{cpus} CPUs"),
        };
        format!(
            "{} ({}): GET {} over {} connections, {} for each combination; {cpus} for server and load, at most {}",
            self.app,
            self.interface,
            urls.join(", "),
            self.questions.connections,
            span(self.questions.duration),
            bytes(self.memory_limit)
        )
    }

    /// As JSON. Times are in seconds, memory in bytes.
    pub(super) fn json(&self) -> String {
        let questions = self.questions;
        let urls: Vec<&str> = questions.urls.iter().map(http::uri::PathAndQuery::as_str).collect();
        let left_out = self.left_out.iter().map(|left| {
            json!({"workers": left.point.workers, "threads": left.point.threads, "why": left.why})
        });
        let recommended = self.choice.map(|choice| {
            json!({
                "workers": choice.point.workers,
                "threads": choice.point.threads,
                "reason": choice.reason,
                "lines": lines(choice.point),
            })
        });
        let whole = json!({
            "app": self.app,
            "interface": self.interface,
            "urls": urls,
            "connections": questions.connections,
            "duration": questions.duration.as_secs_f64(),
            "warm_up": questions.warm_up.as_secs_f64(),
            "cpus": questions.cpus,
            "memory_limit": self.memory_limit,
            "combinations": self.outcomes.iter().map(combination).collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
            "recommended": recommended,
            "notes": self.notes,
        });
        serde_json::to_string_pretty(&whole).unwrap_or_default()
    }
}

fn combination(outcome: &Outcome) -> Value {
    json!({
        "workers": outcome.point.workers,
        "threads": outcome.point.threads,
        "rounds": outcome.rounds,
        "requests_per_second": outcome.throughput,
        "lowest": outcome.range.0,
        "highest": outcome.range.1,
        "p50": outcome.p50.as_secs_f64(),
        "p99": outcome.p99.as_secs_f64(),
        "memory": outcome.memory,
        "cpu_per_request": outcome.cpu.as_secs_f64(),
        "errors": outcome.errors,
    })
}
