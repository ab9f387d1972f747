"""The weekly figures: reckoned anew while a week is open, read back unchanged once it is closed.

A week closes when the promise for its last claim has ended and its audits are judged, the desk's own and the
independent one, or seventeen days after it ended, because unflagged claims are erased soon after; what is
judged later belongs to no figure.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, insert, select, union
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim, SampleFrame
from models.desk import JobRun, WeeklyFigure
from models.session import insert_ignore
from models.weeks import NO_WEEK, iso_week, parse_week, week_days, weeks_between
from pipeline import autoqueue, independent, seedfigures, targets
from pipeline.calibration import calibration_figures, forget_scores
from pipeline.compose import Desk
from pipeline.counts import desk_figures
from pipeline.dictionary import ORDER
from pipeline.drift import drift_figures
from pipeline.figures import Figure, with_states
from pipeline.outcomes import settled, week_bounds, week_deadline
from pipeline.tally import Tally, is_closed, keep_outcomes, tally

__all__ = ["Figure", "between", "close_due", "close_week", "history", "over", "series", "weekly"]

CLOSE = "close_figures"
LONGEST = timedelta(days=17)


def weekly(desk: Desk, week: str) -> list[Figure]:
    """Every figure of a week, in the data dictionary's order; raises `WeekError` on what is no week."""
    parse_week(week)
    with desk.reading() as session:
        return _figures(session, desk, week)


def series(desk: Desk, weeks: int = 26) -> list[Figure]:
    """The figures of the last weeks up to the present one, oldest first, from the desk's first week on."""
    present = iso_week(desk.clock())
    first = iso_week(week_days(present)[0] - timedelta(weeks=weeks - 1))
    return between(desk, max(first, first_week(desk) or present), present)


def first_week(desk: Desk) -> str | None:
    """The first week that the desk knows anything of."""
    with desk.reading() as session:
        return _first_week(session)


def between(desk: Desk, first: str, last: str) -> list[Figure]:
    """The figures of every week from `first` to `last`, both included."""
    with desk.reading() as session:
        return [one for week in weeks_between(first, last) for one in _figures(session, desk, week)]


def history(desk: Desk, week: str, weeks: int = 26) -> list[Figure]:
    """The figures of the weeks up to `week`; once it is closed, of those that were closed no later than it.

    So the history that an export of a closed week shows is the same whenever it is exported.
    """
    first = iso_week(week_days(week)[0] - timedelta(weeks=weeks - 1))
    closed_at = func.max(WeeklyFigure.computed_at)
    with desk.reading() as session:
        if not is_closed(session, week):
            return between(desk, max(first, min(week, _first_week(session) or week)), week)
        own = select(closed_at).where(WeeklyFigure.week == week).scalar_subquery()
        query = select(WeeklyFigure.week).where(WeeklyFigure.week.between(first, week))
        kept = query.group_by(WeeklyFigure.week).having(closed_at <= own).order_by(WeeklyFigure.week)
        return [one for label in session.scalars(kept).all() for one in _closed(session, label)]


def over(desk: Desk, weeks: Sequence[str]) -> list[Figure]:
    """Both targets over several weeks pooled, oldest week first."""
    with desk.reading() as session:
        found = [tally(session, desk, week) for week in weeks]
    return with_states(targets.over([one for one in found if one is not None], weeks[-1]))


def _figures(session: Session, desk: Desk, week: str) -> list[Figure]:
    if is_closed(session, week):
        return _closed(session, week)
    return _reckon(session, desk, week)


def _closed(session: Session, week: str) -> list[Figure]:
    rows = session.scalars(select(WeeklyFigure).where(WeeklyFigure.week == week))
    figures = [
        Figure(
            row.name,
            row.week,
            row.value,
            row.low,
            row.high,
            row.level,
            row.n,
            row.method,
            row.enough,
            provisional=False,
        )
        for row in rows
    ]
    return with_states(sorted(figures, key=lambda one: ORDER[one.name]))


def _reckon(session: Session, desk: Desk, week: str) -> list[Figure]:
    counts = tally(session, desk, week)
    figures = targets.unsampled(week) if counts is None else targets.target_figures(counts)
    seeds = seedfigures.counted(session, week)
    figures.append(seedfigures.sensitivity(seeds, week))
    figures += seedfigures.corrected(figures, counts, seeds, week)
    if not figures[0].enough and counts is not None:
        figures.append(targets.pooled_recall(lambda n: _past(session, desk, week, n), week))
    if targets.is_look(week):
        past = _past(session, desk, week, int(week[6:]))
        claims = targets.year_to_date(past, week, seeds)
        figures += claims + seedfigures.year_to_date(past, week, claims, seeds)
    figures += autoqueue.figures(session, desk, week)
    done = settled(session, week)
    figures += desk_figures(session, desk, week, done)
    figures += calibration_figures(session, desk, week, done)
    figures += drift_figures(session, week, figures)
    return with_states(sorted(figures, key=lambda one: ORDER[one.name]))


def _past(session: Session, desk: Desk, week: str, n: int) -> Sequence[Tally]:
    """The tallies of the last `n` weeks of the desk, this one included; a week without claims has none."""
    monday = week_days(week)[0]
    found = [tally(session, desk, iso_week(monday - timedelta(weeks=back))) for back in range(n)]
    return [one for one in found if one is not None]


def _first_week(session: Session) -> str | None:
    claims = select(Claim.week).where(Claim.week > NO_WEEK)
    everything = union(claims, select(WeeklyFigure.week), select(SampleFrame.week)).subquery()
    return session.scalar(select(everything.c.week).order_by(everything.c.week).limit(1))


def close_due(desk: Desk) -> list[str]:
    """Close every week that can be closed and is not; gives their labels, oldest first."""
    first = first_week(desk)
    if first is None:
        return []
    past = weeks_between(first, iso_week(desk.clock() - timedelta(days=7)))
    return [week for week in past if close_week(desk, week)]


def close_week(desk: Desk, week: str) -> bool:
    """Write a week's figures for good, once; False if it is closed already or cannot be closed yet."""
    parse_week(week)
    now = desk.clock()
    with desk.sessions.begin() as session:
        if is_closed(session, week) or not _may_close(session, desk, week):
            return False
        ledger = {"job": CLOSE, "period": week, "started_at": now, "finished_at": now, "outcome": "done"}
        if not insert_ignore(session, JobRun, [ledger], ["job", "period"]):
            return False
        figures = _reckon(session, desk, week)
        keep_outcomes(session, desk, week)
        forget_scores(session, week)
        session.execute(insert(WeeklyFigure), [_row(one) | {"computed_at": now} for one in figures])
        detail = {one.name: _row(one) for one in figures}
        audit.append(session, desk.clock, "system", CLOSE, f"week:{week}", detail)
        return True


def _row(figure: Figure) -> dict[str, object]:
    return figure.as_dict()


def _may_close(session: Session, desk: Desk, week: str) -> bool:
    now = desk.clock()
    if now < week_deadline(week, desk.settings.number("answer.hours")):
        return False
    if now >= week_bounds(week)[1] + LONGEST:
        return True
    counts = tally(session, desk, week)
    if counts is None:
        # a week without claims has nothing to draw from; any other is drawn first
        return session.scalar(select(Claim.id).where(Claim.week == week).limit(1)) is None
    return counts.missing == 0 and not independent.waits(session, week)
