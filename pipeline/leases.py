"""Leases: two people do not work on one claim at once, and nobody keeps one by leaving a page open for ever.

The page of a claim asks for it again every minute and gives it back when it is left; without scripts a person
takes it for twenty minutes (`decisions.take`). A lease keeps nobody out: it only tells.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from models.claims import Claim
from pipeline.compose import Desk
from pipeline.decisions import OPEN_STATES, holder, may_review

HOLD_MINUTES = 3
"""Three missed calls of a page end its lease: a closed laptop holds nothing."""


def hold(desk: Desk, claim_id: int, staff_id: int) -> bool:
    """Take or renew the lease of a claim that one may review; False if somebody else has it."""
    now = desk.clock()
    until = now + timedelta(minutes=HOLD_MINUTES)
    with desk.sessions.begin() as session:
        claim = session.get(Claim, claim_id, with_for_update=True)
        if claim is None or claim.state not in OPEN_STATES or not may_review(session, claim, staff_id):
            return False
        held_by = holder(claim, now)
        if held_by not in {None, staff_id}:
            return False
        longer = claim.lease_until if held_by == staff_id else None
        claim.lease_staff_id, claim.lease_until = staff_id, max(until, longer or until)
        return True


def release(desk: Desk, claim_id: int, staff_id: int) -> None:
    """Give a claim back; another person's lease is left alone."""
    with desk.sessions.begin() as session:
        _release(session, claim_id, staff_id)


def _release(session: Session, claim_id: int, staff_id: int) -> None:
    claim = session.get(Claim, claim_id, with_for_update=True)
    if claim is not None and claim.lease_staff_id == staff_id:
        claim.lease_staff_id, claim.lease_until = None, None
