"""Refreshes: what one costs the server's process tree, and how many there are in a second."""

from pathlib import Path

from harness import loads, tree

import serving

SCRIPT = Path(__file__).resolve().parent / "load/refresh.lua"
# So many per connection that none is waited for.
TOKENS = 4
# Whoever waits longer for an answer counts as one that got none.
PATIENCE = 2


def tokens(port, folder, options):
    """A file with enough refresh tokens, each of a new login."""
    file = folder / "tokens"
    made = [serving.token(port) for _ in range(TOKENS * options.connections)]
    file.write_text("\n".join(made) + "\n")
    return file


def refresh(port, file, seconds, options):
    """Uses the tokens up, and those that come for them, for whole seconds."""
    return loads.wrk(
        port,
        "/api/token/refresh/",
        connections=options.connections,
        seconds=seconds,
        cores={options.load_core},
        script=SCRIPT,
        arguments=[file],
        timeout=PATIENCE,
    )


def database_cpu(options):
    """CPU seconds of the database, where it has processes of its own."""
    return tree.cpu_seconds(options.database) if options.database else 0.0


def measure(port, folder, options):
    """Warms the server up and measures it once. `others` is everybody but the database, too."""
    refresh(port, tokens(port, folder, options), options.warmup, options)
    file = tokens(port, folder, options)
    before = database_cpu(options)
    told = loads.costs(options.server, lambda: refresh(port, file, options.duration, options))
    database = database_cpu(options) - before
    told["database_us"] = database * 1e6 / told["requests"]
    told["others"] -= database / told["duration"]
    told["failed"] += told["status_errors"]
    return told
