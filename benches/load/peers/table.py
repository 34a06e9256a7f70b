"""The scenario `peers`: what a request costs on each server. Reads cases, servers and goals."""

NAME = "peers"
TITLE = "The table of peers"


def add_arguments(parser):
    pass


def measure(stage):
    data = {"errors": [], "samples": {}}
    with stage.serve("appserver", "hello:application") as server:
        data["samples"] = stage.costs(server, lambda: stage.wrk(server.port, connections=64, seconds=1))
    return data


def draw(data, figures):
    figure, axes = figures.new("hello", "requests/s")
    figures.bars(axes, [("appserver", data["samples"]["rps"])])
    figures.save("peers", figure, "bars")


def page(result):
    return "# Benchmarks\n"


def short(result):
    return ""
