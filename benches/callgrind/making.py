"""Builds what is counted: the extension module, in which the worker runs, and the floor.

The master is not counted, so it is the one that tests use: without optimisation, which takes minutes
less. Needs no virtualenv.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness.build import BENCH, ROOT, say

BUILD = BENCH / "build"
# The master looks for the extension module beside the folder that it is in.
MASTER = BUILD / "master" / "appserver"


@dataclass(frozen=True)
class Built:
    """Where the programs are."""

    floor: Path
    python: str
    master: Path = MASTER


def make(python, profile, rows):
    """Builds what these rows need and is not there yet."""
    say(f"building with the profile `{profile}` (the first time takes minutes)")
    if any(row.is_native for row in rows):
        cargo("--profile", profile, "--package", "appserver-bench-floor", target=BUILD, python=python)
    if not all(row.is_native for row in rows):
        cargo("--workspace", "--bins", target=BENCH.parent, python=python)
        MASTER.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BENCH.parent / "debug" / "appserver", MASTER)
        script = ROOT / "packaging" / "build-extensions"
        env = dict(os.environ, CARGO_TARGET_DIR=str(BUILD))
        subprocess.run([script, "--profile", profile, python], cwd=ROOT, env=env, check=True)
    return existing(python, profile)


def cargo(*words, target, python):
    env = dict(os.environ, CARGO_TARGET_DIR=str(target), PYO3_PYTHON=python)
    subprocess.run(["cargo", "build", "--locked", *words], cwd=ROOT, env=env, check=True)


def existing(python, profile):
    """What an earlier run has built, whatever has changed since."""
    built = Built(BUILD / profile / "appserver-bench-floor", python)
    if not (built.floor.exists() or built.master.exists()):
        sys.exit(f"nothing is built in {BUILD}; build it first, without --no-build")
    return built
