"""Which malformed requests each server refuses, and which ones it hands to the application."""

import socket
import tempfile
from pathlib import Path

from report import text

from .exchange import exchange, has_gone, status_of
from .malformed import HIDDEN, MALFORMED, VALID

NAME = "bad_input"
TITLE = "Bad input"
SECONDS = (150, 6)

SERVERS = (
    "appserver",
    "gunicorn-gthread",
    "gunicorn-asgi",
    "granian",
    "uvicorn",
    "hypercorn",
    "daphne",
    "waitress",
    "uwsgi",
    "fastpysgi",
    "flask",
    "runserver",
    "wsgiref",
)
QUICK = ("appserver", "gunicorn-gthread", "wsgiref")
ASGI = {"gunicorn-asgi", "uvicorn", "hypercorn", "daphne"}

# What came of a request, the best first.
REFUSED = "refused"  # 4xx, 5xx or the end of the connection; the application was not called
BROKEN = "broken off"  # the application was called, and its body ended in an error
WAITING = "no answer"  # neither an answer nor the end, in the time of a patient client
PASSED = "passed on"  # the application got it as a request like any other
CRASHED = "crashed"  # the server was gone afterwards


def measure(stage):
    """Every request of the catalogue to every server, each on a connection of its own."""
    found = {"servers": {}, "errors": [], "patience": stage.seconds(1.0, 0.25)}
    found["requests"] = [described(one) for one in MALFORMED]
    found["valid"] = [one.name for one in VALID]
    for server in QUICK if stage.quick else SERVERS:
        stage.say(f"{server}: {len(MALFORMED)} malformed requests")
        try:
            found["servers"][server] = one_server(stage, server, found["patience"])
        except Exception as error:
            found["errors"].append(f"{server}: {error}")
    return found


def described(request):
    return {
        "name": request.name,
        "group": request.group,
        "rule": request.rule,
        "strict": request.strict,
    }


def one_server(stage, server, patience):
    """The verdict on each request; a server that a request has ended is started again."""
    verdicts, hidden, left = {}, [], [*VALID, *MALFORMED]
    while left:
        with tempfile.TemporaryDirectory(prefix="witness-") as folder:
            witness = Path(folder) / "notes"
            with serving(stage, server, witness) as running:
                before = len(left)
                while left and running.process.poll() is None:
                    request = left.pop(0)
                    verdict, seen = judge(request, running, witness, patience)
                    verdicts[request.name] = verdict
                    hidden += [request.name] * ("/hidden" in seen)
                if before == len(left):
                    raise RuntimeError("the server ended by itself")
    good = {one.name: verdicts.pop(one.name) for one in VALID}
    return {"verdicts": verdicts, "hidden": hidden, "valid": good}


def serving(stage, server, witness):
    """The server with the application that takes notes, in the dress that it wants."""
    names = {"flask": "witness:flask", "runserver": "witness"}
    app = names.get(server, "witness:asgi_application" if server in ASGI else "witness:application")
    env = {"BENCH_WITNESS": str(witness)}
    return stage.serve(server, app, env=env)


def judge(request, running, witness, patience):
    """The verdict, and the paths that the application was asked for."""
    process, port = running.process, running.port
    start = witness.stat().st_size
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
            # What the server does after its answer matters where it has to end the connection.
            is_all = request.stream.endswith(HIDDEN)
            answer, ended = exchange(client, request.stream, patience, is_all)
            notes = [line for line in noted(witness, start) if line[1] in (request.name, "")]
    except ConnectionRefusedError:
        return CRASHED, []
    if ended and not answer and has_gone(process):
        return CRASHED, []
    paths = [path for word, _, path in notes if word == "called"]
    words = {word for word, _, path in notes if path != "/hidden"}
    return verdict_of(request, answer, ended, words), paths


def noted(witness, start):
    """(word, case, path) of each note since."""
    lines = witness.read_bytes()[start:].decode(errors="replace").splitlines()
    return [line.split("\t", 2) for line in lines if line.count("\t") >= 2]


def verdict_of(request, answer, ended, words):
    status = status_of(answer)
    if request.answer is not None:
        is_right = status == 200 and answer.partition(b"\r\n\r\n")[2].endswith(request.answer)
        return PASSED if is_right and "complete" in words else REFUSED
    if "complete" in words or (status and status < 400):
        return PASSED
    if not status and not ended:
        return WAITING
    return BROKEN if "called" in words else REFUSED


# How each verdict is drawn: readable without colour, too.
LOOKS = {
    REFUSED: ("#0072b2", ""),
    BROKEN: ("#9ecae1", "//"),
    WAITING: ("#bbbbbb", ".."),
    PASSED: ("#d55e00", "xx"),
    CRASHED: ("#000000", ""),
}
ALT = "Bars: how many malformed requests each server refuses, and how many reach the application"


def tally(data, server, strict):
    """How many requests of a kind had each verdict."""
    verdicts = data["servers"][server]["verdicts"]
    found = dict.fromkeys(LOOKS, 0)
    for request in data["requests"]:
        if request["strict"] == strict:
            found[verdicts[request["name"]]] += 1
    return found


def in_order(data):
    """The servers, those first that pass on the least of what has to be refused."""
    return sorted(data["servers"], key=lambda server: tally(data, server, True)[PASSED])


def draw(data, figures):
    """Two kinds of requests, one bar per server, parts that add up to all of them."""
    servers = in_order(data)
    figure, panels = figures.new(width=9.0, height=1.4 + 0.34 * len(servers), ncols=2, sharey=True)
    for axes, strict in zip(panels, (True, False)):
        left = [0] * len(servers)
        for verdict, (colour, hatch) in LOOKS.items():
            counts = [tally(data, server, strict)[verdict] for server in servers]
            words = {"color": colour, "hatch": hatch, "edgecolor": "white", "label": verdict}
            if any(counts):
                axes.barh(servers, counts, left=left, height=0.7, **words)
            left = [sum(pair) for pair in zip(left, counts)]
        axes.set_xlim(0, max(left))
        axes.set_xlabel("requests")
        axes.grid(axis="y", visible=False)
    panels[0].set_title("No rule lets a server repair them", fontsize=10)
    panels[1].set_title("May be repaired, or refused", fontsize=10)
    panels[0].invert_yaxis()
    handles = {}
    for axes in panels:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels())))
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=len(handles))
    figures.save(NAME, figure, ALT)


def tell(data):
    """The picture, a row per server, and which requests reached which application."""
    strict = sum(request["strict"] for request in data["requests"])
    loose = len(data["requests"]) - strict
    return f"""A malformed request is harmless until two programs read it differently: then one of
them serves a request that the other has never seen. {len(data["requests"])} requests with one mistake
each went to every server once, on a connection of its own, and the application noted what reached it.
{strict} of them no rule of RFC 9110 and RFC 9112 lets a server repair; {loose} may be repaired, or
refused. *Broken off* means that the application was called, and found an error where the body should
have been: servers that do not wait for the body cannot do better. *No answer* is silence for
{data["patience"]:g} s. What a framework may refuse later does not count: Django, for one, looks at
`Host` itself.

{text.picture(NAME, ALT)}

{text.table(HEADS, [row(data, server, strict, loose) for server in in_order(data)])}

*Second request* counts the requests of which the server has to close the connection, and has instead
served what stood behind them. *Valid answered* are unusual requests without a mistake: names in small
letters, a chunk with an extension, an empty line in front.

<details><summary>Which ones were passed on</summary>

{text.table(("request", "the rule", "passed on by"), passed_rows(data))}

</details>"""


HEADS = ("server", "must be refused: refused", "broken off", "no answer", "passed on")
HEADS += ("may be repaired: refused", "second request", "valid answered")


def row(data, server, strict, loose):
    found = data["servers"][server]
    must, may = tally(data, server, True), tally(data, server, False)
    valid = list(found["valid"].values())
    broken = [must[verdict] for verdict in (BROKEN, WAITING)]
    passed = f"{must[PASSED]} ({must[PASSED] / strict:.0%})"
    crashed = f", {must[CRASHED] + may[CRASHED]} crashes" * bool(must[CRASHED] + may[CRASHED])
    cells = [server, f"{must[REFUSED]} of {strict}", *broken, passed + crashed]
    answered = f"{valid.count(PASSED)} of {len(valid)}"
    return [*cells, f"{may[REFUSED]} of {loose}", len(found["hidden"]), answered]


def passed_rows(data):
    """Requests that reached an application, those that must not first."""
    for request in sorted(data["requests"], key=lambda request: not request["strict"]):
        verdicts = {name: one["verdicts"][request["name"]] for name, one in data["servers"].items()}
        servers = [name for name, verdict in verdicts.items() if verdict == PASSED]
        if servers:
            allowed = "" if request["strict"] else " (may be repaired)"
            yield request["name"] + allowed, request["rule"], ", ".join(servers)
