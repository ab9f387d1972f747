"""What is known of the numbers in a claim through their keyed tokens: never the number, never who sent it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Subquery, func, literal, select, union_all
from sqlalchemy.orm import Session

from models.audits import Seed
from models.claims import Claim, KnownClaim
from models.gathered import Mention, MentionToken
from models.vocabulary import Rating
from models.weeks import NO_WEEK

LOOKED_AT = 300
"""Mentions of one number that are looked through; more are told as "more than"."""
_MOST_TOKENS = 12


@dataclass(frozen=True)
class ShownToken:
    """A number that the claim carries, as kind and last two digits: where else it stands and what was found.

    `weeks` is how many weeks those other claims began in, `ratings` how many of them this desk rated how, as
    far as that is public.
    """

    kind: str
    last_two: str
    other_claims: int
    other_mentions: int
    weeks: int
    ratings: Mapping[Rating, int]
    more: bool


class Place(NamedTuple):
    """A claim that carries a number: in how many of the mentions looked at, its week, how it was rated."""

    claim_id: int | None
    mentions: int
    week: str | None
    ratings: list[str]


def tokens_of(session: Session, claim_id: int) -> list[ShownToken]:
    """The numbers of a claim, the most widespread first."""
    mine = (
        select(MentionToken.token, MentionToken.kind, MentionToken.last_two)
        .join(Mention, Mention.id == MentionToken.mention_id)
        .where(Mention.claim_id == claim_id)
        .distinct()
        .order_by(MentionToken.token)
    )
    tokens = session.execute(mine.limit(_MOST_TOKENS)).all()
    if not tokens:
        return []
    places = _places(session, [token for token, _, _ in tokens])
    hidden = _hidden(session, claim_id)
    found = [
        _shown(kind, last_two, places[number], hidden) for number, (_, kind, last_two) in enumerate(tokens)
    ]
    return sorted(found, key=lambda one: (-one.other_claims, -one.other_mentions, one.kind, one.last_two))


def _hidden(session: Session, claim_id: int) -> set[int]:
    """The claim itself, and the one that a seed was made from: its rating would give the seed away."""
    made_of = select(Seed.of_claim_id).where(Seed.claim_id == claim_id, Seed.settled_day.is_(None))
    return {claim_id, *(one for one in session.scalars(made_of) if one is not None)}


def _seen(tokens: Sequence[str]) -> Subquery:
    """Where the numbers stand, at most `LOOKED_AT` mentions of each: which of the numbers, and the claim."""
    parts = [
        select(literal(number).label("number"), Mention.claim_id)
        .join(MentionToken, MentionToken.mention_id == Mention.id)
        .where(MentionToken.token == token)
        .limit(LOOKED_AT)
        .subquery()
        for number, token in enumerate(tokens)
    ]
    return union_all(*(select(part) for part in parts)).subquery()


def _places(session: Session, tokens: Sequence[str]) -> dict[int, list[Place]]:
    """The claims of each number; a mention without a claim counts among those looked at."""
    seen = _seen(tokens)
    counted = (
        select(seen.c.number, seen.c.claim_id, func.count().label("mentions"))
        .group_by(seen.c.number, seen.c.claim_id)
        .subquery()
    )
    rows = session.execute(
        select(counted.c.number, counted.c.claim_id, counted.c.mentions, Claim.week, KnownClaim.rating)
        .outerjoin(Claim, Claim.id == counted.c.claim_id)
        .outerjoin(KnownClaim, KnownClaim.claim_id == Claim.id)
    )
    places: dict[int, dict[int | None, Place]] = defaultdict(dict)
    for number, known_as, mentions, week, rating in rows:
        place = places[number].setdefault(known_as, Place(known_as, mentions, week, []))
        place.ratings.extend([rating] if rating is not None else [])
    return {number: list(found.values()) for number, found in places.items()}


def _shown(kind: str, last_two: str, places: Sequence[Place], hidden: set[int]) -> ShownToken:
    others = [one for one in places if one.claim_id is not None and one.claim_id not in hidden]
    weeks = {one.week for one in others if one.week is not None and one.week > NO_WEEK}
    ratings = Counter(rating for one in others for rating in one.ratings)
    return ShownToken(
        kind=kind,
        last_two=last_two,
        other_claims=len(others),
        other_mentions=sum(one.mentions for one in others),
        weeks=len(weeks),
        ratings={rating: ratings[rating] for rating in Rating if ratings[rating]},
        more=sum(one.mentions for one in places) == LOOKED_AT,
    )
