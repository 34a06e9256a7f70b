"""The signing key of a project that was started without being given one.

A key in the source would be known to everybody, so the first process makes one and the others
read it.
"""

import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_create(path: Path) -> str:
    """Returns the key in `path`, readable by its owner only; several processes agree on one."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(get_random_secret_key())
        # A link fails where the name exists, so the first process wins and nobody reads half a key.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)
    return path.read_text().strip()
