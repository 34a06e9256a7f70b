"""Tests of what the benchmarks compute and write. They start no server: `python3 -m unittest`."""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
BENCHES = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BENCHES / "load"), str(BENCHES)]
