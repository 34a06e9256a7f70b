"""One measurement: wrk on its own core, CPU time of the server's process tree around it."""

import json
import os
import subprocess

from . import tree
from .build import HERE


def wrk(port, case, seconds, options):
    """Runs wrk for whole seconds and returns what its script tells."""
    script = HERE / "load" / case.script
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/"]
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.load_core}),
    )
    if ran.returncode:
        raise RuntimeError(f"wrk: {(ran.stderr or ran.stdout).strip()}")
    lines = [line for line in ran.stdout.splitlines() if line.startswith("result ")]
    return json.loads(lines[-1].removeprefix("result "))


def measure(process, port, case, options):
    """Warms the server up and measures it once."""
    wrk(port, case, options.warmup, options)
    before = tree.cpu_seconds(process.pid)
    result = wrk(port, case, options.duration, options)
    cpu = tree.cpu_seconds(process.pid) - before
    requests = result["requests"]
    if not requests:
        raise RuntimeError("no request was answered")
    return {
        "cpu_us": cpu * 1e6 / requests,
        "cpu_used": cpu * 1e6 / result["duration"],
        "rps": requests * 1e6 / result["duration"],
        "p50_us": result["p50"],
        "p99_us": result["p99"],
        "requests": requests,
        "failed": result["failed"] + result["status_errors"],
        **tree.memory_kib(process.pid),
    }
