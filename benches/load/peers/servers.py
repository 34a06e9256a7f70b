"""The servers that are compared, and how one is started.

Each peer gets the flags that serve it best; access logs are off everywhere (off is the default of
all of them).
"""

import http.client
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import tree
from .build import HERE

BOOT_SECONDS = 30.0


@dataclass(frozen=True)
class Server:
    """A name for the table and the command, in which {app}, {port}, {venv} … are filled in."""

    name: str
    command: str


def appserver(threads):
    return Server(
        f"appserver-{threads}",
        "{bin}/appserver run {app} --interface wsgi --bind 127.0.0.1:{port}"
        f" --workers {{workers}} --threads {threads} --runtime-dir {{runtime}}",
    )


def granian(threads, mode):
    return Server(
        f"granian-{threads}-{mode}",
        "{venv}/bin/granian --interface wsgi --http 1 --host 127.0.0.1 --port {port}"
        f" --workers {{workers}} --runtime-mode {mode} --runtime-threads 1 --blocking-threads {threads}"
        " --no-ws --log-level warning {app}",
    )


def gunicorn(name, flags):
    return Server(
        f"gunicorn-{name}",
        "{venv}/bin/gunicorn --bind 127.0.0.1:{port} --workers {workers}"
        f" --log-level warning {flags} {{app}}",
    )


def granian_asgi(mode):
    return Server(
        f"granian-asgi-{mode}",
        "{venv}/bin/granian --interface asgi --http 1 --loop uvloop --host 127.0.0.1 --port {port}"
        f" --workers {{workers}} --runtime-mode {mode} --runtime-threads 1"
        " {granian_ws} --log-level warning {app}",
    )


def uvicorn(name, websockets):
    return Server(
        name,
        "{venv}/bin/uvicorn --host 127.0.0.1 --port {port} --workers {workers} --loop uvloop"
        f" --http httptools --ws {websockets} --no-access-log --no-proxy-headers"
        " --log-level warning {app}",
    )


SERVERS = (
    appserver(1),
    appserver(4),
    granian(1, "mt"),
    granian(1, "st"),
    granian(4, "mt"),
    granian(4, "st"),
    Server("fastpysgi", "{venv}/bin/fastpysgi --host 127.0.0.1 --port {port} {app}"),
    gunicorn("gthread", "--worker-class gthread --threads 4"),
    gunicorn("preload", "--worker-class gthread --threads 4 --preload"),
    gunicorn("sync", "--worker-class sync"),
    Server(
        "appserver-asgi",
        "{bin}/appserver run {app} --interface asgi --bind 127.0.0.1:{port}"
        " --workers {workers} --runtime-dir {runtime}",
    ),
    granian_asgi("mt"),
    granian_asgi("st"),
    uvicorn("uvicorn", "none"),
    uvicorn("uvicorn-websockets", "websockets"),
    uvicorn("uvicorn-sansio", "websockets-sansio"),
    Server("floor", "{bin}/appserver-bench-floor 127.0.0.1:{port}"),
)


@dataclass(frozen=True)
class Place:
    """Where servers run: on this core, with the apps of this folder, their files in `scratch`."""

    core: int
    scratch: Path
    apps: Path = HERE / "apps"


def free_port():
    """A port that the kernel chose and nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(server, case, built, place):
    """The server, until the block ends. Gives (process, port, command)."""
    port = free_port()
    words = {"app": case.app, "port": port, "workers": case.workers}
    words["granian_ws"] = "--ws" if case.message else "--no-ws"
    words |= {"venv": built.venv, "bin": built.bin, "runtime": place.scratch / f"run-{port}"}
    command = server.command.format(**words)
    log = place.scratch / f"{server.name}-{case.name}.log"
    env = dict(os.environ, VIRTUAL_ENV=str(built.venv), PYTHONDONTWRITEBYTECODE="1")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.split(),
            cwd=place.apps,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {place.core}),
        )
    try:
        wait_until_right(process, port, case, log)
        yield process, port, command
    finally:
        tree.end(process)


def wait_until_right(process, port, case, log):
    """Waits for the first answer, which must be the right one."""
    until = time.monotonic() + BOOT_SECONDS
    while True:
        if process.poll() is not None or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the server did not start; its log ends:\n{tail}")
        try:
            status, body = ask(port, case)
        except OSError:
            time.sleep(0.05)
            continue
        if status != 200 or body != case.expected:
            raise RuntimeError(f"wrong answer: {status}, {body[:80]!r}")
        return


def ask(port, case):
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(case.method, "/", case.body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
