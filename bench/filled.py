"""A large desk for benchmarks of reports: weeks of many claims, drawn and judged, put in by bulk inserts."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import cast

from sqlalchemy import Table, bindparam, insert, inspect, literal, select, update
from sqlalchemy.orm import DeclarativeBase

from models.claims import Claim, FrameUnit, SampleFrame
from models.decisions import Correction, Evidence, Review, Verdict
from models.desk import JobRun, Staff, WeeklyFigure
from models.session import insert_ignore
from models.vocabulary import ClaimState, Opinion, Role, Topic
from models.weeks import week_days
from pipeline import metrics
from pipeline.compose import Desk, build
from pipeline.frame import claim_ref
from pipeline.sampling import COMMIT, draw
from pipeline.settings import load

CHUNK = 10_000
FLAGGED = 0.03
FALSE_OF_FLAGGED = 0.6
FALSE_OF_DRAWN = 0.01
DRAWS = 300
MODELS: tuple[type[DeclarativeBase], ...] = (SampleFrame, FrameUnit, WeeklyFigure)


def made(url: str, folder: Path, now: datetime) -> Desk:
    """A migrated desk at `url` whose clock stands at `now`."""
    flags: dict[str, str | int | float | bool | None] = {
        "database.url": url,
        "paths.var": str(folder / "var"),
        "audit.weekly_draws": DRAWS,
    }
    return build(load(environ={}, flags=flags), clock=lambda: now)


def hire(desk: Desk) -> tuple[int, int]:
    """Two people who review."""
    with desk.sessions.begin() as session:
        people = [
            Staff(username=name, password_hash="x", role=role, created_at=desk.clock())  # noqa: S106 -- opens nothing
            for name, role in (("an", Role.ANALYST), ("chi", Role.LEAD))
        ]
        session.add_all(people)
        session.flush()
        return people[0].id, people[1].id


def fill(desk: Desk, people: tuple[int, int], week: str, n: int) -> tuple[float, float]:
    """A week of `n` claims: the flagged are settled, false ones answered; drawn on the day after it ended.

    Gives the seconds that the draw took, by the clock and of this process.
    """
    monday, sunday = week_days(week)
    arrived = datetime(monday.year, monday.month, monday.day, 5, tzinfo=UTC)
    _commit(desk, week, arrived)
    topics = [topic.value for topic in Topic]
    flagged = int(n * FLAGGED)
    false = int(flagged * FALSE_OF_FLAGGED)
    rows = (
        {
            "public_id": (name := hashlib.sha256(f"{week} {place}".encode()).hexdigest()[:16]),
            "key": name,
            "text": f"Thông tin số {place} của tuần {week}",
            "topic": topics[place % len(topics)],
            "state": ClaimState.NEW,
            "round": 1,
            "is_local": True,
            "first_day": monday + timedelta(days=place % 7),
            "last_day": sunday,
            "week": week,
            "n_mentions": 1 + place % 3,
            "n_stories": 1,
            "n_sources": 1,
            "n_tips": 0,
            "score": (place * 7919 % n) / n,
            "flagged": place < flagged,
        }
        for place in range(n)
    )
    with desk.sessions.begin() as session:
        for some in _chunks(rows):
            session.execute(insert(Claim), some)
        query = select(Claim.id).where(Claim.week == week).order_by(Claim.id).limit(flagged)
        known = list(session.scalars(query))
    settle(desk, people, known[:false], Opinion.FALSE, arrived + timedelta(days=1))
    settle(desk, people, known[false:], Opinion.NOT_A_CLAIM, arrived + timedelta(days=1))
    start, cpu = perf_counter(), process_time()
    draw(replace(desk, clock=lambda: arrived + timedelta(days=7)), week)
    return perf_counter() - start, process_time() - cpu


def judge(desk: Desk, people: tuple[int, int], week: str) -> None:
    """Both people look at every draw of a week; one in a hundred is false."""
    with desk.reading() as session:
        drawn = select(FrameUnit.claim_ref).where(FrameUnit.week == week, FrameUnit.drawn)
        refs = set(session.scalars(drawn))
        rows = session.execute(select(Claim.id, Claim.public_id, Claim.flagged).where(Claim.week == week))
        key = desk.keys.sampling
        open_ = [one for one, name, flagged in rows if not flagged and claim_ref(key, name) in refs]
    when = datetime.combine(week_days(week)[1], datetime.min.time(), UTC) + timedelta(days=2)
    false = max(1, int(len(open_) * FALSE_OF_DRAWN))
    settle(desk, people, open_[:false], Opinion.FALSE, when)
    settle(desk, people, open_[false:], Opinion.NOT_A_CLAIM, when)


def settle(
    desk: Desk, people: tuple[int, int], claims: Sequence[int], opinion: Opinion, when: datetime
) -> None:
    """Two opinions on each claim; a false one gets its verdict and its correction."""
    reviews = (
        {"claim_id": one, "round": 1, "staff_id": person, "opinion": opinion, "reason": "x", "at": when}
        for one in claims
        for person in people
    )
    state = ClaimState.DECIDED if opinion is Opinion.FALSE else ClaimState.CLOSED
    with desk.sessions.begin() as session:
        for some in _chunks(reviews):
            session.execute(insert(Review), some)
        table = cast("Table", inspect(Claim).local_table)
        changed = update(table).where(table.c.id == bindparam("one")).values(state=state)
        session.connection().execute(changed, [{"one": one} for one in claims])
        if opinion is not Opinion.FALSE:
            return
        for some in _chunks(_evidence(people[0], one, when) for one in claims):
            session.execute(insert(Evidence), some)
        verdict = {"round": 1, "rating": "false", "method_note": "x", "at": when}
        signed = {"first_staff_id": people[0], "second_staff_id": people[1]}
        session.execute(insert(Verdict), [{"claim_id": one, **verdict, **signed} for one in claims])
        corrections = [{"slug": f"tin-{one}", "claim_id": one, "published_at": when} for one in claims]
        session.execute(insert(Correction), corrections)


def close_and_copy(desk: Desk, week: str, others: Sequence[str]) -> None:
    """Close a week, and let others have the same frame and figures, as if they had closed as well."""
    metrics.close_week(desk, week)
    for other in others:
        with desk.sessions.begin() as session:
            for model in MODELS:
                table = cast("Table", inspect(model).local_table)
                values = {one.name: one for one in table.c} | {"week": literal(other)}
                rows = select(*(value.label(name) for name, value in values.items()))
                session.execute(insert(table).from_select(list(values), rows.where(table.c.week == week)))
        # in the name of the other week, but when the first one was: its draw is copied too
        monday = week_days(week)[0]
        _commit(desk, other, datetime(monday.year, monday.month, monday.day, 5, tzinfo=UTC))


def _evidence(person: int, claim: int, when: datetime) -> dict[str, object]:
    return {
        "claim_id": claim,
        "round": 1,
        "staff_id": person,
        "kind": "primary",
        "url": "https://vinhlong.gov.vn/1",
        "domain": "vinhlong.gov.vn",
        "publisher": "Cổng tỉnh",
        "quote": "Không thu phí.",
        "published_day": when.date(),
        "quote_sha256": "0" * 64,
        "at": when,
    }


def _commit(desk: Desk, week: str, when: datetime) -> None:
    """The week's seed is committed to while it lasts."""
    row = {"job": COMMIT, "period": week, "started_at": when, "finished_at": when, "outcome": "done"}
    with desk.sessions.begin() as session:
        insert_ignore(session, JobRun, [row], ["job", "period"])


def _chunks(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    waiting = iter(rows)
    while some := list(islice(waiting, CHUNK)):
        yield some
