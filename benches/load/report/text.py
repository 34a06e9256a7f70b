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
    """The command lines of the servers, as a list."""
    return "\n".join(f"- {name}: `{line}`" for name, line in result["commands"].items())


def measured_with(result):
    """Both."""
    return f"{environment(result)}\n{commands(result)}"


def errors(result):
    """What could not be measured, as a list; empty if everything was."""
    return "\n".join(f"- {' '.join(error.split())}" for error in result["errors"])
