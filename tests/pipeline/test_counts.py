"""The desk's own counts: effort, reviews, evidence, appeals, corrections, sources; and what they cost."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import event, func, insert, select, update

from models import audit, counters
from models.claims import Claim
from models.decisions import Appeal, Correction, CorrectionText, Evidence, Review, Verdict
from models.desk import AuditEntry, Staff
from models.gathered import Source
from models.retention import erase_claim
from models.vocabulary import AppealState, ClaimState, Language, Opinion, Outcome
from models.weeks import NO_WEEK
from pipeline import feeds, metrics, public
from pipeline.compose import Desk
from pipeline.figures import Figure, shown
from pipeline.outcomes import week_bounds
from tests.pipeline.conftest import People
from tests.pipeline.weeks import LONG_AFTER, MONDAY, WEEK, arrive, at, audited, settle, staff

WEDNESDAY = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 11, 15, 16, 59, tzinfo=UTC)  # a minute to midnight of the desk's own time
MONDAY_AFTER = datetime(2026, 11, 15, 17, 0, tzinfo=UTC)


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def week_of(desk: Desk, week: str = WEEK, now: datetime = LONG_AFTER) -> dict[str, Figure]:
    return by_name(metrics.weekly(at(desk, now), week))


# reading effort


def test_effort_is_saved_on_claims_that_nobody_had_to_read(desk: Desk) -> None:
    people = staff(desk)
    arrive(desk, 70)
    ids = arrive(desk, 30, state=ClaimState.QUEUED, flagged=True, tag="q")
    settle(desk, people, ids[:10], Opinion.FALSE, WEDNESDAY)
    found = week_of(desk)
    saved = found["effort_saved"]
    assert (saved.value, saved.low, saved.high, saved.n) == (0.7, 0.7, 0.7, 100)
    assert saved.method == "complete count: 1 - claims that entered the queue / claims in scope"
    assert found["open_claims"].value == 20
    # found not ours: it was not in scope, so it is in neither number
    with desk.sessions.begin() as session:
        erase_claim(session, ids[-1])
    assert week_of(desk)["effort_saved"].value == pytest.approx(70 / 99)
    assert week_of(desk, "2026-W40")["effort_saved"].method == "no claim in scope this week"


# reviews


def review(desk: Desk, claim_id: int, staff_id: int, when: datetime, round_: int = 1) -> None:
    with desk.sessions.begin() as session:
        session.execute(
            insert(Review).values(
                claim_id=claim_id, round=round_, staff_id=staff_id, opinion="true", reason="x", at=when
            )
        )


def test_reviews_count_in_the_week_they_were_done(desk: Desk) -> None:
    people = staff(desk)
    earlier = arrive(desk, 9, day=MONDAY - timedelta(days=20), state=ClaimState.QUEUED)
    for number, person in enumerate([people.an] * 5 + [people.binh] * 2 + [people.chi] * 2):
        review(desk, earlier[number], person, SUNDAY_NIGHT)
    review(desk, earlier[0], people.dung, MONDAY_AFTER)
    found = week_of(desk)
    assert found["reviews_done"].value == 9
    load = found["reviews_per_reviewer"]
    assert (load.value, load.low, load.high, load.n, load.enough) == (2, None, None, 3, True)
    assert shown(load) == "2,0"
    after = week_of(desk, "2026-W47")
    assert after["reviews_done"].value == 1
    hidden = after["reviews_per_reviewer"]
    assert (hidden.value, hidden.n, hidden.state) == (None, 0, "hidden")


def test_two_people_are_too_few_to_show_their_load(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    ids = arrive(sqlite_desk, 40, state=ClaimState.QUEUED)
    settle(sqlite_desk, people, ids, Opinion.NOT_A_CLAIM, WEDNESDAY)
    found = week_of(sqlite_desk)
    assert found["reviews_done"].value == 80
    assert found["reviews_per_reviewer"].state == "hidden"


def test_reviews_of_seeds_are_in_no_count(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    ids = arrive(sqlite_desk, 4, state=ClaimState.QUEUED)
    for claim in ids:
        review(sqlite_desk, claim, people.an, WEDNESDAY)
    assert week_of(sqlite_desk)["reviews_done"].value == 4
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(Claim).where(Claim.id == ids[0]).values(week=NO_WEEK))
    assert week_of(sqlite_desk)["reviews_done"].value == 3


# evidence


def quote(desk: Desk, claim_id: int, staff_id: int, round_: int) -> None:
    with desk.sessions.begin() as session:
        session.add(
            Evidence(
                claim_id=claim_id,
                round=round_,
                staff_id=staff_id,
                kind="primary",
                url="https://vinhlong.gov.vn/2",
                domain="vinhlong.gov.vn",
                publisher="Cổng tỉnh",
                quote="Nội dung này không đúng.",
                published_day=MONDAY,
                quote_sha256="1" * 64,
                at=WEDNESDAY,
            )
        )


def test_evidence_is_counted_by_verdict_in_the_week_of_arrival(desk: Desk) -> None:
    people = staff(desk)
    ids = arrive(desk, 4, state=ClaimState.QUEUED, flagged=True)
    settle(desk, people, ids, Opinion.FALSE, LONG_AFTER - timedelta(days=10))  # late, and of this week
    quote(desk, ids[0], people.an, 1)
    quote(desk, ids[0], people.an, 2)  # for an appeal that nobody has decided yet
    found = week_of(desk)["evidence_per_verdict"]
    assert (found.value, found.n, found.low) == (5 / 4, 4, None)
    with desk.sessions.begin() as session:
        session.add(
            Verdict(
                claim_id=ids[0],
                round=2,
                rating="true",
                method_note="x",
                first_staff_id=people.binh,
                second_staff_id=people.dung,
                at=LONG_AFTER,
            )
        )
    # the second verdict of the claim rests on all three quotations
    found = week_of(desk)["evidence_per_verdict"]
    assert (found.value, found.n) == ((5 + 3) / 5, 5)
    assert week_of(desk, "2026-W50")["evidence_per_verdict"].enough is False


# appeals


def appeal(desk: Desk, name: str, received: date, decided: datetime | None, state: AppealState) -> None:
    with desk.sessions.begin() as session:
        session.add(
            Appeal(
                correction_id=session.scalars(select(Correction.id)).first(),
                public_id=name,
                reason="",
                round=2,
                state=state,
                received_day=received,
                due_day=received + timedelta(days=14),
                decided_at=decided,
            )
        )


def test_appeals_are_counted_when_they_come_and_when_they_are_decided(desk: Desk) -> None:
    people = staff(desk)
    settle(desk, people, arrive(desk, 1, state=ClaimState.QUEUED), Opinion.FALSE, WEDNESDAY)
    sunday = MONDAY + timedelta(days=6)
    appeal(desk, "a", MONDAY - timedelta(days=1), WEDNESDAY, AppealState.CHANGED)
    appeal(desk, "b", MONDAY, SUNDAY_NIGHT, AppealState.CHANGED)
    appeal(desk, "c", sunday, SUNDAY_NIGHT, AppealState.UPHELD)
    appeal(desk, "d", sunday, MONDAY_AFTER, AppealState.CHANGED)
    appeal(desk, "e", sunday + timedelta(days=1), None, AppealState.OPEN)
    found, after = week_of(desk), week_of(desk, "2026-W47")
    names = ("appeals_received", "appeals_overturned", "appeals_open")
    assert [found[name].value for name in names] == [3, 2, 1]
    assert [after[name].value for name in names] == [1, 1, 1]


# corrections


def write_up(desk: Desk, languages: Sequence[Language], correction_ids: Sequence[int]) -> None:
    with desk.sessions.begin() as session:
        verdict = session.scalars(select(Verdict.id)).first()
        for one in correction_ids:
            for language in languages:
                session.add(
                    CorrectionText(
                        correction_id=one,
                        verdict_id=verdict,
                        language=language,
                        version=1,
                        title="Không thu phí",
                        said="Có tin phải đóng phí.",
                        truth="Không thu khoản nào.",
                        how_known="Theo thông báo của tỉnh.",
                        what_to_do="Đừng chuyển tiền.",
                        contact="",
                        reason="first publication",
                        at=WEDNESDAY,
                    )
                )


def test_corrections_are_digital_if_pages_and_feeds_can_show_them(desk: Desk) -> None:
    people = staff(desk)
    settle(desk, people, arrive(desk, 5, state=ClaimState.QUEUED), Opinion.FALSE, WEDNESDAY)
    settle(desk, people, arrive(desk, 3, state=ClaimState.QUEUED, tag="l"), Opinion.FALSE, MONDAY_AFTER)
    with desk.reading() as session:
        ids = list(session.scalars(select(Correction.id).order_by(Correction.id)))
    write_up(desk, [Language.VI, Language.KM], ids[:2])
    write_up(desk, [Language.VI], ids[2:4])
    found = week_of(desk)
    digital = found["corrections_digital"]
    # the fifth has no words yet: no page and no feed has it, and the figure says so
    assert (digital.value, digital.low, digital.high, digital.n) == (0.8, 0.8, 0.8, 5)
    assert found["corrections_other_languages"].value == 0.4
    write_up(desk, [Language.VI], ids[4:])
    assert week_of(desk)["corrections_digital"].value == 1
    with desk.reading() as session:
        shown_ = public.corrections(session, published=week_bounds(WEEK))
        feed = feeds.json_feed(shown_, "https://tin.example.vn", "Bàn tin")
    assert all(f"/dinh-chinh/tin-{one.slug.removeprefix('tin-')}" in feed for one in shown_)
    assert len(shown_) == 5
    assert week_of(desk, "2026-W40")["corrections_digital"].method == "no correction was published"


# sources


def put_sources(desk: Desk, names: Sequence[str], *, enabled: bool = True) -> None:
    with desk.sessions.begin() as session:
        for name in names:
            home = f"https://{name}.example.vn/"
            session.add(
                Source(
                    id=name,
                    name=name,
                    kind="newspaper",
                    homepage=home,
                    domain="example.vn",
                    is_local=True,
                    enabled=enabled,
                )
            )


def test_sources_are_healthy_if_they_were_read_within_the_week(desk: Desk) -> None:
    put_sources(desk, ["moi", "cu", "loi", "im", "muon"])
    put_sources(desk, ["tat"], enabled=False)
    sunday = MONDAY + timedelta(days=6)
    polls = [
        ("moi", MONDAY, Outcome.FEED_READ),
        ("cu", sunday, Outcome.UNCHANGED),
        ("loi", MONDAY, Outcome.TIMEOUT),
        ("loi", MONDAY, Outcome.KEPT),  # a page of its frontier, not a poll
        ("muon", sunday + timedelta(days=1), Outcome.FEED_READ),
        ("muon", MONDAY - timedelta(days=1), Outcome.FEED_READ),
        ("tat", MONDAY, Outcome.FEED_READ),
    ]
    with desk.sessions.begin() as session:
        for source, day, outcome in polls:
            counters.bump(session, source, day, outcome)
    found = week_of(desk)
    healthy = found["sources_healthy"]
    assert (healthy.value, healthy.low, healthy.high, healthy.n) == (0.4, 0.4, 0.4, 5)
    assert healthy.method == "complete count"
    assert found["sources_silent"].value == 3
    # an open week is reckoned to today: the rest of it has not failed yet
    tuesday = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
    early = week_of(desk, now=tuesday)
    assert (early["sources_healthy"].value, early["sources_healthy"].provisional) == (0.2, True)


def test_without_sources_there_is_no_share(sqlite_desk: Desk) -> None:
    found = week_of(sqlite_desk)
    assert found["sources_healthy"].method == "no source is enabled"
    assert found["sources_silent"].value == 0


# closing


def test_a_closed_week_keeps_every_figure(desk: Desk) -> None:
    later = audited(desk, unflagged=200, answered=30, late=1, missed=1)
    put_sources(desk, ["bao"])
    before = metrics.weekly(later, WEEK)
    assert metrics.close_week(later, WEEK)
    with desk.sessions.begin() as session:
        counters.bump(session, "bao", MONDAY, Outcome.FEED_READ)
        session.execute(update(Claim).values(week="2026-W40", topic="women", text="khong dau"))
    appeal(desk, "late", MONDAY, None, AppealState.OPEN)
    after = metrics.weekly(later, WEEK)
    assert [replace(one, provisional=True) for one in after] == before
    names = {one.name for one in after}
    assert {"answered_within_3_days", "effort_saved", "score_drift", "audit_alarm", "sources_silent"} <= names


# what a week's figures cost


STEP = 10


@contextmanager
def work(desk: Desk) -> Iterator[Callable[[], tuple[int, int]]]:
    """What SQLite's machine does meanwhile, whatever the clock says: (tens of its steps, statements)."""
    steps = asked = 0

    def tick() -> int:
        nonlocal steps
        steps += 1
        return 0

    def watch(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.set_progress_handler(tick, STEP)

    def note(*_: object) -> None:
        nonlocal asked
        asked += 1

    event.listen(desk.engine, "checkout", watch)
    event.listen(desk.engine, "before_cursor_execute", note)
    yield lambda: (steps, asked)
    event.remove(desk.engine, "before_cursor_execute", note)
    event.remove(desk.engine, "checkout", watch)


def fill_past(desk: Desk, people: People, weeks: range) -> None:
    """Busy weeks of long ago."""
    correction = Correction.__table__
    for back in weeks:
        day = MONDAY - timedelta(weeks=back)
        when = datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC)
        ids = arrive(desk, 60, day=day, state=ClaimState.QUEUED, flagged=True, tag=str(back))
        settle(desk, people, ids, Opinion.FALSE, when)
        with desk.sessions.begin() as session:
            one = session.scalar(select(correction.c.id).where(correction.c.claim_id == ids[0]))
            for number in range(20):
                counters.bump(session, f"nguon-{number}", day, Outcome.NOT_OURS, 5)
                audit.append(
                    session,
                    partial(datetime.fromtimestamp, when.timestamp(), UTC),
                    "system",
                    "erase_not_ours",
                    f"claim:{back}",
                )
            decided = {"received_day": day, "due_day": day, "decided_at": when, "state": "upheld"}
            session.add(Appeal(correction_id=one, public_id=str(back), reason="", round=2, **decided))


def test_a_weeks_figures_cost_what_the_week_holds(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=300, answered=30, late=1, missed=1)
    with sqlite_desk.reading() as session:
        names = dict(session.execute(select(Staff.username, Staff.id)).all())
    people = People(**names)
    fill_past(sqlite_desk, people, range(30, 36))
    with work(sqlite_desk) as done:
        figures = metrics.weekly(later, WEEK)
        little, asked = done()
    fill_past(sqlite_desk, people, range(36, 84))
    with work(sqlite_desk) as done:
        assert metrics.weekly(later, WEEK) == figures
        much, _ = done()
    # the counter is coarse: each statement may be off by one, and none by more
    assert asked > 30
    assert much <= little + asked
    # positive control: one look at every entry of the log would show
    with work(sqlite_desk) as done, sqlite_desk.reading() as session:
        session.scalar(select(func.count()).where(AuditEntry.action == "y"))
        assert done()[0] > asked
