"""Many keep-alive connections that do nothing: what each costs, and what active clients notice."""

import socket
import time
from dataclasses import dataclass
from statistics import median

from harness import variants

# Servers, their applications, and what they need to be told before they hold so many.
LONG = 600  # seconds that a connection may be idle
SERVERS = {
    "appserver-1": ("hello:application", "--worker-connections {most} --keepalive 10m"),
    "appserver-asgi": ("asgi_hello:application", "--worker-connections {most} --keepalive 10m"),
    "granian-asgi-mt": ("asgi_hello:application", "--backpressure {most}"),
    "gunicorn-gthread": (
        "hello:application",
        f"--worker-connections {{most}} --keep-alive {LONG} --backlog 4096",
    ),
    "uvicorn": ("asgi_hello:application", f"--timeout-keep-alive {LONG}"),
}
SPARE = 1000
ACTIVE = 8
SETTLING_SECONDS = 5.0
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True)
class Idle:
    """How many there are, and how long the active ones are measured."""

    connections: int
    seconds: int


def measure_one(stage, name, idle):
    """Memory before and with all connections, latency of active clients before and beside them."""
    app, flags = SERVERS[name]
    flags = flags.format(most=idle.connections + SPARE)
    with variants.serve(stage, name, app, flags=flags, label=f"{name}, idle") as server:
        stage.wrk(server.port, connections=ACTIVE, seconds=1)
        alone = stage.wrk(server.port, connections=ACTIVE, seconds=idle.seconds)
        before = at_rest(stage, server)
        held = opened(server.port, idle.connections)
        try:
            after = at_rest(stage, server)
            beside = stage.wrk(server.port, connections=ACTIVE, seconds=idle.seconds)
            alive = sum(map(answers, held))
        finally:
            for connection in held:
                connection.close()
    return {
        "open": alive,
        "bytes_each": (after["rss_kib"] - before["rss_kib"]) * 1024 / idle.connections,
        "p99_alone_us": alone["p99_us"],
        "p99_beside_us": beside["p99_us"],
        "failed": idle.connections - alive + beside["failed"] + beside["status_errors"],
    }


def opened(port, count):
    """Connections, each of which has had one answer."""
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        held.append(connection)
        if not answers(connection):
            raise RuntimeError(f"connection {len(held)} got no answer")
    return held


def answers(connection):
    """Whether a request is answered on it."""
    try:
        connection.sendall(REQUEST)
        text = b""
        while not text.endswith(b"Hello, world!"):
            piece = connection.recv(4096)
            if not piece:
                return False
            text += piece
        return True
    except OSError:
        return False


def at_rest(stage, server):
    """The memory of the tree, when it has stopped changing."""
    until = time.monotonic() + SETTLING_SECONDS
    memory = stage.memory(server)
    while time.monotonic() < until:
        time.sleep(0.5)
        before, memory = memory, stage.memory(server)
        if memory == before:
            break
    return memory


def medians(rounds):
    """One row of several."""
    row = {key: median(one[key] for one in rounds) for key in rounds[0]}
    return row | {"failed": sum(one["failed"] for one in rounds), "rounds": len(rounds)}
