"""A week as the figures see it: its days, its instants, and how much of it has come."""

from dataclasses import dataclass
from datetime import date, datetime

from models.weeks import local_day, week_days
from pipeline.compose import Desk
from pipeline.outcomes import week_bounds


@dataclass(frozen=True)
class Span:
    """A week: `until` is its last day that has come, `start` and `end` its first instant and the next's."""

    label: str
    monday: date
    until: date
    today: date
    start: datetime
    end: datetime


def span_of(desk: Desk, label: str) -> Span:
    """The week as it stands now."""
    monday, sunday = week_days(label)
    today = local_day(desk.clock())
    start, end = week_bounds(label)
    return Span(label, monday, min(sunday, max(monday, today)), today, start, end)
