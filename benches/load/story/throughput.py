"""Requests per second and p99 of a page that does nothing, asked by more and more at once; then p99
where visitors come at a fixed rate.
"""

from statistics import median

from report import text

from . import drawing, offered
from .contenders import Contender, failures, in_rounds

NAME = "throughput"
TITLE = "Throughput against concurrency"
SECONDS = (820, 10)  # about so long it takes: in full, and for a look
TOOLS = ("oha",)  # what has to be built before

CONNECTIONS = (1, 2, 4, 8, 16, 32, 128, 512)
QUICK_CONNECTIONS = (1, 32)
QUICK = ("runserver", "appserver, 1 worker")
# A delayed acknowledgement takes 40 ms on Linux. Who waits that long for an idle server waits for one.
HELD_BACK_US = 30_000
# The points of the table.
SHOWN = (1, 32, 512)
ALT = "Requests per second and p99 of each server, from one connection to many"


def contenders(stage):
    """Development servers as they are; Gunicorn with the number of workers that it recommends."""
    cores = len(stage.cores.server)
    several = 2 * cores + 1
    all_of_them = (
        Contender("wsgiref", "wsgiref"),
        Contender("runserver --nothreading", "runserver-nothreading"),
        Contender("runserver", "runserver"),
        Contender("Flask's server", "flask"),
        Contender(f"gunicorn sync, {several} workers", "gunicorn-sync", workers=several),
        Contender(f"gunicorn gthread, {several}×4", "gunicorn-gthread", workers=several, threads=4),
        Contender("appserver, 1 worker", "appserver"),
        Contender(f"appserver, {cores + 1} workers", "appserver", workers=cores + 1),
    )
    return tuple(one for one in all_of_them if not stage.quick or one.label in QUICK)


def measure(stage):
    """Every server at every number of connections; medians of the rounds."""
    connections = QUICK_CONNECTIONS if stage.quick else CONNECTIONS
    chosen = contenders(stage)
    data = {"connections": connections, "servers": {one.label: one.server for one in chosen}}
    data |= {"cores": len(stage.cores.server), "seconds": stage.seconds(2, 1), "errors": []}
    seconds = data["seconds"]
    samples = in_rounds(stage, chosen, data, lambda one: climb(stage, one, connections, seconds))
    data["rows"] = {label: medians(rounds) for label, rounds in samples.items() if rounds}
    for label, row in data["rows"].items():
        data["errors"] += failures(label, data["servers"][label], row)
    data["offered"] = offered.measure(stage, offered.chosen(chosen), data)
    return data


def climb(stage, contender, connections, seconds):
    """One server, from one connection to the most."""
    row = []
    with contender.serve(stage) as running:
        if not stage.quick:
            stage.wrk(running.port, "/fast", connections=8, seconds=1)
        for number in connections:
            stage.say(f"{contender.label}: {number} connections")
            row.append(stage.wrk(running.port, "/fast", connections=number, seconds=seconds))
    return row


def medians(rounds):
    """One row of the picture from the rows of all rounds. Failures are added up, not averaged."""
    result = []
    for samples in zip(*rounds):
        point = {key: median(sample[key] for sample in samples) for key in ("rps", "p50_us", "p99_us")}
        point["requests"] = sum(sample["requests"] for sample in samples)
        point["failed"] = sum(sample["failed"] + sample["status_errors"] for sample in samples)
        result.append(point)
    return result


def draw(data, figures):
    """Requests per second above, p99 below, both over the number of connections; then the open loop."""
    words = {"nrows": 2, "sharex": True, "height": 7.5}
    figure, (above, below) = figures.new("A page that does nothing (Django hello)", **words)
    for label, row in data["rows"].items():
        for axes, key, scale in ((above, "rps", 1), (below, "p99_us", 1000)):
            values = [point[key] / scale if point["requests"] else float("nan") for point in row]
            points = list(zip(data["connections"], values))
            drawing.line(axes, figures, label, data["servers"][label], points)
            mark_unserved(axes, data["connections"], row, values)
    above.set_ylabel("requests per second")
    above.set_ylim(bottom=0)
    below.set_ylabel("p99 in ms (logarithmic)")
    drawing.logarithmic(below, figures)
    below.set_xlabel("connections that ask at the same time (logarithmic); ringed: some had no answer")
    below.set_xscale("log", base=2)
    below.set_xticks(data["connections"], list(map(str, data["connections"])))
    figures.name_ends(above)
    figures.name_ends(below)
    figures.save(NAME, figure, ALT)
    offered.draw(data["offered"], data["servers"], figures)


def unserved(connections, point):
    """Whether requests failed, or connections had no answer at all, which no p99 tells.

    By Little's law those who wait do so for connections / throughput in the mean. Where this is clearly
    longer than the p99 of the answers, a part of the connections had none.
    """
    return bool(point["failed"]) or connections * 1e6 > 1.2 * point["rps"] * point["p99_us"]


def mark_unserved(axes, connections, row, values):
    """A ring around each such point."""
    points = zip(connections, values, row)
    hurt = [(x, y) for x, y, point in points if unserved(x, point)]
    if hurt:
        axes.plot(*zip(*hurt), "o", **drawing.RING)


def tell(data):
    """The section: what it is, the picture, a few points of it; the same for the open loop."""
    shown = [at for at in SHOWN if at in data["connections"]]
    heads = ["server", *(f"{number} at once" for number in shown), "failed"]
    rows = [table_row(label, row, shown, data["connections"]) for label, row in data["rows"].items()]
    closed = (explained(data), text.picture(NAME, ALT), text.table(heads, rows))
    return "\n\n".join((*closed, "### Visitors who do not wait", offered.tell(data["offered"])))


def explained(data):
    cores = "one core" if data["cores"] == 1 else f"{data['cores']} cores"
    return (
        "A page that does nothing, so what is measured is the server: the Django project of"
        " `benches/load/apps/site` with the middleware of `startproject` (for Flask's server, the same"
        f" page in Flask). All processes of a server share {cores}. Each connection asks again as soon"
        " as it has its answer, so a server is never asked faster than it can answer. Where a server"
        " leaves a part of the connections in the kernel's queue for the whole time, the p99 of the"
        " others looks good: such points are ringed, and marked † in the table. Gunicorn has the number"
        " of workers that its documentation recommends. Those of `appserver` are chosen by hand, one and"
        " one more than there are cores; [`appserver tune`](tuning.md), which measures what an app needs,"
        " was not asked. Where there were several rounds, medians are shown." + held_back(data)
    )


def held_back(data):
    """Why a single visitor of `runserver` waits, where one does."""
    row = data["rows"].get("runserver")
    if not row or data["connections"][0] != 1 or row[0]["p50_us"] < HELD_BACK_US:
        return ""
    return (
        f"\n\nOn one connection half of the answers of `runserver` took"
        f" {text.milliseconds(row[0]['p50_us'])} or longer. It writes the head and the body of an answer"
        " in two pieces. On a connection that is kept open the kernel holds the second back until the"
        " client has acknowledged the first, which the client delays."
    )


def table_row(label, row, shown, connections):
    """Requests per second and p99 at some points, and all failures."""
    cells = []
    for number, point in zip(connections, row):
        if number in shown:
            mark = " †" if unserved(number, point) else ""
            times = f"p99 {text.milliseconds(point['p99_us'])}"
            cells.append(f"{text.count(point['rps'])}/s, {times}{mark}")
    failed, requests = (sum(point[key] for point in row) for key in ("failed", "requests"))
    return label, *cells, f"{failed:,} of {requests + failed:,}"
