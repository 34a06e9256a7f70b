"""How far apart the rounds of a table are, in one sentence below it."""

from statistics import median


def farthest(groups):
    """Of all rounds, the greatest distance from the median of its group, as a share of that median."""
    found = 0.0
    for values in groups:
        middle = median(values) if values else 0
        if middle:
            found = max(found, *(abs(value - middle) / middle for value in values))
    return found


def sentence(groups):
    """What the numbers of a table are: one round, or medians of several and how far these are apart."""
    groups = [values for values in groups if values]
    rounds = max(map(len, groups), default=0)
    if rounds < 2:
        return "Each number was measured once."
    return (
        f"Each number is the median of {rounds} rounds; the farthest round was {farthest(groups):.0%} off"
        " its median."
    )
