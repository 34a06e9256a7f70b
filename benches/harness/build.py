"""Makes what is measured: this checkout, with its profile `dist` as a rule, and peers in a virtualenv.

Everything goes below TARGET/bench, where TARGET is CARGO_TARGET_DIR or `target` in the checkout, so
that nothing else in the build folder is disturbed. With the profile `dev` it is what tests use, where
tests have built it.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BENCHES = Path(__file__).resolve().parent.parent
ROOT = BENCHES.parent
APPS = BENCHES / "load" / "apps"
REQUIREMENTS = BENCHES / "load" / "requirements"
BENCH = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "bench"
DIST = "dist"
PROFILES = ("dev", "release", DIST)
PINS = REQUIREMENTS / "peers.txt"
VENV = BENCH / "venv-peers"


@dataclass(frozen=True)
class Built:
    """Where the programs are."""

    venv: Path
    bin: Path  # the folder of `appserver`, of the floor and of the client
    profile: str = DIST

    @property
    def client(self):
        """The load that no ready-made tool puts on a server."""
        return self.bin / "appserver-bench-client"


def newest_python():
    """The newest CPython from 3.10 on that runs here: from PATH, or one that pyenv installed."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python3.{minor}") for minor in range(10, 20)]
    found += [sys.executable, *folder.glob("3.*/bin/python3")]
    versions = {}
    for path in filter(None, found):
        if (version := version_of(path)) and version >= (3, 10):
            versions.setdefault(version, str(path))
    if not versions:
        sys.exit("no CPython from 3.10 on was found; name one with --python")
    return versions[max(versions)]


def version_of(python):
    """(3, N) of a CPython, None for what is none or does not run."""
    code = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    ran = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30)
    words = ran.stdout.split()
    if ran.returncode or not words or words[0] != "cpython":
        return None
    return int(words[1]), int(words[2])


def target(profile):
    """Cargo's folder."""
    return BENCH.parent if profile == "dev" else BENCH / "build"


def programs(profile):
    """The folder in it that programs are in."""
    return target(profile) / ("debug" if profile == "dev" else profile)


def make(python, *, pins=PINS, venv=VENV, profile=DIST):
    """Builds what is not there yet and says where it is."""
    env = dict(os.environ, CARGO_TARGET_DIR=str(target(profile)), PYO3_PYTHON=python)
    BENCH.mkdir(parents=True, exist_ok=True)
    say(f"building with the profile `{profile}` (the first time takes minutes)")
    cargo = ["cargo", "build", "--profile", profile, *packages(profile)]
    subprocess.run(cargo, cwd=ROOT, env=env, check=True)
    script = ROOT / "packaging" / "build-extensions"
    subprocess.run([script, "--profile", profile, python], cwd=ROOT, env=env, check=True)
    return Built(virtualenv(python, pins, venv), programs(profile), profile)


def packages(profile):
    """What Cargo builds: as for tests, because another choice of packages has other features."""
    if profile == "dev":
        return ["--workspace", "--bins"]
    names = ("appserver", "appserver-bench-client", "appserver-bench-floor")
    return [word for name in names for word in ("--package", name)]


def existing(python=None, *, pins=PINS, venv=VENV, profile=DIST):
    """What an earlier run has built, whatever has changed since; only the virtualenv is made."""
    built = Built(venv, programs(profile), profile)
    for program in (built.bin / "appserver", built.client):
        if not program.exists():
            sys.exit(f"{program} is not there; build it first, without --no-build")
    virtualenv(python or newest_python(), pins, venv)
    return built


def prepare(options, profile=DIST):
    """What the options `--no-build` and `--python` ask for."""
    if options.no_build:
        return existing(options.python, profile=profile)
    return make(options.python or newest_python(), profile=profile)


def virtualenv(python, pins=PINS, venv=VENV):
    """The virtualenv of some pins; made anew when the interpreter or a pin has changed."""
    # Its own name, by whichever of its names it was called.
    wanted = f"{Path(python).resolve()}\n{all_pins(pins)}"
    stamp = venv / "stamp"
    with locked(venv.name):
        if not stamp.is_file() or stamp.read_text() != wanted:
            say(f"making {venv} with {python}")
            subprocess.run([python, "-m", "venv", "--clear", venv], check=True)
            pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, "--requirement", pins], check=True)
            stamp.write_text(wanted)
    return venv


def all_pins(path):
    """The text of a file of requirements, with those that it includes and with its constraints."""
    lines = path.read_text().splitlines()
    included = [line.split(maxsplit=1)[1] for line in lines if line.startswith(("-r ", "-c "))]
    return "\n".join([*lines, *(all_pins(path.parent / one) for one in included)])


@contextmanager
def locked(name):
    """One at a time makes the thing of this name."""
    BENCH.mkdir(parents=True, exist_ok=True)
    with (BENCH / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text):
    """Progress, apart from the result on stdout."""
    print(text, file=sys.stderr, flush=True)
