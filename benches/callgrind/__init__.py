"""Counting the instructions of a request under callgrind, and holding the counts against budgets."""
