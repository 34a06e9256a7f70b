"""Whether the application hears of requests that are refused for their token."""

import measuring
from harness import variants
from harness.serving import Ready, ask
from rows import ROWS

from .contenders import CONNECTIONS, Token

ROW = next(row for row in ROWS if row.name == "hs256 rejected")
GOOD = next(row for row in ROWS if row.name == "hs256 many")


def measure(stage, folder, seconds):
    """How many were refused, and how many calls the application counted meanwhile."""
    token = Token(GOOD, folder)
    config = folder / "appserver.toml"
    config.write_text(measuring.settings(GOOD, folder))
    good = Ready(headers=token.headers(), expected=b"1")
    words = {"flags": f"--config {config}", "ready": good, "label": "hs256 rejected, counted"}
    with variants.serve(stage, "appserver-1", "counted:application", **words) as server:
        wrong = [folder / ROW.tokens]
        words = {"connections": CONNECTIONS, "seconds": seconds, "script": measuring.SCRIPT}
        told = stage.wrk(server.port, arguments=wrong, **words)
        _, calls = ask(server.port, good)
    # Two calls were ours: the first answer, and the one that tells.
    return {
        "refused": told["status_errors"],
        "answered": told["requests"] - told["status_errors"],
        "reached_app": int(calls) - 2,
    }
