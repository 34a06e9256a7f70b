"""The goals that the project has set itself, and whether they are met.

A goal is a fixed promise: change it only together with the design that it comes from. It compares CPU
time per request, a latency or memory of `ours` with the best of `peers`: at most `limit` times as much,
or at most `more` above it.
"""

from dataclasses import dataclass
from statistics import median

from .cases import AWAITING, GRANIAN, GRANIAN_1, GRANIAN_4, GRANIAN_ASGI, WEBSOCKET

FIELDS = ("cpu_us", "cpu_used", "others", "rps", "p50_us", "p99_us", "p999_us", "rss_kib", "pss_kib")
# What ratios are made of, so that its spread is printed.
SPREAD = ("cpu_us", "rps", "p99_us", "pss_kib")
GTHREAD = ("gunicorn-gthread",)


@dataclass(frozen=True)
class Goal:
    """At most `limit` times the `field` of the best of `peers`, or at most `more` above it."""

    case: str
    ours: str
    peers: tuple[str, ...]
    beside: str  # how the table names the peers
    limit: float = 0.0
    field: str = "cpu_us"
    more: float | None = None


def no_worse(case):
    """An application that does more than answer: less CPU time, and nobody waits longer for it."""
    peers, beside = AWAITING[1:], "best of Granian, uvicorn"
    yield Goal(case, "appserver-asgi", peers, beside, 0.90)
    yield Goal(case, "appserver-asgi", peers, beside, 1.00, "p50_us")
    yield Goal(case, "appserver-asgi", peers, beside, 1.00, "p99_us")


BEST_OF = "best of Granian, uvicorn"
STATELESS = ("gunicorn-gthread simplejwt, stateless",)

GOALS = (
    Goal("hello", "appserver-1", GRANIAN_1, "Granian, 1 thread", 0.50),
    Goal("hello", "appserver-1", GRANIAN, "Granian, best flags", 0.65),
    Goal("hello", "appserver-1", ("fastpysgi",), "fastpysgi", 0.90),
    Goal("hello", "appserver-1", ("floor",), "hyper alone", 1.15),
    Goal("hello", "appserver-4", GRANIAN_4, "Granian, 4 threads", 0.80),
    Goal("django", "appserver-1", GTHREAD, "Gunicorn gthread", 0.37),
    Goal("django", "appserver-1", GRANIAN, "Granian, best flags", 0.92),
    Goal("echo", "appserver-1", GRANIAN, "Granian, best flags", 0.60),
    Goal("memory", "appserver-1", GTHREAD, "Gunicorn", 0.42, "pss_kib"),
    Goal("memory", "appserver-1", ("gunicorn-preload",), "Gunicorn --preload", 0.92, "pss_kib"),
    Goal("memory", "appserver-1", ("granian-1-mt",), "Granian", 0.38, "pss_kib"),
    Goal("asgi-hello", "appserver-asgi", GRANIAN_ASGI, "Granian", 0.42),
    Goal("asgi-hello", "appserver-asgi", ("uvicorn",), "uvicorn", 0.38),
    *no_worse("asgi-turn"),
    *no_worse("asgi-timer"),
    *no_worse("asgi-timer-1"),
    *no_worse("fastapi-json"),
    *no_worse("fastapi-threads"),
    Goal("asgi-echo", "appserver-asgi", GRANIAN_ASGI, "Granian", 0.60),
    Goal("ws-32", "appserver-asgi", WEBSOCKET[1:], BEST_OF, 1.00),
    Goal("ws-16k", "appserver-asgi", WEBSOCKET[1:], BEST_OF, 1.00),
    Goal("jwt-hello", "hs256 many", ("no auth",), "no auth", more=1.5),
    Goal("jwt-hello", "hs256 anew", ("no auth",), "no auth", more=1.5),
    Goal("jwt-drf", "appserver-1 edge, token", ("gunicorn-gthread simplejwt",), "Gunicorn", 0.15),
    Goal("jwt-drf", "appserver-1 edge, token", STATELESS, "Gunicorn, stateless", 0.42),
)


def summarize(samples):
    """The medians per case and server, the spreads of what is compared, the sum of failures."""
    summary = {}
    for case, servers in samples.items():
        for server, rounds in servers.items():
            if rounds:
                summary.setdefault(case, {})[server] = middle(rounds)
    return summary


def middle(rounds):
    """One row of the samples of one server. `spread` has (lowest, highest) by field."""
    row, spread = {}, {}
    for field in FIELDS:
        known = [sample[field] for sample in rounds if sample.get(field) is not None]
        row[field] = median(known) if known else None
        if known and field in SPREAD:
            spread[field] = min(known), max(known)
    row |= {"spread": spread, "rounds": len(rounds)}
    return row | {"failed": sum(sample["failed"] for sample in rounds)}


def sound(row):
    """Whether all requests of a row were answered rightly. One that is not is no best, of nobody."""
    return not row.get("failed")


def judge(summary, goals=GOALS):
    """A verdict for each goal whose servers were measured, and of whose peers one is sound."""
    verdicts = []
    for goal in goals:
        rows, peers = sides(summary, goal)
        if any(sound(rows[name]) for name in peers):
            verdicts.append(verdict(goal, rows, [name for name in peers if sound(rows[name])]))
    return verdicts


def unjudged(summary, goals=GOALS):
    """Goals of which both sides were measured, but requests of all the peers failed."""
    for goal in goals:
        rows, peers = sides(summary, goal)
        if peers and not any(sound(rows[name]) for name in peers):
            yield goal


def sides(summary, goal):
    """The rows of a goal's case, and which of its peers are among them; none without ours."""
    rows = summary.get(goal.case, {})
    return rows, [name for name in goal.peers if name in rows and goal.ours in rows]


def verdict(goal, rows, peers):
    """What was reached beside the best peer. A loss is a value above that of the peer.

    With failed requests of ours no goal is met.
    """
    peer = min(peers, key=lambda name: rows[name][goal.field])
    ours, theirs = rows[goal.ours][goal.field], rows[peer][goal.field]
    reached = ours - theirs if goal.more is not None else ours / theirs
    limit = goal.limit if goal.more is None else goal.more
    return {
        "goal": goal,
        "peer": peer,
        "ours": ours,
        "theirs": theirs,
        "reached": reached,
        "limit": limit,
        "failed": rows[goal.ours].get("failed", 0),
        "met": reached <= limit and sound(rows[goal.ours]),
        "lost": goal.more is None and ours > theirs and peer != "floor",
    }
