"""One measurement: the load on its own core, CPU time of the server's process tree around it."""

import json
import os
import resource
import subprocess

from . import tree
from .build import HERE

# A server too slow for a case's requests is measured all the same.
MOST_WARMUPS = 30


def command(port, case, seconds, options):
    """What puts the load of a case on a server."""
    connections = case.connections or options.connections
    if case.message:
        return [options.client, "echo", *map(str, (port, connections, case.message, seconds))]
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    return [*words, "-s", HERE / "load" / case.script, f"http://127.0.0.1:{port}/"]


def put(port, case, seconds, options):
    """Puts load on a server for whole seconds and returns what wrk's script or our client tells."""
    ran = subprocess.run(
        command(port, case, seconds, options),
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.load_core}),
    )
    if ran.returncode:
        raise RuntimeError(f"the load: {(ran.stderr or ran.stdout).strip()}")
    lines = [line for line in ran.stdout.splitlines() if line.startswith("result ")]
    return json.loads(lines[-1].removeprefix("result "))


def measure(process, port, case, options):
    """Warms the server up and measures it once."""
    served = 0
    for _ in range(MOST_WARMUPS):
        served += put(port, case, options.warmup, options)["requests"]
        if served >= case.requests:
            break
    before, busy_before = tree.cpu_seconds(process.pid), busy_elsewhere(process.pid)
    result = put(port, case, options.duration, options)
    cpu = tree.cpu_seconds(process.pid) - before
    others = busy_elsewhere(process.pid) - busy_before
    requests = result["requests"]
    if not requests:
        raise RuntimeError("no request was answered")
    return {
        "cpu_us": cpu * 1e6 / requests,
        "cpu_used": cpu * 1e6 / result["duration"],
        "others": others * 1e6 / result["duration"],
        "rps": requests * 1e6 / result["duration"],
        "p50_us": result["p50"],
        "p99_us": result["p99"],
        "requests": requests,
        "failed": result["failed"] + result["status_errors"],
        **tree.memory_kib(process.pid),
    }


def busy_elsewhere(root):
    """CPU seconds of everybody but the server and the load, which has been waited for by now."""
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    loads = ours.ru_utime + ours.ru_stime
    return tree.machine_cpu_seconds() - tree.cpu_seconds(root) - loads
