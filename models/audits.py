"""What measures the people and the machine: seeds mixed into the queue, and the independent audit.

Both are judged blind. A seed is a known false claim in new words; its claim belongs to no week (`NO_WEEK`),
so that it enters no figure but the reviewers' sensitivity, and it never leaves the review tool.
"""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of
from models.vocabulary import Opinion


class Seed(Base):
    """One known false claim, reworded and mixed blind into a quarter's reviews; `recognised` once settled."""

    __tablename__ = "seed"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="SET NULL"), unique=True)
    of_claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="SET NULL"), index=True)
    quarter: Mapped[str] = mapped_column(index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_day: Mapped[date]
    recognised: Mapped[bool | None]
    settled_day: Mapped[date | None]
    stratum: Mapped[str | None]


class AuditTask(Base):
    """One claim of a week's independent audit, flagged or not, by its opaque reference (R13)."""

    __tablename__ = "audit_task"
    __table_args__ = (Index("ix_audit_task_claim_id", "claim_id"),)

    week: Mapped[str] = mapped_column(primary_key=True)
    claim_ref: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="SET NULL"))
    position: Mapped[int]
    flagged: Mapped[bool]
    n_stratum: Mapped[int]


class AuditLabel(Base):
    """What one auditor says of one audited claim; two auditors label each."""

    __tablename__ = "audit_label"
    __table_args__ = (one_of("label", Opinion),)

    week: Mapped[str] = mapped_column(primary_key=True)
    claim_ref: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    label: Mapped[str]
    at: Mapped[datetime]
