"""How soon false claims are answered: Kaplan-Meier curves in which those still open count.

A claim that two people found false enters on its first day; the event is its public correction; one without
is followed to the present day, or to the day on which its week was closed, and censored there (Kaplan and
Meier 1958; limits by the exponential Greenwood formula, both from scipy). Looking at the answered alone
would flatter the desk: whatever it is slow at would be missing.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.desk import WeeklyFigure
from models.retention import QUEUED_DAYS
from models.weeks import iso_week, local_day, week_days
from pipeline.compose import Desk
from pipeline.figures import LEVEL, UNREACHED, Figure, missing
from pipeline.outcomes import Settled, settled
from pipeline.shares import MIN_CASES
from pipeline.span import Span
from pipeline.statistics import wilson

HORIZONS = (1, 3, 7, 14, 30)
POOLED_WEEKS = 13
METHOD = "Kaplan-Meier, exponential Greenwood"
MEDIAN_METHOD = "median of the Kaplan-Meier curve, limits where its exponential Greenwood band crosses a half"


class Point(NamedTuple):
    """The curve from a day on: the share answered by then, its limits, and how many were waited for."""

    day: int
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True)
class Times:
    """Days from the first day to the answer, and days that those without an answer have been followed."""

    answered: tuple[int, ...]
    waiting: tuple[int, ...]

    @property
    def n(self) -> int:
        """How many claims were followed."""
        return len(self.answered) + len(self.waiting)


def times_of(claims: Sequence[Settled], until: date) -> Times:
    """The times of those found false by the end of a local day; what came later has not happened yet."""
    answered, waiting = [], []
    for one in claims:
        found = _found_on(one)
        if found is None or found > until:
            continue
        answer = _day(one.answered_at)
        if answer is not None and answer <= until:
            answered.append(max(0, (answer - one.first_day).days))
        else:
            waiting.append(max(0, (until - one.first_day).days))
    return Times(tuple(answered), tuple(waiting))


def _found_on(one: Settled) -> date | None:
    """The day on which two people had found it false; None if it is not false."""
    known = [at for at in (one.agreed_at, one.answered_at) if at is not None]
    return local_day(min(known)) if one.is_false and known else None


def _day(at: datetime | None) -> date | None:
    return None if at is None else local_day(at)


def points(times: Times) -> list[Point]:
    """The whole curve, one point for each day on which something ended; empty without claims."""
    if times.n == 0:
        return []
    import numpy as np
    from scipy.stats import CensoredData, ecdf

    waited, censored = np.array(times.answered, dtype=float), np.array(times.waiting, dtype=float)
    left = ecdf(CensoredData(uncensored=waited, right=censored)).sf
    with warnings.catch_warnings():
        # scipy has no interval where nobody or everybody is answered: `_edge` has one
        warnings.simplefilter("ignore", RuntimeWarning)
        band = left.confidence_interval(LEVEL, method="log-log")
    followed = np.sort(np.concatenate([waited, censored]))
    at_risk = followed.size - np.searchsorted(followed, left.quantiles, side="left")
    found: list[Point] = []
    bands = (band.low.probabilities, band.high.probabilities)
    for day, open_share, low, high, n in zip(
        left.quantiles, left.probabilities, *bands, at_risk, strict=True
    ):
        if 0 < open_share < 1:
            point = Point(int(day), 1 - float(open_share), 1 - float(high), 1 - float(low), int(n))
        else:
            point = _edge(found, int(day), float(open_share), int(n))
        found.append(point)
    return found


def _edge(before: Sequence[Point], day: int, open_share: float, at_risk: int) -> Point:
    """A point at which nobody or everybody is answered, where Greenwood's variance is nought.

    The limits come from the claims that were waited for on that day alone, and, where everybody is answered,
    from the band that the curve came from; both are on the safe side.
    """
    if open_share > 0:
        return Point(day, 0.0, 0.0, wilson(0, at_risk)[1], at_risk)
    left = 1 - before[-1].low if before else 1.0
    return Point(day, 1.0, 1 - left * wilson(0, at_risk)[1], 1.0, at_risk)


def at_day(curve_: Sequence[Point], day: int, n: int) -> Point | None:
    """The curve on one day; None if no claim was followed for so long."""
    if curve_[-1].day < day and curve_[-1].share < 1:
        return None
    past = [one for one in curve_ if one.day <= day]
    return past[-1] if past else Point(day, 0.0, 0.0, wilson(0, n)[1], n)


def survival_figures(span: Span, claims: Sequence[Settled]) -> list[Figure]:
    """The shares answered within some days and the median, of one week's claims."""
    times = times_of(claims, span.today)
    names = [f"answered_within_{days}_days" for days in HORIZONS]
    if times.n < MIN_CASES:
        why = f"too few data: {times.n} false claims, {MIN_CASES} are needed"
        return [missing(name, span.label, times.n, why) for name in (*names, "time_to_answer_days")]
    whole = points(times)
    shares = [
        _within(span.label, name, whole, days, times.n) for name, days in zip(names, HORIZONS, strict=True)
    ]
    return [*shares, _median(span.label, whole, times.n)]


def _within(week: str, name: str, whole: Sequence[Point], days: int, n: int) -> Figure:
    found = at_day(whole, days, n)
    if found is None:
        why = f"too few data: the false claims of this week were followed for {whole[-1].day} days at most"
        return missing(name, week, n, why)
    return Figure(name, week, found.share, found.low, found.high, LEVEL, n, METHOD, enough=True)


def _median(week: str, whole: Sequence[Point], n: int) -> Figure:
    """The first day on which half are answered (Brookmeyer and Crowley 1982); the upper limit may be open."""
    name = "time_to_answer_days"
    value = next((one.day for one in whole if one.share >= 0.5), None)
    if value is None:
        why = f"{UNREACHED}: the curve of {n} false claims has not come to a half"
        return missing(name, week, n, why)
    low = next(one.day for one in whole if one.high >= 0.5)
    high = next((float(one.day) for one in whole if one.low >= 0.5), None)
    return Figure(name, week, float(value), float(low), high, LEVEL, n, MEDIAN_METHOD, enough=True)


def curve(desk: Desk, week: str) -> list[Point]:
    """The curve of the last 13 weeks of arrival up to `week`, as of now or of the day `week` was closed.

    Empty with fewer than eleven false claims, and for weeks so old that claims nobody answered have been
    erased: what is left of them would make the desk look fast.
    """
    monday = week_days(week)[0]
    weeks = [iso_week(monday - timedelta(weeks=back)) for back in range(POOLED_WEEKS)]
    today = local_day(desk.clock())
    if week_days(weeks[-1])[0] < today - timedelta(days=QUEUED_DAYS):
        return []
    with desk.reading() as session:
        times = times_of(settled(session, *weeks), _closed_on(session, week) or today)
    return points(times) if times.n >= MIN_CASES else []


def _closed_on(session: Session, week: str) -> date | None:
    return _day(session.scalar(select(func.max(WeeklyFigure.computed_at)).where(WeeklyFigure.week == week)))
