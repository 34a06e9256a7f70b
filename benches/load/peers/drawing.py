"""The plot of the table of peers: CPU time per request, each case beside ours."""

from .goals import summarize
from .ratios import mode
from .summary import FAMILIES, compared

MARKS = {title: start for start, title in FAMILIES.items()}
# What has a colour under a longer name.
STYLED = {"gunicorn": "gunicorn-gthread"}
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)


def draw(data, figures):
    """One line per case: the best modes. A mark right of 1 takes more CPU time than `appserver`."""
    cases = compared(summarize(data["samples"]))
    if not cases:
        return
    figure, axes = figures.new(
        "CPU time per request, as a multiple of appserver's (logarithmic)",
        "times the CPU time of appserver; right of 1 is more",
        height=1.6 + 0.27 * len(cases),
    )
    axes.axvline(1, color=figures.colour("appserver"), linewidth=2)
    drawn = set()
    for place, line in enumerate(cases.values()):
        for title, ratio in known(line):
            name = STYLED.get(MARKS[title], MARKS[title])
            style = figures.style(name) | {"linestyle": "", "markersize": 7, "alpha": 0.9}
            label = "_" if title in drawn else title
            axes.plot([ratio], [place], label=label, **style)
            drawn.add(title)
    axes.set_yticks(range(len(cases)), list(map(name_of, cases.values())))
    axes.invert_yaxis()
    scale(axes, figures, cases)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title="best mode of")
    alt = "For each case the CPU time of each peer as a multiple of that of appserver"
    figures.save("peers", figure, alt)


def known(line):
    """Peers without a ratio have no mark: their requests failed."""
    return [(title, ratio) for title, ratio in line.ratios.items() if ratio is not None]


def name_of(line):
    """The case, which mode of ours was the best in it, and what that took."""
    name = f"{line.case}: {line.race.ours}" if line.race.ours else line.case
    return f"{name} ({line.value:.1f} µs{mode(line.ours)})"


def scale(axes, figures, cases):
    """A logarithmic axis that holds all marks, with plain numbers."""
    ratios = [ratio for line in cases.values() for _, ratio in known(line)]
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, *ratios) * 0.95, max(2, *ratios) * 1.15)
    axes.xaxis.set_major_locator(figures.ticker.FixedLocator(TICKS))
    axes.xaxis.set_major_formatter(figures.ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(figures.ticker.NullLocator())
