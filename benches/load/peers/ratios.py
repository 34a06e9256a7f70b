"""Tables of ratios: each mode of ours beside each peer, by each measure. Losses are marked."""

from harness.variants import VARIANTS
from report import text

from .summary import CPU, MEASURES, lines

READING = """A ratio is above 1 where `appserver` is better, and by how many times; below 1 is a loss, and
marked. Each mode of ours has a line of its own, since a site has to choose one: `appserver-1` has one
thread, `appserver-4` four, `appserver-asgi` an event loop. Of a peer the best mode that was measured
counts, chosen anew for each case and each table. The picture has the better mode of ours, and names it.
Medians are compared: where the spreads below overlap, another run may turn a ratio around."""
UWSGI = """uWSGI closes each connection with its answer (`--http-socket`; the ways in which it keeps them
serve one connection per thread, or go through its router), so its numbers contain a new connection for
each request."""
STREAM = """ It is left out of `stream`, whose body it ends by closing, which `wrk` counts as a failure."""
LOAD = """Where *core used* below is far under 100%, the server has waited, as for the load: requests per
second and p99 then tell less of the server than CPU time does."""


def sections(summary):
    """CPU time first, then how often we lose by which measure, then the other measures."""
    tables = {measure: list(lines(summary, measure)) for measure in MEASURES}
    if not any(tables.values()):
        return []
    told = [f"### Beside peers: {CPU.title}", "", table(CPU, tables[CPU]), ""]
    told += ["### Wins and losses", "", digest(tables), ""]
    for measure, found in tables.items():
        if measure is not CPU and found:
            told += [f"### Beside peers: {measure.title}", "", table(measure, found), ""]
    return [*told, *uwsgi(summary), LOAD, ""]


def uwsgi(summary):
    """What has to be known of its numbers, where there are any."""
    if not any("uwsgi" in rows for rows in summary.values()):
        return []
    is_left_out = "uwsgi" not in summary.get("stream", ("uwsgi",))
    return [UWSGI + STREAM * is_left_out, ""]


def table(measure, found):
    """A line for each mode of ours."""
    titles = list(dict.fromkeys(title for one in found for title in one.ratios))
    heads = ("case", "ours", measure.unit, *(f"{title} ×" for title in titles))
    rows = []
    for one in found:
        against = f", peers: {one.race.peers}" if one.race.peers else ""
        cells = (cell(one, title) for title in titles)
        rows.append((one.case + against, one.ours, value(one, measure), *cells))
    return text.table(heads, rows)


def value(one, measure):
    """The value of ours, in the unit of the table."""
    if one.value is None:
        return "**requests failed**"
    return f"{one.value / measure.scale:,.{measure.digits}f}"


def cell(one, title):
    """The ratio to a peer; empty where it was not measured."""
    if title not in one.ratios:
        return ""
    return times(one.ratios[title])


def times(ratio, unit=""):
    """A ratio; one below 1 is a loss of ours. Without one the requests of the peer failed."""
    if ratio is None:
        return "its requests failed"
    return f"**{ratio:.2f}{unit}** (a loss)" if ratio < 1 else f"{ratio:.2f}{unit}"


def known(found):
    """(ratio, line, peer) of all that could be compared."""
    for one in found:
        yield from ((ratio, one, peer) for peer, ratio in one.ratios.items() if ratio is not None)


def losses(found):
    """How many ratios there are, and how many are losses."""
    ratios = [ratio for ratio, _, _ in known(found)]
    return len(ratios), sum(ratio < 1 for ratio in ratios)


def digest(tables):
    """How many ratios of each table are losses, and the worst of them."""
    heads = ("by", "ratios", "losses", "the worst")
    rows = []
    for measure, found in tables.items():
        count, lost = losses(found)
        worst = "–"
        if lost:
            ratio, one, peer = min(known(found), key=lambda item: item[0])
            worst = f"{one.case}, {one.ours}: {times(ratio)} beside {peer}"
        rows.append((measure.title, count, f"**{lost}**" if lost else "0", worst))
    return text.table(heads, rows)


def mode(name):
    """The mode of ours in words, with a comma in front; empty where there is only one."""
    known_as = name.partition(" ")[0]
    if known_as not in VARIANTS or known_as == "appserver-asgi":
        return ""
    threads = VARIANTS[known_as].threads
    return ", 1 thread" if threads == 1 else f", {threads} threads"


def told_losses(summary):
    """A sentence for the README: how many ratios there are by each measure, and how many are losses."""
    counts = {measure: losses(lines(summary, measure)) for measure in MEASURES}
    words = (f"{one.title} {lost} of {count}" for one, (count, lost) in counts.items() if count)
    return ", ".join(words)
