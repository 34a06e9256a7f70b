"""How long a fast page takes while others wait for a slow one: head-of-line blocking."""

from concurrent.futures import ThreadPoolExecutor

from report import text

from . import drawing, steady
from .contenders import Contender, attempt

NAME = "blocking"
TITLE = "A fast page while others wait for a slow one"
SECONDS = (300, 7)  # about so long it takes: in full, and for a look

WAITING = (0, 1, 2, 4, 8)
RATE = 50
# After so many seconds a visitor of the fast page gives up.
PATIENCE = 5.0

ALT = "p99 of a fast page on each server, while more and more visitors wait for a slow page"

CONTENDERS = (
    Contender("runserver --nothreading", "runserver-nothreading"),
    Contender("runserver", "runserver"),
    Contender("gunicorn sync, 2 workers", "gunicorn-sync", workers=2),
    Contender("gunicorn gthread, 2×8", "gunicorn-gthread", workers=2, threads=8),
    Contender("appserver, 2×1", "appserver", workers=2),
    Contender("appserver, 2×8", "appserver", workers=2, threads=8),
)
QUICK = ("runserver --nothreading", "appserver, 2×8")


def measure(stage):
    """Every server with every number of waiting visitors."""
    chosen = [one for one in CONTENDERS if not stage.quick or one.label in QUICK]
    data = {"waiting": (2,) if stage.quick else WAITING, "rate": RATE, "patience": PATIENCE}
    # A visitor of the slow page waits so long; each who has been served asks again.
    data |= {"slow_seconds": 0.3 if stage.quick else 1.0, "seconds": stage.seconds(6, 1)}
    data |= {"servers": {one.label: one.server for one in chosen}, "rows": {}, "errors": []}
    for one in chosen:
        row = attempt(data, one, lambda one=one: wait_more(stage, one, data))
        if row:
            data["rows"][one.label] = row
    return data


def wait_more(stage, contender, data):
    """One server, from nobody on the slow page to the most."""
    row = []
    with contender.serve(stage) as running:
        for waiting in data["waiting"]:
            stage.say(f"{contender.label}: {waiting} wait")
            row.append(summary(beside(stage, running.port, waiting, data)))
    return row


def beside(stage, port, waiting, data):
    """The requests for the fast page while so many visitors wait on the slow one."""
    seconds, first = data["seconds"], data["slow_seconds"]
    patience = min(PATIENCE, seconds)
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(wait, stage, port, waiting, data) if waiting else None
        with steady.stream(stage, port, rate=RATE, seconds=seconds + first, patience=patience) as stream:
            requests = stream.finish()
        if others:
            others.result()
    # Until the first slow page is over not all of them need have come.
    return [request for request in requests if request[0] >= first]


def wait(stage, port, waiting, data):
    """Visitors of the slow page. Each comes anew, so none stays with the worker it came to first."""
    path = f"/slow?seconds={data['slow_seconds']}"
    seconds = int(data["seconds"] + data["slow_seconds"] + 1)
    stage.wrk(port, path, connections=waiting, seconds=seconds, headers=["Connection: close"])


def summary(requests):
    """What the visitors of the fast page met with."""
    times = steady.times(requests)
    return {
        "requests": len(requests),
        "failed": steady.failures(requests),
        "p50_ms": milliseconds(steady.percentile(times, 0.5)),
        "p99_ms": milliseconds(steady.percentile(times, 0.99)),
    }


def milliseconds(seconds):
    return None if seconds is None else seconds * 1000


def draw(data, figures):
    """p99 over the number of those who wait."""
    figure, axes = figures.new(
        TITLE,
        "visitors who wait for the slow page at the same time",
        "p99 of the fast page in ms (logarithmic)",
    )
    places = range(len(data["waiting"]))
    for label, row in data["rows"].items():
        values = [float("nan") if point["p99_ms"] is None else point["p99_ms"] for point in row]
        drawing.line(axes, figures, label, data["servers"][label], list(zip(places, values)))
    drawing.logarithmic(axes, figures)
    axes.axhline(data["patience"] * 1000, color="black", linestyle="--", linewidth=1)
    axes.text(0, data["patience"] * 1050, "here a visitor gives up", va="bottom", fontsize=8)
    axes.set_xticks(places, list(map(str, data["waiting"])))
    figures.name_ends(axes)
    figures.save(NAME, figure, ALT)


def tell(data):
    """The section: what it is, the picture, p50, p99 and who gave up."""
    heads = ["server", *(f"{number} waiting" for number in data["waiting"])]
    rows = [(label, *map(cell, row)) for label, row in data["rows"].items()]
    return "\n\n".join((explained(data), text.picture(NAME, ALT), text.table(heads, rows)))


def explained(data):
    return (
        "Some visitors wait for a slow page, as for a report or for another service: it takes"
        f" {data['slow_seconds']:g} s without computing anything, and who has been served asks again."
        f" Meanwhile {data['rate']} others come each second for a page that does nothing, whatever"
        " became of those before them. A thread that waits for the slow page answers nobody else, so a"
        " server can hold up everybody as soon as each of its threads has such a visitor."
        f" `W×T` is workers and threads of each; who had no answer after {data['patience']:g} s gave up,"
        f" and counts in the p99 with that time. Each server was measured once.{kept_up(data)}"
    )


def kept_up(data):
    """Which servers answered the fast page in less than half the time of the slow one, to the end."""
    good = [label for label, row in data["rows"].items() if is_fast(row[-1], data["slow_seconds"])]
    most = data["waiting"][-1]
    return (
        f" With {most} waiting, the p99 of the fast page was below half the time of the slow one, and"
        f" nobody failed, with: {', '.join(good) or 'none of these servers'}."
    )


def is_fast(point, slow_seconds):
    times = point["p99_ms"]
    return times is not None and times < slow_seconds * 500 and not point["failed"]


def cell(point):
    """p50 and p99 of one point, and how many of the visitors had no answer."""
    if point["p99_ms"] is None:
        return "nobody was served"
    times = (text.milliseconds(point[key] * 1000) for key in ("p50_ms", "p99_ms"))
    failed = drawing.total(point["failed"])
    return " / ".join(times) + (f", {failed / point['requests']:.0%} failed" if failed else "")
