"""What is measured: servers, each with a way to verify tokens, and the tokens that it gets.

The goals are fixed promises, as those of benches/peers: change them only together with the design that
they come from.
"""

from dataclasses import dataclass, field

HELLO = b"Hello, world!"
USER = b'{"id":1}'
OURS = (
    "{bin}/appserver run {app} --interface wsgi --bind 127.0.0.1:{port} --workers 1"
    " --threads {threads} --runtime-dir {runtime} --config {config}"
)
GUNICORN = (
    "{venv}/bin/gunicorn --bind 127.0.0.1:{port} --workers 1 --worker-class gthread --threads 4"
    " --log-level warning {app}"
)
GRANIAN = (
    "{venv}/bin/granian --interface wsgi --http 1 --host 127.0.0.1 --port {port} --workers 1"
    " --runtime-mode {mode} --runtime-threads 1 --blocking-threads {threads} --no-ws"
    " --log-level warning {app}"
)
STATELESS = "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"
QUERY = "rest_framework_simplejwt.authentication.JWTAuthentication"
EDGE = "appserver.drf.EdgeJWTAuthentication"


@dataclass(frozen=True)
class Row:
    """One server, and one kind of request."""

    table: str
    name: str
    command: str = OURS
    app: str = "hello:application"
    expected: bytes = HELLO
    tokens: str = ""  # the file with the tokens
    kind: str = ""  # whose tokens the server verifies; empty is none
    cache: int = 10_000  # verified tokens that the server remembers
    status: int = 200
    threads: int = 1
    mode: str = ""
    environment: dict = field(default_factory=dict)


def hello(name, tokens, **more):
    return Row("hello", name, tokens=tokens, **more)


def asymmetric(kind):
    """One token again and again; ever another one; ever another one that is wrong."""
    yield hello(f"{kind} remembered", f"{kind}-one", kind=kind)
    yield hello(f"{kind} anew", f"{kind}-many", kind=kind, cache=0)
    yield hello(f"{kind} rejected", f"{kind}-wrong", kind=kind, status=401)


def drf(name, authentication, user="", kind="", **more):
    environment = {"BENCH_AUTHENTICATION": authentication}
    if user:
        environment["BENCH_USER"] = user
    words = {"app": "drf:application", "expected": USER, "environment": environment}
    return Row("drf", name, tokens="hs256-many", kind=kind, **words, **more)


ROWS = (
    hello("no token", ""),
    hello("no auth", "hs256-one"),
    hello("hs256 remembered", "hs256-one", kind="hs256"),
    hello("hs256 many", "hs256-many", kind="hs256"),
    hello("hs256 anew", "hs256-many", kind="hs256", cache=0),
    hello("hs256 rejected", "hs256-wrong", kind="hs256", status=401),
    hello("missing rejected", "", kind="hs256", status=401),
    *asymmetric("rs256"),
    *asymmetric("es256"),
    *asymmetric("eddsa"),
    drf("appserver-1 edge, token", EDGE, "token", "hs256"),
    drf("appserver-1 edge, cached", EDGE, "cached", "hs256"),
    drf("appserver-1 edge, db", EDGE, "db", "hs256"),
    drf("appserver-4 edge, token", EDGE, "token", "hs256", threads=4),
    drf("appserver-1 edge and simplejwt", QUERY, kind="hs256"),
    drf("appserver-1 simplejwt", QUERY),
    drf("appserver-1 simplejwt, stateless", STATELESS),
    drf("gunicorn-gthread simplejwt", QUERY, command=GUNICORN),
    drf("gunicorn-gthread simplejwt, stateless", STATELESS, command=GUNICORN),
    drf("granian-1-st simplejwt, stateless", STATELESS, command=GRANIAN, mode="st"),
    drf("granian-1-mt simplejwt, stateless", STATELESS, command=GRANIAN, mode="mt"),
    drf("granian-1-st simplejwt", QUERY, command=GRANIAN, mode="st"),
)


@dataclass(frozen=True)
class Goal:
    """CPU time of `ours` beside that of `other`: at most `ratio` times, or `more` microseconds more."""

    ours: str
    other: str
    ratio: float = 0.0
    more: float = 0.0


GOALS = (
    Goal("hs256 many", "no auth", more=1.5),
    Goal("hs256 anew", "no auth", more=1.5),
    Goal("appserver-1 edge, token", "gunicorn-gthread simplejwt", ratio=0.15),
    Goal("appserver-1 edge, token", "gunicorn-gthread simplejwt, stateless", ratio=0.42),
)
