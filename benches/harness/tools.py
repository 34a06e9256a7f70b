"""The programs that put load on a server: `wrk` and `h2load` of the system, `oha` built from source."""

import os
import shutil
import subprocess
import sys

from . import build

OHA_VERSION = "1.16.0"
PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client"}
# How fast the load is built says nothing about it: it has a core of its own.
QUICK_BUILD = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}


def system(name):
    """A program of the system, which has to be there."""
    found = shutil.which(name)
    if not found:
        sys.exit(f"{name} is needed (Debian: apt-get install {PACKAGES.get(name, name)})")
    return found


def oha():
    """`oha` of the pinned version, built the first time it is asked for."""
    folder = build.BENCH / "tools"
    program = folder / "bin" / "oha"
    with build.locked("tools"):
        if version(program) != OHA_VERSION:
            build.say(f"building oha {OHA_VERSION} (a few minutes, once)")
            words = ["cargo", "install", "oha", "--locked", "--version", OHA_VERSION, "--force"]
            words += ["--no-default-features", "--features", "rustls", "--root", folder]
            env = dict(os.environ, CARGO_TARGET_DIR=str(folder / "build")) | QUICK_BUILD
            subprocess.run(list(map(str, words)), cwd=build.BENCH, env=env, check=True)
    return program


def version(program):
    """What a program calls its version, None if it does not run."""
    try:
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    words = ran.stdout.split()
    return words[1] if len(words) > 1 else None
