"""Saved views: the queue's filters under a name that one member of staff gave them.

A view holds filters of closed lists and never words to search for: rule 2 knows no keyword watch list.
"""

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.errors import ConflictError, UsageError
from models.workbench import SavedView
from pipeline.compose import Desk

MOST_VIEWS = 20
MAX_NAME = 40
MAX_QUERY = 500


def save(desk: Desk, staff_id: int, name: str, query: str) -> None:
    """Keep filters under a name, in place of the view of that name; raises `UsageError`, `ConflictError`."""
    called = " ".join(name.split())
    if not 1 <= len(called) <= MAX_NAME:
        raise UsageError(f"name: write 1 to {MAX_NAME} characters")
    if len(query) > MAX_QUERY:
        raise UsageError("query: too long")
    with desk.sessions.begin() as session:
        session.execute(delete(SavedView).where(SavedView.staff_id == staff_id, SavedView.name == called))
        held = session.scalar(select(func.count()).where(SavedView.staff_id == staff_id)) or 0
        if held >= MOST_VIEWS:
            raise ConflictError(f"you have {MOST_VIEWS} views; delete one first")
        session.add(SavedView(staff_id=staff_id, name=called, query=query))


def drop(desk: Desk, staff_id: int, view_id: int) -> None:
    """Delete one of one's own views."""
    with desk.sessions.begin() as session:
        session.execute(delete(SavedView).where(SavedView.id == view_id, SavedView.staff_id == staff_id))


def of(session: Session, staff_id: int) -> Sequence[SavedView]:
    """The views of one person by name."""
    query = select(SavedView).where(SavedView.staff_id == staff_id)
    return session.scalars(query.order_by(SavedView.name).limit(MOST_VIEWS)).all()
