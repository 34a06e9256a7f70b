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
    script: str  # for wrk, in the folder `load`
    method: str = "GET"
    body: bytes | None = None
    expected: bytes = b"Hello, world!"
    servers: tuple[str, ...] = ()
    workers: int = 1
    requests: int = 0  # at least so many before the window, where warming up is not enough


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
MEMORY = ("appserver-1", "granian-1-mt", "gunicorn-gthread", "gunicorn-preload")
ECHO = b"x" * 102400

CASES = (
    Case("hello", "hello:application", "get.lua", servers=(*PYTHON, "floor")),
    Case("django", "django_hello:application", "get.lua", servers=PYTHON),
    Case("echo", "echo:application", "echo.lua", "POST", ECHO, ECHO, servers=PYTHON),
    Case(
        "memory",
        "django_hello:application",
        "get.lua",
        servers=MEMORY,
        workers=4,
        requests=10_000,
    ),
)

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
)
