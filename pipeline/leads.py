"""What all decisions of a lead share: an account that may take them, and a reason that says something."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from models.desk import Staff
from models.errors import UsageError
from models.vocabulary import Role

if TYPE_CHECKING:
    from pipeline.compose import Desk

MIN_REASON, MAX_REASON = 10, 500


def may_lead(session: Session, staff_id: int) -> bool:
    """Whether this account is a lead's who works here now."""
    staff = session.get(Staff, staff_id)
    return staff is not None and not staff.disabled and staff.role == Role.LEAD


def kept_reason(desk: "Desk", reason: str) -> str:
    """The reason as it is kept, numbers and names masked; raises `UsageError` for one that says nothing."""
    if not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        raise UsageError(f"reason: write {MIN_REASON} to {MAX_REASON} characters")
    return desk.masker.mask(reason.strip()).text
