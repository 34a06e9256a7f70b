"""What the processes of a server hold at a moment, and whether a row of such moments grows.

Roles are the names that `appserver` gives its processes.
"""

import os
import statistics
from pathlib import Path

from harness import tree

ROLES = {"appserver": "master", "appserver:mold": "mold"}
MOST_GROWTH = 0.05  # of its size in the time that is looked at: less is called flat


def sample(root, now, counts):
    """What the tree and each of its processes hold."""
    found = {"at": round(now, 2), "pss_kib": tree.memory_kib(root)["pss_kib"], "processes": []}
    for pid in tree.members(root):
        try:
            found["processes"].append(process_sample(pid))
        except (OSError, KeyError):
            continue  # it has just ended: it is gone, or without memory
    found |= {key: sum(one[key] for one in found["processes"]) for key in ("fds", "threads")}
    found["failed"] = total(counts, "failed")
    found["answered"] = total(counts, "answered")
    return found


def process_sample(pid):
    """One process: its role, resident memory, descriptors and threads."""
    folder = Path("/proc") / str(pid)
    status = (folder / "status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status if ":" in line)
    name = fields["Name"].strip()
    return {
        "pid": pid,
        "role": ROLES.get(name, "worker"),
        "rss_kib": int(fields["VmRSS"].split()[0]),
        "threads": int(fields["Threads"]),
        "fds": len(os.listdir(folder / "fd")),
    }


def total(counts, word):
    """How many requests went so, of whatever kind."""
    return sum(number for name, number in counts.items() if name.split(" ", 1)[0] == word)


def judge(data):
    """The growth of each thing, as a share of its size, and whether that is flat."""
    samples, seconds = data["samples"], data["seconds"]
    steady = [one for one in samples if data["warm"] <= one["at"] / seconds < data["steady"]]
    later = [one for one in samples if data["warm"] <= one["at"] / seconds]
    last = [one for one in samples if data["last"] <= one["at"] / seconds]
    found = {"tree": growth([(one["at"], one["pss_kib"]) for one in steady])}
    found["master"] = growth([(one["at"], master(one)["rss_kib"]) for one in later])
    before, after = middle(steady, "pss_kib"), middle(last, "pss_kib")
    found["replaced"] = after / before - 1
    for key in ("fds", "threads"):
        found[key] = {"before": middle(steady, key), "after": middle(last, key)}
        found[key]["master"] = [
            statistics.median(master(one)[key] for one in part) for part in (steady, last)
        ]
    grows = (found["tree"]["share"], found["master"]["share"], found["replaced"])
    found["flat"] = max(grows) < MOST_GROWTH and all(
        found[key]["after"] <= found[key]["before"] * (1 + MOST_GROWTH) for key in ("fds", "threads")
    )
    return found


def master(one):
    return next(process for process in one["processes"] if process["role"] == "master")


def middle(samples, key):
    return statistics.median(one[key] for one in samples)


def growth(points):
    """The slope per hour, and what came with it in this time as a share of the size.

    The slope is the median of those between all pairs of points (Theil and Sen), which the moment in
    which a worker and its successor both live does not move.
    """
    slopes = [
        (later[1] - one[1]) / (later[0] - one[0])
        for number, one in enumerate(points)
        for later in points[number + 1 :]
    ]
    slope = statistics.median(slopes)
    size = statistics.median(value for _, value in points)
    span = points[-1][0] - points[0][0]
    return {"kib_per_hour": slope * 3600, "share": slope * span / size, "size_kib": size}


SERIES = ("at", "pss_kib", "fds", "threads", "failed", "answered")


def compact(samples):
    """What a picture needs: a list for each thing, and for each process the time while it lived."""
    lives = {}
    for number, one in enumerate(samples):
        for process in one["processes"]:
            life = lives.setdefault(process["pid"], {"first": number, "rss_kib": []})
            life["role"] = process["role"]  # the name comes a moment after the process
            life["rss_kib"].append(process["rss_kib"])
    return {
        "series": {key: [one[key] for one in samples] for key in SERIES},
        "lives": list(lives.values()),
    }
