"""Weeks of claims put in by hand: many at once, settled by two people, answered or not."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, select, update

from models.claims import Claim, FrameUnit
from models.decisions import Correction, Evidence, Review, Verdict
from models.vocabulary import ClaimState, Opinion, Topic
from models.weeks import iso_week
from pipeline.compose import Desk
from pipeline.frame import claim_ref
from pipeline.sampling import draw, draw_due
from tests.pipeline.conftest import People, hire

WEEK = "2026-W46"
MONDAY = date(2026, 11, 9)
TUESDAY_AFTER = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)
LONG_AFTER = datetime(2026, 12, 14, 3, 0, tzinfo=UTC)


def at(desk: Desk, instant: datetime) -> Desk:
    """The same desk with its clock at another instant."""
    return replace(desk, clock=lambda: instant)


def commit(desk: Desk, monday: date = MONDAY) -> None:
    """Let the desk run once within the week, so that the seed is committed to."""
    noon = datetime(monday.year, monday.month, monday.day, 5, 0, tzinfo=UTC)
    draw_due(at(desk, noon))


def arrive(
    desk: Desk,
    n: int,
    *,
    day: date = MONDAY,
    state: ClaimState = ClaimState.NEW,
    flagged: bool = False,
    score: Callable[[int], float | None] = lambda place: (place % 97) / 97,
    mentions: Callable[[int], int] = lambda _: 1,
    tag: str = "",
) -> list[int]:
    """`n` claims of one day; gives their ids."""
    if n == 0:
        return []
    topics = list(Topic)
    rows = []
    for place in range(n):
        name = hashlib.sha256(f"{tag}{day}{state}{flagged}{place}".encode()).hexdigest()[:16]
        rows.append(
            {
                "public_id": name,
                "key": name,
                "text": f"Thông tin số {place}",
                "topic": topics[place % 2],
                "state": state,
                "round": 1,
                "is_local": True,
                "first_day": day,
                "last_day": day,
                "week": iso_week(day),
                "n_mentions": mentions(place),
                "n_stories": 1,
                "n_sources": 1,
                "n_tips": 0,
                "score": score(place),
                "flagged": flagged,
            }
        )
    with desk.sessions.begin() as session:
        session.execute(insert(Claim), rows)
        keys = [str(row["key"]) for row in rows]
        found: dict[str, int] = {}
        for start in range(0, n, 5_000):
            query = select(Claim.key, Claim.id).where(Claim.key.in_(keys[start : start + 5_000]))
            found |= dict(session.execute(query).all())
    return [found[key] for key in keys]


def staff(desk: Desk) -> People:
    """The desk's staff."""
    return hire(desk)


def settle(
    desk: Desk,
    people: People,
    claim_ids: Sequence[int],
    opinion: Opinion,
    when: datetime,
    *,
    answer: bool = True,
    opinions: tuple[Opinion, Opinion] | None = None,
) -> None:
    """Two opinions, and the verdict with its correction unless it is `not_a_claim` or kept back."""
    if not claim_ids:
        return
    first, second = opinions or (opinion, opinion)
    rated = opinion is not Opinion.NOT_A_CLAIM
    state = ClaimState.CLOSED if not rated else ClaimState.DECIDED if answer else ClaimState.AGREED
    common = {"round": 1, "staff_id": people.an}
    evidence = {
        "kind": "primary",
        "url": "https://vinhlong.gov.vn/1",
        "domain": "vinhlong.gov.vn",
        "publisher": "Cổng tỉnh",
        "quote": "Không thu phí.",
        "published_day": MONDAY,
        "quote_sha256": "0" * 64,
        "at": when,
    }
    with desk.sessions.begin() as session:
        reviews = [
            {"claim_id": one, "round": 1, "staff_id": person, "opinion": said, "reason": "x", "at": when}
            for one in claim_ids
            for person, said in ((people.an, first), (people.chi, second))
        ]
        session.execute(insert(Review), reviews)
        session.execute(update(Claim).where(Claim.id.in_(claim_ids)).values(state=state))
        if not rated or not answer:
            return
        session.execute(insert(Evidence), [{"claim_id": one, **common, **evidence} for one in claim_ids])
        verdicts = [
            {
                "claim_id": one,
                "round": 1,
                "rating": opinion.value,
                "method_note": "x",
                "first_staff_id": people.an,
                "second_staff_id": people.chi,
                "at": when,
            }
            for one in claim_ids
        ]
        session.execute(insert(Verdict), verdicts)
        corrections = [{"slug": f"tin-{one}", "claim_id": one, "published_at": when} for one in claim_ids]
        session.execute(insert(Correction), corrections)


def drawn_claims(desk: Desk, week: str = WEEK) -> list[int]:
    """The claims that a draw took, in the order of their ids."""
    with desk.reading() as session:
        refs = set(
            session.scalars(select(FrameUnit.claim_ref).where(FrameUnit.week == week, FrameUnit.drawn))
        )
        rows = session.execute(select(Claim.id, Claim.public_id).where(Claim.week == week).order_by(Claim.id))
        return [one for one, name in rows if claim_ref(desk.keys.sampling, name) in refs]


def audited(
    desk: Desk,
    *,
    unflagged: int = 600,
    answered: int = 40,
    late: int = 2,
    missed: int = 1,
) -> Desk:
    """A week with known and missed false claims, drawn and judged; gives the desk at a later time."""
    people = staff(desk)
    commit(desk)
    arrive(desk, unflagged)
    known = arrive(desk, answered + late, state=ClaimState.QUEUED, flagged=True, tag="known")
    in_time = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)
    settle(desk, people, known[:answered], Opinion.FALSE, in_time)
    settle(desk, people, known[answered:], Opinion.MISLEADING, in_time, answer=False)
    draw(at(desk, TUESDAY_AFTER), WEEK)
    taken = [one for one in drawn_claims(desk) if one not in known]
    judged = TUESDAY_AFTER + timedelta(days=1)
    if missed:
        settle(desk, people, taken[:missed], Opinion.FALSE, judged)
    settle(desk, people, taken[missed:], Opinion.NOT_A_CLAIM, judged)
    return at(desk, judged + timedelta(days=2))
