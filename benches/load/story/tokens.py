"""A view of Django REST framework behind tokens: verified in Python, or by the server in front of it."""

import dataclasses
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.stage import Ready
from report import text

from .contenders import in_turn

JWT = Path(__file__).resolve().parent.parent.parent / "jwt"
sys.path.append(str(JWT))

from measuring import settings  # noqa: E402
from rows import ROWS  # noqa: E402

NAME = "tokens"
TITLE = "Tokens: verified in Python or at the edge"
SECONDS = (360, 9)

APP = "../../jwt/apps/drf:application"
CONNECTIONS = 64
FLOOD = 100  # wrong tokens shown to the server with the application that takes notes


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to verify: a row of benches/jwt under the name that the page gives it."""

    label: str
    server: str
    row: str
    threads: int = 1


WAYS = (
    Way("gunicorn-gthread, simplejwt, user query", "gunicorn-gthread", "gunicorn-gthread simplejwt", 4),
    Way("granian, simplejwt, user query", "granian", "granian-1-st simplejwt"),
    Way("appserver, simplejwt, user query", "appserver", "appserver-1 simplejwt"),
    Way(
        "gunicorn-gthread, simplejwt, stateless",
        "gunicorn-gthread",
        "gunicorn-gthread simplejwt, stateless",
        4,
    ),
    Way("appserver, simplejwt, stateless", "appserver", "appserver-1 simplejwt, stateless"),
    Way("appserver, edge, user query", "appserver", "appserver-1 edge, db"),
    Way("appserver, edge, cached user", "appserver", "appserver-1 edge, cached"),
    Way("appserver, edge, user from token", "appserver", "appserver-1 edge, token"),
)
QUICK_WAYS = (WAYS[0], WAYS[-1])
KNOWN = {row.name: row for row in ROWS}


def measure(stage):
    """What an answered request costs, and a refused one, by each way of verifying."""
    ways = QUICK_WAYS if stage.quick else WAYS
    found = {"good": {way.label: [] for way in ways}, "wrong": {way.label: [] for way in ways}}
    found |= {"edge": [way.label for way in ways if "edge" in way.row], "errors": []}
    with tempfile.TemporaryDirectory(prefix="tokens-") as name:
        folder = Path(name)
        prepare(stage, folder)
        for turn in range(stage.rounds):
            for way in in_turn(ways, turn):
                stage.say(way.label)
                one_way(stage, way, folder, found)
        found |= untouched(stage, folder)
    return found


def prepare(stage, folder):
    """Keys and tokens, and the database of the project, as benches/jwt makes them."""
    python = stage.built.venv / "bin" / "python"
    subprocess.run([python, JWT / "tokens.py", folder, "hs256"], check=True, timeout=120)
    env = os.environ | {"BENCH_DATABASE": str(folder / "db.sqlite3"), "BENCH_SECRET": "unused"}
    subprocess.run([python, JWT / "apps" / "drf.py"], env=env, check=True, timeout=60)


def one_way(stage, way, folder, found):
    """Right tokens, ever another one; then wrong ones, to the same server."""
    row = KNOWN[way.row]
    try:
        with serving(stage, way, row, folder) as running:
            for kind, tokens in (("good", row.tokens), ("wrong", "hs256-wrong")):
                found[kind][way.label].append(cost(stage, running, folder / tokens, kind))
    except Exception as error:
        found["errors"].append(f"{way.label}: {error}")


def serving(stage, way, row, folder):
    """The server of a row, ready when a right token gets the right answer."""
    env = {"BENCH_DATABASE": str(folder / "db.sqlite3"), **row.environment}
    env["BENCH_SECRET"] = (folder / "hs256.key").read_text()
    config = folder / "appserver.toml"
    config.write_text(settings(row, folder))
    flags = f"--config {config}" if way.server == "appserver" else ""
    bearer = ("Authorization", f"Bearer {first(folder / row.tokens)}")
    ready = Ready("/", headers=(bearer,), expected=row.expected)
    words = {"threads": way.threads, "flags": flags, "env": env, "ready": ready, "label": way.label}
    return stage.serve(way.server, APP, **words)


def first(file):
    return file.read_text().split("\n", 1)[0]


def cost(stage, running, tokens, kind):
    """Requests per second and CPU time with the tokens of a file. All have to be answered or refused."""
    words = {"connections": CONNECTIONS, "script": JWT / "load" / "tokens.lua", "arguments": [tokens]}
    if not stage.quick:
        stage.wrk(running.port, seconds=1, **words)
    words["seconds"] = stage.seconds(4, 1)
    told = stage.costs(running, lambda: stage.wrk(running.port, **words))
    refused = told["requests"] if kind == "wrong" else 0
    if told["failed"] or told["status_errors"] != refused:
        raise RuntimeError(f"{kind} tokens: {told['failed']} failed, {told['status_errors']} refused")
    return told


def untouched(stage, folder):
    """Wrong tokens to an application that notes every call: those refused, and the calls."""
    notes, config = folder / "notes", folder / "appserver.toml"
    config.write_text(settings(KNOWN["hs256 rejected"], folder))
    tokens = (folder / "hs256-wrong").read_text().split()[:FLOOD]
    good = ("Authorization", f"Bearer {first(folder / 'hs256-one')}")
    words = {"flags": f"--config {config}", "env": {"BENCH_WITNESS": str(notes)}}
    words |= {"ready": Ready("/", headers=(good,)), "label": "appserver with the witness"}
    with stage.serve("appserver", "witness:application", **words) as running:
        before = notes.read_text().count("called\t")
        refused = sum(refuses(running.port, token) for token in tokens)
        calls = notes.read_text().count("called\t") - before
    return {"sent": len(tokens), "refused": refused, "calls": calls}


def refuses(port, token):
    """Whether a token gets the answer 401."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status == 401
    finally:
        connection.close()


KINDS = {"good": "Right tokens: answered", "wrong": "Wrong tokens: refused"}
ALT = "Bars: CPU time per request behind a token, verified in Python and verified by the server"


def median(data, kind, label, key):
    """Of the rounds; None if there are none."""
    samples = data[kind][label]
    return statistics.median(one[key] for one in samples) if samples else None


def measured(data):
    """The ways of which there are both numbers, by what a right token costs."""
    labels = [label for label in data["good"] if data["good"][label] and data["wrong"][label]]
    return sorted(labels, key=lambda label: median(data, "good", label, "cpu_us"))


def draw(data, figures):
    """CPU time with right and with wrong tokens, each on a scale of its own that begins at 0."""
    labels = measured(data)
    figure, panels = figures.new(width=9.6, height=1.5 + 0.36 * len(labels), ncols=2)
    for axes, (kind, title) in zip(panels, KINDS.items()):
        figures.bars(axes, [(label, median(data, kind, label, "cpu_us")) for label in labels])
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("CPU µs per request (less is better)")
    panels[1].set_yticks([])
    figures.save(NAME, figure, ALT)


def tell(data):
    """Cost and rate of both kinds, and that a wrong token never came to the application."""
    heads = ("verified by", "right tokens, CPU µs", "requests/s", "wrong tokens, CPU µs", "refused/s")
    heads += ("of a core for 1,000 wrong ones a second",)
    rows = [row(data, label) for label in measured(data)]
    return f"""A view of Django REST framework that says who asks, behind HS256 tokens, ever another
one. *simplejwt* verifies in Python, and looks the user up in the database or, *stateless*, does not;
*edge* is `appserver` verifying before Python is called, with the authentication class
`appserver.drf.EdgeJWTAuthentication`.

{text.picture(NAME, ALT)}

{text.table(heads, rows)}

A flood of wrong tokens is where it matters most. {data["sent"]} of them went to `appserver` in front
of an application that notes every call: {data["refused"]} were refused, and the application was called
{data["calls"]} times."""


def row(data, label):
    costs = {kind: median(data, kind, label, "cpu_us") for kind in KINDS}
    rates = {kind: median(data, kind, label, "rps") for kind in KINDS}
    good = [text.count(costs["good"]), text.count(rates["good"])]
    wrong = [text.count(costs["wrong"]), text.count(rates["wrong"])]
    return [label, *good, *wrong, f"{costs['wrong'] / 1000:.1%}"]
