"""Plots that look alike: the same server has the same colour and the same mark in all of them.

The same data give the same file, byte for byte: so a changed plot is a changed result. White ground, so
that they can be read on a dark page, too.
"""

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot, ticker  # noqa: E402

# Colours that colour-blind people tell apart (Okabe and Ito), and a mark and a line for the others.
STYLES = {
    "appserver": ("#0072b2", "o", "-"),
    "runserver": ("#d55e00", "s", "-"),
    "runserver-nothreading": ("#d55e00", "X", ":"),
    "wsgiref": ("#8c564b", "v", ":"),
    "flask": ("#cc79a7", "P", "-"),
    "gunicorn-sync": ("#009e73", "^", ":"),
    "gunicorn-gthread": ("#009e73", "D", "-"),
    "gunicorn-asgi": ("#009e73", "<", "--"),
    "uwsgi": ("#b8860b", "h", "-"),
    "uvicorn": ("#56b4e9", "d", "-"),
    "hypercorn": ("#7f7f7f", "p", "--"),
    "daphne": ("#7f7f7f", "*", ":"),
    "granian": ("#e69f00", "^", "--"),
    "fastpysgi": ("#6a3d9a", "8", "-"),
    "waitress": ("#999933", ">", "-"),
    "floor": ("#000000", "_", ":"),
}
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "appserver",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.facecolor": "white",
}
WIDTH, HEIGHT = 7.6, 4.2  # inches


class Figures:
    """Makes figures and saves them into one folder."""

    pyplot, ticker = pyplot, ticker

    def __init__(self, folder):
        self.folder = folder
        self.saved = []
        folder.mkdir(parents=True, exist_ok=True)
        matplotlib.rcParams.update(SETTINGS)

    def new(self, title="", x="", y="", *, width=WIDTH, height=HEIGHT, **more):
        """A figure with axes that have names and units; `more` goes to `pyplot.subplots`."""
        figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained", **more)
        for one in getattr(axes, "flat", [axes]):
            one.set_xlabel(x)
            one.set_ylabel(y)
        figure.suptitle(title, fontsize=11)
        return figure, axes

    def style(self, name):
        """Colour, mark and line of a server; of a variant, those of the server it begins with."""
        colour, marker, line = STYLES[server_of(name)]
        return {"color": colour, "marker": marker, "linestyle": line}

    def colour(self, name):
        return STYLES[server_of(name)][0]

    def line(self, axes, name, xs, ys, **more):
        """A server's line, with its name at the end where there is room."""
        axes.plot(xs, ys, label=name, **(self.style(name) | {"markersize": 5} | more))

    def name_ends(self, axes, least=0.045):
        """Writes each line's name at its right end, apart from each other, instead of a legend."""
        ends = []
        for line in axes.get_lines():
            points = [(x, y) for x, y in zip(*line.get_data()) if y == y]
            if points and not line.get_label().startswith("_"):
                where = axes.transData.transform(points[-1])
                ends.append((axes.transAxes.inverted().transform(where)[1], line))
        at = -1.0
        for height, line in sorted(ends, key=lambda end: end[0]):
            at = max(height, at + least)
            words = {"color": line.get_color(), "va": "center", "fontsize": 9}
            axes.text(1.015, at, line.get_label(), transform=axes.transAxes, **words)

    def bars(self, axes, rows, text="{:,.0f}"):
        """Horizontal bars, the first on top, each with its value: rows of (name, value)."""
        names, values = [name for name, _ in rows], [value for _, value in rows]
        places = range(len(rows))
        drawn = axes.barh(places, values, color=[self.colour(name) for name in names], height=0.7)
        axes.bar_label(drawn, [text.format(value) for value in values], padding=3, fontsize=9)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlim(0, max(values, default=1) * 1.15)
        axes.grid(axis="y", visible=False)

    def save(self, name, figure, alt=""):
        """Writes NAME.svg; `alt` says in it what the plot shows."""
        about = {"Date": None, "Creator": None, "Title": name, "Description": alt or None}
        path = self.folder / f"{name}.svg"
        figure.savefig(path, format="svg", metadata=about, facecolor="white")
        pyplot.close(figure)
        self.saved.append(path)


def server_of(name):
    """The longest server's name that this one begins with."""
    found = [server for server in STYLES if name.startswith(server)]
    if not found:
        raise KeyError(f"{name} has no colour: add it to STYLES")
    return max(found, key=len)
