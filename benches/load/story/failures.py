"""One request that crashes its process, and one that never ends: who else is hurt, for how long."""

import http.client
from threading import Thread

from report import text

from . import drawing, steady
from .contenders import Contender, attempt

NAME = "failures"
TITLE = "One crash, one hung request"
SECONDS = (280, 7)  # about so long it takes: in full, and for a look

RATE = 50
SLOT = 0.1
# Who waits longer than this is hurt; who waits longer than PATIENCE has gone.
LATE, PATIENCE = 0.5, 5.0
ALT = "Right answers over time on each server, with a crash and with a hung request"
# A look: one accident for each.
QUICK = {"runserver --nothreading": "crash", "appserver, 2×4": "hang"}
ACCIDENTS = ("crash", "hang")


def contenders(stage):
    """Two workers each. A server that can end a request that takes too long does so after `limit`."""
    limit = stage.seconds(5, 1)
    ours = f"--timeout {limit}s"
    if stage.quick:
        ours += " --graceful-timeout 1s"
    all_of_them = (
        Contender("runserver --nothreading", "runserver-nothreading"),
        Contender("runserver", "runserver"),
        Contender("uvicorn, 2 workers", "uvicorn", workers=2),
        Contender("granian, 2×4", "granian", workers=2, threads=4, flags="--respawn-failed-workers"),
        Contender("gunicorn sync, 2 workers", "gunicorn-sync", workers=2, flags=f"--timeout {limit}"),
        Contender(
            "gunicorn gthread, 2×4", "gunicorn-gthread", workers=2, threads=4, flags=f"--timeout {limit}"
        ),
        Contender("appserver, 2×1", "appserver", workers=2, flags=ours),
        Contender("appserver, 2×4", "appserver", workers=2, threads=4, flags=ours),
    )
    return [one for one in all_of_them if not stage.quick or one.label in QUICK]


def measure(stage):
    """Every server with each accident, started anew for each."""
    chosen = contenders(stage)
    data = {"rate": RATE, "slot": SLOT, "late": LATE, "patience": PATIENCE, "limit": stage.seconds(5, 1)}
    data |= {"before": stage.seconds(2, 0.5), "after": {"crash": stage.seconds(8, 1)}}
    data["after"]["hang"] = data["limit"] + data["after"]["crash"]
    data |= {"servers": {one.label: one.server for one in chosen}, "rows": {}, "errors": []}
    for one in chosen:
        for accident in ACCIDENTS if not stage.quick else [QUICK[one.label]]:
            stage.say(f"{one.label}: {accident}")
            row = attempt(data, one, lambda one=one, kind=accident: watch(stage, one, kind, data))
            if row:
                data["rows"].setdefault(one.label, {})[accident] = row
    return data


def watch(stage, contender, accident, data):
    """One accident amid the stream of visitors."""
    seconds = data["before"] + data["after"][accident]
    patience = min(PATIENCE, data["after"][accident])
    with contender.serve(stage) as running:
        with steady.stream(stage, running.port, rate=RATE, seconds=seconds, patience=patience) as stream:
            stream.wait_until(data["before"])
            event = stream.now()
            cause(running.port, f"/{accident}", data["after"][accident])
            requests = stream.finish()
    return summary(requests, event, seconds)


def cause(port, path, patience):
    """Sends the request that does it, and does not wait for what becomes of it."""

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    Thread(target=ask, daemon=True).start()


def summary(requests, event, seconds):
    """What the others met with."""
    return {
        "event": event,
        "requests": len(requests),
        "failed": steady.failures(requests),
        "late": steady.late(requests, LATE),
        "silence": steady.silence(requests, event, seconds),
        "recovery": steady.recovery(requests, event, LATE),
        "slots": steady.per_slot(requests, seconds, SLOT),
    }


def draw(data, figures):
    """Right answers over time: a row for each server, a column for each accident."""
    words = {"nrows": len(data["rows"]), "ncols": len(ACCIDENTS), "sharex": "col", "sharey": True}
    words |= {"squeeze": False, "width": 8.4, "height": 1.2 + 0.95 * len(data["rows"])}
    figure, grid = figures.new("Right answers per second to everybody else", **words)
    for (label, row), line in zip(data["rows"].items(), grid):
        colour = figures.colour(data["servers"][label])
        for accident, axes in zip(ACCIDENTS, line):
            if accident in row:
                found = row[accident]
                drawing.answers(axes, found["slots"], data["slot"], colour, [found["event"]])
                drawing.inside(axes, f"{drawing.total(found['failed'])} failed, {found['late']} late")
        drawing.beside(line[0], label)
    for accident, axes in zip(ACCIDENTS, grid[0]):
        axes.set_ylim(0, data["rate"] * 1.6)
        axes.set_title(f"one request to /{accident} (dashed)", fontsize=10)
    for axes in grid[-1]:
        axes.set_xlabel("seconds")
    figures.save(NAME, figure, ALT)


def tell(data):
    """The section: what it is, the picture, who was hurt and for how long."""
    heads = ["server", "accident", "failed", "late", "longest silence", "back to normal after"]
    rows = [
        table_row(label, accident, found)
        for label, row in data["rows"].items()
        for accident, found in row.items()
    ]
    return "\n\n".join((explained(data), text.picture(NAME, ALT), text.table(heads, rows)))


def explained(data):
    return (
        f"{data['rate']} visitors come each second, every other one on a connection of its own, whatever"
        " became of those before them. Then somebody else sends one request that ends its process at"
        " once, as a bug in a C extension does (`/crash`), or one that never gets an answer, as in a"
        f" deadlock (`/hang`). An answer is late after {data['late']:g} s. `W×T` is workers and threads"
        " of each. Gunicorn and `appserver` are told to end a worker whose request takes longer than"
        f" {data['limit']} s; Gunicorn does so with its sync workers only."
        " Granian is told to replace workers that have died, which it does not do by default. The other"
        " servers have no such limit, so that a hung request keeps its thread for as long as it hangs."
        " Each accident was measured once on each server. Who else is in a process at the moment of its"
        " crash is lost with it, and how many these are is chance. Peaks that go beyond the picture are"
        " visitors who had to wait and are served all at once."
    )


def table_row(label, accident, found):
    failed = ", ".join(f"{count} {way}" for way, count in sorted(found["failed"].items()))
    if found["recovery"] is None:
        back = "not seen"
    elif found["recovery"] == 0:
        back = "at once" if failed or found["late"] else "nobody hurt"
    else:
        back = drawing.seconds(found["recovery"])
    return label, accident, failed or "0", found["late"], drawing.seconds(found["silence"]), back
