"""Runs one server under callgrind, sends it requests, and finds the profile that it left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from harness import build, tree
from harness.serving import free_port

from .rows import PATIENCE

HERE = Path(__file__).resolve().parent
BOOT_SECONDS = 300.0
ANSWER_SECONDS = 60.0
CONNECTIONS = 16  # written to while the server is held, so that it finds them all ready
CALLGRIND = "valgrind --tool=callgrind --vgdb=no --callgrind-out-file={folder}/out.%p"
# Where a dictionary looks for a string depends on this; without it each run has its own seed.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


def command(row, built, folder, port):
    """The master runs as it is; the interpreter, and so the worker, runs under callgrind."""
    words = CALLGRIND.format(folder=folder)
    if row.is_native:
        return f"{words} {built.floor} 127.0.0.1:{port}"
    wrapper = write_wrapper(folder, words, built.python)
    flags = f"--bind 127.0.0.1:{port} --workers 1 {PATIENCE} {row.flags}"
    flags += f" --set python.interpreter={wrapper} --runtime-dir {folder / 'run'}"
    if row.config:
        flags += f" --config {folder / row.config}"
    return f"{built.master} run {row.app} {flags}"


def write_wrapper(folder, words, python):
    """What stands for the interpreter."""
    wrapper, shim = folder / "python", folder / "pidfd.so"
    source = HERE / "pidfd.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
    wrapper.write_text(f'#!/bin/sh\nLD_PRELOAD={shim} exec {words} {python} "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def profile(row, built, requests, read, keep=None):
    """What `read` makes of the profiles of a server that answered this many requests."""
    with tempfile.TemporaryDirectory(prefix="appserver-instructions-") as name:
        folder, port = Path(name), free_port()
        log = folder / "log"
        row.write_files(folder)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(row, built, folder, port).split(),
                cwd=build.APPS,
                env=os.environ | ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            connections = connect(process, port, log)
            load(connections, process, requests, Exchange(row, port))
        except (OSError, ValueError) as error:
            give_up(str(error), log)
        finally:
            end(process)
        paths = [path for path in folder.glob("out.*") if path.stat().st_size]
        if not paths:
            give_up("callgrind left no profile", log)
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            for path in paths:
                shutil.copy(path, keep / f"{requests}-{path.name}")
        return read(paths)


class Exchange:
    """One request and its answer."""

    def __init__(self, row, port):
        self.request = row.request(port)
        self.expected = row.expected
        self.size = None  # of a whole answer, once one is known

    def ask(self, connections):
        for connection in connections:
            connection.sendall(self.request)

    def check(self, connection):
        """Reads the whole answer, which has to be the right one."""
        text = b""
        while len(text) < self.size if self.size else not text.endswith(self.expected):
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError(f"the server closed a connection after {text!r}")
            text += piece
        if not (text.startswith(b"HTTP/1.1 200 ") and text.endswith(self.expected)):
            raise ValueError(f"a wrong answer: {text!r}")
        self.size = len(text)


def load(connections, process, requests, exchange):
    """Sends so many requests after a first one."""
    exchange.ask(connections[:1])
    exchange.check(connections[0])
    served = tree.members(process.pid)[-1]
    for connection in connections:
        connection.settimeout(ANSWER_SECONDS)
    for left in range(requests, 0, -CONNECTIONS):
        with held(served):
            exchange.ask(connections[:left])
        for connection in connections[:left]:
            exchange.check(connection)


@contextmanager
def held(pid):
    """Holds the server up while it has nothing to do, until the block ends.

    So one turn of its loop finds every request of the block. Otherwise the number of turns would
    depend on what else the machine does.
    """
    wait_until(pid, "S")
    os.kill(pid, signal.SIGSTOP)
    wait_until(pid, "T")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def wait_until(pid, state):
    """Waits for a process to be in this state, as proc_pid_stat(5) names it."""
    until = time.monotonic() + ANSWER_SECONDS
    while (fields := tree.stat_fields(pid)) and fields[0] != state:
        if time.monotonic() > until:
            raise TimeoutError(f"the server is in state {fields[0]}, not in {state}")
        time.sleep(0.0005)


def end(process):
    """Ends the process that serves, which is the last one forked, by itself: see pidfd.c."""
    if process.poll() is None:
        served = tree.members(process.pid)[-1]
        os.kill(served, signal.SIGTERM)
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until and tree.alive([served]) and process.poll() is None:
            time.sleep(0.05)
    tree.end(process, patience=5.0)


def connect(process, port, log):
    """Connections to the server, as soon as it listens."""
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            made = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(CONNECTIONS)]
        except OSError:
            time.sleep(0.1)
            continue
        for connection in made:
            connection.settimeout(BOOT_SECONDS)
        return made
    give_up("the server did not start", log)


def give_up(why, log):
    sys.exit(f"{why}; the log of the server ends:\n{log.read_text(errors='replace')[-2000:]}")
