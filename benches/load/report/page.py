"""Writes the pages: the story, the table of peers, the block of the README; or checks them."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from . import readme, text

STORY = "why-not-runserver.md"
TABLE = "benchmarks.md"
AGAIN = "benches/load/run"
INTRODUCTION = """# Why not `runserver`?

A development server answers requests, so why not leave it at that? Each section below is one thing that
happens to every site, measured on development servers, on production servers, and on `appserver`. Every
number and every picture comes from a program that you can run yourself:

    {again}

It works on one machine, over loopback, for a bounded time. How many workers and threads a server has is
chosen by hand, in the source of its section; what [`appserver tune`](tuning.md) recommends for a site of
your own may be different. What it was measured with stands at the end.
"""


@dataclass(frozen=True)
class Places:
    """Where results come from, and where pages and plots go."""

    results: Path
    pages: Path  # the plots go to the folder `plots` in it
    readme: Path | None = None


def results(folder):
    """Every result by its name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def pages(found, scenarios, table):
    """The text of each page that the results give."""
    made = {}
    told = [one for one in scenarios if one.NAME in found]
    if told:
        made[STORY] = story(found, told)
    if table.NAME in found:
        made[TABLE] = table.page(found[table.NAME])
    return made


def story(found, scenarios):
    lines = [INTRODUCTION.format(again=AGAIN)]
    for scenario in scenarios:
        result = found[scenario.NAME]
        lines += [f"## {scenario.TITLE}", "", scenario.tell(result["data"]).strip(), ""]
        if result["errors"]:
            lines += ["Not measured:", "", text.errors(result), ""]
    lines += ["## Measured with", ""]
    for scenario in scenarios:
        lines += measured_with(scenario, found[scenario.NAME], found[scenarios[0].NAME])
    return "\n".join(lines).rstrip() + "\n"


def measured_with(scenario, result, first):
    """The environment, of later scenarios only what differs from the first."""
    facts = result["environment"]
    if result is not first:
        facts = {name: one for name, one in facts.items() if one != first["environment"].get(name)}
    lines = [f"### {scenario.TITLE}: {result['mode']} mode", ""]
    return [*lines, text.environment({"environment": facts}), text.commands(result), ""]


def write(places, scenarios, table):
    """Draws every plot, then writes every page. Returns what was written."""
    from .figures import Figures  # here, so that checking needs no matplotlib

    found = results(places.results)
    figures = Figures(places.pages / "plots")
    for scenario in [*scenarios, table]:
        if scenario.NAME in found:
            draw(scenario, found[scenario.NAME]["data"], figures)
    written = list(figures.saved)
    for name, content in pages(found, scenarios, table).items():
        path = places.pages / name
        path.write_text(content)
        written.append(path)
    if places.readme and table.NAME in found:
        places.readme.write_text(readme.filled(places.readme.read_text(), table, found))
    return written


def draw(scenario, data, figures):
    """The plots of one result, each of which says at its end which data it was drawn from."""
    before = len(figures.saved)
    scenario.draw(data, figures)
    for path in figures.saved[before:]:
        path.write_text(path.read_text() + signature(data))


def signature(data):
    """A comment that is another one for other data."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return f"<!-- drawn from {digest[:16]} -->\n"


def differences(places, scenarios, table):
    """Which pages and plots are not what the results give.

    Results for the record are all there, in full and without errors, or there are none yet: ends with
    what is the matter, where that is not so.
    """
    found, wrong = results(places.results), []
    if places.readme and (problems := list(unfit(found, scenarios, table))):
        raise SystemExit("\n".join(f"{places.results}: {problem}" for problem in problems))
    for name, content in pages(found, scenarios, table).items():
        path = places.pages / name
        if not path.is_file() or path.read_text() != content:
            wrong.append(path)
    for data, content in told(found, scenarios, table):
        drawn = plots(places.pages, content)
        wrong += [path for path in drawn if not path.is_file() or signature(data) not in path.read_text()]
    if places.readme and table.NAME in found:
        content = places.readme.read_text()
        if readme.filled(content, table, found) != content:
            wrong.append(places.readme)
    return wrong


def unfit(found, scenarios, table):
    """What keeps results from being those for the record."""
    for name in (one.NAME for one in [*scenarios, table] if found):
        result = found.get(name)
        if result is None:
            yield f"{name} was not measured"
        elif result["mode"] != "full":
            yield f"{name} was measured in {result['mode']} mode"
        elif result["errors"]:
            yield f"{name} has errors: {'; '.join(' '.join(one.split()) for one in result['errors'])}"


def told(found, scenarios, table):
    """The data of each result, with the text that shows its plots."""
    for scenario in scenarios:
        if scenario.NAME in found:
            data = found[scenario.NAME]["data"]
            yield data, scenario.tell(data)
    if table.NAME in found:
        yield found[table.NAME]["data"], table.page(found[table.NAME])


def plots(folder, content):
    """The plots that a page shows."""
    found = content.split("](plots/")[1:]
    return [folder / "plots" / one.partition(")")[0] for one in found]
