//! The load: connections that ask again as soon as they are answered, in threads of their own.
//!
//! Bounded in time and in requests, whatever the server does. Only ever asks the address that it is
//! given, with GET.

mod clock;
mod connection;
mod tally;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;

use clock::Spent;
pub(super) use connection::{Answer, Target, ask_once};
pub(super) use tally::Tally;

/// A thread of the load for so many CPUs: as many again serve, and more threads would only take
/// theirs.
const CPUS_PER_THREAD: u32 = 4;
/// Four threads are faster than any app that is worth tuning.
const MOST_THREADS: u32 = 4;

/// When to measure, and how much to ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// From here on answers count.
    pub(super) begin: Instant,
    /// Until here.
    pub(super) end: Instant,
    /// How many ask at the same time.
    pub(super) connections: u32,
    /// How many requests are sent at most, those before the beginning too.
    pub(super) requests: u64,
}

/// What came of a load.
#[derive(Debug)]
pub(super) struct Report {
    /// What was answered.
    pub(super) tally: Tally,
    /// From the beginning until the end, or until there were no requests left.
    pub(super) span: Duration,
    /// The share of this time that the busiest thread of the load has computed, from 0 to 1.
    pub(super) busy: f64,
    /// The share of this time that the thread which had to wait longest for a CPU has waited.
    pub(super) held_up: f64,
    /// CPU time of all threads of the load.
    pub(super) cpu: Duration,
}

/// A load that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Load {
    parts: Vec<oneshot::Receiver<io::Result<Report>>>,
    _stop: watch::Sender<()>,
}

impl Load {
    /// Begins to ask.
    ///
    /// # Errors
    /// When no thread can be made.
    pub(super) fn start(target: &Arc<Target>, window: Window, cpus: u32) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(());
        let threads = (cpus / CPUS_PER_THREAD).clamp(1, MOST_THREADS).min(window.connections);
        let left = Arc::new(AtomicU64::new(window.requests));
        let mut parts = Vec::new();
        for number in 0..threads {
            let (sender, part) = oneshot::channel();
            let share =
                window.connections / threads + u32::from(number < window.connections % threads);
            let window = Window { connections: share, ..window };
            let (target, left, stopped) = (Arc::clone(target), Arc::clone(&left), stopped.clone());
            thread::Builder::new().name(format!("load-{number}")).spawn(move || {
                let _ = sender.send(run(&target, (window, left), stopped));
            })?;
            parts.push(part);
        }
        Ok(Self { parts, _stop: stop })
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When a thread of it has failed.
    pub(super) async fn finish(self) -> io::Result<Report> {
        let mut whole: Option<Report> = None;
        for part in self.parts {
            let part = part.await.map_err(|_| io::Error::other("a thread of the load ended"))??;
            whole = Some(match whole {
                None => part,
                Some(mut whole) => {
                    whole.tally.add(&part.tally);
                    whole.span = whole.span.max(part.span);
                    whole.busy = whole.busy.max(part.busy);
                    whole.held_up = whole.held_up.max(part.held_up);
                    whole.cpu += part.cpu;
                    whole
                }
            });
        }
        whole.ok_or_else(|| io::Error::other("the load had no thread"))
    }
}

/// One thread of the load.
fn run(
    target: &Arc<Target>,
    (window, left): (Window, Arc<AtomicU64>),
    mut stopped: watch::Receiver<()>,
) -> io::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    let part = local.run_until(async {
        tokio::select! {
            report = measure(target, window, &left) => Ok(report),
            _ = stopped.changed() => Err(io::Error::other("the load was stopped")),
        }
    });
    runtime.block_on(part)
}

async fn measure(target: &Arc<Target>, window: Window, left: &Arc<AtomicU64>) -> Report {
    let tally = Rc::new(std::cell::RefCell::new(Tally::default()));
    let first = Instant::now();
    let tasks: Vec<_> = (0..window.connections)
        .map(|number| {
            let (target, tally, left) = (Arc::clone(target), Rc::clone(&tally), Arc::clone(left));
            let begin = first + stagger(window, first) * number;
            tokio::task::spawn_local(async move {
                tokio::time::sleep_until(begin.into()).await;
                let is_left = || take(&left);
                connection::keep_asking(&target, (number as usize, window), (&tally, &is_left))
                    .await;
            })
        })
        .collect();
    tokio::time::sleep_until(window.begin.into()).await;
    let before = Spent::by_this_thread();
    for task in tasks {
        let _ = task.await;
    }
    let span = window.begin.elapsed();
    let spent = Spent::by_this_thread().since(before);
    let share = |time: Duration| time.as_secs_f64() / span.as_secs_f64().max(1e-9);
    let (busy, held_up) = (share(spent.running), share(spent.waiting));
    Report { tally: tally.take(), span, busy, held_up, cpu: spent.running }
}

/// How long after one connection the next one begins: all within the first half of the time before the
/// measurement. A worker that is woken takes all connections that wait, and keeps them, so that it
/// would get more than its share of those that come at once. Visitors come one by one.
fn stagger(window: Window, first: Instant) -> Duration {
    window.begin.saturating_duration_since(first) / 2 / window.connections.max(1)
}

/// Takes one of the requests that are left.
fn take(left: &AtomicU64) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_begin_one_by_one_before_the_measurement() {
        let first = Instant::now();
        let window = |warm_up, connections| {
            let begin = first + Duration::from_millis(warm_up);
            Window { begin, end: begin, connections, requests: 1 }
        };
        assert_eq!(stagger(window(1000, 50), first), Duration::from_millis(10));
        assert_eq!(stagger(window(0, 50), first), Duration::ZERO);
        let late = first + Duration::from_secs(9);
        assert_eq!(stagger(window(1000, 50), late), Duration::ZERO);
    }
}
