"""The scenario `peers`: what a request costs on each server, case by case, servers in turns."""

import os
import subprocess
import sys
from pathlib import Path

from harness import build

sys.path.append(str(build.BENCHES / "jwt"))

import measuring  # noqa: E402
from rows import ROWS  # noqa: E402

from . import idle, untouched  # noqa: E402
from .cases import CASES  # noqa: E402
from .contenders import Plain, Token  # noqa: E402
from .drawing import draw  # noqa: E402
from .summary import OURS  # noqa: E402
from .telling import page, short  # noqa: E402

__all__ = ["NAME", "TITLE", "add_arguments", "draw", "expected", "measure", "page", "short"]
NAME = "peers"
TITLE = "The table of peers"
JWT_TABLES = ("jwt-hello", "jwt-drf")
EXTRAS = ("idle", "rejected")
WARMUP_SECONDS = 1
# A server too slow for a case's requests is measured all the same.
MOST_WARMUPS = 30
# A quick look has one or two servers in a few cases.
QUICK = {
    "hello": ("appserver-1", "granian-4-st"),
    "hello-h2load": ("appserver-1",),
    "post-1k": ("appserver-1",),
    "asgi-hello": ("appserver-asgi", "uvicorn"),
    "ws-32": ("appserver-asgi",),
    "jwt-hello": ("hs256 anew",),
}


def add_arguments(parser):
    names = [case.name for case in CASES] + [*JWT_TABLES, *EXTRAS]
    text = "of `peers`, only this table; may be repeated"
    parser.add_argument("--case", action="append", choices=names, metavar="CASE", help=text)
    text = "of `peers`, only this server; may be repeated"
    parser.add_argument("--server", action="append", metavar="SERVER", help=text)


def plan(stage, folder):
    """Every table with its contenders: those of the mode, or those that were asked for."""
    cases, servers = stage.options.case or (), stage.options.server or ()
    tables = {case.name: [Plain(case, name, folder) for name in case.servers] for case in CASES}
    for table in JWT_TABLES:
        rows = (row for row in ROWS if f"jwt-{row.table}" == table)
        wanted = (row for row in rows if not row.rare or table in cases or row.name in servers)
        tables[table] = [Token(row, folder) for row in wanted]
    for table, contenders in tables.items():
        names = servers
        if stage.quick and not cases and not servers:
            names = QUICK.get(table, ("nobody",))
        chosen = [one for one in contenders if not names or one.name in names]
        if chosen and (not cases or table in cases):
            yield table, chosen


def extras(stage):
    """What is measured in another way; not in a quick look, unless it is asked for."""
    cases = stage.options.case or ()
    return [one for one in EXTRAS if (one in cases) or (not cases and not stage.quick)]


def expected(stage):
    """About how long it takes."""
    count = sum(len(contenders) for _, contenders in plan(stage, Path()))
    each = stage.seconds(3, 1) + WARMUP_SECONDS + 1.2
    idling = len(idle.SERVERS) * 22 if "idle" in extras(stage) else 0
    return stage.rounds * (count * each + idling) + 15


def measure(stage):
    folder = stage.scratch / "peers"
    folder.mkdir()
    tables = list(plan(stage, folder))
    prepare(stage, folder, kinds(tables))
    data = {"samples": {}, "idle": {}, "rejected": {}, "rounds": stage.rounds, "errors": []}
    data["seconds"] = stage.seconds(3, 1)
    for table, contenders in tables:
        stage.record.case = table
        samples = {one.name: [] for one in contenders}
        data["samples"][table] = samples
        for turn in range(stage.rounds):
            first = turn % len(contenders)
            for contender in contenders[first:] + contenders[:first]:
                with noted(stage, data, f"{table}, {contender.name}"):
                    samples[contender.name].append(measure_one(stage, table, contender))
        data["errors"] += failures(table, contenders, samples)
    stage.record.case = ""
    if "rejected" in extras(stage):
        with noted(stage, data, "rejected"):
            data["rejected"] = untouched.measure(stage, folder, stage.seconds(3, 1))
            data["errors"] += passed(data["rejected"])
    if "idle" in extras(stage):
        measure_idle(stage, data)
    return data


def failures(table, contenders, samples):
    """What went wrong with ours. Peers may fail: that is a result."""
    for one in contenders:
        failed = sum(sample["failed"] for sample in samples[one.name])
        if failed and one.server.startswith(OURS):
            requests = sum(sample["requests"] for sample in samples[one.name])
            yield f"{table}, {one.name}: {failed} requests failed, {requests} were answered"


def passed(row):
    """The same for tokens that have to be refused."""
    if row["answered"] or row["reached_app"]:
        yield f"rejected: {row['answered']} answered, {row['reached_app']} calls of the application"


def kinds(tables):
    """The kinds of tokens that are needed."""
    rows = [one.row for _, all_of in tables for one in all_of if isinstance(one, Token)]
    return sorted({"hs256", *(row.kind for row in rows if row.kind)})


def prepare(stage, folder, kinds):
    """The databases, keys and tokens."""
    python = stage.built.venv / "bin/python"
    measuring.prepare(python, folder, kinds)
    env = dict(os.environ, BENCH_DATABASE=str(folder / "hello.sqlite3"))
    env |= {"DJANGO_SUPERUSER_PASSWORD": "only for measuring", "PYTHONDONTWRITEBYTECODE": "1"}
    user = ["createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.com"]
    for words in (["migrate", "--verbosity", "0"], [*user, "--verbosity", "0"]):
        subprocess.run([python, build.APPS / "django_hello.py", *words], env=env, check=True)


class noted:
    """An error in the block is told in the result, and ends nothing else."""

    def __init__(self, stage, data, name):
        self.stage, self.data, self.name = stage, data, name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if not isinstance(error, Exception):
            return False
        self.data["errors"].append(f"{self.name}: {error}")
        self.stage.say(self.data["errors"][-1])
        return True


def measure_one(stage, table, contender):
    """Starts one server, warms it up and measures it once."""
    with contender.serve(stage) as server:
        served = 0
        for _ in range(MOST_WARMUPS):
            served += contender.load(stage, server.port, WARMUP_SECONDS)["requests"]
            if served >= contender.requests:
                break
        seconds = stage.seconds(3, 1)
        told = stage.costs(server, lambda: contender.load(stage, server.port, seconds))
    told["failed"] = contender.failed(told)
    stage.say(f"{table}, {contender.name}: {told['cpu_us']:.2f} µs")
    return {key: round(one, 2) if isinstance(one, float) else one for key, one in told.items()}


def measure_idle(stage, data):
    """10 000 keep-alive connections, each server in each round."""
    size = idle.Idle(stage.seconds(10_000, 500), stage.seconds(3, 1))
    data["idle_connections"] = size.connections
    names = [name for name in idle.SERVERS if name in (stage.options.server or idle.SERVERS)]
    rows = {name: [] for name in names}
    for _ in range(stage.rounds):
        for name in names:
            with noted(stage, data, f"idle, {name}"):
                rows[name].append(idle.measure_one(stage, name, size))
                stage.say(f"idle, {name}: {rows[name][-1]['bytes_each']:.0f} bytes each")
    data["idle"] = rows
