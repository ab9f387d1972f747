"""Appeals on their pages: the clock that staff see, the public outcome, the alarm where figures are read."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from models.decisions import Appeal, Evidence, EvidenceCopy
from models.desk import Staff
from models.vocabulary import CopyOutcome, Language, Opinion, Role
from models.weeks import local_day
from pipeline import appeals, decisions, prometheus, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import EVIDENCE, TEXT, add_claim, add_staff, decide, publish, words

WORDS = "Theo thông báo mới của huyện thì điều này đã khác, xin xem lại."
WHY = "Hai người khác đã đọc thông báo mới; nội dung không đổi."


@pytest.fixture
def answered(desk: Desk, staff: dict[str, Staff]) -> tuple[int, str]:
    claim = add_claim(desk)
    decide(desk, claim, staff["an"].id, staff["binh"].id)
    return claim, publish(desk, claim, staff["chi"].id)


def received(desk: Desk, days_ago: int, due_in: int) -> None:
    """Let the appeal have come some days ago, due some days from today."""
    today = local_day(desk.clock())
    values = {
        "received_day": today - timedelta(days=days_ago),
        "due_day": today + timedelta(days=due_in),
    }
    with desk.sessions.begin() as session:
        session.execute(update(Appeal).values(values))


def test_staff_see_the_working_day_the_alarm_and_what_is_overdue(
    desk: Desk, answered: tuple[int, str], browse: OpenBrowser
) -> None:
    appeals.file_appeal(desk, answered[1], WORDS)
    lead = browse("chi")
    # a week before is five working days
    alarm = "khiếu nại đã chờ từ 5 ngày làm việc"
    fresh = words(lead.get("/khang-nghi"))
    assert "ngày làm việc thứ 0/7" in fresh
    assert alarm not in fresh
    received(desk, 6, 3)
    assert alarm not in words(lead.get("/khang-nghi"))
    received(desk, 7, 2)
    soon = words(lead.get("/khang-nghi"))
    assert "ngày làm việc thứ 5/7" in soon
    assert alarm in soon
    received(desk, 14, -1)
    late = words(lead.get("/khang-nghi"))
    assert "Đã trễ 1" in late
    assert alarm in late


def test_the_alarm_stands_where_figures_are_read_and_in_prometheus(
    desk: Desk, answered: tuple[int, str], browse: OpenBrowser
) -> None:
    appeals.file_appeal(desk, answered[1], WORDS)
    said = "Khiếu nại đã chờ từ năm ngày làm việc"
    assert said not in words(browse().get("/so-lieu"))
    assert b'kiemchung_appeals{due="alarm"} 0.0' in prometheus.exposition(desk)
    received(desk, 8, 10)
    assert said in words(browse().get("/so-lieu"))
    assert b'kiemchung_appeals{due="alarm"} 1.0' in prometheus.exposition(desk)
    received(desk, 8, -1)
    assert b'kiemchung_appeals{due="overdue"} 1.0' in prometheus.exposition(desk)


def test_the_outcome_and_its_reason_are_public_and_the_readers_words_are_not(
    desk: Desk, answered: tuple[int, str], staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    claim, slug = answered
    appeal = appeals.file_appeal(desk, slug, WORDS)
    waiting = words(browse().get(f"/phan-hoi/{slug}/{appeal}"))
    assert "đang được xét" in waiting
    assert WORDS not in waiting
    private = "Ghi chú riêng của người thẩm định, không để công bố."
    for who in (staff["chi"].id, staff["dung"].id):
        decisions.record_review(desk, claim, who, ReviewInput(Opinion.FALSE, private, (EVIDENCE,)))
    lead = add_staff(desk, "giang", Role.LEAD).id
    publishing.publish(desk, claim, lead, {Language.VI: TEXT}, WHY)
    decided = words(browse().get(f"/phan-hoi/{slug}/{appeal}"))
    assert "Giữ nguyên kết luận" in decided
    assert WHY in decided
    assert private not in decided
    assert WORDS not in decided
    assert WHY[:40] in words(browse("kiem").get("/khang-nghi"))


def test_the_form_and_the_status_are_told_in_english_too(
    answered: tuple[int, str], desk: Desk, browse: OpenBrowser
) -> None:
    appeal = appeals.file_appeal(desk, answered[1], WORDS)
    for path in (f"/phan-hoi/{answered[1]}", f"/phan-hoi/{answered[1]}/{appeal}"):
        assert browse().get(path + "?lang=en").status_code == 200


def test_the_editor_asks_why_a_quotation_that_was_not_found_still_stands(
    desk: Desk, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    claim = add_claim(desk)
    decide(desk, claim, staff["an"].id, staff["binh"].id)
    lead = browse("chi")
    address = f"/ban-lam-viec/{claim}/dinh-chinh"
    assert "chưa thấy 1 câu trích" not in words(lead.get(address))
    with desk.sessions.begin() as session:
        session.execute(
            update(EvidenceCopy).values(
                outcome=CopyOutcome.MISSING, looked_day=date(2026, 11, 20), attempts=1
            )
        )
        assert session.scalars(select(Evidence)).all()
    page = lead.get(address)
    assert "chưa thấy 1 câu trích" in words(page)
    assert 'name="reason"' in page.text
    assert "chưa thấy câu trích" in words(browse("an").get(f"/ban-lam-viec/{claim}"))


def test_nobody_can_start_with_holidays_that_are_no_days(desk: Desk) -> None:
    from dataclasses import replace

    from models.errors import UsageError
    from review_ui.app import create_app

    values = {**desk.settings.values, "appeal.extra_holidays": "mùng một"}
    wrong = replace(desk, settings=replace(desk.settings, values=values))
    with pytest.raises(UsageError, match=r"appeal\.extra_holidays"):
        create_app(wrong)
