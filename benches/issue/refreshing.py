"""Refreshes: what one costs the server's process tree, and how many there are in a second."""

import json
import os
import subprocess
from pathlib import Path

from harness import tree
from harness.loads import busy_elsewhere

import serving

SCRIPT = Path(__file__).resolve().parent / "load/refresh.lua"
# So many per connection that none is waited for.
TOKENS = 4


def put(port, folder, seconds, options):
    """Puts load on the server for whole seconds, and returns what wrk tells."""
    file = folder / "tokens"
    tokens = [serving.token(port) for _ in range(TOKENS * options.connections)]
    file.write_text("\n".join(tokens) + "\n")
    words = ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "--latency", "-s", SCRIPT]
    words += [f"http://127.0.0.1:{port}/api/token/refresh/", "--", file]
    before = cpu(options)
    ran = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.load_core}),
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("result ")]
    if ran.returncode or not lines:
        raise RuntimeError(f"the load: {(ran.stderr or ran.stdout).strip()}")
    spent = [after - begun for after, begun in zip(cpu(options), before)]
    return json.loads(lines[-1].removeprefix("result ")), spent


def cpu(options):
    """CPU seconds: of the server, of the database, of everybody else."""
    server, database = options.server, options.database
    ours = tree.cpu_seconds(server)
    theirs = tree.cpu_seconds(database) if database else 0.0
    return ours, theirs, busy_elsewhere(server) - theirs


def measure(port, folder, options):
    """Warms the server up and measures it once."""
    put(port, folder, options.warmup, options)
    result, (server, database, others) = put(port, folder, options.duration, options)
    if not result["requests"]:
        raise RuntimeError("no request was answered")
    return {
        "cpu_us": server * 1e6 / result["requests"],
        "database_us": database * 1e6 / result["requests"],
        "cpu_used": server * 1e6 / result["duration"],
        "others": others * 1e6 / result["duration"],
        "rps": result["requests"] * 1e6 / result["duration"],
        "p50_us": result["p50"],
        "p99_us": result["p99"],
        "failed": result["failed"] + result["status_errors"],
        **tree.memory_kib(options.server),
    }
