"""What is measured beside the peers: applications, requests, and the servers that take part.

The best peers are in every case; slow ones where they tell something.
"""

from dataclasses import dataclass

from harness.stage import Ready

GRANIAN_1 = ("granian-1-mt", "granian-1-st")
GRANIAN_4 = ("granian-4-mt", "granian-4-st")
GRANIAN = GRANIAN_1 + GRANIAN_4
OURS = ("appserver-1", "appserver-4")
BEST = (*OURS, *GRANIAN_4, "fastpysgi", "uwsgi")
PYTHON = (*OURS, *GRANIAN, "fastpysgi", "uwsgi", "gunicorn-gthread", "gunicorn-sync", "waitress")
GRANIAN_ASGI = ("granian-asgi-mt", "granian-asgi-st")
AWAITING = ("appserver-asgi", *GRANIAN_ASGI, "uvicorn")
ASGI = (*AWAITING, "fastpysgi", "gunicorn-asgi", "hypercorn", "daphne")
GRANIAN_WS = ("granian-ws-mt", "granian-ws-st")
WEBSOCKET = ("appserver-asgi", *GRANIAN_WS, "uvicorn-websockets", "uvicorn-sansio")

HELLO = b"Hello, world!"
BIG = b"x" * 102400
SMALL = b"x" * 1024
ITEM = b'{"id":1,"name":"Hello, world!","price":9.5,"tags":["a","b"]}'


@dataclass(frozen=True)
class Case:
    """One application, one kind of request."""

    name: str
    about: str  # for the page
    app: str
    servers: tuple[str, ...]
    path: str = "/"
    body: bytes | None = None  # of a POST
    expected: bytes = HELLO
    workers: int = 1
    requests: int = 0  # at least so many before the window, where warming up is not enough
    connections: int = 64
    message: int = 0  # bytes of a WebSocket message; then our own client sends, not wrk
    load: str = "wrk"

    @property
    def unit(self):
        """What is counted."""
        return "message" if self.message else "request"

    @property
    def ready(self):
        """The request, and its answer, byte by byte."""
        method = "POST" if self.body else "GET"
        return Ready(self.path, method, self.body, expected=self.expected)


def wsgi(name, about, app, servers, **more):
    return Case(name, about, f"{app}:application", servers, **more)


def asgi(name, about, app, servers=AWAITING, **more):
    return Case(name, about, f"asgi_{app}", servers, **more)


def echo(body):
    """A request that is answered with its body."""
    return {"body": body, "expected": body}


GUNICORN = "gunicorn-gthread"
TWO = (*OURS, *GRANIAN_4, "uwsgi", GUNICORN)
MEMORY = ("appserver-1", *GRANIAN_1, GUNICORN, "gunicorn-preload")
CHECKED = ("appserver-1", "granian-1-mt", "fastpysgi", "floor")
WAITED = "the same after"

CASES = (
    wsgi("hello", "WSGI, 13 bytes back", "hello", (*PYTHON, "wsgiref", "floor")),
    wsgi("hello-2", "`hello` on two workers, which share the core", "hello", TWO, workers=2),
    wsgi("hello-h2load", "`hello` as `h2load` sees it", "hello", CHECKED, load="h2load"),
    wsgi("post-1k", "WSGI, `POST` of 1 KB, the same back", "echo", BEST, **echo(SMALL)),
    wsgi("echo", "WSGI, `POST` of 100 KB, the same back", "echo", PYTHON[:9], **echo(BIG)),
    wsgi("big", "WSGI, 100 KB back", "sizes", BEST, path="/big", expected=BIG),
    # uWSGI ends such a body by closing, which wrk takes for a failure.
    wsgi("stream", "WSGI, 20 chunks of 5 KB", "sizes", BEST[:5], path="/stream", expected=BIG),
    wsgi(
        "django",
        "Django, behind the middleware that `startproject` installs",
        "django_hello",
        (*PYTHON, "runserver", "runserver-nothreading"),
    ),
    wsgi(
        "django-orm",
        "the same with one query of a user (SQLite, persistent connection)",
        "django_hello",
        (*BEST, GUNICORN),
        path="/user",
        expected=b"ann",
    ),
    wsgi(
        "flask-json",
        "Flask, a view with JSON",
        "flask_hello",
        (*BEST, GUNICORN, "flask"),
        path="/json",
        expected=b'{"id":1,"name":"Hello, world!","price":9.5,"tags":["a","b"]}\n',
    ),
    wsgi(
        "memory",
        "`django` on 4 workers, after 10 000 requests: PSS counts",
        "django_hello",
        MEMORY,
        workers=4,
        requests=10_000,
    ),
    asgi("asgi-hello", "ASGI, 13 bytes back", "hello:application", (*ASGI, "floor")),
    asgi("asgi-turn", f"{WAITED} `sleep(0)`: a turn of the loop", "await:turn"),
    asgi("asgi-timer", f"{WAITED} `sleep(0.001)`: a timer", "await:millisecond"),
    asgi("asgi-timer-1", "the same, one connection", "await:millisecond", connections=1),
    asgi("asgi-post-1k", "ASGI, `POST` of 1 KB, the same back", "echo:application", **echo(SMALL)),
    asgi("asgi-echo", "ASGI, `POST` of 100 KB, the same back", "echo:application", **echo(BIG)),
    asgi("asgi-big", "ASGI, 100 KB back", "sizes:application", path="/big", expected=BIG),
    asgi(
        "asgi-stream", "ASGI, 20 chunks of 5 KB", "sizes:application", path="/stream", expected=BIG
    ),
    asgi(
        "fastapi-json",
        "FastAPI, an async view with a response model",
        "fastapi:json",
        (*AWAITING, "gunicorn-asgi", "hypercorn"),
        expected=ITEM,
    ),
    asgi(
        "fastapi-threads",
        "FastAPI, a view that is not async, so in the thread pool",
        "fastapi:threads",
        expected=b'{"message":"Hello, world!"}',
    ),
    asgi(
        "ws-32",
        "WebSocket messages of 32 bytes, each one back",
        "websocket:application",
        (*WEBSOCKET, "gunicorn-asgi", "hypercorn", "daphne"),
        message=32,
    ),
    asgi(
        "ws-16k",
        "WebSocket messages of 16 KiB, each one back",
        "websocket:application",
        WEBSOCKET,
        message=16384,
    ),
)
