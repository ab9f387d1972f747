"""The weekly figures as pages read them: a closed week is reckoned once for good, an open one each minute.

A closed week never changes, so that what is kept of it cannot go stale; how much is kept is bounded by the
weeks of the desk. The clock is the desk's own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import RLock
from typing import TypeVar

from models.errors import NotFoundError, WeekError
from models.weeks import iso_week, parse_week, week_days, weeks_between
from pipeline import changes, metrics, naive
from pipeline.changes import Change
from pipeline.compose import Desk
from pipeline.figures import Figure
from pipeline.naive import Naive

FRESH = timedelta(seconds=60)
WEEKS = 26
QUARTER = 14  # the weeks of the longest quarter
T = TypeVar("T")


class Series:
    """What the public pages of one desk show of its weeks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = RLock()
        self._first: str | None = None
        self._weeks: dict[str, tuple[list[Figure], datetime]] = {}
        self._others: dict[tuple[str, str], tuple[object, datetime]] = {}
        self._changes: list[Change] = []
        self._seq = 0

    @property
    def present(self) -> str:
        """The week that it is now."""
        return iso_week(self._desk.clock())

    def first(self) -> str:
        """The first week that the desk knows anything of, or the present one."""
        with self._lock:
            if self._first is None:
                self._first = metrics.first_week(self._desk)
            return min(self._first or self.present, self.present)

    def week(self, label: str) -> list[Figure]:
        """The figures of one week of the desk; raises `NotFoundError` for any other."""
        with self._lock:
            self.check(label)
            kept = self._weeks.get(label)
            if kept is None or (kept[0][0].provisional and self._stale(kept[1])):
                kept = self._weeks[label] = (metrics.weekly(self._desk, label), self._desk.clock())
            return kept[0]

    def check(self, label: str) -> str:
        """The label itself if it is a week of the desk; raises `NotFoundError` if it is not."""
        try:
            parse_week(label)
        except WeekError as error:
            raise NotFoundError("there is no such week") from error
        if not self.first() <= label <= self.present:
            raise NotFoundError("there is no such week")
        return label

    def weeks(self, last: str, n: int = WEEKS) -> list[str]:
        """The labels of up to `n` weeks of the desk that end with `last`."""
        begin = iso_week(week_days(last)[0] - timedelta(weeks=n - 1))
        return weeks_between(max(begin, self.first()), last)

    def span(self, last: str, n: int = WEEKS) -> list[Figure]:
        """The figures of those weeks, oldest first."""
        return [one for label in self.weeks(last, n) for one in self.week(label)]

    def changes(self) -> Sequence[Change]:
        """Every change of the serving model, oldest first; only what is new in the log is read."""
        with self._lock, self._desk.reading() as session:
            found, self._seq = changes.since(session, self._seq)
            self._changes += found
            return tuple(self._changes)

    def naive(self) -> Naive:
        """What only looking at the flagged would claim this quarter, at most a minute old."""
        return self.kept(
            "naive", self.present, lambda: naive.of_quarter(self._desk, self.span(self.present, QUARTER))
        )

    def kept(self, kind: str, week: str, make: Callable[[], T]) -> T:
        """Something else that is reckoned of a week, at most a minute old; the last few are kept."""
        with self._lock:
            found = self._others.get((kind, week))
            if found is None or self._stale(found[1]):
                found = self._others[kind, week] = (make(), self._desk.clock())
                while len(self._others) > WEEKS:
                    del self._others[next(iter(self._others))]
            return found[0]  # type: ignore[return-value]

    def _stale(self, since: datetime) -> bool:
        return not timedelta(0) <= self._desk.clock() - since < FRESH
