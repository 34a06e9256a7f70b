"""The programs that put load on a server: `wrk` and `h2load` of the system, `oha` built from source."""

import os
import shutil
import subprocess
import sys

from . import build

OHA_VERSION = "1.16.0"
FOLDER = build.BENCH / "tools"
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
    with build.locked("tools"):
        if not oha_is_built():
            build.say(f"building oha {OHA_VERSION} (a few minutes, once)")
            words = ["cargo", "install", "oha", "--locked", "--version", OHA_VERSION, "--force"]
            # Nothing here speaks TLS, but it does not compile without.
            words += ["--no-default-features", "--features", "rustls", "--root", FOLDER]
            env = dict(os.environ, CARGO_TARGET_DIR=str(FOLDER / "build")) | QUICK_BUILD
            # In the checkout, whose toolchain is pinned.
            subprocess.run(list(map(str, words)), cwd=build.ROOT, env=env, check=True)
            shutil.rmtree(FOLDER / "build", ignore_errors=True)
    return FOLDER / "bin" / "oha"


def oha_is_built():
    """Whether the pinned version is there."""
    return version(FOLDER / "bin" / "oha") == OHA_VERSION


def version(program):
    """The version that a program tells, None if it does not run."""
    try:
        ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    words = ran.stdout.split()
    return words[1] if len(words) > 1 else None
