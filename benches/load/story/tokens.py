"""A view of Django REST framework behind tokens: verified in Python, or by the server in front of it."""

import dataclasses
import statistics
import tempfile
from pathlib import Path

import measuring
from peers import untouched
from peers.contenders import Token
from report import text
from rows import ROWS

from . import spread
from .contenders import in_turn

NAME = "tokens"
TITLE = "Tokens: verified in Python or at the edge"
SECONDS = (360, 9)

# The name on the page, and that of the row of benches/jwt.
WAYS = (
    ("gunicorn-gthread, simplejwt, user query", "gunicorn-gthread simplejwt"),
    ("granian, simplejwt, user query", "granian-1-st simplejwt"),
    ("appserver, simplejwt, user query", "appserver-1 simplejwt"),
    ("gunicorn-gthread, simplejwt, stateless", "gunicorn-gthread simplejwt, stateless"),
    ("granian, simplejwt, stateless", "granian-1-st simplejwt, stateless"),
    ("appserver, simplejwt, stateless", "appserver-1 simplejwt, stateless"),
    ("appserver, edge, user query", "appserver-1 edge, db"),
    ("appserver, edge, cached user", "appserver-1 edge, cached"),
    ("appserver, edge, user from token", "appserver-1 edge, token"),
)
QUICK_WAYS = (WAYS[0], WAYS[-1])
KNOWN = {row.name: row for row in ROWS}


def measure(stage):
    """What an answered request costs, and a refused one, by each way of verifying."""
    ways = QUICK_WAYS if stage.quick else WAYS
    found = {kind: {label: [] for label, _ in ways} for kind in KINDS} | {"errors": []}
    with tempfile.TemporaryDirectory(prefix="tokens-") as name:
        folder = Path(name)
        measuring.prepare(stage.built.venv / "bin" / "python", folder, ("hs256",))
        for turn in range(stage.rounds):
            for label, row in in_turn(ways, turn):
                stage.say(label)
                try:
                    one_way(stage, label, Token(KNOWN[row], folder), found)
                except Exception as error:
                    found["errors"].append(f"{label}: {error}")
        found["flood"] = untouched.measure(stage, folder, stage.seconds(4, 1))
    return found


def one_way(stage, label, right, found):
    """Right tokens, ever another one; then wrong ones, to the same server."""
    wrong = Token(dataclasses.replace(right.row, tokens="hs256-wrong", status=401), right.folder)
    with right.serve(stage) as running:
        for kind, tokens in (("good", right), ("wrong", wrong)):
            if not stage.quick:
                tokens.load(stage, running.port, 1)
            seconds = stage.seconds(4, 1)
            told = stage.costs(running, lambda one=tokens: one.load(stage, running.port, seconds))
            if failed := tokens.failed(told):
                raise RuntimeError(f"{kind} tokens: {failed} of {told['requests']} were not answered so")
            found[kind][label].append(told)


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

{spread.sentence(rounds_of(data))}

Wrong tokens may come as a flood. To see what comes through, `appserver` stood in front
of an application that counts its calls: {data["flood"]["refused"]:,} requests were refused,
{data["flood"]["answered"]:,} answered, and the application was called {data["flood"]["reached_app"]:,}
times."""


def rounds_of(data):
    """The costs and rates of each row."""
    for kind in KINDS:
        for label in measured(data):
            yield from ([one[key] for one in data[kind][label]] for key in ("cpu_us", "rps"))


def row(data, label):
    costs = {kind: median(data, kind, label, "cpu_us") for kind in KINDS}
    rates = {kind: median(data, kind, label, "rps") for kind in KINDS}
    good = [text.count(costs["good"]), text.count(rates["good"])]
    wrong = [text.count(costs["wrong"]), text.count(rates["wrong"])]
    return [label, *good, *wrong, f"{costs['wrong'] / 1000:.1%}"]
