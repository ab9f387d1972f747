"""What orders the queue between two models: who lets it, answers to reasons, and what may be unread."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class LiveOrder(Base):
    """One switching on or off of learning between models; the newest row holds.

    `learned_at`, `n_labels` and `data_sha256` are of the newest training under it: when, from how many
    labels, and the fingerprint of what they say.
    """

    __tablename__ = "live_order"
    __table_args__ = (
        CheckConstraint("state IN ('on', 'off')", name="state_known"),
        CheckConstraint("state <> 'on' OR staff_id IS NOT NULL", name="switched_on_by_a_person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # the ranking model that served then; another one that nobody promoted since ends the learning
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    learned_at: Mapped[datetime | None]
    n_labels: Mapped[int | None]
    data_sha256: Mapped[str | None]


class RankAnswer(Base):
    """A reviewer's "no, because" to one reason of one claim's place; it goes with the claim."""

    __tablename__ = "rank_answer"
    __table_args__ = (UniqueConstraint("claim_id", "staff_id", "feature"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    feature: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]


class QueueOutlook(Base):
    """What is probably still among the unread claims, as reckoned last; one row of counts, no claim's own."""

    __tablename__ = "queue_outlook"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    n_claims: Mapped[int]
    n_unread: Mapped[int]
    n_found: Mapped[int]
    n_drawn: Mapped[int]
    n_waiting: Mapped[int]
    likely: Mapped[float | None]
    most: Mapped[int | None]
    needed: Mapped[int]
