"""The servers that are compared, and how one is started and ended.

Each production server gets what its documentation recommends for production, each development server
runs as a developer runs it. Access logs are off where they can be.
"""

import http.client
import os
import shlex
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import build, tree
from .loads import pinned

BOOT_SECONDS = 30.0
HERE = Path(__file__).resolve().parent

GUNICORN = (
    "{venv}/bin/gunicorn --bind 127.0.0.1:{port} --workers {workers} --log-level warning {kind}"
    " {flags} {app}"
)
MANAGE = "{venv}/bin/python {manage} runserver {kind} 127.0.0.1:{port} {flags}"
APPSERVER = (
    "{bin}/appserver run {app} --interface {interface} --bind 127.0.0.1:{port} --workers {workers}"
    " {threading} --runtime-dir {runtime} {flags}"
)
GRANIAN = (
    "{venv}/bin/granian --interface {interface} --http 1 --host 127.0.0.1 --port {port}"
    " --workers {workers} --runtime-threads 1 {threading} --no-ws --log-level warning {flags} {app}"
)
# Its own keep-alive (`--http11-socket`) serves one connection per thread and leaves all others waiting,
# its router (`--http`) costs several times as much; without them it closes connections, and has to tell.
UWSGI = (
    "{venv}/bin/uwsgi --http-socket 127.0.0.1:{port} --add-header 'Connection: close'"
    " --module {app} --processes {workers} --threads {threads} --master --enable-threads"
    " --single-interpreter --need-app --strict --die-on-term --vacuum --listen 1024"
    " --disable-logging {flags}"
)
UVICORN = (
    "{venv}/bin/uvicorn --host 127.0.0.1 --port {port} --workers {workers} --loop uvloop"
    " --http httptools --ws none --no-access-log --no-proxy-headers --log-level warning {flags} {app}"
)
HYPERCORN = (
    "{venv}/bin/hypercorn --bind 127.0.0.1:{port} --workers {workers} --worker-class uvloop"
    " --log-level warning {flags} {app}"
)

# The command of each server; words in braces are filled in when it is started.
COMMANDS = {
    "appserver": APPSERVER,
    "runserver": MANAGE.replace("{kind} ", ""),
    "runserver-nothreading": MANAGE.replace("{kind}", "--nothreading"),
    "wsgiref": "{venv}/bin/python {here}/wsgiref_server.py {flags} {app} {port}",
    "flask": "{venv}/bin/flask --app {app} run --host 127.0.0.1 --port {port} {flags}",
    "gunicorn-sync": GUNICORN.replace("{kind}", "--worker-class sync"),
    "gunicorn-gthread": GUNICORN.replace("{kind}", "--worker-class gthread --threads {threads}"),
    "gunicorn-asgi": GUNICORN.replace("{kind}", "--worker-class asgi"),
    "uwsgi": UWSGI,
    "uvicorn": UVICORN,
    "hypercorn": HYPERCORN,
    "daphne": "{venv}/bin/daphne -b 127.0.0.1 -p {port} --no-server-name -v 0 {flags} {app}",
    "granian": GRANIAN,
    "fastpysgi": "{venv}/bin/fastpysgi --host 127.0.0.1 --port {port} {flags} {app}",
    "waitress": "{venv}/bin/waitress-serve --host 127.0.0.1 --port {port} --threads {threads}"
    " {flags} {app}",
    "floor": "{bin}/appserver-bench-floor 127.0.0.1:{port}",
}
# How a server is told of threads, and for ASGI of the event loop instead.
THREADING = {
    ("appserver", "wsgi"): "--threads {threads}",
    ("granian", "wsgi"): "--blocking-threads {threads}",
    ("granian", "asgi"): "--loop uvloop",
}


class Failed(RuntimeError):
    """A server that did not start, or that answers wrongly."""


@dataclass(frozen=True)
class Running:
    """A server that has answered rightly, until its block ends."""

    process: subprocess.Popen
    port: int
    command: str  # as it is printed: without folders of this machine
    log: Path

    @property
    def pid(self):
        return self.process.pid


@dataclass(frozen=True)
class Ready:
    """A request, and the answer that shows that a server is ready and right."""

    path: str = "/"
    method: str = "GET"
    body: bytes | None = None
    headers: tuple = ()  # pairs
    status: int = 200
    expected: bytes | None = None  # any body


@dataclass(frozen=True)
class App:
    """An application: `module:attribute`, with its folder in front if that is not load/apps."""

    folder: Path
    name: str

    @classmethod
    def named(cls, text):
        folder, _, name = text.rpartition("/")
        return cls(build.APPS / folder, name)

    @property
    def interface(self):
        """Those for ASGI have it in their names."""
        return "asgi" if "asgi" in self.name else "wsgi"

    @property
    def manage(self):
        """What a Django project is managed with: the file itself, where it has only one."""
        if (self.folder / "manage.py").is_file():
            return "manage.py"
        return self.name.partition(":")[0] + ".py"


def free_port():
    """A port that the kernel chose and nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(server, app, words):
    """The words of a server's command line."""
    threading = THREADING.get((server, app.interface), "").format(**words)
    words = words | {"app": app.name, "interface": app.interface, "manage": app.manage}
    return shlex.split(COMMANDS[server].format(**words, here=HERE, threading=threading))


def printable(text, built, scratch, port=None):
    """Without the folders of this machine, which tell nothing, and with the same port always."""
    folders = ((f"{built.venv}/bin/", ""), (f"{built.bin}/", ""), (f"{build.ROOT}/", ""))
    folders += ((str(build.BENCH), "target/bench"), (str(scratch), "/tmp/bench"))
    folders += ((f"{Path.home()}/", "~/"),)
    for folder, short in folders:
        text = text.replace(folder, short)
    return text.replace(str(port), "8000") if port else text


def environment(built, app, more):
    env = dict(os.environ, VIRTUAL_ENV=str(built.venv), PYTHONDONTWRITEBYTECODE="1")
    env["PATH"] = os.pathsep.join((str(built.venv / "bin"), env["PATH"]))
    env["PYTHONPATH"] = os.pathsep.join(map(str, (app.folder, build.APPS)))
    return env | (more or {})


@contextmanager
def started(words, *, cwd, env, cores, log):
    """A process in a session of its own; when the block ends, so does its whole group."""
    with log.open("wb") as output, pinned(cores):
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        tree.end(process)


def wait_until_right(process, port, ready, log):
    """Waits for the first answer, which has to be the right one."""
    until = time.monotonic() + BOOT_SECONDS
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise Failed(f"the server did not start; its log ends:\n{tail(log)}")
        try:
            status, body = ask(port, ready)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        if status != ready.status or ready.expected not in (None, body):
            text = f"wrong answer: {status}, {body[:200]!r}; its log ends:\n{tail(log)}"
            raise Failed(text)
        return


def ask(port, ready):
    """The status and the body of one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(ready.method, ready.path, ready.body, dict(ready.headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def tail(log):
    return log.read_text(errors="replace")[-2000:]
