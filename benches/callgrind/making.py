"""Builds what is counted: the server, its extension module and the floor. Needs no virtualenv."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.build import BENCH, ROOT, say


@dataclass(frozen=True)
class Built:
    """Where the programs are."""

    bin: Path
    python: str


def make(python, profile, rows):
    """Builds what these rows need and is not there yet."""
    env = dict(os.environ, CARGO_TARGET_DIR=str(BENCH / "build"), PYO3_PYTHON=python)
    cargo = ["cargo", "build", "--locked", "--profile", profile]
    if any(row.is_native for row in rows):
        cargo += ["--package", "appserver-bench-floor"]
    needs_python = not all(row.is_native for row in rows)
    if needs_python:
        cargo += ["--package", "appserver"]
    say(f"building with the profile `{profile}` (the first time takes minutes)")
    subprocess.run(cargo, cwd=ROOT, env=env, check=True)
    if needs_python:
        script = ROOT / "packaging" / "build-extensions"
        subprocess.run([script, "--profile", profile, python], cwd=ROOT, env=env, check=True)
    return Built(BENCH / "build" / profile, python)


def existing(python, profile):
    """What an earlier run has built, whatever has changed since."""
    folder = BENCH / "build" / profile
    if not folder.is_dir():
        sys.exit(f"{folder} is not there; build it first, without --no-build")
    return Built(folder, python)
