"""Drafts of corrections: what a lead has typed is kept until it is published, fourteen days at most.

A draft is one lead's own: nobody else is shown it or told that it exists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.editing import CorrectionDraft
from pipeline.compose import Desk

MAX_DRAFT_FIELD = 8_000
"""Characters of one field that a draft keeps: more than may be published, so that a long text can be cut."""


@dataclass(frozen=True)
class KeptDraft:
    """What was kept of one lead's work on one claim, and when."""

    fields: Mapping[str, str]
    saved_at: datetime


def keep(desk: Desk, claim_id: int, staff_id: int, fields: Mapping[str, str]) -> bool:
    """Keep these fields as the lead's draft in place of the one before; False if the claim is gone."""
    with desk.sessions.begin() as session:
        # locked, so that a claim which is being erased takes this draft along
        if session.get(Claim, claim_id, with_for_update=True) is None:
            return False
        drop(session, claim_id, staff_id)
        session.add_all(
            CorrectionDraft(
                claim_id=claim_id,
                staff_id=staff_id,
                field=name,
                words=words[:MAX_DRAFT_FIELD],
                saved_at=desk.clock(),
            )
            for name, words in fields.items()
            if words.strip()
        )
        return True


def kept(session: Session, claim_id: int, staff_id: int) -> KeptDraft | None:
    """A lead's own draft for a claim, if there is one."""
    query = select(CorrectionDraft).where(
        CorrectionDraft.claim_id == claim_id, CorrectionDraft.staff_id == staff_id
    )
    rows = session.scalars(query).all()
    if not rows:
        return None
    return KeptDraft({row.field: row.words for row in rows}, max(row.saved_at for row in rows))


def drop(session: Session, claim_id: int, staff_id: int | None = None) -> None:
    """Take away one lead's draft for a claim, or everybody's."""
    gone = delete(CorrectionDraft).where(CorrectionDraft.claim_id == claim_id)
    if staff_id is not None:
        gone = gone.where(CorrectionDraft.staff_id == staff_id)
    session.execute(gone)
