"""Writes the pages: the story, the table of peers, the block of the README; or checks them."""

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

It works on one machine, over loopback, for a bounded time. What it was measured with stands at the end.
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
            scenario.draw(found[scenario.NAME]["data"], figures)
    written = list(figures.saved)
    for name, content in pages(found, scenarios, table).items():
        path = places.pages / name
        path.write_text(content)
        written.append(path)
    if places.readme and table.NAME in found:
        places.readme.write_text(readme.filled(places.readme.read_text(), table, found))
    return written


def differences(places, scenarios, table):
    """Which pages are not what the results give, and which plots a page lacks."""
    found, wrong = results(places.results), []
    made = pages(found, scenarios, table)
    for name, content in made.items():
        path = places.pages / name
        if not path.is_file() or path.read_text() != content:
            wrong.append(path)
        wrong += [path for path in plots(places.pages, content) if not path.is_file()]
    if places.readme and table.NAME in found:
        content = places.readme.read_text()
        if readme.filled(content, table, found) != content:
            wrong.append(places.readme)
    return wrong


def plots(folder, content):
    """The plots that a page shows."""
    found = content.split("](plots/")[1:]
    return [folder / "plots" / one.partition(")")[0] for one in found]
