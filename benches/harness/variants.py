"""Servers with the flags that serve them best. Where a server has several modes, each is a variant."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A server's name for `Stage.serve`, with its threads and more flags."""

    server: str
    threads: int = 1
    flags: str = ""


def granian(threads, mode, flags=""):
    return Variant("granian", threads, f"--runtime-mode {mode} {flags}".strip())


# The worker of Gunicorn's that has threads; its documentation asks for two to four.
GTHREAD = Variant("gunicorn-gthread", 4)

VARIANTS = {
    "appserver-1": Variant("appserver", 1),
    "appserver-4": Variant("appserver", 4),
    "granian-1-mt": granian(1, "mt"),
    "granian-1-st": granian(1, "st"),
    "granian-4-mt": granian(4, "mt"),
    "granian-4-st": granian(4, "st"),
    "fastpysgi": Variant("fastpysgi"),
    "uwsgi": Variant("uwsgi"),
    "gunicorn-gthread": GTHREAD,
    "gunicorn-preload": Variant("gunicorn-gthread", 4, "--preload"),
    "gunicorn-sync": Variant("gunicorn-sync"),
    "waitress": Variant("waitress", 4),
    "runserver": Variant("runserver"),
    "runserver-nothreading": Variant("runserver-nothreading"),
    "wsgiref": Variant("wsgiref"),
    "flask": Variant("flask"),
    "appserver-asgi": Variant("appserver"),
    "granian-asgi-mt": granian(1, "mt"),
    "granian-asgi-st": granian(1, "st"),
    "granian-ws-mt": granian(1, "mt", "--ws"),
    "granian-ws-st": granian(1, "st", "--ws"),
    "uvicorn": Variant("uvicorn"),
    "uvicorn-websockets": Variant("uvicorn", flags="--ws websockets"),
    "uvicorn-sansio": Variant("uvicorn", flags="--ws websockets-sansio"),
    "gunicorn-asgi": Variant("gunicorn-asgi"),
    "hypercorn": Variant("hypercorn"),
    "daphne": Variant("daphne"),
    "floor": Variant("floor"),
}


def serve(stage, name, app, *, flags="", **more):
    """The variant of this name, see `Stage.serve`."""
    one = VARIANTS[name]
    words = {"threads": one.threads, "flags": f"{one.flags} {flags}".strip(), "label": name}
    return stage.serve(one.server, app, **(words | more))
