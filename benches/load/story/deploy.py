"""Several deploys of new code in a row, while visitors come: who fails, who has to wait."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from report import text

from . import drawing, steady
from .contenders import FOLDER, Contender, attempt

NAME = "deploy"
TITLE = "Deploys under load"
SECONDS = (240, 9)  # about so long it takes: in full, and for a look

RATE = 50
SLOT = 0.1
LATE, PATIENCE = 0.5, 5.0
# Seconds from one deploy to the next, where the first is over by then; how long new code is waited for.
EVERY, NEW_CODE = 6, 10.0
ALT = "Right answers over time on each server, while new code is deployed again and again"
SITES = Path(__file__).resolve().parent.parent / "apps"
VERSION_FILE = "shop/version.py"


class Deployment:
    """A server on a copy of the site, whose code changes."""

    def __init__(self, stage, contender, folder):
        self.stage, self.contender, self.folder = stage, contender, folder
        self.stack = ExitStack()
        self.running = None
        self.port = None

    def start(self):
        options = {"folder": self.folder, "port": self.port}
        self.running = self.stack.enter_context(self.contender.serve(self.stage, **options))
        self.port = self.running.port

    def stop(self):
        self.stack.close()

    def write(self, version):
        """The new code."""
        (self.folder / VERSION_FILE).write_text(f'"""New code."""\n\nVERSION = "{version}"\n')

    def wait_for(self, version):
        """Waits until an answer comes from the new code. Whether one did."""
        until = time.monotonic() + NEW_CODE
        while answered(self.port) != str(version):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


def answered(port):
    """The version that answers, None if nobody does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/version", headers={"Connection": "close"})
        return json.loads(connection.getresponse().read())["version"]
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def restart(deployment):
    """What is left where a server cannot reload."""
    deployment.stop()
    deployment.start()


def watch(_deployment):
    """The autoreloader sees by itself that a file is new."""


def hang_up(deployment):
    os.kill(deployment.running.process.pid, signal.SIGHUP)


def control(deployment):
    """Our own command, which comes back when the new workers serve."""
    program = deployment.stage.built.bin / "appserver"
    folder = deployment.running.log.parent / "run"
    words = [program, "ctl", "--runtime-dir", folder, "reload"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=30)


WAYS = (
    (Contender("runserver, stopped and started", "runserver"), restart),
    (Contender("runserver, autoreload", "runserver"), watch),
    (Contender("uvicorn, SIGHUP", "uvicorn", workers=2), hang_up),
    (Contender("granian, SIGHUP", "granian", workers=2, threads=4), hang_up),
    (Contender("gunicorn gthread, SIGHUP", "gunicorn-gthread", workers=2, threads=4), hang_up),
    (Contender("appserver, ctl reload", "appserver", workers=2, threads=4), control),
)
QUICK = ("runserver, stopped and started", "appserver, ctl reload")


def measure(stage):
    """Every server in its way."""
    chosen = [way for way in WAYS if not stage.quick or way[0].label in QUICK]
    deploys = stage.seconds(5, 1)
    data = {"rate": RATE, "slot": SLOT, "late": LATE, "deploys": deploys}
    data |= {"first": stage.seconds(2, 0.5), "new_code": NEW_CODE}
    data |= {"seconds": data["first"] + stage.seconds(EVERY, 2) * deploys, "rows": {}, "errors": []}
    data["servers"] = {contender.label: contender.server for contender, _way in chosen}
    for contender, way in chosen:
        stage.say(f"{contender.label}: {deploys} deploys")
        row = attempt(data, contender, lambda one=contender, way=way: roll(stage, one, way, data))
        if row:
            data["rows"][contender.label] = row
    return data


def roll(stage, contender, way, data):
    """All deploys of one server, one after the other."""
    with tempfile.TemporaryDirectory(prefix="bench-site-") as folder:
        site = Path(folder) / "site"
        shutil.copytree(SITES / FOLDER, site)
        deployment = Deployment(stage, contender, site)
        with deployment.stack:
            deployment.start()
            times, requests = deploy_often(deployment, way, data)
    return {
        "deploys": times,
        "requests": len(requests),
        "failed": steady.failures(requests),
        "late": steady.late(requests, LATE),
        "silence": steady.silence(requests, times[0][0], data["seconds"]),
        "slots": steady.per_slot(requests, data["seconds"], SLOT),
    }


def deploy_often(deployment, way, data):
    """When each deploy began and how long it took until its code answered; and all requests."""
    times = []
    words = {"rate": RATE, "seconds": data["seconds"], "patience": min(PATIENCE, data["seconds"])}
    with steady.stream(deployment.stage, deployment.port, **words) as stream:
        for number in range(data["deploys"]):
            stream.wait_until(data["first"] + EVERY * number)
            begin = stream.now()
            deployment.write(number + 2)
            way(deployment)
            seen = deployment.wait_for(number + 2)
            times.append([begin, stream.now() - begin if seen else None])
        return times, stream.finish()


def draw(data, figures):
    """Right answers over time, a row for each way to deploy."""
    words = {"nrows": len(data["rows"]), "sharex": True, "sharey": True}
    words |= {"squeeze": False, "width": 8.4, "height": 1.2 + 0.95 * len(data["rows"])}
    figure, grid = figures.new("Right answers per second, through deploys (dashed)", **words)
    for (label, row), (axes,) in zip(data["rows"].items(), grid):
        colour = figures.colour(data["servers"][label])
        begins = [begin for begin, _took in row["deploys"]]
        drawing.answers(axes, row["slots"], data["slot"], colour, begins)
        drawing.inside(axes, f"{drawing.total(row['failed'])} failed, {row['late']} late")
        drawing.beside(axes, label)
    grid[0][0].set_ylim(0, data["rate"] * 1.6)
    grid[-1][0].set_xlabel("seconds")
    figures.save(NAME, figure, ALT)


def tell(data):
    """The section: what it is, the picture, what a deploy costs the visitors."""
    heads = ["way", "deploys", "requests", "failed", "late", "longest silence", "new code after"]
    rows = [table_row(label, row, data["new_code"]) for label, row in data["rows"].items()]
    return "\n\n".join((explained(data), text.picture(NAME, ALT), text.table(heads, rows)))


def explained(data):
    return (
        f"The code changes while {data['rate']} visitors come each second, every other one on a"
        f" connection that is kept open; {data['deploys']} deploys in a row. Each way is the one that"
        " the server's documentation gives: where there is none, the server is stopped and started."
        f" Each way was measured once. An answer is late after {data['late']:g} s. *New code after* is"
        " the median time from the change until the new code answers for the first time. Peaks that go"
        " beyond the picture are visitors who had to wait and are served all at once."
    )


def table_row(label, row, new_code):
    failed = ", ".join(f"{count} {way}" for way, count in sorted(row["failed"].items()))
    times = [took for _begin, took in row["deploys"] if took is not None]
    took = drawing.seconds(median(times) if times else None)
    if missing := len(row["deploys"]) - len(times):
        took += f", {missing} not within {new_code:g} s"
    silence = drawing.seconds(row["silence"])
    return label, len(row["deploys"]), row["requests"], failed or "0", row["late"], silence, took
