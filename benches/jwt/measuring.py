"""Starts the server of a row, puts load on it, and counts what a request costs the process tree."""

import http.client
import json
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from harness import build, tree
from harness.load import busy_elsewhere
from harness.servers import BOOT_SECONDS, free_port

HERE = Path(__file__).resolve().parent
APPS = (HERE / "apps", build.HERE / "apps")


def settings(row, folder):
    """A token of one provider is required everywhere; or tokens are not looked at."""
    if not row.kind:
        return ""
    key = json.dumps(str(folder / f"{row.kind}.key"))
    secret = row.kind == "hs256"
    algorithm = row.kind.upper().replace("EDDSA", "EdDSA")
    lines = ["[auth.jwt]", 'default = "required"', f"cache_entries = {row.cache}"]
    lines += [f"[auth.jwt.providers.{row.kind}]", f'algorithms = ["{algorithm}"]']
    lines += ['require = ["exp", "jti"]', 'token_types = ["access"]']
    lines.append(f"secret = {{ file = {key} }}" if secret else f"public_keys = [{key}]")
    return "\n".join(lines) + "\n"


def environment(row, built, folder):
    """What the server finds around itself: the apps, and what the project is told."""
    env = dict(os.environ, VIRTUAL_ENV=str(built.venv), PYTHONDONTWRITEBYTECODE="1")
    env["PYTHONPATH"] = os.pathsep.join(map(str, APPS))
    env["BENCH_DATABASE"] = str(folder / "db.sqlite3")
    env["BENCH_SECRET"] = (folder / "hs256.key").read_text()
    return env | row.environment


@contextmanager
def running(row, built, options, folder):
    """The server, until the block ends. Gives (process, port, command)."""
    port = free_port()
    config = folder / "appserver.toml"
    config.write_text(settings(row, folder))
    words = {"app": row.app, "port": port, "threads": row.threads, "mode": row.mode}
    words |= {"venv": built.venv, "bin": built.bin, "config": config}
    command = row.command.format(**words, runtime=folder / f"run-{port}")
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.split(),
            cwd=APPS[row.table == "hello"],
            env=environment(row, built, folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {options.server_core}),
        )
    try:
        wait_until_right(process, port, row, folder, log)
        yield process, port, command
    finally:
        tree.end(process)


def wait_until_right(process, port, row, folder, log):
    """Waits for the first answer, which has to be the right one; so has that without a token."""
    until = time.monotonic() + BOOT_SECONDS
    token = first_token(row, folder)
    while True:
        if process.poll() is not None or time.monotonic() > until:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the server did not start; its log ends:\n{tail}")
        try:
            status, body = ask(port, token)
        except OSError:
            time.sleep(0.05)
            continue
        if status != row.status or (status == 200 and body != row.expected):
            raise RuntimeError(f"wrong answer: {status}, {body[:200]!r}")
        if (row.kind or row.table == "drf") and ask(port, None)[0] != 401:
            raise RuntimeError("it answers without a token, too")
        return


def first_token(row, folder):
    return (folder / row.tokens).read_text().split("\n", 1)[0] if row.tokens else None


def ask(port, token):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("GET", "/", headers=fields)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def put(port, row, folder, seconds, options):
    """Puts load on the server for whole seconds, and returns what wrk tells."""
    words = ["wrk", "-t1", f"-c{options.connections}", f"-d{seconds}s", "--latency"]
    words += ["-s", HERE / "load/tokens.lua", f"http://127.0.0.1:{port}/"]
    if row.tokens:
        words += ["--", folder / row.tokens]
    ran = subprocess.run(
        words,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        preexec_fn=lambda: os.sched_setaffinity(0, {options.load_core}),
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith("result ")]
    if ran.returncode or not lines:
        raise RuntimeError(f"the load: {(ran.stderr or ran.stdout).strip()}")
    return json.loads(lines[-1].removeprefix("result "))


def measure(process, port, row, folder, options):
    """Warms the server up and measures it once. A status that is not the row's is a failure."""
    put(port, row, folder, options.warmup, options)
    before, busy_before = tree.cpu_seconds(process.pid), busy_elsewhere(process.pid)
    result = put(port, row, folder, options.duration, options)
    cpu = tree.cpu_seconds(process.pid) - before
    others = busy_elsewhere(process.pid) - busy_before
    requests = result["requests"]
    if not requests:
        raise RuntimeError("no request was answered")
    refused = result["status_errors"]
    return {
        "cpu_us": cpu * 1e6 / requests,
        "cpu_used": cpu * 1e6 / result["duration"],
        "others": others * 1e6 / result["duration"],
        "rps": requests * 1e6 / result["duration"],
        "p50_us": result["p50"],
        "p99_us": result["p99"],
        "failed": result["failed"] + (refused if row.status == 200 else requests - refused),
        **tree.memory_kib(process.pid),
    }
