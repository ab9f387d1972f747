"""The independent audit: a sample that can be drawn again, labels that stay, and the stop that they pull."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from models import audit, triggers
from models.audits import AuditLabel, AuditTask
from models.claims import Claim, FrameUnit, SampleFrame
from models.decisions import Review
from models.desk import AuditEntry, JobRun, Staff
from models.errors import ConflictError, KiemChungError, NotFoundError, UsageError, WeekError
from models.retention import erase_claim
from models.vocabulary import ClaimState, Opinion, Role
from pipeline import autoqueue, doctor, independent, metrics, ranking, sampling, schedule
from pipeline.compose import Desk
from pipeline.figures import Figure, shown
from pipeline.independent import Sample, choose, seed_of
from pipeline.statistics import wilson
from tests.pipeline.audits import audited_flags, auditors, drawn, label, tasks, up_to
from tests.pipeline.conftest import People, hire
from tests.pipeline.test_cli_figures import call
from tests.pipeline.weeks import (
    LONG_AFTER,
    MONDAY,
    TUESDAY_AFTER,
    WEEK,
    arrive,
    at,
    audited,
    commit,
    drawn_claims,
    settle,
)

SEED = "5" * 64


def crowd(flagged: int, unflagged: int) -> dict[str, bool]:
    """References of a frame and which of them are flagged."""
    return {f"f{n}": True for n in range(flagged)} | {f"u{n}": False for n in range(unflagged)}


def figure(desk: Desk, name: str, week: str = WEEK) -> Figure:
    """One figure of a week."""
    return next(one for one in metrics.weekly(desk, week) if one.name == name)


def kiem(desk: Desk) -> int:
    """The auditor among the staff that weeks are made with."""
    with desk.reading() as session:
        return session.scalars(select(Staff.id).where(Staff.username == "kiem")).one()


# --- the sample


def differing(draw_again: Callable[[dict[str, bool], str], Sample]) -> int:
    """How many of a hundred repeated draws from the same frame and seed give another sample."""
    frame = crowd(500, 900)
    first = draw_again(frame, SEED)
    rows = list(frame.items())
    shuffle = random.Random(3)
    found = 0
    for _ in range(100):
        shuffle.shuffle(rows)
        found += draw_again(dict(rows), SEED) != first
    return found


def test_the_same_frame_and_seed_give_the_same_sample_a_hundred_times() -> None:
    assert differing(choose) == 0
    assert choose(crowd(500, 900), "6" * 64).refs != choose(crowd(500, 900), SEED).refs


def test_control_a_sample_that_follows_the_order_of_the_rows_is_seen() -> None:
    def careless(frame: dict[str, bool], _: str) -> Sample:
        flagged = [ref for ref, is_flagged in frame.items() if is_flagged][:200]
        return Sample(tuple(flagged), frozenset(flagged), 500, 900)

    assert differing(careless) > 90


@given(st.integers(0, 450), st.integers(0, 450), st.text("0123456789abcdef", min_size=64, max_size=64))
@settings(max_examples=50, deadline=None)
def test_each_half_gives_two_hundred_or_all_it_has(flagged: int, unflagged: int, seed: str) -> None:
    sample = choose(crowd(flagged, unflagged), seed)
    halves = Counter(ref in sample.flagged for ref in sample.refs)
    assert (halves[True], halves[False]) == (min(200, flagged), min(200, unflagged))
    assert len(set(sample.refs)) == len(sample.refs)
    assert (sample.n_flagged, sample.n_unflagged) == (flagged, unflagged)
    assert all(ref.startswith("f") == (ref in sample.flagged) for ref in sample.refs)


def test_every_claim_of_a_half_is_as_likely_as_any_other() -> None:
    frame, times = crowd(300, 250), Counter[str]()
    for turn in range(600):
        times.update(choose(frame, f"seed {turn}").refs)
    assert all(abs(times[ref] / 600 - (200 / 300 if ref[0] == "f" else 200 / 250)) < 0.1 for ref in frame)


def test_the_order_tells_nothing_of_the_half() -> None:
    means = []
    for turn in range(200):
        sample = choose(crowd(300, 300), f"seed {turn}")
        means.append(sum(at for at, ref in enumerate(sample.refs) if ref in sample.flagged) / 200)
    assert abs(sum(means) / 200 - 199.5) < 3  # both halves lie around the middle of the list


def test_a_week_is_drawn_once_and_can_be_drawn_again(desk: Desk) -> None:
    commit(desk)
    later = drawn(desk, flagged=230, unflagged=260)
    kept = tasks(later)
    assert Counter(task.flagged for task in kept) == {True: 200, False: 200}
    assert [task.position for task in kept] == list(range(400))
    assert {(task.flagged, task.n_stratum) for task in kept} == {(True, 230), (False, 260)}
    with later.reading() as session:
        flags = dict(session.execute(select(Claim.id, Claim.flagged)).all())
        assert all(flags[task.claim_id or 0] == task.flagged for task in kept)
        assert independent.verify(session, WEEK)
        assert independent.broken(session) == []
        entries = session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        assert entries[-2:] == [sampling.DRAW, independent.DRAW]
        assert audit.verify(session).ok
        sample = independent.sample_of(session, WEEK)
        assert independent.due(session) == []
    assert sample is not None
    assert list(sample.refs) == [task.claim_ref for task in kept]
    assert independent.draw(later, WEEK) == independent.draw_due(later) == 0
    assert tasks(later) == kept or len(tasks(later)) == 400


def test_the_audit_has_a_seed_of_its_own(sqlite_desk: Desk) -> None:
    later = drawn(sqlite_desk, flagged=0, unflagged=600)
    with later.reading() as session:
        kept = session.get_one(SampleFrame, WEEK)
        weekly = set(session.scalars(select(FrameUnit.claim_ref).where(FrameUnit.drawn)))
    assert seed_of(kept.seed) != kept.seed
    # a hundred of six hundred and two hundred of six hundred, independently: about a third in common
    assert 15 <= len(weekly & {task.claim_ref for task in tasks(later)}) <= 55


def test_nothing_in_the_queue_shows_that_a_claim_is_audited(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40, state=ClaimState.QUEUED, flagged=True, tag="flagged")
    arrive(sqlite_desk, 60)
    later = at(sqlite_desk, TUESDAY_AFTER)
    sampling.draw(later, WEEK)

    def rows() -> list[tuple[object, ...]]:
        with later.reading() as session:
            columns = (Claim.id, Claim.state, Claim.flagged, Claim.priority, Claim.queued_at)
            return [tuple(row) for row in session.execute(select(*columns).order_by(Claim.id))]

    before = rows()
    assert independent.draw(later, WEEK) == 100
    assert rows() == before


@pytest.mark.parametrize("change", ["half", "gone", "size", "frame", "seed"])
def test_a_changed_sample_is_found(sqlite_desk: Desk, change: str) -> None:
    later = drawn(sqlite_desk, flagged=210, unflagged=210)
    unit = FrameUnit.week == WEEK
    swap = {
        "half": update(AuditTask).where(AuditTask.position == 7).values(flagged=~AuditTask.flagged),
        "gone": delete(AuditTask).where(AuditTask.position == 399),
        "size": update(AuditTask).values(n_stratum=200),
        "frame": update(FrameUnit).where(unit, FrameUnit.flagged.is_(False)).values(flagged=True),
        "seed": update(SampleFrame).values(seed="0" * 64),
    }[change]
    with later.sessions.begin() as session:
        session.execute(swap)
    with later.reading() as session:
        assert independent.broken(session) == [WEEK]


def test_frame_and_sample_changed_together_do_not_fit_the_log(sqlite_desk: Desk) -> None:
    later = drawn(sqlite_desk, flagged=30, unflagged=30)
    with later.sessions.begin() as session:
        # everything is in the sample: moving one claim to the other half leaves the references as they are
        ref = session.scalars(select(AuditTask.claim_ref).where(AuditTask.flagged)).first()
        session.execute(update(FrameUnit).where(FrameUnit.claim_ref == ref).values(flagged=False))
        session.execute(update(AuditTask).where(AuditTask.claim_ref == ref).values(flagged=False))
        session.execute(update(AuditTask).where(AuditTask.flagged).values(n_stratum=29))
        session.execute(update(AuditTask).where(~AuditTask.flagged).values(n_stratum=31))
    with later.reading() as session:
        assert not independent.verify(session, WEEK)


def test_a_frame_of_before_cannot_say_what_was_flagged(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 30)
    sampling.draw(sqlite_desk, WEEK)
    with sqlite_desk.sessions.begin() as session:
        session.execute(update(FrameUnit).values(flagged=None))
    assert independent.draw_due(sqlite_desk) == independent.draw(sqlite_desk, WEEK) == 0
    with sqlite_desk.reading() as session:
        assert independent.due(session) == []
    with pytest.raises(WeekError):
        independent.draw(sqlite_desk, "2026-W60")


def test_the_schedule_draws_the_audit_after_the_frame_once(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 30, state=ClaimState.QUEUED, flagged=True)
    later = at(sqlite_desk, TUESDAY_AFTER)
    jobs = [job for job in schedule.JOBS if job.name in {"weekly-draw", "independent-audit"}]
    assert [(job, period) for job, period, _ in schedule.tick(later, schedule.here, jobs)] == [
        ("weekly-draw", WEEK),
        ("independent-audit", WEEK),
    ]
    assert schedule.tick(later, schedule.here, jobs) == []
    assert len(tasks(later)) == 30


# --- the labels


def test_two_different_auditors_label_each_claim_and_no_third(desk: Desk) -> None:
    first, second, third = auditors(desk, 3)
    later = drawn(desk, flagged=3, unflagged=4)
    order = [task.claim_ref for task in tasks(later)]
    for turn in range(7):
        with later.reading() as session:
            mine = independent.next_task(session, first)
        assert mine is not None
        assert (mine.claim_ref, mine.done, mine.total) == (order[turn], turn, 7)
        independent.record_label(later, first, WEEK, mine.claim_ref, "true")
    with later.reading() as session:
        assert independent.next_task(session, first) is None
    independent.record_label(later, second, WEEK, order[0], "false")
    with pytest.raises(ConflictError, match="does not change"):
        independent.record_label(later, second, WEEK, order[0], "true")
    with pytest.raises(ConflictError, match="two auditors"):
        independent.record_label(later, third, WEEK, order[0], "true")
    with later.reading() as session:
        theirs = independent.next_task(session, third)
        assert session.scalar(select(func.count()).select_from(AuditLabel)) == 8
        assert audit.verify(session).ok
    assert theirs is not None
    assert (theirs.claim_ref, theirs.done, theirs.total) == (order[1], 0, 6)


@pytest.mark.parametrize("change", ["UPDATE audit_label SET label = 'true'", "DELETE FROM audit_label"])
def test_the_database_itself_refuses_to_change_a_label(desk: Desk, change: str) -> None:
    later = drawn(desk, flagged=2, unflagged=2)
    independent.record_label(later, auditors(later)[0], WEEK, tasks(later)[0].claim_ref, "not_ours")
    with later.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(change))
    with later.engine.begin() as connection:  # control: it is the trigger that refuses
        for statement in triggers.drop_labels(later.engine.dialect.name):
            connection.execute(text(statement))
        assert connection.execute(text(change)).rowcount == 1


def test_only_an_auditor_labels(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    later = drawn(sqlite_desk, flagged=2, unflagged=2)
    ref = tasks(later)[0].claim_ref
    for person in (people.an, people.chi, people.quan, 4_711):
        with pytest.raises(ConflictError, match="only an auditor"):
            independent.record_label(later, person, WEEK, ref, "true")
    with later.sessions.begin() as session:
        session.get_one(Staff, people.kiem).disabled = True
    with pytest.raises(ConflictError, match="only an auditor"):
        independent.record_label(later, people.kiem, WEEK, ref, "true")


@pytest.mark.parametrize(
    ("week", "ref", "said", "kind"),
    [
        (WEEK, "nothing", "true", NotFoundError),
        ("2026-W01", None, "true", NotFoundError),
        (WEEK, None, "wrong", UsageError),
        (WEEK, None, "", UsageError),
    ],
)
def test_what_makes_no_sense_is_refused(
    sqlite_desk: Desk, week: str, ref: str | None, said: str, kind: type[KiemChungError]
) -> None:
    later = drawn(sqlite_desk, flagged=2, unflagged=2)
    person = auditors(later, 1)[0]
    with pytest.raises(kind):
        independent.record_label(later, person, week, ref or tasks(later)[0].claim_ref, said)


def test_nobody_audits_what_they_reviewed_in_another_role(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    later = drawn(sqlite_desk, flagged=2, unflagged=2)
    task = tasks(later)[0]
    review = {"round": 1, "opinion": "false", "reason": "đã đọc kỹ", "at": later.clock()}
    with later.sessions.begin() as session:
        session.execute(insert(Review), [review | {"claim_id": task.claim_id, "staff_id": people.an}])
        session.get_one(Staff, people.an).role = Role.AUDITOR
    with later.reading() as session:
        mine = independent.next_task(session, people.an)
    assert mine is not None
    assert (mine.claim_ref, mine.total) == (tasks(later)[1].claim_ref, 3)
    with pytest.raises(ConflictError, match="others"):
        independent.record_label(later, people.an, WEEK, task.claim_ref, "true")


def test_a_claim_that_was_erased_is_not_judged_and_that_is_said(desk: Desk) -> None:
    first, second = auditors(desk)
    later = drawn(desk, flagged=5, unflagged=5)
    gone, kept = tasks(later)[:2]
    independent.record_label(later, first, WEEK, gone.claim_ref, "not_ours")
    for person in (first, second):
        independent.record_label(later, person, WEEK, kept.claim_ref, "not_ours")
    with later.sessions.begin() as session:
        for task in (gone, kept):
            erase_claim(session, task.claim_id or 0)
    with pytest.raises(NotFoundError, match="erased"):
        independent.record_label(later, second, WEEK, gone.claim_ref, "not_ours")
    with later.reading() as session:
        theirs = independent.next_task(session, second)
        assert independent.verify(session, WEEK)  # the sample outlives its claims
    assert theirs is not None
    assert theirs.claim_ref == tasks(later)[2].claim_ref
    unjudged = figure(later, "audit_not_judged")
    # what two people had labelled stays judged although the claim is gone
    assert (unjudged.value, unjudged.low, unjudged.n) == (0.9, 0.9, 10)


def test_a_week_waits_for_its_auditors_and_takes_no_label_once_it_is_closed(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk)
    independent.draw(later, WEEK)
    alone = kiem(later)
    with later.reading() as session:
        assert not independent.waits(session, WEEK)  # one auditor can never finish it
    other = auditors(later, 1)[0]
    assert not metrics.close_week(later, WEEK)
    half = len(tasks(later)) - 1
    say = up_to(0, Opinion.TRUE)
    label(later, tasks(later)[:half], say, say, (alone, other))
    assert not metrics.close_week(later, WEEK)
    label(later, tasks(later)[half:], say, say, (alone,))
    assert not metrics.close_week(later, WEEK)
    assert metrics.close_week(at(later, LONG_AFTER), WEEK)  # never longer than seventeen days
    with pytest.raises(ConflictError, match="final"):
        independent.record_label(later, other, WEEK, tasks(later)[half].claim_ref, "true")
    with later.reading() as session:
        assert independent.next_task(session, other) is None
        assert figure(later, "audit_not_judged").n == len(tasks(later))


def test_a_week_closes_as_soon_as_both_auditors_are_done(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk)
    independent.draw(later, WEEK)
    say = up_to(0, Opinion.TRUE)
    label(later, tasks(later), say, say, auditors(later))
    assert metrics.close_week(later, WEEK)


# --- the figures


def test_thirty_five_is_the_least_that_can_be_under_the_limit() -> None:
    assert wilson(0, autoqueue.LEAST)[1] <= autoqueue.MOST < wilson(0, autoqueue.LEAST - 1)[1]


def test_five_of_two_hundred_is_between_one_and_six_per_cent(desk: Desk) -> None:
    people = auditors(desk)
    later = drawn(desk, flagged=240, unflagged=210)
    flagged, others = tasks(later, flagged=True), tasks(later, flagged=False)
    # one auditor doubts the first three flags, the other the next two: either is enough
    second: dict[int, Opinion] = {3: Opinion.NOT_A_CLAIM, 4: Opinion.NOT_OURS}
    label(later, flagged, up_to(3, Opinion.NOT_OURS), lambda place: second.get(place, Opinion.FALSE), people)
    # of the unflagged both must say false or misleading: ten of the first's twenty-five
    label(later, others, up_to(25, Opinion.FALSE), up_to(10, Opinion.MISLEADING), people)
    flags, missed = figure(later, "audit_false_flags"), figure(later, "audit_unflagged_false")
    assert (flags.value, flags.n, flags.method, flags.enough) == (5 / 200, 200, "Wilson", True)
    assert (round(100 * (flags.low or 0), 1), round(100 * (flags.high or 0), 1)) == (1.1, 5.7)
    assert (missed.value, missed.n) == (10 / 200, 200)
    assert shown(flags, "en") == "2.5% [1% – 6%]"
    assert figure(later, "audit_not_judged").value == 0
    assert figure(later, "auto_queue_stopped").value == 0


def test_where_all_were_drawn_and_judged_the_count_is_complete(sqlite_desk: Desk) -> None:
    later = audited_flags(sqlite_desk, 3, 40, auditors(sqlite_desk))
    flags = figure(later, "audit_false_flags")
    assert (flags.value, flags.low, flags.high, flags.method) == (3 / 40, 3 / 40, 3 / 40, "complete count")


@pytest.mark.parametrize(("judged", "enough"), [(0, False), (34, False), (35, True)])
def test_too_few_labels_are_said_to_be_too_few(sqlite_desk: Desk, judged: int, enough: bool) -> None:
    later = audited_flags(sqlite_desk, judged, judged, auditors(sqlite_desk), size=60)
    flags = figure(later, "audit_false_flags")
    assert flags.enough is enough
    assert (flags.value == 1.0) is enough
    assert flags.state == ("" if enough else "too few data")
    assert figure(later, "audit_unflagged_false").enough is False


def test_one_label_alone_counts_nowhere(sqlite_desk: Desk) -> None:
    later = drawn(sqlite_desk, flagged=50, unflagged=5)
    label(
        later,
        tasks(later, flagged=True),
        up_to(50, Opinion.NOT_OURS),
        up_to(0, Opinion.TRUE),
        auditors(later, 1),
    )
    assert figure(later, "audit_false_flags").n == 0
    assert figure(later, "audit_not_judged").value == 1


def test_a_week_without_an_audit_says_so(sqlite_desk: Desk) -> None:
    for name in ("audit_false_flags", "audit_unflagged_false", "audit_not_judged"):
        assert figure(sqlite_desk, name).enough is False
    assert figure(sqlite_desk, "auto_queue_stopped").value == 0


# --- the stop


def fresh(desk: Desk, n: int = 300) -> list[int]:
    """New claims that the score would flag, all of them."""
    return arrive(desk, n, day=MONDAY + timedelta(days=7), score=lambda _: 0.99, tag=f"fresh{desk.clock()}")


def let_in(desk: Desk, claims: list[int]) -> int:
    """How many of these claims the queue took."""
    ranking.queue(desk)
    with desk.reading() as session:
        return (
            session.scalar(select(func.count()).where(Claim.id.in_(claims), Claim.state == ClaimState.QUEUED))
            or 0
        )


def is_stopped(desk: Desk) -> bool:
    """Whether the score fills the queue now."""
    with desk.reading() as session:
        return autoqueue.stopped(session, desk.clock()) is not None


def test_control_without_an_audit_the_score_fills_the_queue(sqlite_desk: Desk) -> None:
    later = at(sqlite_desk, TUESDAY_AFTER)
    assert let_in(later, fresh(later)) == 300


def test_an_audit_over_the_limit_leaves_the_share_that_ignores_the_score(desk: Desk) -> None:
    later = audited_flags(desk, 6, 40, auditors(desk))
    assert is_stopped(later)
    claims = fresh(later)
    entered = let_in(later, claims)
    assert 3 <= entered <= 36  # five per cent of three hundred, far out on both sides
    assert let_in(later, claims) == entered
    with later.reading() as session:
        queued = select(Claim.flagged).where(Claim.id.in_(claims), Claim.state == ClaimState.QUEUED)
        # what the score would have flagged is marked, so that the next audit can judge it
        assert set(session.scalars(queued)) == {True}
    state = figure(later, "auto_queue_stopped", "2026-W47")
    assert (state.value, state.n) == (1.0, 40)
    assert WEEK in state.method


def test_audit_draws_enter_while_the_queue_is_stopped(sqlite_desk: Desk) -> None:
    later = audited_flags(sqlite_desk, 6, 40, auditors(sqlite_desk))
    arrive(later, 120, day=MONDAY + timedelta(days=7), score=lambda _: 0.99, tag="next")
    next_week = at(later, TUESDAY_AFTER + timedelta(days=7))
    ranking.queue(next_week)
    assert sampling.draw(next_week, "2026-W47") == 100
    assert len(drawn_claims(next_week, "2026-W47")) == 100


def test_the_score_alone_decides_again_after_a_better_audit(sqlite_desk: Desk) -> None:
    people = auditors(sqlite_desk)
    before = audited_flags(sqlite_desk, 20, 40, people, weeks_before=1)
    assert is_stopped(before)
    later = audited_flags(sqlite_desk, 1, 60, people)
    assert not is_stopped(later)
    assert let_in(later, fresh(later)) == 300
    # the week before is told as it was
    assert figure(later, "auto_queue_stopped", "2026-W46").value == 1
    assert figure(later, "auto_queue_stopped", "2026-W47").value == 0


def test_a_newer_audit_with_few_labels_changes_nothing(sqlite_desk: Desk) -> None:
    people = auditors(sqlite_desk)
    audited_flags(sqlite_desk, 20, 40, people, weeks_before=1)
    later = audited_flags(sqlite_desk, 0, 34, people, size=80)
    assert is_stopped(later)


def test_a_young_desk_is_never_stopped(sqlite_desk: Desk) -> None:
    assert not is_stopped(sqlite_desk)
    later = audited_flags(sqlite_desk, 34, 34, auditors(sqlite_desk))
    assert not is_stopped(later)
    assert let_in(later, fresh(later)) == 300


def test_the_upper_limit_and_not_the_share_stops(sqlite_desk: Desk) -> None:
    # 8 % of fifty: the share is under ten per cent, what it may be is not
    later = audited_flags(sqlite_desk, 4, 50, auditors(sqlite_desk), size=51)
    assert is_stopped(later)


def test_a_lead_resumes_by_hand_until_the_next_bad_audit(desk: Desk, people: People) -> None:
    two = auditors(desk)
    before = audited_flags(desk, 20, 40, two, weeks_before=1)
    for person in (people.an, people.kiem, people.quan):
        with pytest.raises(ConflictError, match="only a lead"):
            autoqueue.resume(before, person, "đã thay mô hình xếp hàng")
    with pytest.raises(UsageError, match="reason"):
        autoqueue.resume(before, people.chi, "thôi")
    assert is_stopped(before)
    autoqueue.resume(before, people.chi, "Đã hạ mô hình cũ, hỏi 0901 234 567")
    assert not is_stopped(before)
    assert let_in(before, fresh(before, 20)) == 20
    with pytest.raises(ConflictError, match="already"):
        autoqueue.resume(before, people.dung, "thêm một lần nữa")
    with before.reading() as session:
        row = session.scalars(select(JobRun).where(JobRun.job == autoqueue.RESUME)).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == autoqueue.RESUME)).one()
        assert audit.verify(session).ok
    assert row.period == "2026-W45"
    assert row.outcome is not None
    assert row.outcome.startswith("Đã hạ mô hình cũ")
    assert "234" not in row.outcome  # a number is masked like everywhere else
    assert (entry.actor, entry.subject) == (f"staff:{people.chi}", "week:2026-W45")
    later = audited_flags(desk, 20, 40, two)
    assert is_stopped(later)


def test_nothing_can_be_resumed_that_is_not_stopped(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    with pytest.raises(ConflictError, match="already"):
        autoqueue.resume(sqlite_desk, people.chi, "không có gì để mở lại")


def test_what_a_closed_week_says_of_the_stop_stays(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk)
    independent.draw(later, WEEK)
    say = up_to(0, Opinion.TRUE)
    label(later, tasks(later), say, say, auditors(later))
    before = {one.name: one for one in metrics.weekly(later, WEEK)}
    assert metrics.close_week(later, WEEK)
    after = {one.name: one for one in metrics.weekly(at(later, LONG_AFTER), WEEK)}
    for name in ("audit_false_flags", "audit_unflagged_false", "audit_not_judged", "auto_queue_stopped"):
        assert replace(after[name], provisional=True) == before[name]


def test_a_closed_week_stops_the_queue_as_an_open_one_does(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk)  # forty-two flags, settled by the desk itself
    independent.draw(later, WEEK)
    bad, good = up_to(9, Opinion.NOT_A_CLAIM), up_to(0, Opinion.TRUE)
    two = [kiem(later), *auditors(later, 1)]
    label(later, tasks(later, flagged=True), bad, good, two)
    label(later, tasks(later, flagged=False), good, good, two)
    assert metrics.close_week(later, WEEK)
    much_later = at(later, LONG_AFTER)
    with much_later.reading() as session:
        found = autoqueue.stopped(session, much_later.clock())
        # before its labels were given nothing was stopped
        assert autoqueue.stopped(session, TUESDAY_AFTER) is None
    assert found is not None
    assert (found.week, found.judged, found.positives) == (WEEK, 42, 9)


# --- where people see it


def test_the_doctor_says_that_and_why(sqlite_desk: Desk) -> None:
    later = audited_flags(sqlite_desk, 6, 40, auditors(sqlite_desk))

    def check() -> doctor.Check:
        with later.reading() as session:
            return doctor._queueing(session, later.clock)

    found = check()
    assert (found.state, found.name) == (doctor.ADVICE, "queueing")
    assert WEEK in found.message
    assert "15.0% [" in found.message
    assert found.todo
    with later.sessions.begin() as session:
        session.execute(delete(AuditTask))
    assert check().state == doctor.OK


def test_the_command_line_draws_the_sample_again(sqlite_desk: Desk) -> None:
    with pytest.raises(NotFoundError, match=WEEK):
        call(sqlite_desk, "audit", "sample", "--week", WEEK)
    later = drawn(sqlite_desk, flagged=12, unflagged=30)
    code, output = call(sqlite_desk, "audit", "sample", "--week", WEEK, "--json")
    answer = json.loads(output)
    assert (code, answer["week"], answer["holds"], answer["drawn"]) == (0, WEEK, True, True)
    assert (answer["n_flagged"], answer["n_unflagged"]) == (12, 30)
    assert answer["sample"] == [task.claim_ref for task in tasks(later)]
    code, plain = call(sqlite_desk, "audit", "sample", "--week", WEEK)
    assert plain.split() == answer["sample"]
    assert json.loads(call(sqlite_desk, "audit", "verify", "--json")[1])["broken_samples"] == []
    with later.sessions.begin() as session:
        session.execute(delete(AuditTask).where(AuditTask.position == 3))
    code, output = call(sqlite_desk, "audit", "sample", "--week", WEEK, "--json")
    assert (code, json.loads(output)["holds"]) == (1, False)
    code, output = call(sqlite_desk, "audit", "verify", "--json")
    assert (code, json.loads(output)["broken_samples"]) == (1, [WEEK])
    with pytest.raises(WeekError):
        call(sqlite_desk, "audit", "sample", "--week", "2026-47")


def test_settled_claims_are_audited_like_any_other(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claims = arrive(sqlite_desk, 20, state=ClaimState.QUEUED, flagged=True)
    settle(sqlite_desk, people, claims, Opinion.FALSE, datetime(2026, 11, 11, tzinfo=UTC))
    later = at(sqlite_desk, TUESDAY_AFTER)
    sampling.draw(later, WEEK)
    assert independent.draw(later, WEEK) == 20  # the weekly draw leaves them out, this one asks of every flag
