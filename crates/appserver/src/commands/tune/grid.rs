//! The combinations of workers and threads that are tried.

use std::fmt;

use serde::Serialize;

/// Threads of a WSGI app that are worth a look.
const THREADS: [u32; 4] = [1, 2, 4, 8];

/// How an app is called, which decides what there is to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Interface {
    /// Each request holds a thread.
    Wsgi,
    /// One event loop in each worker.
    Asgi,
    /// The same, built in.
    Native,
}

impl Interface {
    /// Whether a worker may have several threads for the app.
    pub(super) const fn has_threads(self) -> bool {
        matches!(self, Self::Wsgi)
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wsgi => "WSGI",
            Self::Asgi => "ASGI",
            Self::Native => "native",
        })
    }
}

/// One combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(super) struct Point {
    /// Processes that serve.
    pub(super) workers: u32,
    /// Threads in each, where the app has any.
    pub(super) threads: Option<u32>,
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: u32, noun| {
            if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
        };
        formatter.write_str(&of(self.workers, "worker"))?;
        match self.threads {
            Some(threads) => write!(formatter, " x {}", of(threads, "thread")),
            None => Ok(()),
        }
    }
}

/// All combinations, small ones first, each once. Empty lists mean the usual numbers for a machine
/// with so many CPUs.
pub(super) fn points(
    interface: Interface,
    cpus: u32,
    (workers, threads): (&[u32], &[u32]),
) -> Vec<Point> {
    let workers = if workers.is_empty() { usual_workers(cpus) } else { workers.to_vec() };
    let threads = match (interface.has_threads(), threads) {
        (false, _) => vec![None],
        (true, []) => THREADS.map(Some).to_vec(),
        (true, chosen) => chosen.iter().copied().map(Some).collect(),
    };
    let pairs = workers.iter().flat_map(|workers| {
        threads.iter().map(|threads| Point { workers: *workers, threads: *threads })
    });
    let mut points: Vec<Point> = pairs.collect();
    points.sort_unstable();
    points.dedup();
    points
}

/// Powers of two, the number of CPUs, and twice that.
fn usual_workers(cpus: u32) -> Vec<u32> {
    let cpus = cpus.clamp(1, 250);
    let most = cpus * 2;
    let powers = (0..u32::BITS).map(|bit| 1 << bit).take_while(|count| *count <= most);
    powers.chain([cpus, most]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(points: &[Point]) -> Vec<(u32, u32)> {
        points.iter().map(|point| (point.workers, point.threads.unwrap_or(0))).collect()
    }

    #[test]
    fn the_usual_numbers_go_to_twice_the_cpus() {
        for (cpus, expected) in [
            (1, vec![1, 2]),
            (2, vec![1, 2, 4]),
            (3, vec![1, 2, 3, 4, 6]),
            (8, vec![1, 2, 4, 8, 16]),
        ] {
            let workers: Vec<u32> =
                points(Interface::Asgi, cpus, (&[], &[])).iter().map(|p| p.workers).collect();
            assert_eq!(workers, expected, "{cpus} CPUs");
        }
    }

    #[test]
    fn only_wsgi_apps_have_threads() {
        assert_eq!(points(Interface::Wsgi, 2, (&[], &[])).len(), 3 * THREADS.len());
        for interface in [Interface::Asgi, Interface::Native] {
            let points = points(interface, 2, (&[2, 1], &[4]));
            assert_eq!(shown(&points), [(1, 0), (2, 0)]);
        }
    }

    #[test]
    fn chosen_numbers_are_tried_once_each_and_in_order() {
        let points = points(Interface::Wsgi, 2, (&[4, 1, 4], &[2, 1]));
        assert_eq!(shown(&points), [(1, 1), (1, 2), (4, 1), (4, 2)]);
    }

    #[test]
    fn a_combination_is_told_in_words() {
        let text = |workers, threads| Point { workers, threads }.to_string();
        assert_eq!(text(1, Some(1)), "1 worker x 1 thread");
        assert_eq!(text(2, Some(4)), "2 workers x 4 threads");
        assert_eq!(text(2, None), "2 workers");
    }
}
