"""Shares that need no audit: with Wilson's interval, or complete because everything was counted."""

from pipeline import statistics as limits
from pipeline.disclosure import LEAST
from pipeline.figures import LEVEL, Figure, missing

MIN_CASES = LEAST
COMPLETE = "complete count"


def share(name: str, week: str, k: int, n: int) -> Figure:
    """A share with Wilson's interval (Wilson 1927); under eleven cases it is not given."""
    if n < MIN_CASES:
        return missing(name, week, n, f"too few data: {MIN_CASES} cases are needed")
    low, high = limits.wilson(k, n)
    return Figure(name, week, k / n, low, high, LEVEL, n, "Wilson", enough=True)


def complete(name: str, week: str, k: int, n: int, nothing: str) -> Figure:
    """A share of everything there is, which needs no interval; `nothing` says why there is none if n is 0."""
    if n == 0:
        return missing(name, week, 0, nothing)
    return Figure(name, week, k / n, k / n, k / n, LEVEL, n, COMPLETE, enough=True)
