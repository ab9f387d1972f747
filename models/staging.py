"""What the stages share: who works on which item until when, what they have reckoned with and have read."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

UNSETTLED = "state IN ('new', 'queued', 'second', 'third')"
"""The claims that stages work on, as partial indexes have it: a query must say it in these words."""


class StageLease(Base):
    """One mention or claim that one process has in hand for one stage; it goes with the item.

    `owner` is a random name that a process gives itself.
    """

    __tablename__ = "stage_lease"
    __table_args__ = (
        UniqueConstraint("mention_id", "stage"),
        UniqueConstraint("claim_id", "stage"),
        CheckConstraint("mention_id IS NOT NULL OR claim_id IS NOT NULL", name="one_item"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    mention_id: Mapped[int | None] = mapped_column(ForeignKey("mention.id", ondelete="CASCADE"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"))
    owner: Mapped[str]
    until: Mapped[datetime]


class StageMark(Base):
    """What a stage reckoned with last (a model, a threshold) and how often that has changed."""

    __tablename__ = "stage_mark"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    generation: Mapped[int]


class ClaimReading(Base):
    """What a claim is compared by, so that a new process need not read its text; it goes with the claim.

    `digest` tells whether it is of the text as it is and of the program as it is.
    """

    __tablename__ = "claim_reading"

    claim_id: Mapped[int] = mapped_column(
        ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    digest: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)
