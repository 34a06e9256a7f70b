"""Starts the server of a row, with its settings and its user, and talks to it."""

import http.client
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import build
from harness.serving import Ready, free_port, started, wait_until_right

HERE = Path(__file__).resolve().parent
APPS = (HERE / "apps", build.APPS)
USER, PASSWORD = "ann", "correct horse battery staple"
SECRET = "bench-only-0123456789abcdefghijklmnopqrstuvwxyz"
# Nobody is kept waiting on purpose, and everybody who logs in at once may wait.
LIMITS = 'limits = { per_address = "off", per_user = "off", tiers = [] }'
QUEUE = "hash_queue = 1000"
TIMEOUT = 'timeout = "10m"'
PAGE = Ready(expected=b"Hello, world!")


@dataclass(frozen=True)
class Place:
    """Where a row is measured."""

    built: build.Built
    folder: Path
    address: str  # of the store
    hasher: str  # Django's name of it


def settings(row, place):
    """A project says most itself."""
    state = json.dumps(str(place.folder / "state"))
    store = "django://" if row.is_django else place.address
    lines = [TIMEOUT, f"state_dir = {state}", "[auth.jwt]"]
    lines += [f"from_django = {str(row.is_django).lower()}"]
    lines += ["[auth.jwt.issue]", "enabled = true", QUEUE, LIMITS]
    if not row.is_django:
        lines += ['mode = "family"', 'users = "embedded"']
    return "\n".join([*lines, "[auth.jwt.store]", f"url = {json.dumps(store)}"]) + "\n"


def environment(place):
    env = dict(os.environ, VIRTUAL_ENV=str(place.built.venv), PYTHONDONTWRITEBYTECODE="1")
    env["PYTHONPATH"] = os.pathsep.join(map(str, APPS))
    env |= {"BENCH_DATABASE": place.address, "BENCH_SECRET": SECRET}
    return env | {"BENCH_HASHER": place.hasher, "BENCH_PASSWORD": PASSWORD}


def make_user(row, place, config):
    if row.is_django:
        command = [place.built.venv / "bin/python", APPS[0] / "issue.py"]
    else:
        command = [place.built.bin / "appserver", "users", "add", USER, "--config", config]
    subprocess.run(
        command,
        input=f"{PASSWORD}\n",
        text=True,
        cwd=place.folder,
        env=environment(place),
        stdout=subprocess.DEVNULL,
        check=True,
    )


@contextmanager
def running(row, place, core):
    """The server, until the block ends. Gives (process, port, command)."""
    port = free_port()
    config = place.folder / "appserver.toml"
    config.write_text(settings(row, place))
    make_user(row, place, config)
    words = {"app": row.app, "port": port, "threads": row.threads, "config": config}
    words |= {"venv": place.built.venv, "bin": place.built.bin}
    command = row.command.format(**words, runtime=place.folder / "run")
    log = place.folder / "server.log"
    folder, env = APPS[not row.is_django], environment(place)
    with started(command.split(), cwd=folder, env=env, cores={core}, log=log) as process:
        wait_until_right(process, port, PAGE, log)
        check_tokens(port)
        yield process, port, command


def check_tokens(port):
    """A wrong password has to be refused, and a token be used up."""
    if (status := log_in(port, "wrong")[0]) != 401:
        raise RuntimeError(f"a wrong password was answered with {status}")
    first = token(port)
    if (status := refresh(port, first)) != 200 or token(port) == first:
        raise RuntimeError(f"a refresh was answered with {status}")


def ask(port, method, path, words=None, patience=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        body = None if words is None else json.dumps(words)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def log_in(port, password=PASSWORD, patience=30):
    words = {"username": USER, "password": password}
    return ask(port, "POST", "/api/token/", words, patience)


def token(port):
    """A refresh token of a new login."""
    status, body = log_in(port)
    if status != 200:
        raise RuntimeError(f"a login was answered with {status}: {body[:200]!r}")
    return json.loads(body)["refresh"]


def refresh(port, text):
    return ask(port, "POST", "/api/token/refresh/", {"refresh": text})[0]
