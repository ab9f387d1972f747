"""When another model was put to work: what charts note, because it may move the figures.

Read from the log of decisions, which keeps every promotion and rollback; the model registry remembers a
model's last one alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.desk import AuditEntry
from models.weeks import iso_week, local_day

PROMOTE, ROLLBACK = "model_promote", "model_rollback"


@dataclass(frozen=True)
class Change:
    """A lead put a model to work (`model_promote`) or took it away again (`model_rollback`)."""

    day: date
    action: str
    model: str

    @property
    def week(self) -> str:
        """The week that it happened in."""
        return iso_week(self.day)


def since(session: Session, seq: int) -> tuple[Sequence[Change], int]:
    """The changes that the log holds after entry `seq`, oldest first, and the number of its last entry.

    Handing the number back next time reads new entries alone, however long the log has become.
    """
    last = session.scalar(select(func.max(AuditEntry.seq))) or 0
    query = select(AuditEntry.at, AuditEntry.action, AuditEntry.subject).where(
        AuditEntry.seq > seq, AuditEntry.seq <= last, AuditEntry.action.in_((PROMOTE, ROLLBACK))
    )
    rows = session.execute(query.order_by(AuditEntry.seq))
    return [
        Change(local_day(at), action, subject.removeprefix("model:")) for at, action, subject in rows
    ], last
