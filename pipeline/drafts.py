"""Drafts: what a member of staff has typed about a claim and not decided yet, read by that person alone.

A second review is blind: no function here gives anybody the draft of another.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.errors import NotFoundError, UsageError
from models.workbench import Draft
from pipeline.compose import Clock, Desk

MAX_CHARACTERS = 40_000
"""Of all fields together: the longest review that is taken is half of it."""


@dataclass(frozen=True)
class KeptDraft:
    """A draft as its author gets it back; `refused` says in one line why a review was not taken."""

    fields: Mapping[str, str]
    saved_at: datetime
    refused: str | None


@dataclass(frozen=True)
class Returned:
    """A review that could not be taken after its ten seconds and lies in its author's drafts."""

    claim_id: int
    text: str
    refused: str


def save(desk: Desk, claim_id: int, staff_id: int, fields: Mapping[str, str]) -> None:
    """Keep what was typed; nothing typed keeps nothing. Raises `NotFoundError` and `UsageError`."""
    with desk.sessions.begin() as session:
        if session.get(Claim, claim_id) is None:
            raise NotFoundError("this claim was erased or never existed")
        put(session, desk.clock, claim_id, staff_id, fields)


def put(
    session: Session,
    clock: Clock,
    claim_id: int,
    staff_id: int,
    fields: Mapping[str, str],
    refused: str | None = None,
) -> None:
    """Keep a draft in the caller's transaction in place of the one before; raises `UsageError`."""
    typed = {name: value for name, value in fields.items() if value.strip()}
    packed = json.dumps(typed, ensure_ascii=False, sort_keys=True)
    if len(packed) > MAX_CHARACTERS:
        raise UsageError(f"draft: at most {MAX_CHARACTERS} characters")
    drop(session, claim_id, staff_id)
    if typed:
        session.add(
            Draft(claim_id=claim_id, staff_id=staff_id, fields=packed, saved_at=clock(), refused=refused)
        )
        session.flush()


def of(session: Session, claim_id: int, staff_id: int) -> KeptDraft | None:
    """A person's own draft about a claim."""
    row = session.get(Draft, (claim_id, staff_id))
    if row is None:
        return None
    return KeptDraft(json.loads(row.fields), row.saved_at, row.refused)


def discard(desk: Desk, claim_id: int, staff_id: int) -> None:
    """Throw one's own draft away."""
    with desk.sessions.begin() as session:
        drop(session, claim_id, staff_id)


def drop(session: Session, claim_id: int, staff_id: int) -> None:
    """Take a draft away in the caller's transaction."""
    session.execute(delete(Draft).where(Draft.claim_id == claim_id, Draft.staff_id == staff_id))
    session.expire_all()


def returned(session: Session, staff_id: int, limit: int = 20) -> list[Returned]:
    """One person's reviews that could not be taken, newest first."""
    rows = session.execute(
        select(Draft.claim_id, Claim.text, Draft.refused)
        .join(Claim, Claim.id == Draft.claim_id)
        .where(Draft.staff_id == staff_id, Draft.refused.is_not(None))
        .order_by(Draft.saved_at.desc())
        .limit(limit)
    )
    return [Returned(claim_id, text, refused or "") for claim_id, text, refused in rows]
