"""PostgreSQL and Redis for a benchmark: on loopback, with a folder of their own, until it is over."""

import glob
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from harness import tree
from harness.serving import BOOT_SECONDS, free_port

# PostgreSQL does not run as root.
ACCOUNT = "postgres"


@contextmanager
def running(store, folder, core):
    """The database until the block ends. Gives (address, process id); SQLite has no process."""
    if store == "sqlite":
        yield f"sqlite://{folder}/tokens.sqlite3", None
        return
    start = {"postgres": postgres, "redis": redis}[store]
    process, address, port = start(folder, core)
    try:
        wait_until_open(process, port)
        if store == "postgres":
            make_database(port)
        yield address, process.pid
    finally:
        tree.end(process)


def postgres(folder, core):
    port, data = free_port(), folder / "postgres"
    # Whoever makes files in it has to own it and to get there.
    folder.chmod(0o711)
    data.mkdir()
    if os.geteuid() == 0:
        shutil.chown(data, ACCOUNT)
    words = ["--auth=trust", "--username=bench", "--encoding=UTF8", "--no-sync", "--pgdata", data]
    made = as_account([program("initdb"), *words])
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd="/")
    flags = ["-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", ""]
    process = spawn(as_account([program("postgres"), *flags]), folder / "postgres.log", core)
    return process, f"postgres://bench@127.0.0.1:{port}/bench", port


def redis(folder, core):
    port, data = free_port(), folder / "redis"
    data.mkdir()
    flags = ["--port", str(port), "--bind", "127.0.0.1", "--dir", data, "--appendonly", "yes"]
    process = spawn([program("redis-server"), *flags], folder / "redis.log", core)
    return process, f"redis://127.0.0.1:{port}/0", port


def make_database(port):
    words = ["-h", "127.0.0.1", "-p", str(port), "-U", "bench", "bench"]
    subprocess.run([program("createdb"), *words], check=True, timeout=BOOT_SECONDS)


def program(name):
    """Where it is: Debian keeps PostgreSQL's by their version."""
    newest = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(iter(newest), None)
    if not found:
        sys.exit(f"{name} is missing (Debian: apt-get install postgresql redis-server)")
    return found


def as_account(command):
    """`setpriv` becomes the command, so that the process that was started is the database."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups", *command]


def spawn(command, log, core):
    with Path(log).open("wb") as output:
        return subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )


def wait_until_open(process, port):
    until = time.monotonic() + BOOT_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the database at port {port} did not start")
