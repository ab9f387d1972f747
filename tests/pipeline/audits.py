"""Independent audits put in by hand: a drawn week, auditors, and labels many at once."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select

from models.audits import AuditLabel, AuditTask
from models.desk import Staff
from models.vocabulary import ClaimState, Opinion, Role
from models.weeks import iso_week
from pipeline import independent, sampling
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.weeks import MONDAY, TUESDAY_AFTER, WEEK, arrive, at

Say = Callable[[int], Opinion]


def auditors(desk: Desk, n: int = 2) -> list[int]:
    """Accounts of the auditor role."""
    with desk.sessions.begin() as session:
        made = [
            Staff(username=f"kiem-{name}", password_hash="x", role=Role.AUDITOR, created_at=NOW)
            for name in range(n)
        ]
        session.add_all(made)
        session.flush()
        return [one.id for one in made]


def drawn(desk: Desk, *, flagged: int, unflagged: int, week: str = WEEK, monday: date = MONDAY) -> Desk:
    """A week of claims with its frame and its independent audit; gives the desk on the Tuesday after."""
    arrive(desk, flagged, day=monday, state=ClaimState.QUEUED, flagged=True, tag="flagged")
    arrive(desk, unflagged, day=monday)
    later = at(desk, TUESDAY_AFTER + (monday - MONDAY))
    assert iso_week(monday) == week
    sampling.draw(later, week)
    independent.draw(later, week)
    return later


def tasks(desk: Desk, week: str = WEEK, *, flagged: bool | None = None) -> list[AuditTask]:
    """The drawn claims in the auditors' order, of both halves or of one."""
    query = select(AuditTask).where(AuditTask.week == week).order_by(AuditTask.position)
    if flagged is not None:
        query = query.where(AuditTask.flagged.is_(flagged))
    with desk.reading() as session:
        return list(session.scalars(query))


def label(
    desk: Desk,
    of: Sequence[AuditTask],
    first: Say,
    second: Say,
    people: Sequence[int],
    *,
    when: datetime | None = None,
) -> None:
    """What two auditors say of claims, all at once."""
    given = when or desk.clock()
    rows = [
        {"week": task.week, "claim_ref": task.claim_ref, "staff_id": person, "label": say(place), "at": given}
        for place, task in enumerate(of)
        for person, say in zip(people, (first, second), strict=False)
    ]
    with desk.sessions.begin() as session:
        if rows:
            session.execute(insert(AuditLabel), rows)


def up_to(n: int, said: Opinion, otherwise: Opinion = Opinion.UNPROVEN) -> Say:
    """One opinion of the first `n` claims and another of the rest."""
    return lambda place: said if place < n else otherwise


def audited_flags(
    desk: Desk, bad: int, n: int, people: Sequence[int], *, weeks_before: int = 0, size: int | None = None
) -> Desk:
    """A week whose audit judged `n` of `size` flagged claims and found `bad` false flags."""
    monday = MONDAY - timedelta(weeks=weeks_before)
    week = iso_week(monday)
    later = drawn(desk, flagged=size or n, unflagged=5, week=week, monday=monday)
    say = up_to(bad, Opinion.NOT_OURS)
    label(later, tasks(later, week, flagged=True)[:n], say, up_to(0, Opinion.TRUE), people)
    return later
