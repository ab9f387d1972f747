"""A picture of agreement: one strip a row, with its point, its interval and the lines it is read by."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.agreement import Alpha, Row

WIDTH, HEIGHT = 240, 22
"""In units of the picture; it grows and shrinks with the page."""
LEAST, MOST = -0.2, 1.0
GUIDES = (0.0, 0.667, 0.8)


@dataclass(frozen=True)
class Strip:
    """Where the marks of one row stand; `low` and `high` are None without an interval."""

    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Shown:
    """One row of the page: the figures as they are, and the strip of its nominal alpha if there is one."""

    name: str
    row: Row
    strip: Strip | None


def place(value: float) -> float:
    """Where a value stands; what lies outside stands at the edge."""
    inside = min(max(value, LEAST), MOST)
    return round((inside - LEAST) / (MOST - LEAST) * WIDTH, 1)


def strip(alpha: Alpha | None) -> Strip | None:
    """The strip of one alpha."""
    if alpha is None:
        return None
    if alpha.low is None or alpha.high is None:
        return Strip(place(alpha.value), None, None)
    return Strip(place(alpha.value), place(alpha.low), place(alpha.high))


def shown(rows: Sequence[Row], names: Sequence[str]) -> list[Shown]:
    """The rows with the names that the page gives them."""
    return [Shown(name, row, strip(row.nominal)) for row, name in zip(rows, names, strict=True)]
