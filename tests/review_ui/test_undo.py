"""Ten seconds to take a review back: nothing comes of it before, and no word of it is lost after."""

import re

import pytest
from sqlalchemy import select

from models.decisions import Evidence, Review
from models.desk import AuditEntry, Staff
from models.gathered import Mention
from models.vocabulary import ClaimState
from models.workbench import Draft, PendingReview
from pipeline import accounts, run, undo
from pipeline.compose import Desk
from tests.pipeline.conftest import count, state_of
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Answer, Browser, MovingClock, add_claim, decide, words
from tests.review_ui.test_review import FULL, REASON

pytestmark = pytest.mark.usefixtures("staff")


def give(browser: Browser, claim_id: int, **changed: str) -> Answer:
    """Send a review and let no time pass."""
    return browser.post(f"/ban-lam-viec/{claim_id}/y-kien", {**FULL, **changed})


def take_back(browser: Browser) -> Answer:
    """Press the button of the banner on the queue's page."""
    found = re.search(r'name="review" value="(\d+)"', browser.get("/ban-lam-viec").text)
    assert found
    return browser.post("/ban-lam-viec/lay-lai", {"review": found[1]})


def test_nothing_comes_of_a_review_within_ten_seconds(
    browse: OpenBrowser, desk: Desk, moving: MovingClock
) -> None:
    claim_id = add_claim(desk, tip="Một tin báo về điều này")
    first, second = browse("an"), browse("binh")
    run.stages(desk)
    before = second.get(f"/ban-lam-viec/{claim_id}").text
    assert give(first, claim_id).headers["location"] == "/ban-lam-viec?da=xong"
    moving.forward(seconds=9)
    run.stages(desk)
    after = second.get(f"/ban-lam-viec/{claim_id}").text
    assert state_of(desk, claim_id) == ClaimState.QUEUED
    assert (count(desk, Review), count(desk, Evidence)) == (0, 0)
    with desk.reading() as session:
        assert "review" not in session.scalars(select(AuditEntry.action)).all()
    # another person sees that somebody is at it, and nothing else
    assert after.replace('id="co-nguoi">', 'id="co-nguoi" hidden>') == before
    moving.forward(seconds=1)
    second.get(f"/ban-lam-viec/{claim_id}")
    assert state_of(desk, claim_id) == ClaimState.SECOND
    assert (count(desk, Review), count(desk, Evidence), count(desk, PendingReview)) == (1, 1, 0)


def test_its_author_sees_it_at_once_and_is_offered_to_take_it_back(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    give(analyst, claim_id)
    queue = analyst.get("/ban-lam-viec")
    assert "Đã ghi: Sai sự thật" in words(queue)
    assert 'data-left="10"' in queue.text
    assert "Bạn đã có ý kiến" in words(queue)
    page = analyst.get(f"/ban-lam-viec/{claim_id}")
    assert "Bạn vừa ghi ý kiến" in words(page)
    assert "tham-dinh" not in page.text
    assert "Đã ghi: Sai sự thật" not in words(browse("binh").get("/ban-lam-viec"))


def test_what_was_taken_back_is_in_the_form_again_and_in_the_log(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    give(analyst, claim_id)
    answer = take_back(analyst)
    assert answer.headers["location"] == f"/ban-lam-viec/{claim_id}?da=tra-lai"
    page = analyst.get(answer.headers["location"])
    assert REASON in page.text
    assert f'value="{FULL["url_1"]}"' in page.text
    assert re.search(r'value="false" required data-key="1" checked', page.text)
    assert state_of(desk, claim_id) == ClaimState.QUEUED
    with desk.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        assert (last.action, count(desk, Review)) == ("review_taken_back", 0)
    assert REASON not in browse("binh").get(f"/ban-lam-viec/{claim_id}").text


def test_after_ten_seconds_it_counts_and_nobody_else_can_take_it_back(
    browse: OpenBrowser, desk: Desk, moving: MovingClock
) -> None:
    claim_id = add_claim(desk)
    analyst, other = browse("an"), browse("binh")
    give(analyst, claim_id)
    with desk.reading() as session:
        number = str(session.scalar(select(PendingReview.id)))
    assert other.post("/ban-lam-viec/lay-lai", {"review": number}).status_code == 409
    assert count(desk, PendingReview) == 1
    moving.forward(seconds=10)
    late = analyst.post("/ban-lam-viec/lay-lai", {"review": number})
    assert late.status_code == 409
    assert "đã được tính" in words(late)
    assert state_of(desk, claim_id) == ClaimState.SECOND
    for nonsense in ("", "x", "-1", "9" * 30, "0"):
        assert analyst.post("/ban-lam-viec/lay-lai", {"review": nonsense}).status_code == 409


def test_not_ours_waits_its_ten_seconds_too(browse: OpenBrowser, desk: Desk, moving: MovingClock) -> None:
    claim_id = add_claim(desk, tip="Chuyện riêng của một người")
    analyst = browse("an")
    give(analyst, claim_id, opinion="not_ours", reason="", preset="rieng")
    assert count(desk, Mention) == 1
    take_back(analyst)
    moving.forward(minutes=1)
    assert undo.settle_due(desk) == 0
    assert count(desk, Mention) == 1
    give(analyst, claim_id, opinion="not_ours", reason="", preset="rieng")
    moving.forward(seconds=10)
    assert analyst.get(f"/ban-lam-viec/{claim_id}").status_code == 404
    assert (count(desk, Mention), count(desk, PendingReview), count(desk, Draft)) == (0, 0, 0)


def test_a_review_that_came_too_late_is_a_draft_again(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk)
    analyst = browse("chi")
    give(analyst, claim_id, reason="Một lý do dài mà tôi đã gõ mười phút.")
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    moving.forward(seconds=10)
    queue = analyst.get("/ban-lam-viec")
    assert "chưa ghi được" in words(queue)
    assert "có người đã làm xong trước" in words(queue)
    assert "Một lý do dài mà tôi đã gõ mười phút." in words(analyst.get(f"/ban-lam-viec/{claim_id}"))
    assert "mười phút" not in browse("an").get(f"/ban-lam-viec/{claim_id}").text
    assert count(desk, Review) == 2


def test_an_account_closed_in_the_meantime_decides_nothing(
    browse: OpenBrowser, desk: Desk, moving: MovingClock
) -> None:
    claim_id = add_claim(desk)
    give(browse("an"), claim_id)
    accounts.disable(desk, "an")
    moving.forward(seconds=10)
    undo.settle_due(desk)
    assert (state_of(desk, claim_id), count(desk, Review)) == (ClaimState.QUEUED, 0)


def test_sending_twice_is_refused_while_it_waits(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    analyst = browse("an")
    give(analyst, claim_id)
    assert give(analyst, claim_id).status_code == 409
    assert count(desk, PendingReview) == 1


def test_two_reviews_that_wait_together_settle_in_their_order(
    browse: OpenBrowser, desk: Desk, moving: MovingClock, staff: dict[str, Staff]
) -> None:
    claim_id = add_claim(desk)
    give(browse("binh"), claim_id)
    moving.forward(seconds=1)
    give(browse("an"), claim_id)
    moving.forward(seconds=10)
    assert undo.settle_due(desk) == 2
    assert state_of(desk, claim_id) == ClaimState.AGREED
    with desk.reading() as session:
        people = session.scalars(select(Review.staff_id).order_by(Review.id)).all()
    assert people == [staff["binh"].id, staff["an"].id]


def test_the_return_keeps_the_filters(browse: OpenBrowser, desk: Desk) -> None:
    claim_id = add_claim(desk)
    given = give(browse("an"), claim_id, ve="chu-de=health&dia-phuong=1&da=x&la=1")
    assert given.headers["location"] == "/ban-lam-viec?chu-de=health&dia-phuong=1&da=xong"
