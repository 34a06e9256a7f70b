"""p99 over the rate at which visitors come: an open loop, in which nobody waits for anybody else.

Visitors of a real site do not know how busy it is. So requests are due at a fixed rate, and each has
waited since it was due, also while all connections were taken.
"""

from statistics import median

from harness import tools
from report import text

from . import drawing
from .contenders import in_rounds

PICTURE = "throughput-offered"
SERVERS = ("runserver", "gunicorn-gthread", "appserver")
# Each server is asked at ever higher rates, until it has failed to keep up with so many of them.
RATES = tuple(step * scale for scale in (100, 1000, 10_000) for step in (1, 1.5, 2, 3, 4, 6, 8))
QUICK_RATES = (50,)
BEYOND = 2
CONNECTIONS = 64
# Requests that are due and have no answer when the time is over: more of them than this share, and the
# server does not keep up.
LEFT = 0.02
ALT = "p99 of each server by the requests that are due per second"


def chosen(contenders):
    """One of each server that takes part: that with the most workers."""
    last = {one.server: one for one in contenders if one.server in SERVERS}
    return tuple(last.values())


def measure(stage, contenders, data):
    """Every server at every rate that it keeps up with, and some more; medians of the rounds.

    None if the load that it takes is not built; that may be so in quick mode only.
    """
    if stage.quick and not tools.oha_is_built():
        stage.say("no open loop: oha is not built (--tools builds it)")
        return None
    found = {"connections": CONNECTIONS, "seconds": stage.seconds(3, 1), "rows": {}}
    samples = in_rounds(stage, contenders, data, lambda one: climb(stage, one, found["seconds"]))
    found["rows"] = {label: medians(rounds) for label, rounds in samples.items() if rounds}
    return found


def climb(stage, contender, seconds):
    """One server, asked at ever higher rates: points by their rates."""
    points, behind = {}, 0
    with contender.serve(stage) as running:
        if not stage.quick:
            stage.oha(running.port, "/fast", rate=RATES[0], seconds=1, connections=CONNECTIONS)
        for rate in QUICK_RATES if stage.quick else map(int, RATES):
            stage.say(f"{contender.label}: {rate} requests are due per second")
            words = {"rate": rate, "seconds": seconds, "connections": CONNECTIONS}
            points[rate] = point(stage.oha(running.port, "/fast", **words), rate * seconds)
            behind += points[rate]["left"] > LEFT
            if behind == BEYOND:
                break
    return points


def point(told, due):
    """A place in the picture. The load itself may begin a request late, so a few may be left."""
    failed = told["failed"] + told["status_errors"]
    left = max(0.0, 1 - (told["requests"] + told["failed"]) / due)
    kept = {key: told[key] for key in ("rps", "p50_us", "p99_us")}
    return kept | {"failed": failed, "left": left}


def medians(rounds):
    """The points of a server, of rates that most rounds have got to. Failures are added up."""
    result = []
    for rate in sorted(set().union(*rounds)):
        samples = [points[rate] for points in rounds if rate in points]
        if 2 * len(samples) > len(rounds):
            keys = ("rps", "p50_us", "p99_us", "left")
            merged = {key: median(sample[key] for sample in samples) for key in keys}
            merged["failed"] = sum(sample["failed"] for sample in samples)
            result.append({"rate": rate} | merged)
    return result


def keeps_up(one):
    """Whether all who came were answered, and nearly all of them in time."""
    return not one["failed"] and one["left"] <= LEFT


def draw(data, servers, figures):
    """p99 over the rate; where a server does not keep up, a ring."""
    if data is None:
        return
    figure, axes = figures.new("Visitors who come at a fixed rate (Django hello)")
    for label, row in data["rows"].items():
        points = [(one["rate"], one["p99_us"] / 1000) for one in row]
        drawing.line(axes, figures, label, servers[label], points)
        if hurt := [place for place, one in zip(points, row) if not keeps_up(one)]:
            axes.plot(*zip(*hurt), "o", **drawing.RING)
    axes.set_xlabel("requests due per second (logarithmic); ringed: some were not answered")
    axes.set_ylabel("p99 in ms since a request was due (logarithmic)")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(figures.ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(figures.ticker.NullLocator())
    axes.xaxis.set_major_formatter(figures.ticker.FuncFormatter(lambda value, _place: f"{value:,g}"))
    drawing.logarithmic(axes, figures)
    figures.name_ends(axes)
    figures.save(PICTURE, figure, ALT)


def tell(data):
    """What it is, the picture, and how far each server gets."""
    if data is None:
        return "Not measured: `oha` was not built. `benches/load/run --quick --tools` builds it."
    rows = [table_row(label, row) for label, row in data["rows"].items()]
    heads = ("server", "keeps up with", "p99 there", "p99 at half of it or less")
    return "\n\n".join((explained(data), text.picture(PICTURE, ALT), text.table(heads, rows)))


def explained(data):
    return (
        "Visitors of a site do not wait until the server has time for them. So the same page once more,"
        f" with requests that are due at a fixed rate, on {data['connections']} connections: a request"
        " that has to wait for a free connection has waited since it was due. What a server cannot keep"
        " up with becomes a queue, and p99 grows for as long as it lasts"
        f" ({data['seconds']} s here). Ringed are rates at which requests failed, or more than"
        f" {LEFT:.0%} had no answer at the end; the p99 there is of those who had one."
    )


def table_row(label, row):
    """The highest rate that is kept up with before the first one that is not."""
    kept = []
    for one in row:
        if not keeps_up(one):
            break
        kept.append(one)
    if not kept:
        return label, "none of these rates", "–", "–"
    last = kept[-1]
    calm = [one for one in kept if 2 * one["rate"] <= last["rate"]] or kept[:1]
    beyond = "" if len(kept) < len(row) else " and more"
    cells = [text.milliseconds(one["p99_us"]) for one in (last, calm[-1])]
    return label, f"{last['rate']:,}/s{beyond}", *cells
