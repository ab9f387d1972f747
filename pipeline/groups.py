"""Claims that say the same: open ones that match one known claim in every value, to be decided together."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, KnownClaim
from models.errors import NotFoundError
from pipeline.decisions import OPEN_STATES, may_review
from pipeline.proposals import SAME
from pipeline.undo import MOST_AT_ONCE, pending_of

_LOOKED_AT = 200


def known_of(session: Session, known_id: int) -> KnownClaim:
    """The known claim of an address; raises `NotFoundError`."""
    known = session.get(KnownClaim, known_id) if known_id < 2**31 else None
    if known is None:
        raise NotFoundError("this claim was erased or never existed")
    return known


def members(session: Session, known_id: int, staff_id: int) -> list[Claim]:
    """The open claims that match this known claim and that this person may review, the best first."""
    found = session.scalars(_matching(known_id).limit(_LOOKED_AT)).all()
    waiting = pending_of(session, staff_id, [claim.id for claim in found])
    mine = (one for one in found if one.id not in waiting and may_review(session, one, staff_id))
    return list(islice(mine, MOST_AT_ONCE))


def sizes(session: Session, known_ids: Sequence[int]) -> dict[int, int]:
    """How many open claims match each known claim, counted no further than what is decided at once."""
    return {one: session.scalar(_size(one)) or 0 for one in known_ids}


def _size(known_id: int) -> Select[int]:
    some = _matching(known_id).with_only_columns(Claim.id).order_by(None).limit(MOST_AT_ONCE)
    return select(func.count()).select_from(some.subquery())


def _matching(known_id: int) -> Select[Claim]:
    return (
        select(Claim)
        .join(ClaimMatch, ClaimMatch.claim_id == Claim.id)
        .where(
            ClaimMatch.known_id == known_id,
            ClaimMatch.score >= SAME,
            ClaimMatch.differs.is_(None),
            Claim.state.in_(OPEN_STATES),
        )
        .order_by(Claim.priority.is_(None), Claim.priority.desc(), Claim.id)
    )
