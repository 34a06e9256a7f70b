//! One combination: started, probed, loaded, and what it took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};

use super::load::{Load, Report, Target, Window};
use super::probe::{self, Redirect};
use super::processes;
use super::server::Server;
use crate::failure::{Failure, FailureKind};

/// What to ask for, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    /// Paths.
    pub(super) urls: Vec<PathAndQuery>,
    /// Header fields besides the usual ones.
    pub(super) fields: Vec<(HeaderName, HeaderValue)>,
    /// At the same time.
    pub(super) connections: u32,
    /// Before the measurement.
    pub(super) warm_up: Duration,
    /// Of the measurement.
    pub(super) duration: Duration,
    /// At most.
    pub(super) requests: u64,
    /// Of this machine, for us and the server.
    pub(super) cpus: u32,
}

/// What came of one measurement.
#[derive(Debug)]
pub(super) struct Sample {
    /// What the load saw.
    pub(super) report: Report,
    /// CPU time of the server within the measurement.
    pub(super) cpu: Duration,
    /// Memory of the server at its end, in bytes.
    pub(super) memory: u64,
    /// How many requests each worker has answered within the measurement.
    pub(super) shares: Vec<u64>,
    /// Pages that lead elsewhere.
    pub(super) redirects: Vec<Redirect>,
}

/// Why there is no measurement.
#[derive(Debug)]
pub(super) enum Unmeasured {
    /// This combination does not work.
    Here(Failure),
    /// The app refuses what it is asked, which no other combination would change.
    Anywhere(Failure),
    /// The time was over.
    Late,
}

impl From<Failure> for Unmeasured {
    fn from(failure: Failure) -> Self {
        Self::Here(failure)
    }
}

/// Measures a server that is ready.
///
/// # Errors
/// A page is not what it should be, or the load cannot run.
pub(super) async fn measure(
    server: &Server,
    address: std::net::SocketAddr,
    questions: &Questions,
) -> Result<Sample, Unmeasured> {
    let target = Arc::new(Target::new(address, &questions.urls, &questions.fields));
    let with_log = |failure: Failure| match server.said() {
        said if said.trim().is_empty() => failure,
        said => failure.detail(said),
    };
    let redirects = probe::probe(&target, &questions.urls).await.map_err(with_log)?;
    let begin = Instant::now() + questions.warm_up;
    let window = Window {
        begin,
        end: begin + questions.duration,
        connections: questions.connections,
        requests: questions.requests,
    };
    let failed = |error: std::io::Error| {
        Failure::new(FailureKind::Failed, format!("the load cannot run: {error}"))
    };
    let load = Load::start(&target, window, questions.cpus).map_err(failed)?;
    tokio::time::sleep_until(begin.into()).await;
    let (before, counts) = (processes::cpu_time(server.group()), server.counts());
    let report = load.finish().await.map_err(failed)?;
    let cpu = processes::cpu_time(server.group()).saturating_sub(before);
    let shares = server.counts().into_iter().zip(counts);
    let shares = shares.map(|(after, before)| after.saturating_sub(before)).collect();
    let memory = processes::memory(server.group());
    probe::verify(&report.tally).map_err(with_log).map_err(Unmeasured::Anywhere)?;
    Ok(Sample { report, cpu, memory, shares, redirects })
}
