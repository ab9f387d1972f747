"""Labels of one member of staff are withdrawn from training, and put back: a lead's decision with a reason.

The verdicts stay as they are: what is public is changed by an appeal or a new review, not by this. What the
withdrawn person decided, first or second, is left out of every later training (safety M7).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.desk import JobRun
from models.errors import ConflictError
from pipeline.leads import kept_reason, may_lead

if TYPE_CHECKING:
    from pipeline.compose import Desk

WITHDRAWN = "labels_withdrawn"
"""The ledger's rows of this decision: the period is the person, and the row is open while it is in force."""


@dataclass(frozen=True)
class Withdrawal:
    """Whose labels are withdrawn, since when, and why, in the lead's words."""

    staff_id: int
    since: datetime
    reason: str


def in_force(session: Session) -> list[Withdrawal]:
    """Every withdrawal that is in force, by person."""
    query = select(JobRun).where(JobRun.job == WITHDRAWN, JobRun.finished_at.is_(None))
    found = [
        Withdrawal(int(row.period.removeprefix("staff:")), row.started_at, row.outcome or "")
        for row in session.scalars(query)
    ]
    return sorted(found, key=lambda one: one.staff_id)


def withdrawn(session: Session) -> set[int]:
    """Whose labels teach nothing at present."""
    return {one.staff_id for one in in_force(session)}


def withdraw(desk: "Desk", staff_id: int, lead_id: int, reason: str) -> None:
    """Leave what a person decided out of every later training.

    Raises `UsageError` for a reason that says nothing, `ConflictError` for anybody but a lead, for a lead's
    own labels, and where they are withdrawn already.
    """
    kept = kept_reason(desk, reason)
    with desk.sessions.begin() as session:
        _may(session, lead_id, staff_id)
        row = _row(session, staff_id)
        if row is not None and row.finished_at is None:
            raise ConflictError("the labels of this person are withdrawn already")
        if row is None:
            row = JobRun(job=WITHDRAWN, period=f"staff:{staff_id}", started_at=desk.clock())
            session.add(row)
        row.started_at, row.finished_at, row.outcome = desk.clock(), None, kept
        detail = {"reason": kept}
        audit.append(session, desk.clock, f"staff:{lead_id}", "labels_withdraw", f"staff:{staff_id}", detail)


def readmit(desk: "Desk", staff_id: int, lead_id: int, reason: str) -> None:
    """Let what a person decided teach again; raises as `withdraw` does."""
    kept = kept_reason(desk, reason)
    with desk.sessions.begin() as session:
        _may(session, lead_id, staff_id)
        row = _row(session, staff_id)
        if row is None or row.finished_at is not None:
            raise ConflictError("the labels of this person are not withdrawn")
        row.finished_at, row.outcome = desk.clock(), kept
        detail = {"reason": kept}
        audit.append(session, desk.clock, f"staff:{lead_id}", "labels_readmit", f"staff:{staff_id}", detail)


def _may(session: Session, lead_id: int, staff_id: int) -> None:
    if not may_lead(session, lead_id):
        raise ConflictError("only a lead decides whose labels teach")
    if lead_id == staff_id:
        raise ConflictError("your own labels are another lead's to withdraw")


def _row(session: Session, staff_id: int) -> JobRun | None:
    return session.scalar(select(JobRun).where(JobRun.job == WITHDRAWN, JobRun.period == f"staff:{staff_id}"))
