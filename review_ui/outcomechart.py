"""A small picture of how much a source gives: a bar a day, and its mean before and in the last week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawlers.health import Health

WIDTH, HEIGHT = 560, 120
"""In units of the picture; it grows and shrinks with the page."""
_WEEK = 7


@dataclass(frozen=True)
class Bar:
    """One day: where its bar stands, and how many articles it is."""

    day: date
    n: int
    x: float
    y: float
    width: float
    height: float
    lately: bool


@dataclass(frozen=True)
class Line:
    """A mean over some days, as a level line."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True)
class Chart:
    """The bars and lines of a picture, and the number at its top."""

    bars: Sequence[Bar]
    habit: Line
    lately: Line
    top: int


def chart(health: "Health") -> Chart:
    """The picture of a source's articles a day."""
    top = max(*health.items, 1)
    step = WIDTH / len(health.items)
    first = len(health.items) - _WEEK
    bars = [
        Bar(
            day,
            n,
            round(place * step + 1, 1),
            round(_level(n, top), 1),
            round(step - 2, 1),
            round(HEIGHT - _level(n, top), 1),
            place >= first,
        )
        for place, (day, n) in enumerate(zip(health.days, health.items, strict=True))
    ]
    middle = round(first * step, 1)
    return Chart(
        bars,
        Line(0, middle, round(_level(health.habit, top), 1)),
        Line(middle, WIDTH, round(_level(health.lately, top), 1)),
        top,
    )


def _level(n: float, top: int) -> float:
    return HEIGHT * (1 - n / top)
