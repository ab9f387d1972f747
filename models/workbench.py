"""What a member of staff has at hand and nobody else sees: views, drafts, and reviews that can be taken back.

Drafts and waiting reviews hang on their claim and go with it (rule 9).
"""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SavedView(Base):
    """A set of the queue's filters that one member of staff named; never words to search for (rule 2)."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("staff_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    name: Mapped[str]
    query: Mapped[str]


class Draft(Base):
    """What one member of staff has typed about a claim and not decided; `refused` says why it came back."""

    __tablename__ = "draft"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(
        ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    fields: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(index=True)
    refused: Mapped[str | None]


class PendingReview(Base):
    """A review within the seconds in which its author may take it back: it counts for nothing yet."""

    __tablename__ = "pending_review"
    __table_args__ = (UniqueConstraint("claim_id", "staff_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    round: Mapped[int]
    given: Mapped[str]
    typed: Mapped[str]
    batch: Mapped[str]
    at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
