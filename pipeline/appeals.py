"""The right of reply (rule 8): an appeal, its seven working days, and what came of it.

An appeal reopens the claim for two people who did not decide it before; who those may be is
`pipeline.decisions`' to say. The outcome is public with the reason that the lead gives for it.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.decisions import Appeal, Correction, Verdict
from models.errors import NotFoundError, UsageError
from models.vocabulary import AppealState, ClaimState
from models.weeks import ZONE, local_day
from pipeline import workdays
from pipeline.compose import Clock, Desk

MAX_APPEAL = 4_000
MIN_APPEAL = 20
ALARM_DAYS = 5
"""Working days after which an open appeal is an alarm (EFCSN: seven to decide)."""


def file_appeal(desk: Desk, slug: str, reason: str) -> str:
    """Take a reader's appeal, reopen the claim for two other people, and give the appeal's public id."""
    from classify.text import normalise

    text = normalise(reason).strip()
    if not MIN_APPEAL <= len(text) <= MAX_APPEAL:
        raise UsageError(f"reason: write {MIN_APPEAL} to {MAX_APPEAL} characters")
    with desk.sessions.begin() as session:
        correction = session.scalar(select(Correction).where(Correction.slug == slug))
        if correction is None:
            raise NotFoundError("there is no such correction")
        claim = session.get_one(Claim, correction.claim_id, with_for_update=True)
        if claim.state == ClaimState.DECIDED:
            claim.state, claim.round = ClaimState.QUEUED, claim.round + 1
            claim.queued_at = to_the_day(desk.clock)()
        today = local_day(desk.clock())
        days = desk.settings.number("appeal.working_days")
        appeal = Appeal(
            correction_id=correction.id,
            public_id=secrets.token_hex(8),
            reason=desk.masker.mask(text).text,
            round=claim.round,
            state=AppealState.OPEN,
            received_day=today,
            due_day=workdays.add(today, days, workdays.extra_days(desk.settings)),
        )
        session.add(appeal)
        # the chain is public: the second at which somebody wrote would be a trace of them (rule 1)
        audit.append(session, to_the_day(desk.clock), "public", "appeal", f"correction:{slug}")
        return appeal.public_id


def to_the_day(clock: Clock) -> Clock:
    """A clock that knows the day and nothing finer, for what members of the public do."""
    return lambda: datetime.combine(local_day(clock()), time(), ZONE)


def close(session: Session, clock: Clock, claim: Claim, verdict: Verdict, reason: str) -> None:
    """Answer every open appeal of a claim with its new verdict; does not commit."""
    before = session.scalar(
        select(Verdict.rating)
        .where(Verdict.claim_id == claim.id, Verdict.round < verdict.round)
        .order_by(Verdict.round.desc())
        .limit(1)
    )
    for appeal in _open_of(session, claim.id):
        same = before == verdict.rating
        appeal.state = AppealState.UPHELD if same else AppealState.CHANGED
        appeal.outcome = reason.strip()
        appeal.decided_at = clock()
        appeal.reason = ""  # the reader's words go once they are answered (rule 9); the outcome stays
        audit.append(session, clock, "system", f"appeal_{appeal.state}", f"appeal:{appeal.public_id}")


def words_of(session: Session, claim_id: int) -> list[str]:
    """What readers wrote in the open appeals of a claim: no public text may quote it (rule 6)."""
    return [appeal.reason for appeal in _open_of(session, claim_id)]


def _open_of(session: Session, claim_id: int) -> list[Appeal]:
    correction = select(Correction.id).where(Correction.claim_id == claim_id).scalar_subquery()
    waiting = select(Appeal).where(Appeal.correction_id == correction, Appeal.state == AppealState.OPEN)
    return list(session.scalars(waiting.order_by(Appeal.id)))


@dataclass(frozen=True)
class Waiting:
    """How the open appeals stand against the promise: `alarm` from working day five on, `overdue` past it."""

    later: int = 0
    alarm: int = 0
    overdue: int = 0

    @property
    def open(self) -> int:
        """All that wait."""
        return self.later + self.alarm + self.overdue


def stage(received: date, due: date, today: date, extra: frozenset[date]) -> str:
    """`later`, `alarm` or `overdue`, the names of `Waiting`."""
    if today > due:
        return "overdue"
    return "alarm" if today >= workdays.add(received, ALARM_DAYS, extra) else "later"


def waiting(session: Session, today: date, extra: frozenset[date]) -> Waiting:
    """How many open appeals stand where."""
    found = {"later": 0, "alarm": 0, "overdue": 0}
    days = select(Appeal.received_day, Appeal.due_day).where(Appeal.decided_at.is_(None))
    for received, due in session.execute(days):
        found[stage(received, due, today, extra)] += 1
    return Waiting(**found)
