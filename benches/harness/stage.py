"""What a scenario gets: servers, load, counting, progress; all on cores of their own."""

import fcntl
import os
import re
import resource
import shlex
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from . import build, loads, machine, serving, tree
from .record import Record
from .serving import App, Failed, Ready, Running

__all__ = ["App", "Cores", "Failed", "Ready", "Running", "Stage", "Turn"]
DESCRIPTORS = 30_000
# The end of a temporary folder's name, another one each time, and of one outside of the scratch folder.
MADE_HERE = re.compile(r"((?:/tmp/bench|/tmp)/[a-z0-9-]+?)-[a-z0-9_]{8}(?=/|\s|$)")


@dataclass(frozen=True)
class Cores:
    """Which processors the server has, and which the load."""

    server: frozenset
    load: frozenset

    @property
    def all(self):
        return self.server | self.load

    @classmethod
    def chosen(cls, server=None, load=None):
        """The first and the last core, unless others were named."""
        cores = sorted(os.sched_getaffinity(0))
        server = cores[0] if server is None else server
        load = cores[-1] if load is None else load
        if server == load or not {server, load} <= set(cores):
            raise ValueError("two cores are needed: one for the server, one for the load")
        return cls(frozenset({server}), frozenset({load}))

    def __str__(self):
        return f"server on {named(self.server)}, load on {named(self.load)}"


class Turn:
    """Entered, this process holds a file's lock, as `flock FILE COMMAND` does: so whatever else has to
    be done on the machine can wait until nothing is being measured. Without a path nothing is held."""

    def __init__(self, path=None):
        self.file, self.depth = path and open(path, "a"), 0

    def __enter__(self):
        if self.file and self.depth == 0:
            fcntl.flock(self.file, fcntl.LOCK_EX)
        self.depth += 1

    def __exit__(self, *_):
        self.depth -= 1
        if self.file and self.depth == 0:
            fcntl.flock(self.file, fcntl.LOCK_UN)


@dataclass
class Stage:
    """Made once; each scenario begins with `begin`."""

    built: build.Built
    cores: Cores
    quick: bool = False
    rounds: int = 3
    soak_minutes: float = 30.0
    scratch: Path = Path(tempfile.gettempdir())
    options: object = None  # the command line, for what only one scenario understands
    progress: str = ""
    until: float = 0.0  # when everything is about over
    turn: Turn = field(default_factory=Turn)
    record: Record = field(default_factory=Record)

    def begin(self, progress="", left=0.0):
        """Forgets what the scenario before has recorded. About `left` seconds remain for all."""
        self.progress, self.until = progress, time.monotonic() + left
        self.record = Record(self.printable)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))

    def seconds(self, full, quick):
        """How long something takes, by the mode."""
        return quick if self.quick else full

    @contextmanager
    def serve(
        self,
        server,
        app,
        *,
        workers=1,
        threads=1,
        cores=None,
        flags="",
        env=None,
        ready="/",
        label=None,
        port=None,
    ):
        """A server that has answered `ready` rightly: a path or a `Ready`. Gives a `Running`.

        Raises `Failed` with the end of its log. The command is recorded under the label, with the
        variables in `env`. The port is a free one, unless a server comes back to that of an earlier one.
        """
        app, port = App.named(app), port or serving.free_port()
        ready = Ready(ready) if isinstance(ready, str) else ready
        folder = Path(tempfile.mkdtemp(prefix=f"{server}-", dir=self.scratch))
        words = {"venv": self.built.venv, "bin": self.built.bin, "runtime": folder / "run"}
        words |= {"port": port, "workers": workers, "threads": threads, "flags": flags}
        command = serving.command(server, app, words)
        printed = self.printable(serving.printable(shlex.join(command), self.built, folder, port))
        log, cores = folder / "server.log", cores or self.cores.server
        self.record.server(label or server, printed, env, config_of(command), cores)
        env = serving.environment(self.built, app, env)
        started = serving.started(command, cwd=app.folder, env=env, cores=cores, log=log)
        with self.turn, started as process:
            serving.wait_until_right(process, port, ready, log)
            yield Running(process, port, printed, log)

    def wrk(self, port, path="/", **more):
        """A closed loop, see `loads.wrk`."""
        return loads.wrk(port, path, cores=self.cores.load, note=self.noting(port), **more)

    def h2load(self, port, path="/", **more):
        """A closed loop by another program, see `loads.h2load`."""
        return loads.h2load(port, path, cores=self.cores.load, note=self.noting(port), **more)

    def oha(self, port, path="/", **more):
        """An open loop, see `loads.oha`."""
        return loads.oha(port, path, cores=self.cores.load, note=self.noting(port), **more)

    def messages(self, port, **more):
        """WebSocket messages, see `loads.messages`."""
        words = {"cores": self.cores.load, "note": self.noting(port)}
        return loads.messages(self.built.client, port, **words, **more)

    def noting(self, port):
        """Records the command line of a load on this port."""
        return lambda words: self.record.load(words, port)

    def costs(self, process, load):
        """What `load()` cost the server, see `loads.costs`."""
        return loads.costs(to_pid(process), load)

    def cpu(self, process):
        """User and system seconds of the process tree so far."""
        return tree.cpu_seconds(to_pid(process))

    def memory(self, process):
        """{"rss_kib", "pss_kib"} of the process tree."""
        return tree.memory_kib(to_pid(process))

    def say(self, text):
        """Progress on the standard error, with the time of day and what is left."""
        left = max(0.0, self.until - time.monotonic())
        about = f"{left / 60:.0f} min" if left > 90 else f"{left:.0f} s"
        build.say(f"[{self.progress}, about {about} left] {text}" if self.progress else text)

    def printable(self, text):
        """A text for a result: without the folders of this machine."""
        return MADE_HERE.sub(r"\1", serving.printable(text, self.built, self.scratch))

    @property
    def environment(self):
        """What a result is measured with."""
        return machine.describe(self.built, self.cores)

    @property
    def pinning(self):
        """The cores that servers have had since `begin`, and those of the load."""
        used = self.record.cores or [self.cores.server]
        return "; ".join(str(Cores(cores, self.cores.load)) for cores in used)


def named(cores):
    """`core 0`, `cores 0 and 1`."""
    numbers = list(map(str, sorted(cores)))
    return f"core {numbers[0]}" if len(numbers) == 1 else f"cores {' and '.join(numbers)}"


def config_of(command):
    """The text of the settings file that a command line names, None if it names none."""
    if "--config" not in command:
        return None
    return Path(command[command.index("--config") + 1]).read_text()


def to_pid(process):
    """Of a `Running`, a `Popen` or the number itself."""
    return getattr(process, "pid", process)
