//! What molds and workers have to say about themselves.

mod cut;

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a mold or a worker could not start. Texts too long for a message are cut as they are written
/// into one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootReport {
    /// One line: what went wrong.
    #[serde(serialize_with = "cut::line")]
    pub summary: String,
    /// The application's own traceback, if it is to blame.
    #[serde(serialize_with = "cut::traceback")]
    pub traceback: Option<String>,
    /// What could help.
    #[serde(serialize_with = "cut::hint")]
    pub hint: Option<String>,
    /// Whether loading the application failed, rather than the worker around it.
    pub app_failed: bool,
}

impl BootReport {
    /// A failure of the process around the application.
    pub fn worker(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// The exit code that tells this failure: 3, worker failed to boot; 4, app failed to load.
    pub fn exit_code(&self) -> i32 {
        if self.app_failed { 4 } else { 3 }
    }
}

impl fmt::Display for BootReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        if let Some(traceback) = &self.traceback {
            write!(f, "\n{}", traceback.trim_end())?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Why a worker is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecycleReason {
    /// It has answered `max_requests` requests.
    MaxRequests,
    /// A request ran longer than `timeout` in one of its threads.
    RequestTimeout,
    /// It is older than `max_worker_age`.
    Age,
    /// It holds more memory than `max_worker_rss`.
    Memory,
}

impl fmt::Display for RecycleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MaxRequests => "max_requests reached",
            Self::RequestTimeout => "a request exceeded timeout",
            Self::Age => "max_worker_age reached",
            Self::Memory => "max_worker_rss exceeded",
        })
    }
}
