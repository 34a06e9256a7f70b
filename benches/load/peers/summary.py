"""From verdicts and medians to what stands beside each other: ours, and the best of each peer."""

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


def family(name):
    """The name on the pages, None of what is no peer."""
    return next((FAMILIES[start] for start in FAMILIES if name.startswith(start)), None)


def best(rows, wanted):
    """(name, row) of the cheapest server that `wanted(name)`, None if there is none."""
    found = [(name, row) for name, row in rows.items() if wanted(name)]
    return min(found, key=lambda item: item[1]["cpu_us"], default=None)


def beside(rows):
    """Ours as (name, row), and {family: how many times as much CPU time its best variant takes}."""
    ours = best(rows, lambda name: name.startswith(OURS))
    if not ours:
        return None, {}
    ratios = {}
    for title in FAMILIES.values():
        if found := best(rows, lambda name, title=title: family(name) == title):
            ratios[title] = found[1]["cpu_us"] / ours[1]["cpu_us"]
    return ours, ratios


def compared(summary):
    """{case: (ours, ratios)} of each case with peers where CPU time is what counts."""
    found = {case: beside(rows) for case, rows in summary.items() if case != "memory"}
    return {case: (ours, ratios) for case, (ours, ratios) in found.items() if ours and ratios}
