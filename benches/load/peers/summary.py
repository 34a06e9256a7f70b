"""From medians to what stands beside each other: each mode of ours, and the best mode of each peer.

A row in which requests failed, or were answered wrongly, is compared with nothing.
"""

from dataclasses import dataclass, field

from .goals import sound

# What the pages call the servers, by the beginning of their names.
FAMILIES = {
    "granian": "Granian",
    "fastpysgi": "fastpysgi",
    "uwsgi": "uWSGI",
    "uvicorn": "uvicorn",
    "gunicorn": "Gunicorn",
    "hypercorn": "Hypercorn",
    "daphne": "Daphne",
    "waitress": "waitress",
    "runserver": "runserver",
    "wsgiref": "wsgiref",
    "flask": "Flask's own",
}
OURS = "appserver"


@dataclass(frozen=True)
class Measure:
    """Something that servers are compared by; printed in `unit`, of which it takes `scale` for one."""

    field: str
    title: str
    unit: str
    scale: float = 1
    digits: int = 2
    less_is_better: bool = True
    load_matters: bool = True  # so it says nothing where the case is about memory


MEASURES = (
    Measure("cpu_us", "CPU time per request", "µs"),
    Measure("rps", "requests per second", "/s", digits=0, less_is_better=False),
    Measure("p99_us", "p99", "ms", 1000),
    Measure("pss_kib", "memory (PSS)", "MiB", 1024, digits=0, load_matters=False),
)
CPU = MEASURES[0]


@dataclass(frozen=True)
class Race:
    """Rows that may be compared: what follows the server in the names of ours, and of the peers."""

    ours: str = ""
    peers: str = ""
    about: str = ""  # for the README, where it is not what the case says


DRF = "Django REST framework behind tokens"
RACES = {
    "jwt-drf": (
        Race("edge, token", "simplejwt, stateless", f"{DRF}, no query: ours at the edge, peers in Python"),
        Race("edge, db", "simplejwt", f"{DRF}, a query of the user: ours at the edge, peers in Python"),
        Race("simplejwt", "simplejwt", f"{DRF}, a query of the user: all in Python (simplejwt)"),
    )
}
ALIKE = (Race(),)


@dataclass(frozen=True)
class Line:
    """One mode of ours in one case; `value` is None where its requests failed.

    A ratio is above 1 where ours is better, and None where the requests of all modes of a peer failed.
    """

    case: str
    race: Race
    ours: str
    value: float | None
    ratios: dict = field(default_factory=dict)


def family(name):
    """The name on the pages, None of what is no peer."""
    return next((FAMILIES[start] for start in FAMILIES if name.startswith(start)), None)


def lines(summary, measure=CPU):
    """A line for each mode of ours that has peers, in the order of the cases."""
    for case, rows in summary.items():
        if case == "memory" and measure.load_matters:
            continue
        for race in RACES.get(case, ALIKE):
            peers = best_of_peers(rows, race, measure)
            for name in rows if peers else ():
                if name.startswith(OURS) and name.partition(" ")[2] == race.ours:
                    yield line(case, race, name, rows[name], peers, measure)


def best_of_peers(rows, race, measure):
    """{family: the best value of its modes}, None where all of them had failures."""
    found = {}
    for name, row in rows.items():
        title = family(name)
        if title and name.partition(" ")[2] == race.peers:
            values = found.setdefault(title, [])
            values += [row[measure.field]] if sound(row) and row[measure.field] else []
    choose = min if measure.less_is_better else max
    return {title: choose(found[title], default=None) for title in FAMILIES.values() if title in found}


def line(case, race, name, row, peers, measure):
    value = row[measure.field]
    if not sound(row) or not value:
        return Line(case, race, name, None)
    ratios = {title: None if one is None else one / value for title, one in peers.items()}
    if not measure.less_is_better:
        ratios = {title: one and 1 / one for title, one in ratios.items()}
    return Line(case, race, name, value, ratios)


def compared(summary, measure=CPU):
    """The best mode of ours in each race, as {(case, race): line}."""
    found = {}
    for one in lines(summary, measure):
        key = one.case, one.race
        if one.value is not None and (key not in found or is_better(one, found[key], measure)):
            found[key] = one
    return found


def is_better(one, other, measure):
    return (one.value < other.value) == measure.less_is_better
