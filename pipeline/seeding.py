"""What reviews and stages must know of seeds: who may not review one, what settles it, what stays hidden.

A seed's claim belongs to no week (`NO_WEEK`), so that every weekly query passes it by. It looks like a tip's
claim for as long as it is open; once two people have settled it, it is closed at once and answers nobody.
"""

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from models.audits import Seed
from models.claims import Claim, KnownClaim
from models.decisions import Verdict
from models.vocabulary import COUNTED_FALSE, ClaimState, Opinion
from models.weeks import NO_WEEK, iso_week
from pipeline.frame import CUTS, UNSCORED
from pipeline.outcomes import FALSE_OPINIONS


def is_seed(claim: Claim) -> bool:
    """Whether a claim was mixed in to measure the reviewers."""
    return claim.week == NO_WEEK


def wrote(session: Session, claim: Claim, staff_id: int) -> bool:
    """Whether this person put the seed into its words, and so knows the answer."""
    if not is_seed(claim):
        return False
    return session.scalar(select(Seed.staff_id).where(Seed.claim_id == claim.id)) == staff_id


def settle(session: Session, claim: Claim, agreed: Opinion | None, today: date) -> None:
    """Keep what two people (or one, with `not_ours`) made of a seed; a claim that is none is left as it is.

    The claim is closed at once: nobody ever waits for its correction. A seed whose original was found not to
    be false in the meantime measures nothing and is settled without an answer.
    """
    if agreed is None or not is_seed(claim):
        return
    kept = session.execute(select(Seed.of_claim_id).where(Seed.claim_id == claim.id)).one_or_none()
    known = kept is not None and _still_false(session, kept.of_claim_id)
    statement = update(Seed).where(Seed.claim_id == claim.id, Seed.settled_day.is_(None))
    values = {
        "recognised": agreed in FALSE_OPINIONS if known else None,
        "settled_day": today,
        "stratum": _stratum(session, claim.score, today),
    }
    session.execute(statement.values(values))
    claim.state = ClaimState.CLOSED


def _still_false(session: Session, of_claim_id: int | None) -> bool:
    newest = select(Verdict.rating).where(Verdict.claim_id == of_claim_id).order_by(Verdict.round.desc())
    return session.scalar(newest.limit(1)) in COUNTED_FALSE


def _stratum(session: Session, score: float | None, today: date) -> str:
    """The band of a score among those of this week's and last week's claims, as a frame would cut them."""
    if score is None:
        return UNSCORED
    weeks = (iso_week(today), iso_week(today - timedelta(days=7)))
    below = func.sum(case((Claim.score < score, 1), else_=0))
    scored = select(func.count(), below).where(Claim.week.in_(weeks), Claim.score.is_not(None))
    n, under = session.execute(scored).one()
    if not n:
        return UNSCORED
    return next((name for cut, name in CUTS if under < cut * n), CUTS[-1][1])


def hidden_matches(session: Session) -> dict[int, set[int]]:
    """For each open seed the known claims of the very claim it was made from: they would give it away."""
    query = (
        select(Seed.claim_id, KnownClaim.id)
        .join(KnownClaim, KnownClaim.claim_id == Seed.of_claim_id)
        .where(Seed.claim_id.is_not(None), Seed.settled_day.is_(None))
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for claim_id, known_id in session.execute(query):
        found[int(claim_id or 0)].add(known_id)
    return found
