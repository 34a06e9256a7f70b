"""What the numbers were measured with: versions, kernel, processor, commit, load of the machine."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from . import build, tools

PEERS = ("cryptography", "daphne", "django", "djangorestframework", "djangorestframework-simplejwt")
PEERS += ("fastapi", "fastpysgi", "flask", "granian", "gunicorn", "gunicorn_h1c", "h11", "httptools")
PEERS += ("hypercorn", "psycopg", "pydantic", "PyJWT", "starlette", "twisted", "uvicorn", "uvloop")
PEERS += ("uwsgi", "waitress", "websockets", "werkzeug", "whitenoise")

# What a run writes itself.
WRITTEN = ("benches/load/results", "docs/plots", "docs/benchmarks.md", "docs/why-not-runserver.md")
WRITTEN = (*WRITTEN, "README.md")


def describe(built, cores, peers=PEERS):
    """Facts for a result file. Names that are not installed are left out."""
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": revision(),
        "versions": versions(built, peers),
        "profile": built.profile,
        "rustc": first_line(["rustc", "--version"]),
        "wrk": first_line(["wrk", "--version"]).partition(" Copyright")[0],
        "h2load": first_line(["h2load", "--version"]),
        **oha(),
        "kernel": platform.release(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": memory(),
        "pinning": str(cores),
        "load average before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def versions(built, peers=PEERS):
    """CPython and the packages of a virtualenv."""
    code = "import importlib.metadata as m, sys; print('CPython', sys.version.split()[0]);"
    code += "[print(d.metadata['Name'].lower().replace('_', '-'), d.version) for d in m.distributions()]"
    ran = subprocess.run(
        [built.venv / "bin" / "python", "-c", code], capture_output=True, text=True, timeout=60
    )
    found = dict(line.rsplit(" ", 1) for line in ran.stdout.splitlines())
    named = ((name, found.get(name.lower().replace("_", "-"))) for name in peers)
    return {"CPython": found.get("CPython", "unknown")} | {name: one for name, one in named if one}


def revision(root=build.ROOT):
    """The commit, with `-dirty` if what was built or ran is not what it holds; results do not count."""
    git = ["git", "-C", str(root)]
    others = [".", *(f":!{path}" for path in WRITTEN)]
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", *others], capture_output=True)
    return first_line([*git, "describe", "--always"]) + ("-dirty" if changed.returncode else "")


def oha():
    """The version of the open loop, where it is built."""
    found = tools.version(tools.FOLDER / "bin" / "oha")
    return {"oha": found} if found else {}


def first_line(command):
    """What a command says first, wherever it says it; some versions go to stderr."""
    try:
        ran = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, timeout=30)
    except OSError:
        return "unknown"
    lines = (ran.stdout + ran.stderr).splitlines()
    return lines[0].strip() if lines else "unknown"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} CPUs"
    return platform.machine()


def memory():
    total = Path("/proc/meminfo").read_text().split("\n", 1)[0].split()[1]
    return f"{int(total) / 1024 / 1024:.0f} GiB"
