"""May what was learned since the last model move the queue's order? A lead lets it; checks stop it.

Rule 10 asks that a model proves itself and that a person promotes it. What learns after every verdict cannot
be promoted each time, so the leave to learn is what a lead gives, for as long as each training passes the
gates (`pipeline.livegate`), the audits stay quiet and the model that served then is not taken back.
Whatever it learns moves the order alone: `claim.learned` and `claim.priority`, never the score, a flag or a
state.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.desk import ModelVersion, WeeklyFigure
from models.errors import ConflictError
from models.ordering import LiveOrder
from models.vocabulary import ModelKind
from pipeline import autoqueue
from pipeline.compose import Desk
from pipeline.figures import ALARM
from pipeline.labels import Label, fingerprint
from pipeline.leads import kept_reason, may_lead
from pipeline.learning import champion

ON, OFF = "on", "off"


def newest(session: Session) -> LiveOrder | None:
    """The newest switching; None if nobody ever switched it."""
    return session.scalar(select(LiveOrder).order_by(LiveOrder.id.desc()).limit(1))


def is_on(session: Session) -> bool:
    """Whether learning between models moves the order."""
    row = newest(session)
    return row is not None and row.state == ON


def switch_on(desk: Desk, staff_id: int, reason: str) -> None:
    """Let the newest verdicts move the order, from the next training on that passes the gates.

    Raises `UsageError` for a reason that says nothing, `ConflictError` for anybody but a lead, while an audit
    is over its limit, and if it is on already.
    """
    kept = kept_reason(desk, reason)
    with desk.sessions.begin() as session:
        _lead(session, staff_id)
        if is_on(session):
            raise ConflictError("the order learns from new verdicts already")
        why = alarm(session, desk.clock())
        if why is not None:
            raise ConflictError(f"the order may not learn now: {why}")
        _switch(session, desk, ON, staff_id, kept)


def switch_off(desk: Desk, staff_id: int, reason: str) -> None:
    """Order by the promoted model alone; raises as `switch_on` does."""
    kept = kept_reason(desk, reason)
    with desk.sessions.begin() as session:
        _lead(session, staff_id)
        if not is_on(session):
            raise ConflictError("the order learns from no new verdicts now")
        _switch(session, desk, OFF, staff_id, kept)


def stop(desk: Desk, why: str) -> None:
    """Switch it off because a check says so; nothing if it is off."""
    with desk.sessions.begin() as session:
        if is_on(session):
            _switch(session, desk, OFF, None, why)


def note(desk: Desk, labels: list[Label]) -> None:
    """Keep when it learned, from how many labels, and their fingerprint."""
    digest = fingerprint(labels)
    with desk.sessions.begin() as session:
        row = newest(session)
        if row is not None and row.state == ON and row.data_sha256 != digest:
            row.learned_at, row.n_labels, row.data_sha256 = desk.clock(), len(labels), digest


def alarm(session: Session, now: datetime) -> str | None:
    """What stands against learning now: a stopped queue, or the audit's alarm; None if nothing does."""
    if autoqueue.stopped(session, now) is not None:
        return "the independent audit found too many false flags"
    query = select(WeeklyFigure).where(WeeklyFigure.name == "audit_alarm", WeeklyFigure.enough)
    figure = session.scalar(query.order_by(WeeklyFigure.week.desc()).limit(1))
    if figure is not None and figure.method.startswith(ALARM):
        return "the weekly audit's alarm for missed claims rings"
    return None


def taken_back(session: Session, row: LiveOrder) -> bool:
    """Whether the model that served when it was switched on was rolled back since."""
    serving = champion(session, ModelKind.RANK)
    now = None if serving is None else serving.id
    if now == row.model_id:
        return False
    # a model that a person promoted since is no step back
    return serving is None or serving.promoted_at is None or serving.promoted_at < row.at


def _lead(session: Session, staff_id: int) -> None:
    if not may_lead(session, staff_id):
        raise ConflictError("only a lead decides whether the order learns from new verdicts")


def _switch(session: Session, desk: Desk, state: str, staff_id: int | None, reason: str) -> None:
    serving: ModelVersion | None = champion(session, ModelKind.RANK)
    model_id = None if serving is None else serving.id
    row = LiveOrder(state=state, staff_id=staff_id, model_id=model_id, reason=reason, at=desk.clock())
    session.add(row)
    session.flush()
    actor = "system" if staff_id is None else f"staff:{staff_id}"
    audit.append(session, desk.clock, actor, f"order_{state}", f"order:{row.id}", {"reason": reason})
