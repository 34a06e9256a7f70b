"""What is measured, and the goals that the project has set itself.

A goal is a ratio, ours divided by a peer's, of CPU time per request or of memory, at most `limit`. It
is a fixed promise: change it only together with the design that it comes from.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One application, one kind of request."""

    name: str
    app: str  # module:attribute in the folder `apps`
    script: str = "get.lua"  # for wrk, in the folder `load`
    method: str = "GET"
    body: bytes | None = None
    expected: bytes = b"Hello, world!"
    servers: tuple[str, ...] = ()
    workers: int = 1
    requests: int = 0  # at least so many before the window, where warming up is not enough
    connections: int = 0  # instead of the number chosen for all
    message: int = 0  # bytes of a WebSocket message; then our own client sends, not wrk

    @property
    def unit(self):
        """What is counted."""
        return "message" if self.message else "request"


@dataclass(frozen=True)
class Goal:
    """At most `limit` times the `field` of the best of `peers`."""

    case: str
    ours: str
    peers: tuple[str, ...]
    beside: str  # how the table names the peers
    limit: float
    field: str = "cpu_us"


GRANIAN_1 = ("granian-1-mt", "granian-1-st")
GRANIAN_4 = ("granian-4-mt", "granian-4-st")
GRANIAN = GRANIAN_1 + GRANIAN_4
PYTHON = ("appserver-1", "appserver-4", *GRANIAN, "fastpysgi", "gunicorn-gthread", "gunicorn-sync")
GRANIAN_ASGI = ("granian-asgi-mt", "granian-asgi-st")
ASGI = ("appserver-asgi", *GRANIAN_ASGI, "uvicorn")
WEBSOCKET = ("appserver-asgi", *GRANIAN_ASGI, "uvicorn-websockets", "uvicorn-sansio")
MEMORY = ("appserver-1", "granian-1-mt", "gunicorn-gthread", "gunicorn-preload")
ECHO = b"x" * 102400
ITEM = b'{"id":1,"name":"Hello, world!","price":9.5,"tags":["a","b"]}'
MESSAGE = b'{"message":"Hello, world!"}'

CASES = (
    Case("hello", "hello:application", servers=(*PYTHON, "floor")),
    Case("django", "django_hello:application", servers=PYTHON),
    Case("echo", "echo:application", "echo.lua", "POST", ECHO, ECHO, servers=PYTHON),
    Case(
        "memory",
        "django_hello:application",
        servers=MEMORY,
        workers=4,
        requests=10_000,
    ),
    Case("asgi-hello", "asgi_hello:application", servers=(*ASGI, "floor")),
    Case("asgi-turn", "asgi_await:turn", servers=ASGI),
    Case("asgi-timer", "asgi_await:millisecond", servers=ASGI),
    Case("asgi-timer-1", "asgi_await:millisecond", connections=1, servers=ASGI),
    Case("asgi-echo", "asgi_echo:application", "echo.lua", "POST", ECHO, ECHO, servers=ASGI),
    Case("fastapi-json", "asgi_fastapi:json", expected=ITEM, servers=ASGI),
    Case("fastapi-threads", "asgi_fastapi:threads", expected=MESSAGE, servers=ASGI),
    Case("ws-32", "asgi_websocket:application", message=32, servers=WEBSOCKET),
    Case("ws-16k", "asgi_websocket:application", message=16384, servers=WEBSOCKET),
)


def no_worse(case):
    """An application that does more than answer: less CPU time, and nobody waits longer for it."""
    peers, beside = ASGI[1:], "best of Granian, uvicorn"
    yield Goal(case, "appserver-asgi", peers, beside, 0.90)
    yield Goal(case, "appserver-asgi", peers, beside, 1.00, "p50_us")
    yield Goal(case, "appserver-asgi", peers, beside, 1.00, "p99_us")


GOALS = (
    Goal("hello", "appserver-1", GRANIAN_1, "Granian, 1 thread", 0.50),
    Goal("hello", "appserver-1", GRANIAN, "Granian, best flags", 0.65),
    Goal("hello", "appserver-1", ("fastpysgi",), "fastpysgi", 0.90),
    Goal("hello", "appserver-1", ("floor",), "hyper alone", 1.15),
    Goal("hello", "appserver-4", GRANIAN_4, "Granian, 4 threads", 0.80),
    Goal("django", "appserver-1", ("gunicorn-gthread",), "Gunicorn gthread", 0.37),
    Goal("django", "appserver-1", GRANIAN, "Granian, best flags", 0.92),
    Goal("echo", "appserver-1", GRANIAN, "Granian, best flags", 0.60),
    Goal("memory", "appserver-1", ("gunicorn-gthread",), "Gunicorn", 0.42, "pss_kib"),
    Goal("memory", "appserver-1", ("gunicorn-preload",), "Gunicorn --preload", 0.92, "pss_kib"),
    Goal("memory", "appserver-1", ("granian-1-mt",), "Granian", 0.38, "pss_kib"),
    Goal("asgi-hello", "appserver-asgi", GRANIAN_ASGI, "Granian", 0.42),
    Goal("asgi-hello", "appserver-asgi", ("uvicorn",), "uvicorn", 0.38),
    *no_worse("asgi-turn"),
    *no_worse("asgi-timer"),
    *no_worse("asgi-timer-1"),
    *no_worse("fastapi-json"),
    *no_worse("fastapi-threads"),
    Goal("asgi-echo", "appserver-asgi", GRANIAN_ASGI, "Granian", 0.60),
    Goal("ws-32", "appserver-asgi", WEBSOCKET[1:], "best of Granian, uvicorn", 1.00),
    Goal("ws-16k", "appserver-asgi", WEBSOCKET[1:], "best of Granian, uvicorn", 1.00),
)
