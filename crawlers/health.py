"""Why a source is silent, and how much it gives against its habit, from what the desk has counted.

No log is read and no page: `judge` is a function of a source's rows alone. Words are in `healthwords`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.gathered import DailyCount, EntryPoint, Source
from models.vocabulary import Outcome
from models.weeks import local_day

HABIT_DAYS, WEEK_DAYS = 28, 7
STALE_AFTER = timedelta(days=2)
"""The longest interval between two polls is a day: after two, nobody is polling."""
QUIET_SHARE = 0.3
"""Below this share of its habit, a source that is read without an error is called quiet."""
FEWEST_FOR_HABIT = 14
"""Articles in four weeks below which a source has no habit to be measured against."""
ITEMS = (Outcome.KEPT, Outcome.NOT_OURS, Outcome.DUPLICATE)
"""What stands for an article that was read; the first is what the desk keeps of them."""
TROUBLES = (
    *(Outcome.BLOCKED, Outcome.ROBOTS, Outcome.MOVED, Outcome.CERTIFICATE, Outcome.PARSE_ERROR),
    *(Outcome.EMPTY, Outcome.TIMEOUT, Outcome.NETWORK_ERROR, Outcome.HTTP_ERROR, Outcome.REFUSED_ADDRESS),
    *(Outcome.TOO_LARGE, Outcome.NOT_HTML, Outcome.QUARANTINED),
)
"""What keeps a page or an entry point from being read; the more telling first."""


class State(StrEnum):
    """How a source fares, as its badge says it."""

    WELL = "well"
    QUIET = "quiet"
    PARTLY = "partly"
    FAILING = "failing"
    STALE = "stale"
    NEW = "new"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Entry:
    """How the polling of one entry point goes."""

    kind: str
    url: str
    interval_s: int
    failures: int
    last_outcome: str | None
    last_success: datetime | None
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of one source: its entry points, and its counts by day and outcome."""

    enabled: bool
    entries: Sequence[Entry]
    counts: Mapping[tuple[date, str], int]


@dataclass(frozen=True, slots=True)
class Health:
    """What the rows amount to.

    `reason` is the outcome that keeps the source silent, None if none does. `items` are articles read a day,
    oldest first, over `HABIT_DAYS` days up to today; `habit` is their mean before the last week, `lately`
    that of the last week, both in articles a day. `next_try` is when the first entry point is due.
    """

    state: State
    reason: Outcome | None
    entries: Sequence[Entry]
    last_success: datetime | None
    next_try: datetime | None
    items: Sequence[int]
    days: Sequence[date]
    habit: float
    lately: float
    kept: int
    week: Mapping[str, int]
    by_day: Mapping[date, Mapping[str, int]]

    @property
    def failing(self) -> Sequence[Entry]:
        """The entry points whose last poll failed, the longest failing first."""
        return sorted((one for one in self.entries if one.failures), key=lambda one: -one.failures)


def judge(rows: Rows, now: datetime) -> Health:
    """What a source's rows say of it at a moment."""
    today = local_day(now)
    days = [today - timedelta(days=ago) for ago in range(HABIT_DAYS - 1, -1, -1)]
    by_day = {day: _of_day(rows.counts, day) for day in days}
    items = [sum(by_day[day].get(outcome, 0) for outcome in ITEMS) for day in days]
    week: dict[str, int] = {}
    for day in days[-WEEK_DAYS:]:
        for outcome, n in by_day[day].items():
            week[outcome] = week.get(outcome, 0) + n
    last = max((one.last_success for one in rows.entries if one.last_success), default=None)
    due = [one.next_due for one in rows.entries if one.next_due]
    state = _polling(rows, now, last)
    reason = _entry_reason(rows) if state in {State.FAILING, State.PARTLY} else None
    if state == State.WELL:
        reason = _page_reason(week, sum(items[-WEEK_DAYS:]))
        state = State.PARTLY if reason else _against_habit(items)
    return Health(
        state=state,
        reason=reason,
        entries=rows.entries,
        last_success=last,
        next_try=min(due, default=None) if rows.enabled else None,
        items=items,
        days=days,
        habit=sum(items[:-WEEK_DAYS]) / (HABIT_DAYS - WEEK_DAYS),
        lately=sum(items[-WEEK_DAYS:]) / WEEK_DAYS,
        kept=week.get(Outcome.KEPT, 0),
        week=week,
        by_day=by_day,
    )


def _of_day(counts: Mapping[tuple[date, str], int], day: date) -> dict[str, int]:
    return {outcome.value: n for outcome in Outcome if (n := counts.get((day, outcome.value), 0))}


def _polling(rows: Rows, now: datetime, last: datetime | None) -> State:
    if not rows.enabled:
        return State.OFF
    failing = sum(1 for one in rows.entries if one.failures)
    if failing:
        return State.FAILING if failing == len(rows.entries) else State.PARTLY
    if last is None:
        return State.NEW
    return State.STALE if now - last > STALE_AFTER else State.WELL


def _against_habit(items: Sequence[int]) -> State:
    before, week = sum(items[:-WEEK_DAYS]), sum(items[-WEEK_DAYS:])
    share = QUIET_SHARE * WEEK_DAYS / (HABIT_DAYS - WEEK_DAYS)
    has_habit = before >= FEWEST_FOR_HABIT
    return State.QUIET if not week or (has_habit and week < share * before) else State.WELL


def _entry_reason(rows: Rows) -> Outcome:
    worst = max(rows.entries, key=lambda one: one.failures)
    return Outcome(worst.last_outcome) if worst.last_outcome else Outcome.NETWORK_ERROR


def _page_reason(week: Mapping[str, int], read: int) -> Outcome | None:
    troubles = {outcome: week[outcome] for outcome in TROUBLES if week.get(outcome)}
    # a few bad pages among many good ones are no reason for silence
    if not troubles or max(troubles.values()) <= read:
        return None
    return max(troubles, key=lambda outcome: troubles[outcome])


def of_source(session: Session, source_id: str, now: datetime) -> Health | None:
    """How one source fares; None if there is no such source."""
    return of_all(session, now, source_id).get(source_id)


def of_all(session: Session, now: datetime, source_id: str | None = None) -> dict[str, Health]:
    """How every source fares (or one), by its identifier; three reads however many there are."""
    today = local_day(now)
    sources = select(Source.id, Source.enabled)
    points = select(EntryPoint).order_by(EntryPoint.id)
    counted = select(DailyCount.source_id, DailyCount.day, DailyCount.outcome, DailyCount.n).where(
        DailyCount.day > today - timedelta(days=HABIT_DAYS), DailyCount.day <= today
    )
    if source_id is not None:
        sources = sources.where(Source.id == source_id)
        points = points.where(EntryPoint.source_id == source_id)
        counted = counted.where(DailyCount.source_id == source_id)
    entries: dict[str, list[Entry]] = {}
    for row in session.scalars(points):
        entries.setdefault(row.source_id, []).append(_entry(row))
    counts: dict[str, dict[tuple[date, str], int]] = {}
    for name, day, outcome, n in session.execute(counted):
        counts.setdefault(name, {})[day, outcome] = n
    return {
        name: judge(Rows(enabled, entries.get(name, []), counts.get(name, {})), now)
        for name, enabled in session.execute(sources)
    }


def _entry(row: EntryPoint) -> Entry:
    return Entry(
        row.kind,
        row.url,
        row.interval_s,
        row.failures,
        row.last_outcome,
        row.last_success,
        row.next_due,
    )
