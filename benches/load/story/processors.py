"""Requests per second of a page that computes, on one worker and on more."""

from statistics import median

from report import text

from . import drawing
from .contenders import Contender, failures, in_rounds

NAME = "processors"
TITLE = "A page that computes, on more workers"
SECONDS = (180, 6)  # about so long it takes: in full, and for a look

# Milliseconds of Python that holds the GIL: a page whose template or serializer is large.
WORK_MS = 10
CONNECTIONS = 8
WORKERS = (1, 2, 4, 8)
# A development server has one process.
DEVELOPMENT = ("runserver", "runserver-nothreading")
GROWING = ("gunicorn-sync", "appserver")
# Where others took more than this share of the machine, the page says so.
BUSY = 0.1
ALT = "Requests per second of a page that computes, by the number of workers"


def contenders(stage):
    """Workers up to the first number that is more than the processors."""
    processors = len(stage.cores.all)
    if stage.quick:
        return (Contender("runserver", "runserver"), Contender("appserver, 2", "appserver", workers=2))
    numbers = [number for number in WORKERS if number < 2 * processors + 1]
    found = [Contender(server, server) for server in DEVELOPMENT]
    for server in GROWING:
        found += [Contender(f"{server}, {number}", server, workers=number) for number in numbers]
    return tuple(found)


def measure(stage):
    """Every server with every number of workers, on all processors; medians of the rounds."""
    chosen = contenders(stage)
    data = {"processors": len(stage.cores.all), "connections": CONNECTIONS, "work_ms": WORK_MS}
    data |= {"seconds": stage.seconds(4, 1), "rows": [], "errors": []}
    samples = in_rounds(stage, chosen, data, lambda one: compute(stage, one, data["seconds"]))
    for one in chosen:
        if rounds := samples[one.label]:
            row = {"label": one.label, "server": one.server, "workers": one.workers}
            data["rows"].append(row | medians(rounds))
            data["errors"] += failures(one.label, one.server, rounds)
    return data


def compute(stage, contender, seconds):
    """One server. The load takes next to nothing of a processor, so it may share one. No warm-up: a server
    still computes for a load that has just left."""
    with contender.serve(stage, cores=stage.cores.all) as running:
        stage.say(f"{contender.label}: a page that computes")
        path = f"/cpu?ms={WORK_MS}"
        load = {"connections": CONNECTIONS, "seconds": seconds}
        return stage.costs(running, lambda: stage.wrk(running.port, path, **load))


def medians(rounds):
    keys = ("rps", "p50_us", "p99_us", "cpu_used", "others")
    point = {key: median(sample[key] for sample in rounds) for key in keys}
    point["low"] = min(sample["rps"] for sample in rounds)
    point["high"] = max(sample["rps"] for sample in rounds)
    point["failed"] = sum(sample["failed"] + sample["status_errors"] for sample in rounds)
    return point


def draw(data, figures):
    """Requests per second over workers; servers of one process as lines across."""
    figure, axes = figures.new(
        f"A page that computes for about {data['work_ms']} ms, {data['connections']} visitors",
        f"workers (processes), on {data['processors']} processors (logarithmic)",
        "requests per second",
    )
    most = max((row["workers"] for row in data["rows"]), default=1)
    for server, rows in by_server(data).items():
        label = {"runserver": "runserver, threads"}.get(server, server)
        numbers, rates = [row["workers"] for row in rows], [row["rps"] for row in rows]
        spread = [[row["rps"] - row["low"] for row in rows], [row["high"] - row["rps"] for row in rows]]
        if server in DEVELOPMENT:
            numbers, rates, spread = [1, most], rates * 2, [one * 2 for one in spread]
        drawing.line(axes, figures, label, server, list(zip(numbers, rates)))
        axes.errorbar(numbers, rates, spread, color=figures.colour(server), capsize=3, linestyle="none")
    axes.set_ylim(bottom=0)
    axes.set_xscale("log", base=2)
    numbers = sorted({row["workers"] for row in data["rows"]})
    axes.set_xticks(numbers, list(map(str, numbers)))
    figures.name_ends(axes)
    figures.save(NAME, figure, ALT)


def by_server(data):
    """The rows of each server, by the number of workers."""
    found = {}
    for row in data["rows"]:
        found.setdefault(row["server"], []).append(row)
    return found


def tell(data):
    """The section: what it is, the picture, every number."""
    heads = ["server", "workers", "requests/s", "low – high", "p50", "p99", "failed"]
    heads += ["processors used", "by others"]
    rows = [table_row(row) for row in data["rows"]]
    return "\n\n".join((explained(data), text.picture(NAME, ALT), text.table(heads, rows)))


def explained(data):
    words = (
        f"A page that computes in Python for about {data['work_ms']} ms (always the same steps), asked"
        f" by {data['connections']} visitors at once. `runserver` takes a thread for each, but they"
        " share one interpreter lock, under which one of them computes at a time; processes have one"
        " each."
        f" Here, unlike elsewhere, the server has all {data['processors']} processors that were given to"
        " the run, and shares one of them with the load, which sends few requests."
        " *Processors used* is the CPU time of all processes of the server over the time of the run, *by"
        " others* that of everybody else on the machine but the load."
    )
    words += growth(data, 1, data["processors"], "From one worker to")
    most = max((row["workers"] for row in data["rows"]), default=1)
    if most > data["processors"]:
        words += growth(data, data["processors"], most, "From there to")
    others = max((row["others"] for row in data["rows"]), default=0)
    if others > BUSY * data["processors"]:
        words += (
            f" The machine was busy: others used up to {others:.1f} processors, so these numbers are"
        )
        words += " worth little."
    if data["processors"] <= 2:
        words += " With so few processors there is not more to be seen; run it on a larger machine."
    return words


def growth(data, few, many, words):
    """A sentence: what more workers bring to each server."""
    gains = [f"{server} ×{gain:.2f}" for server, gain in gained(data, few, many).items()]
    return f" {words} {many}: {', '.join(gains)}." if gains and few != many else ""


def gained(data, few, many):
    """How many times as much each server does on `many` workers as on `few`."""
    gains = {}
    for server, rows in by_server(data).items():
        rates = {row["workers"]: row["rps"] for row in rows}
        if {few, many} <= set(rates):
            gains[server] = rates[many] / rates[few]
    return gains


def table_row(row):
    spread = f"{row['low']:.1f} – {row['high']:.1f}"
    times = (text.milliseconds(row[key]) for key in ("p50_us", "p99_us"))
    used = (f"{max(row[key], 0):.2f}" for key in ("cpu_used", "others"))
    return row["label"], row["workers"], f"{row['rps']:.1f}", spread, *times, row["failed"], *used
