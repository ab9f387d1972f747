"""The weekly draw: drawn once, reproducible, proportional, blind, and committed to beforehand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from models import audit
from models.claims import Claim, FrameUnit, SampleFrame
from models.desk import AuditEntry, JobRun
from models.errors import WeekError
from models.vocabulary import ClaimState, Opinion
from pipeline import frame, sampling
from pipeline.compose import Desk
from pipeline.frame import Row, allocate, merge
from tests.conftest import NOW
from tests.pipeline.weeks import (
    LONG_AFTER,
    MONDAY,
    TUESDAY_AFTER,
    WEEK,
    arrive,
    at,
    commit,
    drawn_claims,
    settle,
    staff,
)

KEY = b"k" * 32


def units(desk: Desk, week: str = WEEK) -> list[FrameUnit]:
    with desk.reading() as session:
        found = select(FrameUnit).where(FrameUnit.week == week).order_by(FrameUnit.position)
        return list(session.scalars(found))


def test_a_week_is_drawn_once_after_it_ended(desk: Desk) -> None:
    commit(desk)
    arrive(desk, 400)
    arrive(desk, 30, day=date(2026, 11, 17), tag="present week")
    assert sampling.draw_due(at(desk, datetime(2026, 11, 15, 16, 59, tzinfo=UTC))) == 0  # Sunday 23:59
    later = at(desk, datetime(2026, 11, 15, 17, 0, tzinfo=UTC))
    assert sampling.draw_due(later) == 100
    assert sampling.draw_due(later) == 0
    assert sampling.draw(later, WEEK) == 0
    with desk.reading() as session:
        assert session.scalars(select(SampleFrame.week)).all() == [WEEK]
        assert len(units(desk)) == 400


def test_every_missed_week_is_drawn_on_return(sqlite_desk: Desk) -> None:
    for back in range(5):
        arrive(sqlite_desk, 12, day=MONDAY - timedelta(weeks=back), tag=str(back))
    assert sampling.draw_due(at(sqlite_desk, LONG_AFTER)) == 60
    with sqlite_desk.reading() as session:
        weeks = session.scalars(select(SampleFrame.week).order_by(SampleFrame.week)).all()
        runs = session.scalars(select(JobRun.period).where(JobRun.job == sampling.DRAW)).all()
    assert list(weeks) == sorted(runs) == [f"2026-W{n}" for n in (42, 43, 44, 45, 46)]


def test_a_week_without_claims_has_no_frame(sqlite_desk: Desk) -> None:
    assert sampling.draw(sqlite_desk, WEEK) == 0
    with sqlite_desk.reading() as session:
        assert session.get(SampleFrame, WEEK) is None
    with pytest.raises(WeekError):
        sampling.draw(sqlite_desk, "2026-W54")


def test_drawn_claims_look_like_any_other_in_the_queue(desk: Desk) -> None:
    arrive(desk, 300)
    waiting = arrive(desk, 20, state=ClaimState.QUEUED, flagged=True, tag="flagged")
    sampling.draw(at(desk, TUESDAY_AFTER), WEEK)
    with desk.reading() as session:
        claims = list(session.scalars(select(Claim).where(Claim.week == WEEK)))
    drawn = set(drawn_claims(desk))
    for claim in claims:
        queued = claim.id in drawn or claim.id in waiting
        assert claim.state == (ClaimState.QUEUED if queued else ClaimState.NEW)
        assert claim.flagged == (claim.id in waiting)
        # no trace of a draw on the claim itself: only the opaque frame knows
        assert (claim.queued_at is not None) == (claim.id in drawn and claim.id not in waiting)


def test_the_frame_holds_no_id_or_text_of_a_claim(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    sampling.draw(sqlite_desk, WEEK)
    with sqlite_desk.reading() as session:
        names = set(session.scalars(select(Claim.public_id)))
        keys = set(session.scalars(select(Claim.key)))
    kept = {unit.claim_ref for unit in units(sqlite_desk)}
    assert len(kept) == 40
    assert not kept & (names | keys)


def test_the_log_tells_of_the_seed_before_and_of_the_draw_after(desk: Desk) -> None:
    commit(desk)
    arrive(desk, 50)
    sampling.draw(at(desk, TUESDAY_AFTER), WEEK)
    with desk.reading() as session:
        entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))
        kept = session.get_one(SampleFrame, WEEK)
        assert sampling.committed(session, WEEK)
        assert audit.verify(session).ok
    assert entries[0].subject == f"week:{WEEK}:{kept.seed_commitment}"
    assert [entry.action for entry in entries] == ["commit_seed", "commit_seed", "audit_draw"]


def test_a_draw_without_a_commitment_is_known_as_such(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 50)
    sampling.draw(sqlite_desk, WEEK)
    sampling.draw_due(at(sqlite_desk, NOW))  # commits to the present weeks only
    with sqlite_desk.reading() as session:
        assert not sampling.committed(session, WEEK)


def test_adjudicated_claims_are_counted_and_not_drawn(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    arrive(sqlite_desk, 100)
    found = arrive(sqlite_desk, 20, state=ClaimState.QUEUED, flagged=True, tag="found")
    settle(sqlite_desk, people, found[:12], Opinion.FALSE, TUESDAY_AFTER - timedelta(days=4))
    settle(sqlite_desk, people, found[12:], Opinion.TRUE, TUESDAY_AFTER - timedelta(days=4))
    sampling.draw(sqlite_desk, WEEK)
    by_stratum = Counter(unit.stratum for unit in units(sqlite_desk))
    assert by_stratum["known"] == 12
    assert not any(unit.drawn for unit in units(sqlite_desk) if unit.stratum == "known")
    assert sum(by_stratum.values()) == 120
    # eight rejected ones are too few for a stratum of their own: they join their lower neighbour
    assert any(name.endswith("+rejected") for name in by_stratum)


def test_rejected_and_unreviewed_claims_have_strata_of_their_own(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    arrive(sqlite_desk, 200)
    arrive(sqlite_desk, 40, score=lambda _: None, tag="no score")
    queued = arrive(sqlite_desk, 80, state=ClaimState.QUEUED, flagged=True, tag="queued")
    settle(sqlite_desk, people, queued[:40], Opinion.NOT_A_CLAIM, TUESDAY_AFTER - timedelta(days=4))
    sampling.draw(sqlite_desk, WEEK)
    sizes = Counter(unit.stratum for unit in units(sqlite_desk))
    assert sizes == {
        "unscored": 40,
        "score-00-50": 100,
        "score-50-80": 60,
        "score-80-95": 30,
        "score-95-100": 10,
        "rejected": 40,
        "unreviewed": 40,
    }
    drawn = Counter(unit.stratum for unit in units(sqlite_desk) if unit.drawn)
    for name, size in sizes.items():
        assert drawn[name] / size >= 100 / 320 - 0.05
    for unit in units(sqlite_desk):
        assert unit.probability == pytest.approx(drawn[unit.stratum] / sizes[unit.stratum])


def test_the_same_frame_and_seed_give_the_same_draw_a_hundred_times() -> None:
    rows = [Row(n, f"p{n}", ClaimState.NEW, (n * 37 % 101) / 101, 1 + n % 3) for n in range(500)]
    first, _ = frame.freeze(KEY, rows, set())
    digest = frame.frame_digest(first)
    seed = frame.seed_of(digest, frame.week_secret(KEY, WEEK))
    sizes = allocate(frame.sizes_of(first), 100)
    taken = frame.select_units(first, sizes, seed)
    assert len(taken) == 100
    for turn in range(100):
        again, _ = frame.freeze(KEY, rows[turn:] + rows[:turn], set())
        assert frame.frame_digest(again) == digest
        assert frame.select_units(again, allocate(frame.sizes_of(again), 100), seed) == taken
    other = frame.seed_of(digest, frame.week_secret(KEY, "2026-W47"))
    assert frame.select_units(first, sizes, other) != taken


@pytest.mark.parametrize("change", ["drawn", "stratum", "seed", "n_mentions"])
def test_a_changed_frame_or_draw_is_found(sqlite_desk: Desk, change: str) -> None:
    arrive(sqlite_desk, 200)
    sampling.draw(sqlite_desk, WEEK)
    with sqlite_desk.reading() as session:
        assert sampling.verify_draw(session, sqlite_desk.keys.sampling, WEEK)
    swap = {
        "drawn": update(FrameUnit).where(FrameUnit.position < 3).values(drawn=~FrameUnit.drawn),
        "stratum": update(FrameUnit).where(FrameUnit.position == 0).values(stratum="unscored"),
        "seed": update(SampleFrame).values(seed="0" * 64),
        "n_mentions": update(FrameUnit).where(FrameUnit.position == 5).values(n_mentions=9),
    }[change]
    with sqlite_desk.sessions.begin() as session:
        session.execute(swap)
    with sqlite_desk.reading() as session:
        assert not sampling.verify_draw(session, sqlite_desk.keys.sampling, WEEK)


def test_each_claim_is_drawn_as_often_as_its_probability_says() -> None:
    rows = [Row(n, f"p{n}", ClaimState.NEW, n / 60, 1) for n in range(60)]
    frozen, claim_of = frame.freeze(KEY, rows, set())
    sizes = allocate(frame.sizes_of(frozen), 20)
    totals = frame.sizes_of(frozen)
    times: Counter[int] = Counter()
    for turn in range(2_000):
        times.update(claim_of[ref] for ref in frame.select_units(frozen, sizes, f"seed {turn}"))
    for unit in frozen:
        expected = sizes[unit.stratum] / totals[unit.stratum]
        assert times[claim_of[unit.ref]] / 2_000 == pytest.approx(expected, abs=0.05)


names = st.sampled_from(frame.ORDER)


@given(st.dictionaries(names, st.integers(1, 4_000), min_size=1), st.integers(5, 5_000))
@settings(max_examples=200, deadline=None)
def test_the_allocation_keeps_its_promises(sizes: dict[str, int], n: int) -> None:
    given_ = allocate(sizes, n)
    total, floors = sum(sizes.values()), sum(min(size, 5) for size in sizes.values())
    assert set(given_) == set(sizes)
    assert sum(given_.values()) == min(total, max(n, floors))
    assert all(min(5, sizes[name]) <= given_[name] <= sizes[name] for name in sizes)
    if all(n * size / total >= 5 for size in sizes.values()) and n <= total:
        assert all(abs(given_[name] - n * size / total) < 1 for name, size in sizes.items())


@given(st.dictionaries(names, st.integers(1, 40), min_size=1))
def test_no_stratum_under_ten_is_left_unless_everything_is(sizes: dict[str, int]) -> None:
    ends = merge(sizes)
    merged: Counter[str] = Counter()
    for name, size in sizes.items():
        merged[ends[name]] += size
    assert sum(merged.values()) == sum(sizes.values())
    assert len(merged) == 1 or min(merged.values()) >= 10


def test_the_number_of_draws_is_a_setting(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 90)
    assert sqlite_desk.settings.number("audit.weekly_draws") == 100
    assert sampling.draw(sqlite_desk, WEEK) == 90  # never more than there are
    with sqlite_desk.reading() as session:
        assert session.scalar(select(func.count()).where(FrameUnit.drawn)) == 90
