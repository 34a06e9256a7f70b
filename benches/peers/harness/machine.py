"""What the numbers were measured with: versions, kernel, processor, commit, load of the machine."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from .build import ROOT

PEERS = ("django", "fastapi", "fastpysgi", "granian", "gunicorn", "httptools", "pydantic")
PEERS += ("starlette", "uvicorn", "uvloop", "websockets")


def describe(built, options, peers=PEERS):
    """Facts for the result file and the end of the page."""
    python = built.venv / "bin" / "python"
    versions = "import importlib.metadata as m, sys; print(sys.version.split()[0]"
    versions += "".join(f", m.version({peer!r})" for peer in peers) + ")"
    words = first_line([python, "-c", versions]).split()
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": first_line(["git", "describe", "--always", "--dirty"]),
        "versions": dict(zip(("CPython", *peers), words)),
        "rustc": first_line(["rustc", "--version"]),
        "wrk": first_line(["wrk", "--version"]),
        "kernel": platform.release(),
        "processor": processor(),
        "load average before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "pinning": f"server on core {options.server_core}, load on core {options.load_core}",
        "load": f"wrk -t1 -c{options.connections} or as many WebSockets, {options.rounds} rounds of"
        f" {options.warmup} s warm-up and {options.duration} s measured, servers interleaved",
    }


def first_line(command):
    """What a command says first, wherever it says it; some versions go to stderr."""
    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    except OSError:
        return "unknown"
    lines = (ran.stdout + ran.stderr).splitlines()
    return lines[0].strip() if lines else "unknown"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} CPUs"
    return platform.machine()
