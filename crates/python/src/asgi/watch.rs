//! Noticing a view that blocks the event loop.
//!
//! A tick of the loop notes the time; a thread of its own looks whether the note gets old, and then
//! says which request and which line of code it is that keeps everybody waiting.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::intern;
use pyo3::prelude::*;

use super::event_loop::EventLoop;

/// More requests than these are only counted.
const MOST_NAMED: usize = 3;

/// When the loop turned last.
struct Beat {
    start: Instant,
    /// Milliseconds since the start.
    at: AtomicU64,
}

impl Beat {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn age(&self) -> Duration {
        Duration::from_millis(self.now().saturating_sub(self.at.load(Ordering::Relaxed)))
    }
}

/// Watches the loop of this thread until it is gone. Must be called within the runtime.
pub(super) fn start(event_loop: &Arc<EventLoop>, limit: Duration) {
    let beat = Arc::new(Beat { start: Instant::now(), at: AtomicU64::new(0) });
    let observed = Arc::downgrade(&beat);
    tokio::task::spawn_local(async move {
        let mut ticks = tokio::time::interval(limit / 4);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            beat.at.store(beat.now(), Ordering::Relaxed);
        }
    });
    let event_loop = Arc::downgrade(event_loop);
    let run = move || watch(&observed, &event_loop, limit);
    let started = thread::Builder::new().name("appserver-watch".to_owned()).spawn(run);
    if let Err(error) = started {
        tracing::warn!(%error, "nobody watches for views that block the event loop");
    }
}

fn watch(beat: &Weak<Beat>, event_loop: &Weak<EventLoop>, limit: Duration) {
    let mut reported = None;
    loop {
        thread::sleep(limit / 2);
        let Some(beat) = beat.upgrade() else { return };
        let last = beat.at.load(Ordering::Relaxed);
        if beat.age() < limit || reported == Some(last) {
            continue;
        }
        reported = Some(last);
        // Code that does not let go of the interpreter is reported when it does.
        Python::try_attach(|py| {
            if let Some(event_loop) = event_loop.upgrade() {
                report(py, &event_loop, &beat);
            }
        });
    }
}

fn report(py: Python<'_>, event_loop: &EventLoop, beat: &Beat) {
    let age = beat.age().as_secs_f64();
    let culprit = event_loop.culprit(py, MOST_NAMED);
    match stack(py) {
        Ok(stack) => {
            tracing::warn!("the event loop has been blocked for {age:.1} s by {culprit}\n{stack}");
        }
        Err(error) => {
            tracing::warn!(%error, "the event loop has been blocked for {age:.1} s by {culprit}");
        }
    }
}

/// The Python stack of the loop's thread, which is the main one, below the loop itself.
fn stack(py: Python<'_>) -> PyResult<String> {
    let main = py.import(intern!(py, "threading"))?.call_method0(intern!(py, "main_thread"))?;
    let frames = py.import(intern!(py, "sys"))?.call_method0(intern!(py, "_current_frames"))?;
    let frame = frames.get_item(main.getattr(intern!(py, "ident"))?)?;
    let traceback = py.import(intern!(py, "traceback"))?;
    let lines: Vec<String> =
        traceback.call_method1(intern!(py, "format_stack"), (frame,))?.extract()?;
    let is_loop =
        |line: &String| line.contains("/appserver/_loop.py") || line.contains(", in _run\n");
    let below = lines.iter().rposition(is_loop).map_or(0, |last| last + 1);
    Ok(lines.get(below..).unwrap_or_default().concat().trim_end().to_owned())
}
