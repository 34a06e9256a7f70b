"""What several pictures and tables of the story have in common."""

# Around a point that does not tell of all visitors.
RING = {"markersize": 11, "fillstyle": "none", "color": "black", "label": "_unserved"}


def answers(axes, slots, width, colour, events=()):
    """Right answers per second over time, as steps from zero; a dashed line at each event."""
    edges = [position * width for position in range(len(slots) + 1)]
    rates = [slot / width for slot in slots]
    axes.stairs(rates, edges, fill=True, color=colour, alpha=0.75)
    for event in events:
        axes.axvline(event, color="black", linestyle="--", linewidth=1)
    axes.set_xlim(0, edges[-1])
    axes.locator_params(axis="x", integer=True, nbins=6)
    axes.grid(axis="y", visible=False)


def line(axes, figures, label, server, points):
    """A server's line under its own name, in the colour and with the mark of that server.

    One that is there already, with other numbers of workers, is told apart by its dashes.
    """
    style = figures.style(server)
    drawn = [(one.get_color(), one.get_marker()) for one in axes.get_lines()]
    if (style["color"], style["marker"]) in drawn:
        style |= {"linestyle": "--", "fillstyle": "none"}
    axes.plot(*zip(*points), label=label, markersize=5, **style)


def logarithmic(axes, figures):
    """A logarithmic axis upwards, with plain numbers instead of powers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(figures.ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(figures.ticker.NullLocator())
    axes.yaxis.set_major_formatter(figures.ticker.FuncFormatter(lambda value, _place: f"{value:,g}"))


def inside(axes, words):
    """A remark in a corner of a small picture, readable whatever is behind it."""
    ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
    place = {"transform": axes.transAxes, "ha": "right", "va": "top", "fontsize": 8}
    axes.text(0.99, 0.93, words, bbox=ground, **place)


def beside(axes, name):
    """The name of a row of small pictures, at its left."""
    axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8, fontsize=9)


def total(failed):
    """How many, of failures by their ways."""
    return sum(failed.values())


def seconds(value):
    """A time as a reader wants it: two digits, in ms where it is short."""
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
