"""The ten seconds, drafts, leases and views on both databases, and a process killed among them."""

import multiprocessing
import os
import signal
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from models import retention
from models.claims import Claim
from models.decisions import Evidence, Review
from models.errors import ConflictError, NotFoundError, UsageError
from models.vocabulary import ClaimState, Opinion
from models.weeks import local_day
from models.workbench import Draft, PendingReview
from pipeline import decisions, drafts, leases, undo, views
from pipeline.compose import Desk, build
from pipeline.decisions import ReviewInput, record_review
from pipeline.ratedpart import Part
from pipeline.settings import Settings
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, People, count, hire, put_claim, state_of

REASON = "Đã đọc thông báo của cơ quan."
FALSE = ReviewInput(Opinion.FALSE, REASON, (PRIMARY,))
TYPED = {"opinion": "false", "reason": REASON}


def later(desk: Desk, **by: float) -> Desk:
    """The same desk some time later."""
    now = desk.clock() + timedelta(**by)
    return replace(desk, clock=lambda: now)


def test_a_review_counts_after_ten_seconds_and_not_before(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    given = replace(FALSE, part=Part(0, 6))
    assert undo.accept(desk, [claim], people.an, given, TYPED) == NOW + timedelta(seconds=10)
    assert undo.settle_due(later(desk, seconds=9.999)) == 0
    assert (state_of(desk, claim), count(desk, Review)) == (ClaimState.QUEUED, 0)
    assert undo.settle_due(later(desk, seconds=10)) == 1
    assert undo.settle_due(later(desk, seconds=10)) == 0
    with desk.reading() as session:
        review = session.scalars(select(Review)).one()
        assert (review.opinion, review.reason, review.part_start, review.part_end) == ("false", REASON, 0, 6)
        assert session.scalars(select(Evidence)).one().quote == PRIMARY.quote
        assert review.at == NOW + timedelta(seconds=10)
    assert count(desk, PendingReview) == 0


def test_what_recording_would_refuse_is_refused_at_once(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    with pytest.raises(UsageError, match="evidence"):
        undo.accept(desk, [claim], people.an, ReviewInput(Opinion.FALSE, REASON), TYPED)
    with pytest.raises(UsageError, match="reason"):
        undo.accept(desk, [claim], people.an, replace(FALSE, reason="x"), TYPED)
    with pytest.raises(ConflictError, match="may not review"):
        undo.accept(desk, [claim], people.kiem, FALSE, TYPED)
    with pytest.raises(NotFoundError):
        undo.accept(desk, [999_999], people.an, FALSE, TYPED)
    assert count(desk, PendingReview) == 0


def test_several_are_accepted_and_taken_back_together_or_not_at_all(desk: Desk, people: People) -> None:
    claims = [put_claim(desk, f"Điều số {n} nói cùng một việc") for n in range(3)]
    record_review(desk, claims[2], people.an, FALSE)
    with pytest.raises(ConflictError, match="you have reviewed"):
        undo.accept(desk, claims, people.an, FALSE, TYPED)
    assert count(desk, PendingReview) == 0
    undo.accept(desk, claims[:2], people.an, FALSE, TYPED)
    with desk.reading() as session:
        waiting = undo.waiting(session, people.an, NOW)
    assert len({one.batch for one in waiting}) == 1
    assert undo.take_back(desk, waiting[0].id, people.an) == claims[:2]
    assert (count(desk, PendingReview), count(desk, Draft)) == (0, 2)
    undo.accept(desk, claims[:2], people.an, FALSE, TYPED)
    assert undo.settle_due(later(desk, seconds=10)) == 2
    assert {state_of(desk, one) for one in claims} == {ClaimState.SECOND}
    assert count(desk, Draft) == 0


def test_no_more_than_a_handful_at_once(desk: Desk, people: People) -> None:
    for claims in ([], list(range(1, 27))):
        with pytest.raises(UsageError, match="choose 1 to 25"):
            undo.accept(desk, claims, people.an, FALSE, TYPED)


def test_a_review_of_a_round_that_is_over_is_not_recorded(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    undo.accept(desk, [claim], people.dung, FALSE, TYPED)
    with desk.sessions.begin() as session:
        session.get_one(Claim, claim).round = 2
    assert undo.settle_due(later(desk, seconds=10)) == 0
    with desk.reading() as session:
        draft = drafts.of(session, claim, people.dung)
        assert [one.claim_id for one in drafts.returned(session, people.dung)] == [claim]
    assert draft is not None
    assert draft.fields["reason"] == REASON


def test_erasing_a_claim_leaves_nothing_of_drafts_and_waiting_reviews(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    drafts.save(desk, claim, people.binh, {"reason": "điều tôi đang viết"})
    undo.accept(desk, [claim], people.an, FALSE, TYPED)
    with desk.sessions.begin() as session:
        retention.erase_claim(session, claim)
    assert (count(desk, Draft), count(desk, PendingReview)) == (0, 0)
    assert undo.settle_due(later(desk, seconds=10)) == 0


def test_a_draft_is_ones_own_and_forgotten_after_fourteen_days(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    drafts.save(desk, claim, people.an, {"reason": "bản nháp", "opinion": ""})
    with desk.reading() as session:
        mine, others = drafts.of(session, claim, people.an), drafts.of(session, claim, people.binh)
    assert mine is not None
    assert (dict(mine.fields), others) == ({"reason": "bản nháp"}, None)
    for days, left in ((14, 1), (15, 0)):
        with desk.sessions.begin() as session:
            retention.erase(session, local_day(NOW + timedelta(days=days)))
        assert count(desk, Draft) == left
    drafts.save(desk, claim, people.an, {"reason": "lại viết"})
    drafts.save(desk, claim, people.an, {"reason": "  "})
    assert count(desk, Draft) == 0
    with pytest.raises(UsageError, match="draft: at most"):
        drafts.save(desk, claim, people.an, {"reason": "x" * 50_000})
    with pytest.raises(NotFoundError):
        drafts.save(desk, 999_999, people.an, {"reason": "x"})


def test_a_lease_is_renewed_given_back_and_ends(desk: Desk, people: People) -> None:
    claim = put_claim(desk)
    assert leases.hold(desk, claim, people.an)
    assert not leases.hold(later(desk, minutes=2), claim, people.binh)
    assert leases.hold(later(desk, minutes=2), claim, people.an)
    assert not leases.hold(later(desk, minutes=4), claim, people.binh)
    leases.release(desk, claim, people.binh)  # of another: nothing happens
    assert not leases.hold(later(desk, minutes=4), claim, people.binh)
    leases.release(desk, claim, people.an)
    assert leases.hold(desk, claim, people.binh)
    assert leases.hold(later(desk, minutes=3), claim, people.an)
    # twenty minutes that were asked for are not made shorter by an open page
    assert decisions.take(later(desk, minutes=3), claim, people.an)
    assert leases.hold(later(desk, minutes=4), claim, people.an)
    assert not leases.hold(later(desk, minutes=20), claim, people.binh)
    # nobody holds what they may not review
    record_review(desk, claim, people.an, FALSE)
    assert not leases.hold(later(desk, minutes=30), claim, people.an)
    assert not leases.hold(desk, 999_999, people.an)


def test_views_are_ones_own_few_and_named(desk: Desk, people: People) -> None:
    for n in range(views.MOST_VIEWS):
        views.save(desk, people.an, f"khung {n:02}", "chu-de=health")
    with pytest.raises(ConflictError, match="20 views"):
        views.save(desk, people.an, "một cái nữa", "chu-de=health")
    views.save(desk, people.an, "  khung   03 ", "tuoi=7")
    for name in ("", "   ", "x" * 41):
        with pytest.raises(UsageError, match="name"):
            views.save(desk, people.an, name, "")
    with desk.reading() as session:
        mine = views.of(session, people.an)
        assert views.of(session, people.binh) == []
    assert len(mine) == 20
    assert mine[3].query == "tuoi=7"
    views.drop(desk, people.binh, mine[3].id)
    views.drop(desk, people.an, mine[0].id)
    with desk.reading() as session:
        assert len(views.of(session, people.an)) == 19


# --- killed among the ten seconds ------------------------------------------------------------------------


def killed(settings: Settings, now: datetime, n: int) -> None:
    """The child: settles what is due and is killed at the nth statement that changes something."""
    from sqlalchemy import event

    desk = build(settings, clock=lambda: now, migrated=False)
    calls = Counter[str]()

    @event.listens_for(desk.engine, "before_cursor_execute")
    def _(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            calls["n"] += 1
        if calls["n"] == n:
            os.kill(os.getpid(), signal.SIGKILL)

    undo.settle_due(desk)


@pytest.mark.parametrize("n", [1, 3, *(pytest.param(n, marks=pytest.mark.release) for n in (2, 4, 5, 6, 7))])
def test_a_process_killed_while_it_settles_loses_and_doubles_nothing(n: int, sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    claims = [put_claim(sqlite_desk, f"Điều thứ {one} chờ được ghi") for one in range(2)]
    for claim in claims:
        undo.accept(sqlite_desk, [claim], people.an, FALSE, TYPED)
    spawn = multiprocessing.get_context("spawn")
    child = spawn.Process(target=killed, args=(sqlite_desk.settings, NOW + timedelta(seconds=10), n))
    child.start()
    child.join(600)
    assert child.exitcode == -signal.SIGKILL
    assert count(sqlite_desk, Review) + count(sqlite_desk, PendingReview) == 2
    undo.settle_due(later(sqlite_desk, seconds=10))
    assert [state_of(sqlite_desk, one) for one in claims] == [ClaimState.SECOND] * 2
    assert (count(sqlite_desk, Review), count(sqlite_desk, PendingReview)) == (2, 0)
