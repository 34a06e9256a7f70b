"""Whether anything grows or fails in a long run: memory, descriptors, threads, errors."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from harness.loads import pinned
from report import text

from . import site
from .watching import MOST_GROWTH, compact, judge, sample, total

NAME = "soak"
TITLE = "A long run"


APP = "site/project.wsgi:application"
WORKERS, THREADS, RATE = 2, 2, 100
CLIENT = Path(__file__).resolve().parent.parent / "clients" / "mixed.py"
QUICK_SECONDS = 5.0
SHORTEST = 600.0  # seconds: a shorter run tells nothing about growth


def expected(stage):
    """How many seconds it takes: as long as it is told to."""
    return QUICK_SECONDS if stage.quick else stage.soak_minutes * 60


# Shares of the run. First caches and heaps get their size; then comes the part in which the same
# workers serve; from STEADY on they are replaced, by reloads until RELOADED, and then because of their
# requests. The part from LAST on is compared with the steady one.
WARM, STEADY, RELOADED, LAST = 0.15, 0.5, 0.7, 0.9
RELOADS = 5
REPLACED = 6  # how often each worker is replaced in the part that is left, about
SAMPLES = 300


def measure(stage):
    """One server, everyday load, and what the processes hold meanwhile."""
    seconds = expected(stage)
    found = {"seconds": seconds, "rate": RATE, "workers": WORKERS, "threads": THREADS, "errors": []}
    found |= {"warm": WARM, "steady": STEADY, "last": LAST, "max_requests": most_requests(seconds)}
    env = site.prepared(stage)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        config = Path(folder) / "appserver.toml"
        config.write_text("max_requests = 0\n")
        flags = f"--config {config} --static /static/={site.static_root(env)}"
        words = {"workers": WORKERS, "threads": THREADS, "flags": flags}
        with stage.serve("appserver", APP, env=env, ready="/items", **words) as running:
            with visitors(stage, running.port, seconds) as visits:
                follow(stage, running, visits, config, found)
    found["counts"] = visits.counts
    found["verdict"] = judge(found) | {"long_enough": seconds >= SHORTEST}
    found |= compact(found.pop("samples"))
    return found


class Visitors:
    """The load. `counts` is what it told last."""

    def __init__(self, process):
        self.process, self.counts = process, {}
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.counts = json.loads(line)

    def finish(self):
        """Waits for the last line."""
        self.reader.join()
        if self.process.wait():
            raise RuntimeError("the visitors broke off")


@contextmanager
def visitors(stage, port, seconds):
    """The load, on cores of its own, until it is over."""
    words = [sys.executable, CLIENT, str(port), str(RATE), str(seconds)]
    stage.record.load(["python", *words[1:]], port)
    with pinned(stage.cores.load):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    visits = Visitors(process)
    try:
        yield visits
        visits.finish()
    finally:
        process.kill()
        visits.reader.join()
        process.wait()


def follow(stage, running, visits, config, found):
    """Takes samples and makes the changes when their time has come."""
    begun, seconds = time.monotonic(), found["seconds"]
    found |= {"samples": [], "reloads": []}
    due = [seconds * moment for moment in moments(1 if stage.quick else RELOADS)]
    while (now := time.monotonic() - begun) < seconds:
        if due and now >= due[0]:
            found["reloads"].append(round(now, 2))
            due.pop(0)
            config.write_text(f"max_requests = {found['max_requests']}\n")
            os.kill(running.pid, signal.SIGHUP)
            told = (
                f"{total(visits.counts, 'answered')} answered, {total(visits.counts, 'failed')} failed"
            )
            stage.say(f"{now / 60:.1f} min, {told}; reload {len(found['reloads'])}")
        found["samples"].append(sample(running.pid, now, visits.counts))
        time.sleep(max(0.0, begun + now + seconds / SAMPLES - time.monotonic()))


def moments(reloads):
    """Where in the run the reloads are. The first one brings the limit of requests with it."""
    step = (RELOADED - STEADY) / reloads
    return [STEADY + step * number for number in range(reloads)]


def most_requests(seconds):
    """After so many requests a worker is replaced from the first reload on."""
    return max(1, int(RATE * seconds * (1 - RELOADED) / WORKERS / REPLACED))


HEIGHTS = (4, 3, 2)
ALT = "Three plots over time: memory of each process, descriptors and threads, failed requests"
LOOKS = {
    "master": {"color": "#009e73", "linestyle": "-"},
    "mold": {"color": "#e69f00", "linestyle": "--"},
    "worker": {"color": "#0072b2", "linestyle": "-"},
}


def draw(data, figures):
    """Everything over minutes: memory, what else is held, and what went wrong."""
    figure, panels = figures.new(
        height=6.5, nrows=3, sharex=True, gridspec_kw={"height_ratios": HEIGHTS}
    )
    memory, held, failed = panels
    minutes = [at / 60 for at in data["series"]["at"]]
    for axes, name in zip(panels, ("MiB", "in the whole tree", "failed requests")):
        axes.set_ylabel(name)
        for moment in data["reloads"]:
            axes.axvline(moment / 60, color="#bbbbbb", linewidth=0.8, zorder=0)
    draw_memory(memory, data, minutes)
    for key, line in (("fds", "-"), ("threads", "--")):
        label = "descriptors" if key == "fds" else key
        held.plot(minutes, data["series"][key], label=label, linestyle=line, color="#0072b2")
    failed.plot(minutes, data["series"]["failed"], color="#d55e00", label="failed")
    failed.set_xlabel("minutes; grey lines are reloads")
    failed.yaxis.set_major_locator(figures.ticker.MaxNLocator(integer=True))
    for axes in panels:
        axes.set_ylim(0, max(axes.get_ylim()[1], 1))
        axes.set_xlim(0, data["seconds"] / 60)
        figures.name_ends(axes, least=0.09)
    figures.save(NAME, figure, ALT)


def draw_memory(axes, data, minutes):
    """The PSS of the whole tree, and a thin line for each process while it lived."""
    tree = [kib / 1024 for kib in data["series"]["pss_kib"]]
    axes.plot(minutes, tree, color="#000000", linewidth=1.6, label="whole tree, PSS")
    named = set()
    for life in reversed(data["lives"]):
        role, values = life["role"], [kib / 1024 for kib in life["rss_kib"]]
        label = "_" if role in named else f"{role}, RSS"
        named.add(role)
        times = minutes[life["first"] : life["first"] + len(values)]
        axes.plot(times, values, linewidth=1.0, label=label, **LOOKS[role])


def tell(data):
    """The verdict in words, then what was held before and after."""
    verdict, counts = data["verdict"], data["counts"]
    seconds = data["seconds"]
    time_of_run = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"
    heads = ("", "same workers", "at the end")
    return f"""{time_of_run} of everyday visitors, {data["rate"]} a second, to {data["workers"]} workers
with {data["threads"]} threads: pages with and without the database, uploads of 64 KiB, answers of 1 MiB,
files; on connections that are kept and on new ones; a tenth of them leaves in the middle. In the second
half workers are replaced: by reloads, {len(data["reloads"])} of them, and each after
{data["max_requests"]:,} requests.

{text.picture(NAME, ALT)}

{total(counts, "answered"):,} requests were answered, {total(counts, "left"):,} visitors left as they
meant to, **{total(counts, "failed"):,} requests failed**{failures(counts)}. {total(counts, "repeated")}
times a kept connection was closed just as its next request was sent, which was then sent again, as HTTP
clients do.

{text.table(heads, held_rows(verdict))}

{conclusion(verdict)}"""


def failures(counts):
    """Which ones, if any."""
    failed = [(name.partition(" ")[2], number) for name, number in counts.items() if "failed" in name]
    kinds = [f"{number} × {name}" for name, number in failed]
    return f" ({', '.join(sorted(kinds))})" if kinds else ""


def held_rows(verdict):
    sizes = verdict["tree"]["size_kib"], verdict["tree"]["size_kib"] * (1 + verdict["replaced"])
    yield ["PSS of the tree, MiB", *(f"{size / 1024:.1f}" for size in sizes)]
    for key, name in (("fds", "descriptors"), ("threads", "threads")):
        yield [name, *(f"{verdict[key][when]:.0f}" for when in ("before", "after"))]


def conclusion(verdict):
    if not verdict["long_enough"]:
        return "The run was too short to say whether anything grows."
    limit = f"less than {MOST_GROWTH:.0%} each way"
    judged = f"**Flat**: {limit}." if verdict["flat"] else f"**Not flat**, which would be {limit}."
    tree = verdict["tree"]
    return f"""While the same workers served, the memory of the tree changed by {tree["share"]:+.1%}
({tree["kib_per_hour"]:+,.0f} KiB an hour); that of the master, which is never replaced, by
{verdict["master"]["share"]:+.1%} until the end. {judged}"""
