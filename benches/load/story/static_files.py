"""What files cost: a style sheet, a picture and a download, and being asked for changes."""

import http.client
import statistics
from dataclasses import dataclass, field

from report import text

from . import site, spread
from .contenders import failures, in_turn

NAME = "static_files"
TITLE = "Static files"
SECONDS = (520, 9)

APP = "site/project.wsgi:application"


@dataclass(frozen=True)
class File:
    """One kind of request. With `is_known` the client has the file, and asks whether it has changed."""

    label: str
    name: str
    connections: int = 32
    is_known: bool = False


FILES = (
    File("10 KB style sheet", "style.css"),
    File("100 KB picture", "picture.jpg"),
    File("10 MB download", "download.bin", connections=8),
    File("unchanged style sheet", "style.css", is_known=True),
)


@dataclass(frozen=True)
class Way:
    """One way to serve them. {root} in the flags is the folder of the collected files."""

    label: str
    server: str
    flags: str = ""
    threads: int = 1
    environment: dict = field(default_factory=dict)


WHITENOISE, DEBUG = {"SITE_WHITENOISE": "1"}, {"SITE_DEBUG": "1"}
WAYS = (
    Way("appserver", "appserver", "--static /static/={root}"),
    Way("granian", "granian", "--static-path-route /static --static-path-mount {root}"),
    # Without the second flag each file waits for the client's delayed acknowledgement of its head.
    Way("uwsgi", "uwsgi", "--static-map /static={root} --tcp-nodelay"),
    Way("gunicorn-gthread, WhiteNoise", "gunicorn-gthread", threads=4, environment=WHITENOISE),
    Way("appserver, WhiteNoise", "appserver", environment=WHITENOISE),
    Way("runserver", "runserver", environment=DEBUG),
)
QUICK_WAYS = (WAYS[0], WAYS[3])


def measure(stage):
    """CPU time and answers per second for each kind of file, by each way of serving it."""
    ways = QUICK_WAYS if stage.quick else WAYS
    found = {"files": [file.label for file in FILES], "errors": []}
    found["samples"] = {way.label: {} for way in ways}
    for turn in range(stage.rounds):
        for way in in_turn(ways, turn):
            one_way(stage, way, site.prepared(stage), found)
    for way in ways:
        for label, samples in found["samples"][way.label].items():
            known = [one for one in samples if "unsupported" not in one]
            found["errors"] += failures(f"{way.label}, {label}", way.server, known)
    return found


def one_way(stage, way, env, found):
    """Every kind of file from one server. A server that does not start is told."""
    flags = way.flags.format(root=site.static_root(env))
    stage.say(way.label)
    words = {"threads": way.threads, "flags": flags, "env": env | way.environment, "label": way.label}
    try:
        with stage.serve(way.server, APP, **words) as running:
            for file in FILES:
                known = found["samples"][way.label].setdefault(file.label, [])
                known.append(one_file(stage, running, file, site.static_root(env)))
    except Exception as error:
        found["errors"].append(f"{way.label}: {error}")


def one_file(stage, running, file, root):
    """A sample, after a look at one answer. A file sent again although unchanged is no sample."""
    content = (root / file.name).read_bytes()
    path = f"/static/{file.name}"
    headers = validators(running.port, path) if file.is_known else ()
    status, body = ask(running.port, path, headers)[:2]
    if file.is_known and status == 200:
        return {"unsupported": True}
    if status != (304 if file.is_known else 200) or body != (b"" if file.is_known else content):
        raise RuntimeError(f"{file.label}: wrong answer, {status} with {len(body)} bytes")
    words = {"connections": file.connections, "headers": [": ".join(pair) for pair in headers]}
    if not stage.quick:
        stage.wrk(running.port, path, seconds=1, **words)
    words["seconds"] = stage.seconds(4, 1)
    return stage.costs(running, lambda: stage.wrk(running.port, path, **words))


def ask(port, path, headers=()):
    """Status, body and fields of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read(), response.headers
    finally:
        connection.close()


def validators(port, path):
    """What a browser sends that has the file: the date, and the tag if there was one."""
    fields = ask(port, path)[2]
    pairs = {"If-Modified-Since": fields["Last-Modified"], "If-None-Match": fields["ETag"]}
    return [(name, value) for name, value in pairs.items() if value]


def median(data, label, file, key):
    """Of the rounds; None if it was not measured, or is not supported."""
    samples = [one for one in data["samples"][label].get(file, ()) if "unsupported" not in one]
    return statistics.median(one[key] for one in samples) if samples else None


def measured(data):
    """The ways of which there is anything, by what the first kind of file costs."""
    first = data["files"][0]
    labels = [label for label, found in data["samples"].items() if found]
    return sorted(labels, key=lambda label: median(data, label, first, "cpu_us") or 0)


UWSGI = """ uWSGI closes each connection with its answer, so its numbers contain a new connection for
each request."""
ALT = "Bars: CPU time that each server takes to serve a file, for four kinds of requests"


def draw(data, figures):
    """CPU time, one panel per kind of request; each has its own scale, beginning at 0."""
    labels = measured(data)
    size = {"width": 9.6, "height": 2.0 + 0.55 * len(labels)}
    figure, panels = figures.new(nrows=2, ncols=2, sharey=True, **size)
    for axes, file in zip(panels.flat, data["files"]):
        costs = [median(data, label, file, "cpu_us") for label in labels]
        values = [cost or 0 for cost in costs]
        drawn = axes.barh(labels, values, color=[figures.colour(label) for label in labels], height=0.7)
        names = ["no 304" if cost is None else text.count(cost) for cost in costs]
        axes.bar_label(drawn, names, padding=3, fontsize=9)
        axes.set_xlim(0, max(values) * 1.2 or 1)
        axes.xaxis.set_major_locator(figures.ticker.MaxNLocator(5))
        axes.grid(axis="y", visible=False)
        axes.set_title(file, fontsize=10)
        axes.set_xlabel("CPU µs per answer (less is better)")
    panels[0][0].invert_yaxis()
    figures.save(NAME, figure, ALT)


def tell(data):
    """Answers per second and CPU time of each kind."""
    rows = [[label, *(cell(data, label, file) for file in data["files"])] for label in measured(data)]
    heads = ["server", *data["files"]]
    return f"""Files that Django's `collectstatic` has gathered. `runserver` and WhiteNoise send them
through Python; the others do it themselves. A browser that has a file asks only whether it has changed,
and is answered with 304 and no body. Times are CPU time of the whole server, on one worker.
{spread.sentence(rounds_of(data))}{UWSGI * ("uwsgi" in measured(data))}

{text.picture(NAME, ALT)}

In each cell: CPU time per answer, then answers per second.

{text.table(heads, rows)}"""


def rounds_of(data):
    """The times and rates of each cell."""
    for found in data["samples"].values():
        for samples in found.values():
            counted = [one for one in samples if "unsupported" not in one]
            yield from ([one[key] for one in counted] for key in ("cpu_us", "rps"))


def cell(data, label, file):
    cost = median(data, label, file, "cpu_us")
    if cost is not None:
        rate = median(data, label, file, "rps")
        return f"{text.count(cost)} µs, {text.count(rate)}/s{failed(data['samples'][label][file])}"
    return "sent again, no 304" if data["samples"][label].get(file) else "–"


def failed(samples):
    """How many answers were errors or none, if any."""
    keys = ("failed", "status_errors")
    count = sum(one.get(key, 0) for one in samples for key in keys)
    return f", **{count:,} failed**" if count else ""
