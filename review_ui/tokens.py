"""What is known of the numbers in a claim through their keyed tokens: never the number, never who sent it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.audits import Seed
from models.claims import Claim, KnownClaim
from models.gathered import Mention, MentionToken
from models.vocabulary import Rating
from models.weeks import NO_WEEK

LOOKED_AT = 1_000
"""Mentions of one number that are looked through; more are told as "more than"."""
_MOST_TOKENS = 12


@dataclass(frozen=True)
class ShownToken:
    """A number that the claim carries, as kind and last two digits: where else it stands and what was found.

    `weeks` is how many weeks those other claims began in, `ratings` how many of them were rated how.
    """

    kind: str
    last_two: str
    other_claims: int
    other_mentions: int
    weeks: int
    ratings: Mapping[Rating, int]
    more: bool


def tokens_of(session: Session, claim_id: int) -> list[ShownToken]:
    """The numbers of a claim, the most widespread first."""
    mine = (
        select(MentionToken.token, MentionToken.kind, MentionToken.last_two)
        .join(Mention, Mention.id == MentionToken.mention_id)
        .where(Mention.claim_id == claim_id)
        .distinct()
        .order_by(MentionToken.token)
    )
    hidden = _hidden(session, claim_id)
    found = [
        _shown(session, token, kind, last_two, hidden)
        for token, kind, last_two in session.execute(mine.limit(_MOST_TOKENS))
    ]
    return sorted(found, key=lambda one: (-one.other_claims, -one.other_mentions, one.kind, one.last_two))


def _hidden(session: Session, claim_id: int) -> set[int]:
    """The claim itself, and the one that a seed was made from: its rating would give the seed away."""
    made_of = select(Seed.of_claim_id).where(Seed.claim_id == claim_id, Seed.settled_day.is_(None))
    return {claim_id, *(one for one in session.scalars(made_of) if one is not None)}


def _shown(session: Session, token: str, kind: str, last_two: str, hidden: set[int]) -> ShownToken:
    rows = session.scalars(
        select(Mention.claim_id)
        .join(MentionToken, MentionToken.mention_id == Mention.id)
        .where(MentionToken.token == token)
        .limit(LOOKED_AT)
    ).all()
    others = [one for one in rows if one is not None and one not in hidden]
    claims = sorted(set(others))
    return ShownToken(
        kind=kind,
        last_two=last_two,
        other_claims=len(claims),
        other_mentions=len(others),
        weeks=_weeks(session, claims),
        ratings=_ratings(session, claims),
        more=len(rows) == LOOKED_AT,
    )


def _weeks(session: Session, claims: Sequence[int]) -> int:
    weeks = select(Claim.week).where(Claim.id.in_(claims), Claim.week > NO_WEEK).distinct()
    return len(session.scalars(weeks).all())


def _ratings(session: Session, claims: Sequence[int]) -> dict[Rating, int]:
    """How this desk rated those claims; only what is public."""
    rated = select(KnownClaim.rating).where(KnownClaim.claim_id.in_(claims), KnownClaim.rating.is_not(None))
    counts = Counter(session.scalars(rated))
    return {rating: counts[rating] for rating in Rating if counts[rating]}
