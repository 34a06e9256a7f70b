"""The story's Django project with its database and its static files, in a folder for one scenario."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "apps" / "site"


@contextmanager
def prepared(stage):
    """The variables that name the folder to the project, which exists until the block ends."""
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        variables = {"SITE_DATA": folder}
        words = [stage.built.venv / "bin" / "python", PROJECT / "manage.py", "prepare"]
        subprocess.run(words, env=os.environ | variables, check=True, timeout=60)
        yield variables


def static_root(variables):
    """Where `collectstatic` has put the files."""
    return Path(variables["SITE_DATA"]) / "static"
