"""May the score fill the queue? The false flags of the independent audit, and the stop they pull (R13).

A flagged claim counts as a false flag if either of its two auditors says that it is not ours or no claim:
in doubt against the score. If the upper limit of the newest audit with enough labels lies over ten per cent,
the score orders the queue and fills it no more, until a newer audit lies under it or a lead lets it. An
audit with few labels stops nothing, so that a young desk is never stopped.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, select
from sqlalchemy.orm import Session

from models import audit
from models.audits import AuditLabel, AuditTask
from models.desk import JobRun, WeeklyFigure
from models.errors import ConflictError
from models.session import insert_ignore
from models.vocabulary import Opinion
from pipeline.compose import Desk
from pipeline.figures import LEVEL, Figure, missing
from pipeline.independent import DRAW, LABELS_EACH
from pipeline.leads import kept_reason, may_lead
from pipeline.outcomes import FALSE_OPINIONS, week_bounds
from pipeline.statistics import wilson

NO_FLAG = (Opinion.NOT_OURS, Opinion.NOT_A_CLAIM)
MOST = 0.10
LEAST = 35  # the smallest audit whose upper limit is under ten per cent when it finds nothing
FALSE_FLAGS, RESUME = "audit_false_flags", "queue_resume"


@dataclass(frozen=True)
class Half:
    """One half of an audit as far as it is labelled: `positives` of `judged` of `drawn` of `size` claims."""

    week: str
    size: int = 0
    drawn: int = 0
    judged: int = 0
    positives: int = 0

    @property
    def share(self) -> float:
        """The share of positives."""
        return self.positives / self.judged

    @property
    def limits(self) -> tuple[float, float]:
        """Wilson's interval of the share, or the share itself where every claim was drawn and judged."""
        if self.judged == self.size:
            return self.share, self.share
        return wilson(self.positives, self.judged)


def halves(session: Session, week: str, until: datetime | None = None) -> tuple[Half, Half]:
    """A week's audit by the labels given until an instant: false flags, and false claims not flagged."""
    counted = _counted(week, until)
    found = {row.flagged: row for row in session.execute(select(counted))}
    flagged, others = found.get(True), found.get(False)
    return (
        Half(week, flagged.size, flagged.drawn, flagged.judged, flagged.doubted) if flagged else Half(week),
        Half(week, others.size, others.drawn, others.judged, others.called_false) if others else Half(week),
    )


def _counted(week: str, until: datetime | None) -> Subquery:
    """Both halves: their size, how much of them was drawn and judged, and what was found."""
    rows = _labelled(week, until)
    twice = rows.c.labels >= LABELS_EACH

    def number(*tests: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((and_(twice, *tests), 1), else_=0))

    columns = (
        func.max(rows.c.n_stratum).label("size"),
        func.count().label("drawn"),
        number().label("judged"),
        number(rows.c.no_flag > 0).label("doubted"),
        number(rows.c.called_false >= LABELS_EACH).label("called_false"),
    )
    return select(rows.c.flagged, *columns).group_by(rows.c.flagged).subquery()


def _labelled(week: str, until: datetime | None) -> Subquery:
    """Each drawn claim with its labels: how many, how many against the flag, how many that say false."""
    given = (AuditLabel.week == AuditTask.week) & (AuditLabel.claim_ref == AuditTask.claim_ref)
    if until is not None:
        given &= AuditLabel.at <= until
    columns = (
        func.count(AuditLabel.staff_id).label("labels"),
        func.sum(case((AuditLabel.label.in_(NO_FLAG), 1), else_=0)).label("no_flag"),
        func.sum(case((AuditLabel.label.in_(FALSE_OPINIONS), 1), else_=0)).label("called_false"),
    )
    task = (AuditTask.flagged, AuditTask.n_stratum)
    query = select(*task, *columns).outerjoin(AuditLabel, given).where(AuditTask.week == week)
    return query.group_by(AuditTask.claim_ref, *task).subquery()


def newest(session: Session, at: datetime) -> Half | None:
    """The flagged half of the newest week whose audit had enough labels at an instant.

    Of a week whose figures were final by then only its figure is asked, so that this costs no more each year.
    """
    final = (WeeklyFigure.name == FALSE_FLAGS, WeeklyFigure.computed_at <= at)
    enough = select(WeeklyFigure.week).where(*final, WeeklyFigure.enough)
    known = session.scalar(enough.order_by(WeeklyFigure.week.desc()).limit(1))
    undecided = ~exists().where(WeeklyFigure.week == JobRun.period, *final)
    later = select(JobRun.period).where(JobRun.job == DRAW, JobRun.period > (known or ""), undecided)
    for week in session.scalars(later.order_by(JobRun.period.desc())):
        flagged, _ = halves(session, week, until=at)
        if flagged.judged >= LEAST:
            return flagged
    return halves(session, known)[0] if known else None


def over_limit(session: Session, at: datetime) -> Half | None:
    """The newest audit with enough labels at an instant, if its upper limit is over ten per cent."""
    flags = newest(session, at)
    return flags if flags is not None and flags.limits[1] > MOST else None


def lifted(session: Session, flags: Half, at: datetime) -> JobRun | None:
    """The ledger's row of a lead's decision not to stop for an audit; its outcome is the reason."""
    row = select(JobRun).where(JobRun.job == RESUME, JobRun.period == flags.week, JobRun.started_at <= at)
    return session.scalar(row)


def stopped(session: Session, at: datetime) -> Half | None:
    """The audit that keeps the score from filling the queue at an instant; None if none does."""
    flags = over_limit(session, at)
    return flags if flags is not None and lifted(session, flags, at) is None else None


def resume(desk: Desk, staff_id: int, reason: str) -> None:
    """Let the score fill the queue in spite of one audit; a newer one may stop it again.

    Raises `UsageError` or `ConflictError`, and changes nothing then.
    """
    kept = kept_reason(desk, reason)
    now = desk.clock()
    with desk.sessions.begin() as session:
        if not may_lead(session, staff_id):
            raise ConflictError("only a lead lets the score fill the queue again")
        stop = stopped(session, now)
        run = {"job": RESUME, "started_at": now, "finished_at": now, "outcome": kept}
        if stop is None or not insert_ignore(
            session, JobRun, [run | {"period": stop.week}], ["job", "period"]
        ):
            raise ConflictError("the score fills the queue already")
        detail = {"reason": kept, "share": stop.share, "high": stop.limits[1]}
        audit.append(session, desk.clock, f"staff:{staff_id}", RESUME, f"week:{stop.week}", detail)


def figures(session: Session, desk: Desk, week: str) -> list[Figure]:
    """What the independent audit of a week says, and whether the queue was stopped when the week ended."""
    flagged, others = halves(session, week)
    return [
        false_flags(flagged),
        _share("audit_unflagged_false", others),
        _unjudged(flagged, others),
        _state(session, desk, week),
    ]


def false_flags(flagged: Half) -> Figure:
    """The share of false flags as a figure."""
    return _share(FALSE_FLAGS, flagged)


def _share(name: str, half: Half) -> Figure:
    if half.judged < LEAST:
        why = f"too few data: {half.judged} of {half.drawn} are labelled twice, {LEAST} are needed"
        return missing(name, half.week, half.judged, why)
    low, high = half.limits
    method = "complete count" if half.judged == half.size else "Wilson"
    return Figure(name, half.week, half.share, low, high, LEVEL, half.judged, method, enough=True)


def _unjudged(*of: Half) -> Figure:
    name, week = "audit_not_judged", of[0].week
    drawn = sum(one.drawn for one in of)
    if not drawn:
        return missing(name, week, 0, "too few data: no independent audit was drawn")
    share = 1 - sum(one.judged for one in of) / drawn
    return Figure(name, week, share, share, share, LEVEL, drawn, "complete count", enough=True)


def _state(session: Session, desk: Desk, week: str) -> Figure:
    stop = stopped(session, min(desk.clock(), week_bounds(week)[1]))
    n = stop.judged if stop else 0
    method = f"stopped by the audit of {stop.week}" if stop else "no audit with enough labels stops it"
    return Figure(
        "auto_queue_stopped", week, float(stop is not None), None, None, LEVEL, n, method, enough=True
    )
