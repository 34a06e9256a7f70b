"""CPython's own tests of asyncio, with appserver's selector in place of the standard one.

    PYTHONPATH=<where appserver is built> python run.py [MODULE...]

Each module of `test.test_asyncio` runs in a process of its own. A test that fails is run again with
the standard selector: what fails there too is the machine's fault or CPython's. What else is not
counted is in `excluded.txt`, with reasons. The last line says how it went; the exit code is 1 if a
test failed because of our selector, or if our selector was not used.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

# What waits in a selector, or decides what is done after waiting; the slowest first.
MODULES = [
    "test_tasks",
    "test_events",
    "test_subprocess",
    "test_ssl",
    "test_sendfile",
    "test_sock_lowlevel",
    "test_taskgroups",
    "test_sslproto",
    "test_base_events",
    "test_unix_events",
    "test_streams",
    "test_waitfor",
    "test_timeouts",
    "test_selector_events",
    "test_server",
    "test_runners",
    "test_threads",
    "test_buffered_proto",
]

# A module that takes longer hangs.
LIMIT_SECONDS = 240

# Modules whose tests have loops of mocks (with some versions all of them), so that nothing waits.
MOCKED = {"test_selector_events", "test_runners"}

HERE = pathlib.Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--child", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--only", action="append", help=argparse.SUPPRESS)
    parser.add_argument("--stock", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments)
    else:
        sys.exit(run_all(arguments.modules))


def run_all(names):
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        import test.test_asyncio as package
    except ImportError:
        print(f"CPython {version}: skipped, it has no test package")
        return 0
    folder = pathlib.Path(package.__file__).parent
    modules = [name for name in names or MODULES if (folder / f"{name}.py").exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(judge, modules))
    bad = [line for outcome in outcomes for line in outcome["bad"]]
    for line in bad:
        print(line)
    ran, elsewhere, turns = (sum(outcome[key] for outcome in outcomes) for key in ("ran", "elsewhere", "turns"))
    excluded = len(exclusions())
    verdict = f"{len(bad)} FAILED" if bad else "ok"
    print(
        f"CPython {version}: asyncio's own tests {verdict}: {ran} run in {turns} turns of our selector, "
        f"{excluded} excluded, {elsewhere} fail with the standard selector as well"
    )
    return 1 if bad else 0


def judge(module):
    """Run a module with our selector, and what fails with the standard one."""
    ours = start(module)
    if "ended" in ours:
        return {"bad": [f"{module}: {ours['ended']}"], "ran": 0, "elsewhere": 0, "turns": 0}
    failed = ours["failed"]
    stock = start(module, "--stock", *(f"--only={name}" for name in failed)) if failed else {"failed": {}}
    bad = [f"{name}\n{text}" for name, text in failed.items() if name not in stock.get("failed", {})]
    if ours["turns"] == 0 and module not in MOCKED:
        bad.append(f"{module}: our selector was not used")
    return {
        "bad": bad,
        "ran": ours["ran"],
        "elsewhere": len(failed) - sum(name not in stock.get("failed", {}) for name in failed),
        "turns": ours["turns"],
    }


def start(module, *arguments):
    """Run tests in a process of their own; returns what `child` writes."""
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "result.json"
        command = [sys.executable, __file__, module, f"--child={result}", *arguments]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=LIMIT_SECONDS
            )
        except subprocess.TimeoutExpired as expired:
            said = (expired.stderr or b"").decode(errors="replace")
            return {"ended": f"still running after {LIMIT_SECONDS} s: {said[-4000:]}"}
        if not result.exists():
            return {"ended": f"exit code {done.returncode}: {done.stderr[-4000:]}"}
        return json.loads(result.read_text())


def child(arguments):
    (module,) = arguments.modules
    turns = [0]
    if not arguments.stock:
        substitute(turns)
    suite = unittest.defaultTestLoader.loadTestsFromName(f"test.test_asyncio.{module}")
    chosen = set(arguments.only or ())
    left_out = exclusions()
    tests = [test for test in flat(suite) if (test.id() in chosen if chosen else test.id() not in left_out)]
    outcome = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(tests))
    failed = {getattr(test, "test_case", test).id(): text for test, text in outcome.errors + outcome.failures}
    failed.update((test.id(), "unexpected success") for test in outcome.unexpectedSuccesses)
    result = {"failed": failed, "ran": outcome.testsRun - len(outcome.skipped), "turns": turns[0]}
    pathlib.Path(arguments.child).write_text(json.dumps(result))


def substitute(turns):
    """Have every loop wait in our selector, and count how often it does."""
    import selectors

    from appserver import _loop

    class Selector(_loop.Selector):
        def select(self, timeout=None):
            turns[0] += 1
            return super().select(timeout)

    selectors.DefaultSelector = selectors.EpollSelector = Selector


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def exclusions():
    """The tests that are left out with this version: lines of versions, name and reason."""
    version = "%d.%d" % sys.version_info[:2]
    lines = (line.split(None, 2) for line in (HERE / "excluded.txt").read_text().splitlines())
    fields = (line for line in lines if line and not line[0].startswith("#"))
    return {name for versions, name, _reason in fields if versions == "all" or version in versions.split(",")}


if __name__ == "__main__":
    main()
