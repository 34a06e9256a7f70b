"""The story's Django project with its database and its static files, made once for a whole run."""

import os
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "apps" / "site"


def prepared(stage):
    """The variables that name the folder with both to the project."""
    folder = stage.scratch / "site-data"
    variables = {"SITE_DATA": str(folder)}
    if not folder.is_dir():
        (folder / "assets").mkdir(parents=True)
        words = [stage.built.venv / "bin" / "python", PROJECT / "manage.py", "prepare"]
        ran = subprocess.run(words, env=os.environ | variables, capture_output=True, timeout=120)
        if ran.returncode:
            shutil.rmtree(folder)
            raise RuntimeError(f"the project: {ran.stderr.decode(errors='replace')[-2000:]}")
    return variables


def static_root(variables):
    """Where `collectstatic` has put the files."""
    return Path(variables["SITE_DATA"]) / "static"
