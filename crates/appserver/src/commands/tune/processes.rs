//! What a process group takes of the machine, as the kernel tells it.

use std::fs;
use std::time::Duration;

use appserver_os::{Pid, process};
use nix::unistd::{SysconfVar, sysconf};

/// Memory of all processes of a group together, in bytes. What several share is divided among them
/// (PSS), so that it counts once. Where the kernel does not tell that, resident memory counts
/// instead, and what is shared counts in each.
pub(super) fn memory(group: Pid) -> u64 {
    let each = members(group).into_iter().map(|(pid, _)| {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok();
        rollup.and_then(|text| pss(&text)).or_else(|| process::resident_bytes(pid)).unwrap_or(0)
    });
    each.sum()
}

/// CPU time that a group has used, with that of its members' children that have ended.
pub(super) fn cpu_time(group: Pid) -> Duration {
    let ticks: u64 = members(group).into_iter().map(|(_, ticks)| ticks).sum();
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
    let per_second = per_second.and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(100);
    Duration::from_secs(ticks) / per_second
}

/// The processes of a group, each with its ticks of CPU time.
fn members(group: Pid) -> Vec<(Pid, u64)> {
    let members = all().filter(|(_, stat)| stat.group == group.as_raw());
    members.map(|(pid, stat)| (pid, stat.ticks)).collect()
}

/// The children of a process, also those that have ended and were not reaped.
pub(super) fn children(parent: Pid) -> Vec<Pid> {
    let children = all().filter(|(_, stat)| stat.parent == parent.as_raw());
    children.map(|(pid, _)| pid).collect()
}

/// Every process that can be seen.
fn all() -> impl Iterator<Item = (Pid, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((Pid::from_raw(pid), Stat::read(&text)?))
    })
}

/// What the kernel tells of a process (proc_pid_stat(5)).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    group: i32,
    /// In user and system mode, own and of children.
    ticks: u64,
}

impl Stat {
    fn read(text: &str) -> Option<Self> {
        // The name in parentheses may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok());
        let number = |index: usize| fields.get(index)?.parse().ok();
        Some(Self { parent: number(1)?, group: number(2)?, ticks: ticks.sum() })
    }
}

/// The line `Pss:   1234 kB`.
fn pss(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_understood() {
        let stat = "7 (a) b) S 1 42 43 0 -1 4 9 9 9 9 10 20 3 4 20 0 1 0 99";
        assert_eq!(Stat::read(stat), Some(Stat { parent: 1, group: 42, ticks: 37 }));
        assert_eq!(Stat::read("7 (cut"), None);
        assert_eq!(pss("Rss: 9 kB\nPss:     5 kB\nPss_Dirty: 1 kB\n"), Some(5 * 1024));
        assert_eq!(pss("Rss: 9 kB\n"), None);
    }

    #[test]
    fn the_own_group_takes_something() {
        assert!(memory(nix::unistd::getpgrp()) > 0);
    }
}
