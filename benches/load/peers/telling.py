"""The page of the table of peers, and the short table of the README. Ratios come first."""

from report import text

from . import ratios
from .cases import CASES
from .goals import judge, summarize, unjudged
from .idle import ACTIVE, SERVERS, medians
from .summary import compared

ABOUT = {case.name: case.about for case in CASES} | {
    "hello-2": "`hello` with two workers, which share the one core of the server",
    "django-orm": "`django` with one query of a user (SQLite, persistent connection)",
    "memory": "`django` with 4 workers on the one core, after 10,000 requests or 30 s of them, whichever"
    " comes first: PSS counts",
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
README_CASES = ("hello", "post-1k", "echo", "big", "stream", "django", "django-orm", "flask-json")
README_CASES += ("asgi-hello", "fastapi-json", "ws-32", "jwt-drf")
README_PEERS = {"Granian": "granian", "fastpysgi": "fastpysgi", "uWSGI": "uwsgi"}
README_PEERS |= {"uvicorn": "uvicorn", "Gunicorn": "gunicorn"}
PICTURE = text.picture("peers", "CPU time per request of each peer, as a multiple of appserver's")
IDLE_FIELDS = ("bytes_each", "p99_alone_us", "p99_beside_us")
IDLE_BYTES = 8192  # the goal for an idle keep-alive connection
IDLE_P99 = 1.10  # p99 of active clients beside them: this much is noise

INTRODUCTION = """# Benchmarks

Written by `benches/load/run` from its results; [benches/README.md](../benches/README.md) says how they
are measured, and how to do it again.

What counts most is the CPU time that a request costs: user and system time of the whole process tree of
the server, divided by the requests that were answered. Time in which the server waits, for the load or
for others on the machine, does not count. Requests per second, p99 and memory follow, compared in the
same way. Each server has one worker, if nothing else is said; all its processes share one core, and the
load has another. {rounds}: medians count, the lowest and highest
are printed. A row in which requests failed is marked, and compared with nothing.
"""


def page(result):
    """The whole page: goals and ratios, then every number, then what it was measured with."""
    data = result["data"]
    summary = summarize(data["samples"])
    lines = [INTRODUCTION.format(rounds=rounds(data["rounds"], data["seconds"]))]
    if result["mode"] == "quick":
        lines += ["**A quick look: these numbers are no result.**", ""]
    lines += ["## Goals", "", goals(summary, data), ""]
    if shown := ratios.sections(summary):
        lines += ["## Beside peers", "", ratios.READING, "", PICTURE, "", *shown]
    lines += ["## Every number", ""]
    for case, rows in summary.items():
        lines += [f"### {case}", "", ABOUT[case] + ".", "", numbers(rows, case), ""]
    lines += idle(data) + rejected(data)
    if result["errors"]:
        lines += ["## Not measured", "", text.errors(result), ""]
    lines += ["## Measured with", "", text.environment(result), "", text.commands(result)]
    return "\n".join(lines).rstrip() + "\n"


def rounds(count, seconds):
    return f"One round of {seconds} s" if count == 1 else f"{count} rounds of {seconds} s, servers in turns"


def goals(summary, data):
    heads = ("case", "ours", "beside", "best of it", "values", "reached", "goal", "")
    rows = [goal_row(verdict) for verdict in judge(summary)]
    rows += [*idle_goals(data), *rejected_goal(data)]
    if not rows:
        return "No goal: none names both sides of what was measured."
    words = [f"{goal.case} beside {goal.beside}" for goal in unjudged(summary)]
    note = f"\n\nNot judged, as requests of the peers failed: {'; '.join(words)}." if words else ""
    return text.table(heads, rows) + note


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
    words += f", **{verdict['failed']:,} requests failed**" if verdict["failed"] else ""
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
        words = word(each <= IDLE_BYTES and not row["failed"])
        yield "idle", name, count, "", "", size, f"≤ {IDLE_BYTES:,}", words
        values = f"{row['p99_beside_us'] / 1000:.2f} / {row['p99_alone_us'] / 1000:.2f} ms p99"
        yield (
            *("idle", name, "active clients alone", "", values, f"**{ratio:.3f}**"),
            *(f"≤ {IDLE_P99:.2f}", word(ratio <= IDLE_P99 and not row["failed"])),
        )


def rejected_goal(data):
    """A token that is refused is nothing that the application hears of."""
    if row := data["rejected"]:
        right = row["reached_app"] == 0 and row["answered"] == 0 and row["refused"] > 0
        values = f"{row['refused']:,} refused"
        reached = f"**{row['reached_app']} calls of the app**"
        yield "jwt-hello", "hs256 rejected", "the app's count", "", values, reached, "0", word(right)


def numbers(rows, case):
    unit = UNITS.get(case, "request")
    heads = ("server", f"CPU µs/{unit}", "core used", "by others", f"{unit}s/s")
    heads += ("p50 ms", "p99 ms", "p99.9 ms", "RSS MiB", "PSS MiB", "failed")
    ordered = sorted(rows.items(), key=lambda item: item[1]["cpu_us"])
    return text.table(heads, [number_row(name, row) for name, row in ordered])


def number_row(name, row):
    return (
        name,
        spread(row, "cpu_us", digits=2),
        f"{row['cpu_used']:.0%}",
        f"{max(0, row['others']):.0%}",
        spread(row, "rps"),
        milliseconds(row["p50_us"]),
        spread(row, "p99_us", 1000, 2),
        milliseconds(row["p999_us"]),
        f"{row['rss_kib'] / 1024:.0f}",
        spread(row, "pss_kib", 1024),
        failed(row),
    )


def spread(row, field, scale=1, digits=0):
    """The median, and in brackets the lowest and highest of the rounds."""
    if row[field] is None:
        return ""
    values = (f"{one / scale:,.{digits}f}" for one in (row[field], *row["spread"][field]))
    middle, low, high = values
    return middle if row["rounds"] == 1 else f"{middle} ({low} – {high})"


def milliseconds(microseconds):
    return "" if microseconds is None else f"{microseconds / 1000:.2f}"


def failed(row):
    """How many requests; with any, the row is compared with nothing."""
    return f"**{row['failed']:,}: not compared**" if row["failed"] else "0"


def idle(data):
    """The table of idle connections: the server, its row, and beside those of ours."""
    rows = {name: idle_row(rounds) for name, rounds in data["idle"].items() if rounds}
    if not rows:
        return []
    heads = ("server", "bytes each", "× ours", "p99 ms alone", "p99 ms beside them", "× ours", "failed")
    ordered = sorted(rows.items(), key=lambda item: item[1]["bytes_each"])
    cells = [
        (
            name,
            spread(row, "bytes_each"),
            beside_ours(rows, name, "bytes_each"),
            spread(row, "p99_alone_us", 1000, 2),
            spread(row, "p99_beside_us", 1000, 2),
            beside_ours(rows, name, "p99_beside_us"),
            failed(row),
        )
        for name, row in ordered
    ]
    about = f"{data['idle_connections']:,} keep-alive connections, each of which has had one answer: the"
    about += f" resident memory of the process tree that each costs, and p99 of {ACTIVE} active clients."
    about += " *× ours* is beside our row of the same interface, WSGI or ASGI."
    return ["### idle", "", about, "", text.table(heads, cells), ""]


def idle_row(rounds):
    """The medians, with the lowest and highest."""
    found = {field: [one[field] for one in rounds] for field in IDLE_FIELDS}
    return medians(rounds) | {"spread": {field: (min(one), max(one)) for field, one in found.items()}}


def beside_ours(rows, name, field):
    """A ratio for a peer; below 1 it is a loss of ours. Empty for ours, and without both sides."""
    ours = "appserver-asgi" if SERVERS[name][0].startswith("asgi") else "appserver-1"
    if name == ours or ours not in rows or any(rows[one]["failed"] for one in (name, ours)):
        return ""
    return ratios.times(rows[name][field] / rows[ours][field]) if rows[ours][field] > 0 else ""


def rejected(data):
    """What became of requests with a wrong signature."""
    if not (row := data["rejected"]):
        return []
    line = f"{row['refused']:,} requests with the signature of another token were refused,"
    line += f" {row['answered']:,} answered; the application was called {row['reached_app']:,} times."
    return ["### rejected", "", line, ""]


def short(result):
    """The block of the README."""
    summary = summarize(result["data"]["samples"])
    shown = compared(summary)
    heads = ("CPU time per request", "appserver", *README_PEERS)
    rows = [readme_row(shown[key]) for key in sorted(filter(in_readme, shown), key=in_readme_order)]
    versions = result["environment"]["versions"]
    named = {title: versions.get(name) for title, name in README_PEERS.items()}
    beside = ", ".join(f"{title} {version}" for title, version in named.items() if version)
    lines = [
        text.table(heads, rows),
        "",
        f"User and system time of the whole server, one worker on one core, CPython {versions['CPython']}; ×",
        "is how many times as much a peer takes, so that below 1 is a loss of ours. Of each server, of ours",
        "as well, the best of the modes that were measured counts; – was not measured",
        f"({beside}).",
        "Ratios that are losses, in all cases that were measured and with each mode of ours by itself:",
        f"{ratios.told_losses(summary)}.",
        "[Every number](docs/benchmarks.md), and [why not `runserver`](docs/why-not-runserver.md).",
        "",
        PICTURE.replace("](plots/", "](docs/plots/"),
    ]
    return "\n".join(lines)


def in_readme(key):
    return key[0] in README_CASES


def in_readme_order(key):
    """A case may have several races: they stay in their order."""
    return README_CASES.index(key[0])


def readme_row(line):
    """What is compared, ours with its mode, and the ratio to each peer."""
    cells = [
        ratios.times(line.ratios[title], " ×") if title in line.ratios else "–" for title in README_PEERS
    ]
    about = line.race.about or ABOUT[line.case]
    return about, f"{line.value:.1f} µs{ratios.mode(line.ours)}", *cells
