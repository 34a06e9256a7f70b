"""Reads callgrind's profiles: how many instructions, and where.

Of several profiles the largest is that of the process that served: the mold's holds no request. A
forked worker also carries what its mold had counted before, which the difference of two runs takes
away.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

ROW = re.compile(r"^\s*([\d,]+) \([^)]*\)\s+(.*)$")
TOTAL = re.compile(rb"^totals: (\d+)", re.MULTILINE)


def total(paths):
    """The instructions of the process that served, and nothing else: quick."""
    return max(int(TOTAL.search(path.read_bytes())[1]) for path in paths)


def details(paths):
    """The instructions of the process that served, by function and file."""
    return max(map(annotate, paths), key=lambda one: one["function"].total())


def annotate(path):
    """Own instructions by function and by source file, and by function with all that it calls."""
    own, whole = rows(path, "no"), rows(path, "yes")
    profile = {"function": Counter(), "file": Counter(), "inclusive": Counter()}
    for count, file, function in own:
        profile["function"][function] += count
        profile["file"][file] += count
    for count, _, function in whole:
        # Code inlined from other files has lines of its own; the largest holds them all.
        profile["inclusive"][function] = max(profile["inclusive"][function], count)
    return profile


def rows(path, inclusive):
    """(instructions, source file, function) of each line that callgrind_annotate prints."""
    command = ["callgrind_annotate", f"--inclusive={inclusive}", "--threshold=100", "--auto=no"]
    ran = subprocess.run(
        [*command, str(path)], capture_output=True, text=True, check=True, timeout=300
    )
    found = []
    for line in ran.stdout.splitlines():
        if (row := ROW.match(line)) and "PROGRAM TOTALS" not in line:
            file, _, function = row[2].partition(":")
            found.append((int(row[1].replace(",", "")), short_file(file), short_name(function)))
    return found


def short_file(file):
    return "/".join(Path(file).parts[-4:])


def short_name(function):
    """Without the object, generic hashes and marks of recursion."""
    function = re.sub(r" \[.*\]$", "", function)
    return re.sub(r"::h[0-9a-f]{16}|'\d+$", "", function)
