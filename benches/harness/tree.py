"""A process and all its descendants: CPU time, memory, end. Read from /proc, so Linux only."""

import os
import signal
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")

# Positions in /proc/PID/stat after the command's closing parenthesis, see proc_pid_stat(5).
PARENT, USER, SYSTEM, USER_REAPED, SYSTEM_REAPED = 1, 11, 12, 13, 14


def stat_fields(pid):
    """The fields after the command, or None if the process is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


def members(root):
    """The process ids of the tree, the root first."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := stat_fields(entry.name)):
            children.setdefault(int(fields[PARENT]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def cpu_seconds(root):
    """User and system time of the tree, with that of children which ended and were reaped."""
    ticks = 0
    for pid in members(root):
        if fields := stat_fields(pid):
            wanted = (USER, SYSTEM, USER_REAPED, SYSTEM_REAPED)
            ticks += sum(int(fields[position]) for position in wanted)
    return ticks / TICKS


def machine_cpu_seconds():
    """What all processors have done for anybody, hypervisor's theft included."""
    fields = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, softirq, stolen = map(int, fields[:8])
    return (user + nice + system + irq + softirq + stolen) / TICKS


def memory_kib(root):
    """Resident and proportional set size of the tree, in KiB."""
    total = {"Rss": 0, "Pss": 0}
    for pid in members(root):
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            if name in total:
                total[name] += int(rest.split()[0])
    return {"rss_kib": total["Rss"], "pss_kib": total["Pss"]}


def end(process, patience=10.0):
    """Ends a server that was started as the leader of its own session, and what it left behind."""
    family = members(process.pid) if process.poll() is None else []
    if family:
        process.terminate()
    until = time.monotonic() + patience
    while time.monotonic() < until and (process.poll() is None or alive(family)):
        time.sleep(0.02)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def alive(pids):
    """Those of the processes that run; one that waits to be reaped does not."""
    states = {pid: stat_fields(pid) for pid in pids}
    return [pid for pid, fields in states.items() if fields and fields[0] not in "ZX"]
