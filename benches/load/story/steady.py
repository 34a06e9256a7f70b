"""A steady stream of visitors beside what a scenario does, and what one learns from it.

A request is `[due, took, outcome]`, times in seconds from the beginning of the stream, as
clients/steady.py tells them. It counts from when it was due, so waiting for its turn is waiting too.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
OK, TIMEOUT = "ok", "timeout"


class Stream:
    """A running stream. `finish` waits for its end."""

    def __init__(self, process):
        self.process = process
        self.begin = json.loads(process.stdout.readline())["begin"]

    def wait_until(self, seconds):
        """Sleeps until so many seconds of the stream have passed."""
        time.sleep(max(0.0, self.begin + seconds - time.monotonic()))

    def now(self):
        """Seconds since the stream began."""
        return time.monotonic() - self.begin

    def finish(self):
        """Every request, in the order in which they were due."""
        output = self.process.stdout.read()
        if self.process.wait():
            raise RuntimeError("the stream of visitors broke off")
        return json.loads(output)


@contextmanager
def stream(stage, port, *, rate, seconds, path="/fast", patience=5.0):
    """Visitors at `rate` per second for so many seconds, on the cores of the load."""
    arguments = map(str, (port, path, rate, seconds, patience))
    with program(stage, "steady.py", *arguments, port=port) as process:
        yield Stream(process)


@contextmanager
def program(stage, name, *arguments, port):
    """One of our clients, on the cores of the load, at the latest until the block ends."""
    words = [sys.executable, "-B", str(CLIENTS / name), *arguments]
    stage.record.load(["python", *words[1:]], port)
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, stage.cores.load),
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def failures(requests):
    """How many failed, by the way in which they did."""
    found = {}
    for _due, _took, outcome in requests:
        if outcome != OK:
            found[outcome] = found.get(outcome, 0) + 1
    return found


def late(requests, limit):
    """How many were answered rightly, but took longer than `limit` seconds."""
    return sum(outcome == OK and took > limit for _due, took, outcome in requests)


def times(requests):
    """Sorted times in seconds of all that were waited for; who gave up has waited as long as that."""
    return sorted(took for _due, took, outcome in requests if outcome in (OK, TIMEOUT))


def percentile(values, share):
    """Of sorted values; None where there are none."""
    return values[min(int(len(values) * share), len(values) - 1)] if values else None


def per_slot(requests, seconds, width=0.1):
    """How many right answers arrived in each stretch of `width` seconds."""
    slots = [0] * round(seconds / width)
    for due, took, outcome in requests:
        position = int((due + took) / width)
        if outcome == OK and position < len(slots):
            slots[position] += 1
    return slots


def silence(requests, begin, end):
    """The longest time in seconds without a right answer between two points of the stream."""
    arrived = sorted(due + took for due, took, outcome in requests if outcome == OK)
    marks = [begin, *(at for at in arrived if begin < at < end), end]
    return max(after - before for before, after in zip(marks, marks[1:]))


def recovery(requests, event, limit, calm=1.0):
    """Seconds from the event until all who come are served within `limit` again, for `calm` seconds.

    0 where nobody was hurt; None where it had not come to that at the end of the stream.
    """
    hurt = [
        due for due, took, outcome in requests if due + took >= event and (outcome != OK or took > limit)
    ]
    for before, after in zip(hurt, [*hurt[1:], requests[-1][0] + 1e-3]):
        if after - before >= calm:
            return max(0.0, before - event)
    return None if hurt else 0.0
