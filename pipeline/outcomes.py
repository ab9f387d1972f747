"""What became of a week's claims: found false by two people or not, when, and when the answer was public.

Only what two people settled counts (rule 5): `false` and `misleading` count as false, `unproven` never.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review, Verdict
from models.desk import AuditEntry
from models.vocabulary import COUNTED_FALSE, ClaimState, Opinion, Rating
from models.weeks import ZONE, week_days

SETTLED = (ClaimState.AGREED, ClaimState.DECIDED, ClaimState.CLOSED)
FALSE_OPINIONS = (Opinion.FALSE, Opinion.MISLEADING)
ERASED = "erase_not_ours"


@dataclass(frozen=True)
class Settled:
    """One settled claim; `agreed_at` and `answered_at` are of the first time it was found or called false."""

    id: int
    public_id: str
    topic: str
    flagged: bool
    first_day: date
    is_false: bool
    is_unproven: bool
    agreed_at: datetime | None
    answered_at: datetime | None


def deadline(first_day: date, hours: int) -> datetime:
    """The end of the promise: hours after the end of the local day on which the claim arrived.

    Only the day of arrival is kept (nothing finer may be), so the hours run from its end.
    """
    return _local_midnight(first_day + timedelta(days=1)) + timedelta(hours=hours)


def week_deadline(week: str, hours: int) -> datetime:
    """When the promise for the last claim of a week ends."""
    return deadline(week_days(week)[1], hours)


def week_bounds(week: str) -> tuple[datetime, datetime]:
    """The first instant of a local week and the first of the next one."""
    monday, sunday = week_days(week)
    return _local_midnight(monday), _local_midnight(sunday + timedelta(days=1))


def _local_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def agreed_false(session: Session, week: str) -> set[int]:
    """The claims of a week that two people have found false."""
    return {claim.id for claim in settled(session, week) if claim.is_false}


def settled(session: Session, *weeks: str) -> list[Settled]:
    """Every claim of some weeks that two people have settled; a reopened one stands as it stood."""
    decided = exists().where(Verdict.claim_id == Claim.id)
    columns = (Claim.id, Claim.public_id, Claim.topic, Claim.flagged, Claim.first_day, Claim.state)
    query = select(*columns).where(Claim.week.in_(weeks), or_(Claim.state.in_(SETTLED), decided))
    verdicts = _verdicts(session, weeks)
    agreements = _agreements(session, weeks)
    found = []
    for claim_id, public_id, topic, flagged, first_day, state in session.execute(query.order_by(Claim.id)):
        ratings = verdicts.get(claim_id, [])
        agreed = agreements.get(claim_id, [])
        # until the answer is public the two opinions are all there is; afterwards the newest verdict holds
        last = ratings[-1][0] if ratings else _newest(agreed, state)
        found.append(
            Settled(
                claim_id,
                public_id,
                topic,
                flagged,
                first_day,
                is_false=last in COUNTED_FALSE,
                is_unproven=last == Rating.UNPROVEN,
                agreed_at=min((at for opinion, at in agreed if opinion in FALSE_OPINIONS), default=None),
                answered_at=min((at for rating, at in ratings if rating in COUNTED_FALSE), default=None),
            )
        )
    return found


def _newest(agreed: list[tuple[str, datetime]], state: str) -> str | None:
    return agreed[-1][0] if agreed and state == ClaimState.AGREED else None


def _verdicts(session: Session, weeks: Sequence[str]) -> dict[int, list[tuple[str, datetime]]]:
    query = select(Verdict.claim_id, Verdict.rating, Verdict.at).join(Claim, Claim.id == Verdict.claim_id)
    found: dict[int, list[tuple[str, datetime]]] = {}
    for claim_id, rating, at in session.execute(query.where(Claim.week.in_(weeks)).order_by(Verdict.round)):
        found.setdefault(claim_id, []).append((rating, at))
    return found


def _agreements(session: Session, weeks: Sequence[str]) -> dict[int, list[tuple[str, datetime]]]:
    """Opinions that two people of one round share, and when the second of them gave it, oldest first."""
    at = func.max(Review.at)
    query = (
        select(Review.claim_id, Review.opinion, at)
        .join(Claim, Claim.id == Review.claim_id)
        .where(Claim.week.in_(weeks))
        .group_by(Review.claim_id, Review.round, Review.opinion)
        .having(func.count() > 1)
        .order_by(at)
    )
    found: dict[int, list[tuple[str, datetime]]] = {}
    for claim_id, opinion, when in session.execute(query):
        found.setdefault(claim_id, []).append((opinion, when))
    return found


def erased_public_ids(session: Session, week: str) -> list[str]:
    """The claims found not ours since a week began: they were judged, and nothing else is left of them."""
    since = week_bounds(week)[0]
    query = select(AuditEntry.subject).where(AuditEntry.action == ERASED, AuditEntry.at >= since)
    return [subject.removeprefix("claim:") for subject in session.scalars(query)]
