"""The page of the table of peers, and the short table of the README. Ratios come first."""

from report import text

from .cases import CASES
from .goals import judge, summarize
from .idle import medians
from .summary import compared

ABOUT = {case.name: case.about for case in CASES} | {
    "jwt-hello": "`hello` behind tokens: *no auth* looks at none, *anew* has no cache",
    "jwt-drf": "Django REST framework, a view that says who asks: verified at the edge, or in Python",
}
UNITS = {case.name: case.unit for case in CASES}
# How a goal's values are printed: divided by this, with this unit.
SCALES = {
    "cpu_us": (1, "µs"),
    "p50_us": (1000, "ms p50"),
    "p99_us": (1000, "ms p99"),
    "pss_kib": (1024, "MiB"),
}
README_CASES = ("hello", "django", "django-orm", "flask-json", "echo", "asgi-hello", "fastapi-json")
README_CASES += ("ws-32", "jwt-drf")
README_PEERS = ("Granian", "uWSGI", "uvicorn", "Gunicorn")
PICTURE = text.picture("peers", "CPU time per request of each peer, as a multiple of appserver's")
IDLE_BYTES = 8192  # the goal for an idle keep-alive connection
IDLE_P99 = 1.10  # p99 of active clients beside them: this much is noise

INTRODUCTION = """# Benchmarks

Written by `benches/load/run` from its results; [benches/README.md](../benches/README.md) says how they
are measured, and how to do it again.

What counts is the CPU time that a request costs: user and system time of the whole process tree of the
server, divided by the requests that were answered. Unlike requests per second it hardly depends on what
else the machine does. Each server has one worker, if nothing else is said, on a core of its own; the
load has another. {rounds} of {seconds} s, servers in turns: medians count, the lowest and highest are
printed. A goal missed and a race lost are printed as plainly as the others.
"""


def page(result):
    """The whole page: goals and ratios, then every number, then what it was measured with."""
    data = result["data"]
    summary = summarize(data["samples"])
    words = {"rounds": rounds(data["rounds"]), "seconds": data["seconds"]}
    lines = [INTRODUCTION.format(**words)]
    if result["mode"] == "quick":
        lines += ["**A quick look: these numbers are no result.**", ""]
    lines += ["## Goals", "", goals(summary, data), ""]
    if shown := compared(summary):
        lines += ["## Beside peers", "", PICTURE, "", ratios(shown), ""]
    lines += ["## Every number", ""]
    for case, rows in summary.items():
        lines += [f"### {case}", "", ABOUT[case] + ".", "", numbers(rows, case), ""]
    lines += idle(data) + rejected(data)
    if result["errors"]:
        lines += ["## Not measured", "", text.errors(result), ""]
    lines += ["## Measured with", "", text.environment(result), "", text.commands(result)]
    return "\n".join(lines).rstrip() + "\n"


def rounds(count):
    return "One round" if count == 1 else f"{count} rounds"


def goals(summary, data):
    heads = ("case", "ours", "beside", "best of it", "values", "reached", "goal", "")
    rows = [goal_row(verdict) for verdict in judge(summary)]
    rows += [*idle_goals(data), *rejected_goal(data)]
    if not rows:
        return "No goal: none names both sides of what was measured."
    return text.table(heads, rows)


def goal_row(verdict):
    goal = verdict["goal"]
    scale, unit = SCALES[goal.field]
    ours, theirs = verdict["ours"] / scale, verdict["theirs"] / scale
    values = f"{ours:.2f} / {theirs:.2f} {unit}"
    if goal.more is None:
        reached, limit = f"{verdict['reached']:.3f}", f"≤ {goal.limit:.2f}"
    else:
        reached, limit = f"{verdict['reached'] / scale:+.2f} {unit}", f"≤ +{goal.more / scale:g} {unit}"
    words = word(verdict["met"]) + (", **a loss**" if verdict["lost"] else "")
    return goal.case, goal.ours, goal.beside, verdict["peer"], values, f"**{reached}**", limit, words


def word(met):
    return "met" if met else "**MISSED**"


def idle_goals(data):
    """Bytes of an idle connection, and p99 of active clients beside so many."""
    for name in ("appserver-1", "appserver-asgi"):
        if not data["idle"].get(name):
            continue
        row = medians(data["idle"][name])
        count = f"{data['idle_connections']:,} idle connections"
        each, ratio = row["bytes_each"], row["p99_beside_us"] / row["p99_alone_us"]
        size = f"**{each:,.0f} bytes each**"
        yield "idle", name, count, "", "", size, f"≤ {IDLE_BYTES:,}", word(each <= IDLE_BYTES)
        values = f"{row['p99_beside_us'] / 1000:.2f} / {row['p99_alone_us'] / 1000:.2f} ms p99"
        yield (
            *("idle", name, "active clients alone", "", values, f"**{ratio:.3f}**"),
            *(f"≤ {IDLE_P99:.2f}", word(ratio <= IDLE_P99)),
        )


def rejected_goal(data):
    """A token that is refused is nothing that the application hears of."""
    if row := data["rejected"]:
        right = row["reached_app"] == 0 and row["answered"] == 0 and row["refused"] > 0
        values = f"{row['refused']:,} refused"
        reached = f"**{row['reached_app']} calls of the app**"
        yield "jwt-hello", "hs256 rejected", "the app's count", "", values, reached, "0", word(right)


def ratios(shown):
    """How many times our CPU time the best variant of each peer takes."""
    titles = list(dict.fromkeys(title for _, row in shown.values() for title in row))
    heads = ("case", "appserver µs", *(f"{title} ×" for title in titles))
    rows = []
    for case, (ours, row) in shown.items():
        cells = (times(row.get(title)) for title in titles)
        rows.append((case, f"{ours[1]['cpu_us']:.2f}", *cells))
    return text.table(heads, rows)


def times(ratio):
    """A ratio; one below 1 is a loss of ours."""
    if ratio is None:
        return ""
    return f"**{ratio:.2f}** (a loss)" if ratio < 1 else f"{ratio:.2f}"


def numbers(rows, case):
    unit = UNITS.get(case, "request")
    heads = ("server", f"CPU µs/{unit}", "low – high", "core used", "by others", f"{unit}s/s")
    heads += ("p50 ms", "p99 ms", "p99.9 ms", "RSS MiB", "PSS MiB", "failed")
    ordered = sorted(rows.items(), key=lambda item: item[1]["cpu_us"])
    return text.table(heads, [number_row(name, row) for name, row in ordered])


def number_row(name, row):
    latencies = (row["p50_us"], row["p99_us"], row["p999_us"])
    return (
        name,
        f"{row['cpu_us']:.2f}",
        f"{row['cpu_low']:.2f} – {row['cpu_high']:.2f}",
        f"{row['cpu_used']:.0%}",
        f"{max(row['others'], 0):.0%}",
        f"{row['rps']:,.0f}",
        *("" if one is None else f"{one / 1000:.2f}" for one in latencies),
        f"{row['rss_kib'] / 1024:.0f}",
        f"{row['pss_kib'] / 1024:.0f}",
        str(row["failed"]),
    )


def idle(data):
    """The table of idle connections."""
    rows = {name: medians(rounds) for name, rounds in data["idle"].items() if rounds}
    if not rows:
        return []
    heads = ("server", "bytes each", "p99 ms alone", "p99 ms beside them", "failed")
    cells = [
        (
            name,
            f"{row['bytes_each']:,.0f}",
            f"{row['p99_alone_us'] / 1000:.2f}",
            f"{row['p99_beside_us'] / 1000:.2f}",
            str(row["failed"]),
        )
        for name, row in sorted(rows.items(), key=lambda item: item[1]["bytes_each"])
    ]
    about = f"{data['idle_connections']:,} keep-alive connections, each of which has had one answer: the"
    about += " resident memory of the process tree that each costs, and p99 of 8 active clients."
    return ["### idle", "", about, "", text.table(heads, cells), ""]


def rejected(data):
    """What became of requests with a wrong signature."""
    if not (row := data["rejected"]):
        return []
    line = f"{row['refused']:,} requests with the signature of another token were refused,"
    line += f" {row['answered']:,} answered; the application was called {row['reached_app']:,} times."
    return ["### rejected", "", line, ""]


def short(result):
    """The block of the README."""
    shown = compared(summarize(result["data"]["samples"]))
    heads = ("CPU time per request", "appserver", *README_PEERS)
    rows = []
    for case in (case for case in README_CASES if case in shown):
        ours, row = shown[case]
        cells = (f"{row[title]:.1f} ×" if title in row else "–" for title in README_PEERS)
        rows.append((ABOUT[case].partition(":")[0], f"{ours[1]['cpu_us']:.1f} µs", *cells))
    facts = result["environment"]
    versions = facts["versions"]
    names = {"Granian": "granian", "uWSGI": "uwsgi", "uvicorn": "uvicorn", "Gunicorn": "gunicorn"}
    beside = ", ".join(f"{title} {versions.get(name, '?')}" for title, name in names.items())
    lines = [
        text.table(heads, rows),
        "",
        f"User and system time of the whole server on one core, CPython {versions['CPython']}; × is how",
        "many times as much a peer takes. Of a server with several modes the best counts",
        f"({beside}).",
        "[Every number](docs/benchmarks.md), and [why not `runserver`](docs/why-not-runserver.md).",
        "",
        PICTURE.replace("](plots/", "](docs/plots/"),
    ]
    return "\n".join(lines)
