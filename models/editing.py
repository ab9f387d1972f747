"""What a lead has typed in the editor of corrections and not yet published."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class CorrectionDraft(Base):
    """One field of one lead's draft for one claim; only that lead ever sees it."""

    __tablename__ = "correction_draft"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str]
    saved_at: Mapped[datetime]
