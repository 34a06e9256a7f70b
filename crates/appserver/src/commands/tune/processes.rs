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
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let found = pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (of, ticks) = group_and_ticks(&stat)?;
        (of == group.as_raw()).then_some((Pid::from_raw(pid), ticks))
    });
    found.collect()
}

/// The process group and the ticks in user and system mode, own and of children (proc_pid_stat(5)).
fn group_and_ticks(stat: &str) -> Option<(i32, u64)> {
    // The name in parentheses may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok());
    Some((fields.get(2)?.parse().ok()?, ticks.sum()))
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
        let stat = "7 (a) b) S 1 42 42 0 -1 4 9 9 9 9 10 20 3 4 20 0 1 0 99";
        assert_eq!(group_and_ticks(stat), Some((42, 37)));
        assert_eq!(group_and_ticks("7 (cut"), None);
        assert_eq!(pss("Rss: 9 kB\nPss:     5 kB\nPss_Dirty: 1 kB\n"), Some(5 * 1024));
        assert_eq!(pss("Rss: 9 kB\n"), None);
    }

    #[test]
    fn the_own_group_takes_something() {
        assert!(memory(nix::unistd::getpgrp()) > 0);
    }
}
