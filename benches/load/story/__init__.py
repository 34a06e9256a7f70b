"""The scenarios of the story, in its order. Each is a module of this folder.

It has a `NAME`, a `TITLE`, `measure(stage)`, `draw(data, figures)` and `tell(data)`; benches/README.md
says what they promise. `SECONDS`, if there is one, is about how long it takes in full and in quick
mode: progress is told with it.
"""

import importlib
from pathlib import Path

ORDER = (
    "throughput",
    "blocking",
    "processors",
    "failures",
    "slow_clients",
    "deploy",
    "bad_input",
    "memory",
    "static_files",
    "tokens",
    "soak",
)


def scenarios():
    """The modules, in order."""
    here = Path(__file__).resolve().parent
    found = [name for name in ORDER if (here / f"{name}.py").is_file()]
    return [importlib.import_module(f"story.{name}") for name in found]
