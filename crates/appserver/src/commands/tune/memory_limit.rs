//! How much memory a server on this machine may take at most.

use std::fs;
use std::path::Path;

/// What the control group (v2 and v1, also those around it) and the machine have, in bytes; the
/// least of them.
pub(super) fn of_machine() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().flat_map(files).filter_map(|file| {
        fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<u64>().ok())
    });
    limits.chain(machine).min().unwrap_or(u64::MAX)
}

/// The line `MemTotal:       24689208 kB`.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// The files that may hold a limit, for one line of `/proc/self/cgroup`: of the group itself and of
/// each around it. In a container the path may mean a folder that cannot be seen from inside; then
/// the root is what counts.
fn files(line: &str) -> Vec<String> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let (root, name) = match controllers {
        "" => ("/sys/fs/cgroup", "memory.max"),
        memory if memory.split(',').any(|one| one == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let folders = Path::new(path).ancestors().filter_map(Path::to_str);
    folders.map(|folder| format!("{root}{}/{name}", folder.trim_end_matches('/'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_its_memory() {
        assert_eq!(total("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert_eq!(total("nothing"), None);
    }

    #[test]
    fn groups_around_count_too() {
        assert_eq!(
            files("0::/a/b"),
            [
                "/sys/fs/cgroup/a/b/memory.max",
                "/sys/fs/cgroup/a/memory.max",
                "/sys/fs/cgroup/memory.max"
            ]
        );
        let old = [
            "/sys/fs/cgroup/memory/x/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        assert_eq!(files("5:cpu,memory:/x"), old);
        assert!(files("4:cpu:/x").is_empty() && files("garbage").is_empty());
    }
}
