"""Servers, each with a way to verify tokens, and the tokens that it gets: rows of the table of peers."""

from dataclasses import dataclass, field

HELLO = b"Hello, world!"
USER = b'{"id":1}'
STATELESS = "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"
QUERY = "rest_framework_simplejwt.authentication.JWTAuthentication"
EDGE = "appserver.drf.EdgeJWTAuthentication"


@dataclass(frozen=True)
class Row:
    """One server, and one kind of request."""

    table: str
    name: str
    variant: str = "appserver-1"  # of harness.variants
    app: str = "hello:application"
    expected: bytes = HELLO
    tokens: str = ""  # the file with the tokens
    kind: str = ""  # whose tokens the server verifies; empty is none
    cache: int = 10_000  # verified tokens that the server remembers
    status: int = 200
    environment: dict = field(default_factory=dict)
    rare: bool = False  # measured only when it is asked for


def hello(name, tokens, **more):
    return Row("hello", name, tokens=tokens, **more)


def asymmetric(kind):
    """One token again and again; ever another one; ever another one that is wrong."""
    yield hello(f"{kind} remembered", f"{kind}-one", kind=kind, rare=True)
    yield hello(f"{kind} anew", f"{kind}-many", kind=kind, cache=0, rare=True)
    yield hello(f"{kind} rejected", f"{kind}-wrong", kind=kind, status=401, rare=True)


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
    drf("appserver-1 edge, cached", EDGE, "cached", "hs256", rare=True),
    drf("appserver-1 edge, db", EDGE, "db", "hs256"),
    drf("appserver-4 edge, token", EDGE, "token", "hs256", variant="appserver-4"),
    drf("appserver-1 edge and simplejwt", QUERY, kind="hs256", rare=True),
    drf("appserver-1 simplejwt", QUERY),
    drf("appserver-1 simplejwt, stateless", STATELESS, rare=True),
    drf("gunicorn-gthread simplejwt", QUERY, variant="gunicorn-gthread"),
    drf("gunicorn-gthread simplejwt, stateless", STATELESS, variant="gunicorn-gthread"),
    drf("granian-1-st simplejwt, stateless", STATELESS, variant="granian-1-st"),
    drf("granian-1-mt simplejwt, stateless", STATELESS, variant="granian-1-mt"),
    drf("granian-4-mt simplejwt, stateless", STATELESS, variant="granian-4-mt"),
    drf("granian-4-st simplejwt, stateless", STATELESS, variant="granian-4-st"),
    drf("granian-1-st simplejwt", QUERY, variant="granian-1-st", rare=True),
)
