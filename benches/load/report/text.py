"""Markdown and numbers, for everything that tells results."""


def table(heads, rows):
    """A table as text: strings in columns."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def picture(name, alt):
    """A plot that `draw` saves under this name, and what somebody hears who cannot see it."""
    return f"![{alt}](plots/{name}.svg)"


def count(number):
    """A number of something, or per second: no more digits than it deserves."""
    return f"{number:,.0f}" if number >= 100 else f"{number:,.3g}"


def milliseconds(microseconds):
    """Three digits that count, in ms."""
    value = microseconds / 1000
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def mib(kib):
    return f"{kib / 1024:,.0f} MiB" if kib >= 10240 else f"{kib / 1024:.1f} MiB"


def environment(result):
    """What a result was measured with, as a list."""
    lines = []
    for name, value in result["environment"].items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {one}" for key, one in value.items())
        lines.append(f"- {name}: {value}")
    return "\n".join(lines)


def commands(result):
    """What was run: the command lines of servers and loads as lists, and the settings that they had."""
    lines = [f"- {whose}: `{line}`" for line, whose in folded(result["commands"].items())]
    for config, whose in folded(result.get("configs", {}).items()):
        lines += [f"- the settings of {whose}:", "", *indented(config), ""]
    shapes = [(case, line) for case, all_of in result.get("loads", {}).items() for line in all_of]
    for line, whose in folded((f"{case}: the load", line) for case, line in shapes):
        lines.append(f"- {whose}: `{line}`")
    return "\n".join(lines)


def folded(named):
    """(text, whose it is) of pairs with the names `CASE: LABEL` or `LABEL`: each text once."""
    found = {}
    for name, text in named:
        case, _, label = name.rpartition(": ")
        found.setdefault(text, {}).setdefault(label, []).append(case)
    for text, labels in found.items():
        cases = {}
        for label, where in labels.items():
            cases.setdefault(", ".join(filter(None, where)), []).append(label)
        words = (", ".join(all_of) + f" in {where}" * bool(where) for where, all_of in cases.items())
        yield text, "; ".join(words)


def indented(config):
    """A settings file as a block of code within a list."""
    return [f"  {line}".rstrip() for line in ("```toml", *config.strip().splitlines(), "```")]


def errors(result):
    """What could not be measured, as a list; empty if everything was."""
    return "\n".join(f"- {' '.join(error.split())}" for error in result["errors"])
