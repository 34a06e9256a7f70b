"""What becomes of honest visitors while 200 slow clients hold a connection each."""

from report import text

from . import steady
from .contenders import Contender, attempt

NAME = "slow_clients"
TITLE = "Slow clients"
SECONDS = (340, 8)  # about so long it takes: in full, and for a look

RATE = 50
SLOW = 200
# A right answer within this time is a good one.
GOOD, PATIENCE = 1.0, 1.5
# A share of honest visitors that counts as nearly all.
NEARLY = 0.99
# The slow ones have come after so many seconds; only then the honest ones are counted.
ARRIVAL = 1.5
KINDS = {
    "headers": "headers",
    "bodies": "bodies",
    "readers": "readers",
}
ALT = "The share of honest visitors who are served beside slow clients, for each server"

CONTENDERS = (
    Contender("runserver --nothreading", "runserver-nothreading"),
    Contender("runserver", "runserver"),
    Contender("gunicorn sync, 4 workers", "gunicorn-sync", workers=4),
    Contender("gunicorn gthread, 2×4", "gunicorn-gthread", workers=2, threads=4),
    Contender("waitress, 8 threads", "waitress", threads=8, flags="--connection-limit=1000"),
    Contender("uvicorn, 2 workers", "uvicorn", workers=2),
    Contender("granian, 2×4", "granian", workers=2, threads=4),
    Contender("appserver, 2×1", "appserver", workers=2),
    Contender("appserver, 2×4", "appserver", workers=2, threads=4),
)
QUICK = ("runserver --nothreading", "appserver, 2×4")
QUICK_KINDS = ("headers",)


def measure(stage):
    """Every server with each kind of slow client, started anew for each."""
    chosen = [one for one in CONTENDERS if not stage.quick or one.label in QUICK]
    data = {"rate": RATE, "slow": SLOW, "good": GOOD}
    data |= {"kinds": QUICK_KINDS if stage.quick else list(KINDS)}
    data |= {"before": stage.seconds(3, 0.5), "during": stage.seconds(5, 0.5)}
    data |= {"servers": {one.label: one.server for one in chosen}, "rows": {}, "errors": []}
    for one in chosen:
        for kind in data["kinds"]:
            stage.say(f"{one.label}: slow {kind}")
            row = attempt(data, one, lambda one=one, kind=kind: besiege(stage, one, kind, data))
            if row:
                data["rows"].setdefault(one.label, {})[kind] = row
    return data


def besiege(stage, contender, kind, data):
    """The honest visitors before and while the slow ones are there."""
    siege = ARRIVAL + data["during"]
    seconds = data["before"] + siege
    with contender.serve(stage) as running:
        port = running.port
        with steady.stream(stage, port, rate=RATE, seconds=seconds, patience=PATIENCE) as stream:
            stream.wait_until(data["before"])
            words = map(str, (kind, port, SLOW, siege + 0.5))
            with steady.program(stage, "rude.py", *words, port=port) as rude:
                if rude.stdout.readline().strip() != "ready":
                    raise RuntimeError("the slow clients did not come")
                stream.wait_until(seconds + 0.5)
            requests = stream.finish()
    return {
        "before": goodput(requests, 0.0, data["before"]),
        "during": goodput(requests, data["before"] + ARRIVAL, seconds),
        "failed": steady.failures(requests),
    }


def goodput(requests, begin, end):
    """The share of those who came in that time and got their answer in good time."""
    here = [request for request in requests if begin <= request[0] < end]
    good = sum(outcome == steady.OK and took <= GOOD for _due, took, outcome in here)
    return good / len(here)


def draw(data, figures):
    """A panel for each kind of slow client, a bar for each server."""
    words = {"ncols": len(data["kinds"]), "sharey": True, "squeeze": False}
    words |= {"width": 3.2 + 2.1 * len(data["kinds"]), "height": 1.4 + 0.34 * len(data["rows"])}
    title = f"Honest visitors served within {data['good']:g} s, beside {data['slow']} slow clients"
    figure, grid = figures.new(title, "% of the honest visitors", **words)
    labels = list(data["rows"])
    colours = [figures.colour(data["servers"][label]) for label in labels]
    for kind, axes in zip(data["kinds"], grid[0]):
        shares = [data["rows"][label].get(kind, {}).get("during") for label in labels]
        bars = axes.barh(range(len(labels)), [100 * (one or 0) for one in shares], color=colours)
        words = ["not measured" if one is None else f"{one:.0%}" for one in shares]
        axes.bar_label(bars, words, padding=3, fontsize=8)
        axes.set_title(f"slow {KINDS[kind]}", fontsize=9)
        axes.set_xlim(0, 122)
        axes.set_xticks([0, 50, 100])
        axes.grid(axis="y", visible=False)
    grid[0][0].set_yticks(range(len(labels)), labels)
    grid[0][0].invert_yaxis()
    figures.save(NAME, figure, ALT)


def tell(data):
    """The section: what it is, the picture, goodput before and while they are there."""
    heads = ["server", "before", *(f"slow {kind}" for kind in data["kinds"])]
    rows = [table_row(label, row, data["kinds"]) for label, row in data["rows"].items()]
    return "\n\n".join((explained(data), text.picture(NAME, ALT), text.table(heads, rows)))


def explained(data):
    return (
        f"{data['rate']} honest visitors come each second. Then {data['slow']} clients open a connection"
        " each and take their time: they send one more header line every second and never end the head"
        " (slowloris), or some bytes a second of a long body, or they read a little of a long answer"
        " every second. That takes next to no bandwidth. Where a thread or process is held by the client"
        " that it waits for, it is not there for the others. `runserver` takes one more thread for each,"
        " without limit. A slow client that is turned away comes back. The figure is the"
        f" share of honest visitors who got the right answer within {data['good']:g} s. Gunicorn's"
        " documentation asks for a proxy in front of it, for this very reason; here there is none."
        " `W×T` is workers and threads of each. Each server was measured once with each kind."
        f"{unhurt(data)}"
    )


def unhurt(data):
    """Which servers served nearly everybody, whatever the slow ones did."""
    good = []
    for label, row in data["rows"].items():
        shares = [row[kind]["during"] if kind in row else 0 for kind in data["kinds"]]
        good += [label] if min(shares) >= NEARLY else []
    named = ", ".join(good) or "none of these servers"
    return f" With every kind, at least {NEARLY:.0%} of them were served by: {named}."


def table_row(label, row, kinds):
    before = min(found["before"] for found in row.values())
    shares = [f"{row[kind]['during']:.0%}" if kind in row else "–" for kind in kinds]
    return label, f"{before:.0%}", *shares
