"""Which claims a second person reads blind when the first saw nothing to check in them.

A rating always needs two people (rule 5), and so does everything after an appeal. Of the claims that one
person closes as no claim at all, a share is read again by somebody else: which ones, a keyed hash decides, so
that nobody can foresee it. Seeds and audit draws always are: the weekly figures rest on two readings of them.
"""

import hashlib
import hmac

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim, FrameUnit
from pipeline import frame, seeding
from pipeline.compose import Desk

SHARE = "review.second_share"
_SCALE = 2**64


def needed(session: Session, desk: Desk, claim: Claim) -> bool:
    """Whether a second person reads a claim that the first found to be none."""
    share = desk.settings.share(SHARE)
    if share >= 1 or claim.round > 1 or seeding.is_seed(claim):
        return True
    return chosen(desk.keys.sampling, claim.public_id, share) or _drawn(session, desk, claim)


def chosen(key: bytes, public_id: str, share: float) -> bool:
    """Whether the keyed draw falls on a claim; the same answer every time."""
    digest = hmac.new(key, f"second:{public_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") < share * _SCALE


def _drawn(session: Session, desk: Desk, claim: Claim) -> bool:
    ref = frame.claim_ref(desk.keys.sampling, claim.public_id)
    unit = select(FrameUnit.drawn).where(FrameUnit.week == claim.week, FrameUnit.claim_ref == ref)
    return bool(session.scalar(unit))
