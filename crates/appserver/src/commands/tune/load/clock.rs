//! How much CPU time a thread of the load has had, and how long it has waited for it.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// Since the thread began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// On a CPU.
    pub(super) running: Duration,
    /// Ready to run, while others had the CPU. Zero where the kernel does not tell.
    pub(super) waiting: Duration,
}

impl Spent {
    /// By the calling thread, until now.
    pub(super) fn by_this_thread() -> Self {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let told = parse(&text).filter(|spent| !spent.running.is_zero());
        told.unwrap_or_else(|| Self { running: usage(), waiting: Duration::ZERO })
    }

    /// From an earlier moment until this one.
    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            running: self.running.saturating_sub(earlier.running),
            waiting: self.waiting.saturating_sub(earlier.waiting),
        }
    }
}

/// The line `154033 3412795 2`: nanoseconds on a CPU, nanoseconds in a queue for one, turns.
fn parse(schedstat: &str) -> Option<Spent> {
    let mut numbers = schedstat.split_whitespace().map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten().map(Duration::from_nanos);
    Some(Spent { running: next()?, waiting: next()? })
}

fn usage() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_THREAD) else { return Duration::ZERO };
    let each = [usage.user_time(), usage.system_time()].map(|time| {
        let part = |number: i64| u64::try_from(number).unwrap_or(0);
        Duration::from_secs(part(time.tv_sec())) + Duration::from_micros(part(time.tv_usec()))
    });
    each.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_line_is_understood() {
        let [running, waiting] = [1500, 20].map(Duration::from_nanos);
        assert_eq!(parse("1500 20 3\n"), Some(Spent { running, waiting }));
        assert_eq!(parse("1500"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn what_was_spent_between_two_moments_is_never_negative() {
        let spent = |running, waiting| Spent {
            running: Duration::from_nanos(running),
            waiting: Duration::from_nanos(waiting),
        };
        assert_eq!(spent(9, 7).since(spent(5, 1)), spent(4, 6));
        assert_eq!(spent(1, 7).since(spent(5, 1)), spent(0, 6));
    }
}
