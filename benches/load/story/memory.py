"""What a Django application costs in memory per worker: loaded before the fork, or by each worker."""

import statistics
from dataclasses import dataclass, field

from report import text

from . import site, spread
from .contenders import in_turn

NAME = "memory"
TITLE = "Memory per worker"
SECONDS = (600, 8)

WORKERS = (1, 2, 4)
QUICK_WORKERS = (2,)
CONNECTIONS = 32
REQUESTS, MOST_TURNS = 4000, 10
WSGI, ASGI = "site/project.wsgi:application", "site/project.asgi:application"


@dataclass(frozen=True)
class Way:
    """One way to start a server with several workers."""

    label: str
    server: str
    flags: str = ""
    app: str = WSGI
    environment: dict = field(default_factory=dict)


WAYS = (
    Way("appserver, preload", "appserver", "--preload=true"),
    Way("appserver, no preload", "appserver", "--preload=false"),
    Way("gunicorn-gthread --preload", "gunicorn-gthread", "--preload"),
    Way("gunicorn-gthread", "gunicorn-gthread"),
    Way("granian", "granian"),
    # Django's documentation asks for connections that do not last where ASGI serves.
    Way("uvicorn", "uvicorn", app=ASGI, environment={"SITE_CONN_MAX_AGE": "0"}),
)
QUICK_WAYS = WAYS[:1] + WAYS[3:4]


def measure(stage):
    """The memory of the whole process tree after some thousand requests, with 1, 2 and 4 workers."""
    ways, counts = (QUICK_WAYS, QUICK_WORKERS) if stage.quick else (WAYS, WORKERS)
    found = {"workers": counts, "samples": {way.label: {} for way in ways}, "errors": []}
    for turn in range(stage.rounds):
        for way in in_turn(ways, turn):
            for workers in counts:
                stage.say(f"{way.label}, {workers} workers")
                add_sample(stage, way, workers, found)
    return found


def add_sample(stage, way, workers, found):
    """Starts one server, asks it for pages with and without the database, and weighs it."""
    words = {"workers": workers, "flags": way.flags, "label": f"{way.label}, {workers} workers"}
    try:
        env = site.prepared(stage) | way.environment
        with stage.serve(way.server, way.app, env=env, **words) as running:
            requests = worked(stage, running.port, stage.seconds(REQUESTS, 1))
            sample = stage.memory(running.process)
    except Exception as error:
        found["errors"].append(f"{way.label}, {workers} workers: {error}")
        return
    found["samples"][way.label].setdefault(str(workers), []).append(sample | {"requests": requests})


def worked(stage, port, least):
    """Puts load on a server until it has answered at least so many requests. How many it has."""
    requests, turns = 0, 0
    while requests < least and turns < MOST_TURNS:
        for path in ("/items", "/fast"):
            load = stage.wrk(port, path, connections=CONNECTIONS, seconds=stage.seconds(3, 1))
            if load["failed"] or load["status_errors"]:
                raise RuntimeError(f"{load['failed']} failed, {load['status_errors']} with an error")
            requests += load["requests"]
        turns += 1
    return requests


def median(data, label, workers, key="pss_kib"):
    """Of the rounds; None if there are none."""
    samples = data["samples"][label].get(str(workers))
    return statistics.median(one[key] for one in samples) if samples else None


def further(data, label):
    """What each worker after the first one adds, in KiB; None if only one number was measured."""
    few, many = data["workers"][0], data["workers"][-1]
    if few == many:
        return None
    ends = median(data, label, few), median(data, label, many)
    return (ends[1] - ends[0]) / (many - few) if None not in ends else None


ALT = "Lines: memory of each server with a Django application against its number of workers"
LINES = {"appserver, no preload": {"linestyle": "--", "markerfacecolor": "white"}}
LINES["gunicorn-gthread --preload"] = {"linestyle": "--", "markerfacecolor": "white"}


def draw(data, figures):
    """One line per way: the proportional set size of the whole tree."""
    figure, axes = figures.new("A Django application, the whole process tree", "workers", "PSS (MiB)")
    for label in data["samples"]:
        points = [(workers, median(data, label, workers)) for workers in data["workers"]]
        points = [(workers, kib / 1024) for workers, kib in points if kib is not None]
        if points:
            figures.line(axes, label, *zip(*points), **LINES.get(label, {}))
    axes.set_xticks(data["workers"])
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    figures.name_ends(axes)
    figures.save(NAME, figure, ALT)


def tell(data):
    """Total and what a worker adds."""
    heads = ["server", *(f"{workers} workers, MiB" for workers in data["workers"])]
    heads = [head.replace("1 workers", "1 worker") for head in heads]
    most = max(data["workers"])
    ordered = sorted(data["samples"], key=lambda label: median(data, label, most) or 0)
    rows = [row(data, label) for label in ordered if data["samples"][label]]
    return f"""With *preload* the application is loaded once, and workers are forked from the process
that has loaded it: they share its memory until they write to it. Counted is the proportional set size
(PSS) of the whole process tree, in which a page that is shared by two counts half for each, after
{least(data):,} requests or more, with and without the database. *Each further* is what a worker after
the first one adds. Pages of a file that another program on the machine uses, too, count in part only.
{spread.sentence(rounds_of(data))}

{text.picture(NAME, ALT)}

{text.table([*heads, "each further, MiB"], rows)}"""


def rounds_of(data):
    """The totals of each number of the table."""
    for found in data["samples"].values():
        yield from ([one["pss_kib"] for one in samples] for samples in found.values())


def least(data):
    """The fewest requests that came before a number."""
    ways = data["samples"].values()
    counts = [one["requests"] for way in ways for samples in way.values() for one in samples]
    return min(counts, default=0)


def row(data, label):
    totals = [median(data, label, workers) for workers in data["workers"]]
    return [label, *(in_mib(one) for one in [*totals, further(data, label)])]


def in_mib(kib):
    return "–" if kib is None else f"{kib / 1024:.1f}"
