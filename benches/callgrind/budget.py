"""Budgets: how many instructions each row may take, and whether it does.

A count is the same on a busy machine and on an idle one, but not with another interpreter: another
version, or the same one compiled in another way, executes other instructions. So budgets are kept for
each version, with how it was compiled, and hold for nothing else. Rows without an interpreter have
budgets of their own.
"""

import subprocess
import tomllib
from dataclasses import dataclass, field

TOLERANCE = 0.02
# Threads hand requests to each other as they are scheduled, which is not the same each time. A file is
# looked for anew each second, and how many requests that is depends on the machine.
TOLERANCES = {"wsgi-4": 0.04, "static": 0.04}
NATIVE = "native"
HEADER = """\
# How many instructions one request may take, by interpreter: `benches/instructions --check` holds the
# server to it, `--write-budget` writes what it counts. A budget that is raised is a decision: say in
# the commit what the instructions are spent on.
"""
# Printed by the interpreter itself: its minor version, and what makes another one of it.
DESCRIBE = """
import platform, sys, sysconfig
options = sysconfig.get_config_var("CONFIG_ARGS") or ""
words = [platform.python_version(), platform.python_compiler().split("] ")[-1].split(" (")[0]]
words += ["shared"] * bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
words += [name for name in ("enable-optimizations", "with-lto") if "--" + name in options]
print("%d.%d" % sys.version_info[:2], ", ".join(words), sep="\\n")
"""


class Incomparable(Exception):
    """There is no budget that these counts could be held against."""


@dataclass(frozen=True)
class Interpreter:
    """A CPython, as far as it decides how many instructions a request takes."""

    minor: str
    build: str


@dataclass
class Verdict:
    """What came of a comparison: a line for each row, and which rows do not pass."""

    lines: list = field(default_factory=list)
    over: list = field(default_factory=list)
    missing: list = field(default_factory=list)

    @property
    def passes(self):
        return not (self.over or self.missing)


def describe(python):
    """The interpreter of this path."""
    ran = subprocess.run([python, "-c", DESCRIBE], capture_output=True, text=True, check=True)
    return Interpreter(*ran.stdout.splitlines()[:2])


def read(path):
    """The budgets of a file; none if there is no such file yet."""
    return tomllib.loads(path.read_text()) if path.is_file() else {}


def table(budgets, interpreter):
    """The budgets that hold for this interpreter."""
    found = budgets.get("cpython", {})
    of = found.get(interpreter.minor)
    here = f"CPython {interpreter.minor} ({interpreter.build})"
    if of is None:
        known = ", ".join(sorted(found)) or "none at all"
        raise Incomparable(f"there are no budgets for {here}, but for: {known}")
    if of["build"] != interpreter.build:
        raise Incomparable(f"the budgets of {interpreter.minor} are for {of['build']}, not for {here}")
    return {**budgets.get(NATIVE, {}), **of["instructions"]}


def compare(allowed, counts):
    """Holds counts against budgets, both by the names of the rows."""
    verdict = Verdict()
    for name, count in counts.items():
        budget = allowed.get(name)
        if budget is None:
            verdict.missing.append(name)
            verdict.lines.append(f"{name:10} {count:9,.0f}  has no budget")
            continue
        change, tolerance = count / budget - 1, TOLERANCES.get(name, TOLERANCE)
        note = ""
        if change > tolerance:
            verdict.over.append(name)
            note = "  OVER"
        elif change < -tolerance:
            note = "  under: the budget may be lowered"
        verdict.lines.append(f"{name:10} {count:9,.0f}  of {budget:9,}  {change:+7.2%}{note}")
    return verdict


def updated(budgets, interpreter, profile, counts):
    """The budgets with these counts; those of other interpreters stay, as do rows not counted."""
    native, python = counts
    tables = dict(budgets.get("cpython", {}))
    if interpreter:
        old = tables.get(interpreter.minor, {})
        kept = old.get("instructions", {}) if old.get("build") == interpreter.build else {}
        rows = kept | rounded(python)
        tables[interpreter.minor] = {"build": interpreter.build, "instructions": rows}
    return {"profile": profile, NATIVE: budgets.get(NATIVE, {}) | rounded(native), "cpython": tables}


def rounded(counts):
    return {name: round(count) for name, count in counts.items()}


def text(budgets):
    """The budgets as the file has them."""
    lines = [HEADER, f'profile = "{budgets["profile"]}"', "", f"[{NATIVE}]"]
    lines += assignments(budgets[NATIVE])
    for minor, of in sorted(budgets["cpython"].items(), key=lambda item: version(item[0])):
        lines += ["", f'[cpython."{minor}"]', f'build = "{of["build"]}"']
        lines += ["", f'[cpython."{minor}".instructions]', *assignments(of["instructions"])]
    return "\n".join(lines) + "\n"


def assignments(counts):
    return [f"{name} = {count}" for name, count in counts.items()]


def version(minor):
    return tuple(map(int, minor.split(".")))
