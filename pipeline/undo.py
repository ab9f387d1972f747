"""Ten seconds to think again: a review is accepted at once and counts ten seconds later.

An accepted review is a row of its own (`pending_review`): no state, no label, no verdict and nothing public
comes of it, and nobody but its author sees it. The next look at the desk after its time, or the next run of
the stages, records it in one transaction; a process killed at any moment leaves it waiting or recorded.
What cannot be recorded any more (somebody else settled the claim first) becomes its author's draft again.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import Opinion
from models.workbench import PendingReview
from pipeline import drafts, parking
from pipeline.compose import Clock, Desk
from pipeline.decisions import ReviewInput, check_review, holder, review_in

if TYPE_CHECKING:
    from pydantic import TypeAdapter

UNDO_SECONDS = 10
MOST_AT_ONCE = 25
_SETTLED_AT_ONCE = 200
_ERRORS = (UsageError, ConflictError, NotFoundError)


@dataclass(frozen=True)
class Waiting:
    """One's own review that can still be taken back; `left_s` is in whole seconds, rounded up."""

    id: int
    claim_id: int
    text: str
    opinion: Opinion
    batch: str
    left_s: int


def accept(
    desk: Desk, claim_ids: Sequence[int], staff_id: int, given: ReviewInput, typed: Mapping[str, str]
) -> datetime:
    """Accept one review of each claim, all or none; gives when they will count.

    Everything that recording will check is checked now, so that what is wrong is told at once.
    Raises `UsageError`, `ConflictError` or `NotFoundError` and keeps nothing then.
    """
    if not 1 <= len(set(claim_ids)) <= MOST_AT_ONCE:
        raise UsageError(f"claims: choose 1 to {MOST_AT_ONCE}")
    settle_due(desk)
    at = desk.clock()
    due = at + timedelta(seconds=UNDO_SECONDS)
    batch = secrets.token_hex(8)
    packed = _adapter().dump_json(given).decode()
    kept = json.dumps(dict(typed), ensure_ascii=False, sort_keys=True)
    with desk.sessions.begin() as session:
        for claim_id in sorted(set(claim_ids)):
            _refuse_twice(session, claim_id, staff_id)
            claim = check_review(session, desk.clock, claim_id, staff_id, given)
            _hold_until(claim, staff_id, at, due)
            drafts.drop(session, claim_id, staff_id)
            row = PendingReview(claim_id=claim_id, staff_id=staff_id, round=claim.round, given=packed)
            row.typed, row.batch, row.at, row.due_at = kept, batch, at, due
            session.add(row)
            session.flush()
    return due


def _refuse_twice(session: Session, claim_id: int, staff_id: int) -> None:
    mine = (PendingReview.claim_id == claim_id) & (PendingReview.staff_id == staff_id)
    if session.scalar(select(exists().where(mine))):
        raise ConflictError("you have reviewed this claim; the second opinion must be another person's")


def _hold_until(claim: Claim, staff_id: int, now: datetime, due: datetime) -> None:
    """Keep the claim out of others' hands while it waits, unless somebody else holds it already."""
    if holder(claim, now) in {None, staff_id}:
        claim.lease_staff_id, claim.lease_until = staff_id, due


def take_back(desk: Desk, pending_id: int, staff_id: int) -> list[int]:
    """Take back a review and those made at once with it; their words become drafts. Gives the claims.

    Raises `NotFoundError` for another person's, `ConflictError` when the ten seconds are over.
    """
    settle_due(desk)
    with desk.sessions.begin() as session:
        row = session.get(PendingReview, pending_id)
        if row is None or row.staff_id != staff_id:
            raise ConflictError("the ten seconds are over: this review counts")
        same = select(PendingReview).where(
            PendingReview.staff_id == staff_id, PendingReview.batch == row.batch
        )
        rows = session.scalars(same.order_by(PendingReview.claim_id)).all()
        for one in rows:
            _take_back(session, desk.clock, one)
        return [one.claim_id for one in rows]


def _take_back(session: Session, clock: Clock, row: PendingReview) -> None:
    claim = session.get_one(Claim, row.claim_id, with_for_update=True)
    waiting = session.get(PendingReview, row.id, with_for_update=True, populate_existing=True)
    if waiting is None or waiting.due_at <= clock():
        raise ConflictError("the ten seconds are over: this review counts")
    given = _adapter().validate_json(row.given)
    detail = {"opinion": given.opinion, "reason": given.reason, "round": row.round}
    actor, subject = f"staff:{row.staff_id}", f"claim:{claim.public_id}"
    session.delete(waiting)
    session.flush()
    drafts.put(session, clock, claim.id, row.staff_id, json.loads(row.typed))
    audit.append(session, clock, actor, "review_taken_back", subject, detail)


def settle_due(desk: Desk) -> int:
    """Record every review whose ten seconds are over; gives how many were recorded."""
    now = desk.clock()
    with desk.reading() as session:
        due = select(PendingReview.id, PendingReview.claim_id).where(PendingReview.due_at <= now)
        found = session.execute(
            due.order_by(PendingReview.due_at, PendingReview.id).limit(_SETTLED_AT_ONCE)
        ).all()
    if not found:
        return 0
    stage = parking.Stage(desk, "settle")
    return sum(_settle_or_park(stage, pending_id, claim_id) for pending_id, claim_id in found)


def _settle_or_park(stage: parking.Stage, pending_id: int, claim_id: int) -> bool:
    """One review that cannot be read or recorded holds up nobody else's."""
    item = f"review:{pending_id}"
    if stage.parked(item):
        return False
    try:
        return _settle(stage.desk, pending_id, claim_id)
    except parking.MACHINE:
        raise
    except Exception as error:
        stage.failed(item, error)
        return False


def _settle(desk: Desk, pending_id: int, claim_id: int) -> bool:
    try:
        with desk.sessions.begin() as session:
            row = _taken(session, pending_id, claim_id)
            if row is None:
                return False
            given = _adapter().validate_json(row.given)
            if session.get_one(Claim, claim_id).round != row.round:
                raise ConflictError("this claim is not open for review any more")
            review_in(session, desk, claim_id, row.staff_id, given)
            return True
    except _ERRORS as error:
        _give_back(desk, pending_id, claim_id, str(error))
        return False


def _give_back(desk: Desk, pending_id: int, claim_id: int, why: str) -> None:
    """No words are lost: a review that cannot be recorded any more is its author's draft again."""
    with desk.sessions.begin() as session:
        row = _taken(session, pending_id, claim_id)
        if row is None:
            return
        drafts.put(session, desk.clock, claim_id, row.staff_id, json.loads(row.typed), why)
        claim = session.get_one(Claim, claim_id)
        actor, subject = f"staff:{row.staff_id}", f"claim:{claim.public_id}"
        audit.append(session, desk.clock, actor, "review_not_taken", subject, {"why": why})


def _taken(session: Session, pending_id: int, claim_id: int) -> PendingReview | None:
    """Take a waiting review out of the table, locked behind its claim; None if somebody was faster."""
    if session.get(Claim, claim_id, with_for_update=True) is None:
        return None
    row = session.get(PendingReview, pending_id, with_for_update=True)
    if row is not None:
        session.expunge(row)
        session.delete(session.merge(row, load=False))
        session.flush()
    return row


def waiting(session: Session, staff_id: int, now: datetime) -> list[Waiting]:
    """One's own reviews that can still be taken back, newest first."""
    rows = session.execute(
        select(PendingReview, Claim.text)
        .join(Claim, Claim.id == PendingReview.claim_id)
        .where(PendingReview.staff_id == staff_id, PendingReview.due_at > now)
        .order_by(PendingReview.at.desc(), PendingReview.id.desc())
        .limit(MOST_AT_ONCE * 2)
    )
    return [_waiting(row, text, now) for row, text in rows]


def _waiting(row: PendingReview, text: str, now: datetime) -> Waiting:
    opinion = _adapter().validate_json(row.given).opinion
    left = -((now - row.due_at) // timedelta(seconds=1))
    return Waiting(row.id, row.claim_id, text, opinion, row.batch, left)


def pending_of(session: Session, staff_id: int, claim_ids: Sequence[int]) -> set[int]:
    """Which of these claims wait with a review of this person."""
    mine = select(PendingReview.claim_id).where(
        PendingReview.staff_id == staff_id, PendingReview.claim_id.in_(claim_ids)
    )
    return set(session.scalars(mine))


@lru_cache(maxsize=1)
def _adapter() -> "TypeAdapter[ReviewInput]":
    """Reads and writes a review as JSON, field by field as the class has them."""
    from pydantic import TypeAdapter

    return TypeAdapter(ReviewInput)
