"""Who has decided what already, and what is open: the edges of two people deciding."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import audit
from models.claims import Claim
from models.desk import AuditEntry
from models.errors import ConflictError, UsageError
from models.vocabulary import Language, Opinion
from pipeline import decisions, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.pipeline.conftest import People, count, put_claim
from tests.pipeline.sown import claim
from tests.pipeline.test_decisions import REASON, TEXT, rate


def decided(desk: Desk, first: int, second: int, lead: int, text: str) -> int:
    """A claim that two people rated and a lead answered."""
    claim_id = put_claim(desk, text)
    for one in (first, second):
        rate(desk, claim_id, one)
    publishing.publish(desk, claim_id, lead, {Language.VI: TEXT})
    return claim_id


def test_who_decided_a_claim_are_its_own_people_of_the_rounds_before(desk: Desk, people: People) -> None:
    one = decided(desk, people.an, people.binh, people.chi, "Mỗi hộ nghèo nhận 3 triệu nếu đóng 250 nghìn")
    other = decided(desk, people.chi, people.dung, people.dung, "Đăng ký nhận xe lăn phải đóng 90 nghìn")
    with desk.reading() as session:
        assert decisions.decided_before(session, one, 2) == {people.an, people.binh}
        assert decisions.decided_before(session, other, 2) == {people.chi, people.dung}
        assert decisions.decided_before(session, one, 1) == set(), "the round itself is not before it"


def test_a_claim_that_is_decided_takes_no_more_opinions(desk: Desk, people: People) -> None:
    claim_id = decided(desk, people.an, people.binh, people.chi, "Mỗi hộ nghèo nhận 3 triệu nếu đóng phí")
    with pytest.raises(ConflictError, match="not open for review"):
        decisions.record_review(desk, claim_id, people.dung, ReviewInput(Opinion.NOT_A_CLAIM, REASON))
    with pytest.raises(ConflictError, match="not open for review"):
        decisions.take(desk, claim_id, people.dung)


def test_putting_off_needs_a_reason(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    with pytest.raises(UsageError, match="reason"):
        decisions.defer(desk, claim_id, people.an, desk.clock().date() + timedelta(days=3), "Chờ")


def logged(desk: Desk) -> tuple[str, str, str, str]:
    """The log's only entry: who did what, to what, and the digest of its detail."""
    with desk.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    return entry.actor, entry.action, entry.subject, entry.detail_sha256


def test_the_log_holds_a_digest_of_the_whole_review(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    rate(desk, claim_id, people.an)
    said = {"opinion": Opinion.FALSE, "reason": REASON, "round": 1, "part": None}
    of = f"claim:{claim(desk, claim_id).public_id}"
    assert logged(desk) == (f"staff:{people.an}", "review", of, audit.detail_digest(said))
    assert audit.detail_digest(said) != audit.detail_digest({**said, "round": 2})


def test_the_log_keeps_that_something_was_not_ours_and_who_said_so(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    of = f"claim:{claim(desk, claim_id).public_id}"
    rate(desk, claim_id, people.binh, Opinion.NOT_OURS)
    assert logged(desk) == (f"staff:{people.binh}", "erase_not_ours", of, audit.detail_digest({}))
    assert count(desk, Claim) == 0


def test_the_log_holds_who_put_what_off_until_when(desk: Desk, people: People) -> None:
    claim_id, until = put_claim(desk), desk.clock().date() + timedelta(days=3)
    decisions.defer(desk, claim_id, people.an, until, REASON)
    of, said = f"claim:{claim(desk, claim_id).public_id}", {"until": until, "reason": REASON}
    assert logged(desk) == (f"staff:{people.an}", "defer", of, audit.detail_digest(said))


def test_a_claim_in_hand_is_free_again_after_twenty_minutes(desk: Desk, people: People) -> None:
    claim_id = put_claim(desk)
    assert decisions.take(desk, claim_id, people.an)
    with desk.reading() as session:
        claim = session.get_one(Claim, claim_id)
        assert claim.lease_until == desk.clock() + timedelta(minutes=20)
        assert decisions.holder(claim, desk.clock() + timedelta(minutes=20, seconds=-1)) == people.an
        assert decisions.holder(claim, desk.clock() + timedelta(minutes=20)) is None
