"""Tips that this machine cannot read: sealed to a key that is kept offline (setting `tips.seal_to`)."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SealedTip(Base):
    """The sentences in scope of one tip, sealed; its receipt (keyed hash) and its day."""

    __tablename__ = "sealed_tip"

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_key: Mapped[str] = mapped_column(unique=True)
    day: Mapped[date] = mapped_column(index=True)
    # base64 and padded, so that not even its length tells what is in it
    sealed: Mapped[str]
