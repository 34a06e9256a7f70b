"""What puts load on a server, each on cores of its own, and tells what came of it in the same words.

A load gives `requests` answered and those of them with a status above 399 (`status_errors`), `failed`
requests (connections refused or broken, answers that never came), `duration` in seconds, `rps`, and
the latencies `p50_us`, `p99_us` and `p999_us`.
"""

import json
import os
import re
import resource
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import build, tools, tree

LUA = build.BENCHES / "load" / "lua"
PERCENTILES = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9"}
SPARE_SECONDS = 30  # what a load takes beyond its time, at most


@contextmanager
def pinned(cores):
    """What is started in the block runs on these cores: they are inherited, and the thread's own."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def output(words, seconds, cores, note=None):
    """The standard output of a load that ran for these seconds. `note(words)` keeps a record."""
    if note:
        note(words)
    with pinned(cores):
        process = subprocess.Popen(
            list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    with process:
        try:
            told, errors = process.communicate(timeout=seconds + SPARE_SECONDS)
        finally:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"the load: {(errors or told).strip()}")
    return told


def result_line(text):
    """What a script or our client has told as JSON."""
    lines = [line for line in text.splitlines() if line.startswith("result ")]
    if not lines:
        raise RuntimeError(f"the load told no result: {text.strip()[-500:]}")
    return json.loads(lines[-1].removeprefix("result "))


def closed(told):
    """Our words for a result of a script or of our client: `duration` comes in microseconds."""
    seconds = told["duration"] / 1e6
    return {
        "rps": told["requests"] / seconds,
        "p50_us": told["p50"],
        "p99_us": told["p99"],
        "p999_us": told.get("p999"),  # a client of an earlier build tells none
        "requests": told["requests"],
        "failed": told["failed"],
        "status_errors": told["status_errors"],
        "duration": seconds,
    }


def wrk(
    port,
    path,
    *,
    connections,
    seconds,
    cores,
    script=None,
    headers=(),
    arguments=(),
    timeout=10,
    note=None,
):
    """A closed loop: each connection sends its next request when the answer has come.

    A script is a file of benches/load/lua, or a path of its own; it has to tell its result as
    `get.lua` does. An answer that takes longer than `timeout` seconds is a failure.
    """
    words = [tools.system("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    words += [f"--timeout={timeout}s", "-s", LUA / (script or "get.lua")]
    for header in headers:
        words += ["-H", header]
    words += [f"http://127.0.0.1:{port}{path}"]
    if arguments:
        words += ["--", *arguments]
    return closed(result_line(output(words, seconds + timeout, cores, note)))


def h2load(port, path, *, connections, seconds, cores, note=None):
    """A closed loop of HTTP/1.1 by another program: whether `wrk` tells the truth."""
    with tempfile.TemporaryDirectory(prefix="appserver-h2load-") as folder:
        log = Path(folder) / "log"
        words = [tools.system("h2load"), "--h1", "-t1", f"-c{connections}", f"-D{seconds}"]
        words += [f"--log-file={log}", f"http://127.0.0.1:{port}{path}"]
        told = output(words, seconds, cores, note)
        return logged(told, log.read_text().splitlines(), seconds)


def logged(told, lines, seconds):
    """Our words for what `h2load` says, and for its log: start, status and microseconds of each."""
    answers = [line.split("\t") for line in lines]
    times = sorted(int(time) for _, _, time in answers)
    if not times:
        raise RuntimeError(f"the load told no result: {told.strip()[-500:]}")
    broken = re.search(r"(\d+) errored, (\d+) timeout", told)
    if not broken:
        raise RuntimeError(f"the load told of no errors: {told.strip()[-500:]}")
    parts = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}
    return {
        "rps": len(times) / seconds,
        **{name: times[min(int(part * len(times)), len(times) - 1)] for name, part in parts.items()},
        "requests": len(times),
        "failed": sum(map(int, broken.groups())),
        "status_errors": sum(int(status) > 399 for _, status, _ in answers),
        "duration": float(seconds),
    }


def messages(client, port, *, connections, size, seconds, cores, note=None):
    """WebSocket messages there and back: a request is one message."""
    words = [client, "echo", port, connections, size, seconds]
    return closed(result_line(output(words, seconds, cores, note)))


def oha(port, path, *, rate, seconds, connections, cores, note=None):
    """An open loop: `rate` requests are due each second, however long the answers take.

    A request that has to wait for a free connection has waited since it was due.
    """
    words = [tools.oha(), "--no-tui", "--output-format", "json", "-z", f"{seconds}s"]
    words += ["-q", rate, "-c", connections, "--latency-correction"]
    words += ["--wait-ongoing-requests-after-deadline", "-t", f"{seconds + 10}s"]
    words += [f"http://127.0.0.1:{port}{path}"]
    return opened(json.loads(output(words, 2 * seconds + 10, cores, note)))


def opened(told):
    """Our words for a result of `oha`."""
    statuses = {int(status): count for status, count in told["statusCodeDistribution"].items()}
    requests, seconds = sum(statuses.values()), told["summary"]["total"]
    times = told["latencyPercentiles"]
    return {
        "rps": requests / seconds,
        **{name: (times[key] or 0) * 1e6 for name, key in PERCENTILES.items()},
        "requests": requests,
        "failed": sum(told["errorDistribution"].values()),
        "status_errors": sum(count for status, count in statuses.items() if status > 399),
        "duration": seconds,
    }


def costs(pid, load):
    """What a load cost the process tree: its result with CPU time and memory.

    `cpu_us` is user and system time per request, `cpu_used` the tree's share of one core, `others`
    that of everybody but the server and the load.
    """
    before, busy_before = tree.cpu_seconds(pid), busy_elsewhere(pid)
    told = load()
    cpu = tree.cpu_seconds(pid) - before
    others = busy_elsewhere(pid) - busy_before
    if not told["requests"]:
        raise RuntimeError("no request was answered")
    told["cpu_us"] = cpu * 1e6 / told["requests"]
    told["cpu_used"] = cpu / told["duration"]
    told["others"] = others / told["duration"]
    return told | tree.memory_kib(pid)


def busy_elsewhere(root):
    """CPU seconds of everybody but the server and the load, which has been waited for by now."""
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    loads = ours.ru_utime + ours.ru_stime
    return tree.machine_cpu_seconds() - tree.cpu_seconds(root) - loads
