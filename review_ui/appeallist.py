"""The appeals as staff see them: what waits and how long, what was decided and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Appeal, Correction
from models.vocabulary import AppealState
from pipeline import appeals, workdays

MOST = 200


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that waits for its decision; `worked` is which working day of the promise it is."""

    appeal: Appeal
    slug: str
    claim_id: int
    topic: str
    worked: int
    alarm: bool
    overdue: bool


def open_appeals(session: Session, today: date, extra: frozenset[date] = frozenset()) -> list[OpenAppeal]:
    """Appeals in the order they fall due; the alarm goes off at working day five."""
    rows = session.execute(
        select(Appeal, Correction.slug, Claim.id, Claim.topic)
        .join(Correction, Correction.id == Appeal.correction_id)
        .join(Claim, Claim.id == Correction.claim_id)
        .where(Appeal.decided_at.is_(None), Appeal.state == AppealState.OPEN)
        .order_by(Appeal.due_day, Appeal.id)
        .limit(MOST)
    )
    return [_shown(appeal, slug, claim_id, topic, today, extra) for appeal, slug, claim_id, topic in rows]


def _shown(
    appeal: Appeal, slug: str, claim_id: int, topic: str, today: date, extra: frozenset[date]
) -> OpenAppeal:
    stage = appeals.stage(appeal.received_day, appeal.due_day, today, extra)
    return OpenAppeal(
        appeal=appeal,
        slug=slug,
        claim_id=claim_id,
        topic=topic,
        worked=workdays.since(appeal.received_day, today, extra),
        alarm=stage == "alarm",
        overdue=stage == "overdue",
    )


def settled_appeals(session: Session, limit: int = 20) -> Sequence[tuple[Appeal, str]]:
    """The last decided appeals with the slug of their correction."""
    rows = session.execute(
        select(Appeal, Correction.slug)
        .join(Correction, Correction.id == Appeal.correction_id)
        .where(Appeal.decided_at.is_not(None))
        .order_by(Appeal.decided_at.desc())
        .limit(limit)
    )
    return [(appeal, slug) for appeal, slug in rows]
