"""The page of agreement: for leads and auditors alone, with a picture, and nothing about few claims."""

import pytest

from models.desk import Staff
from models.vocabulary import Opinion
from pipeline import decisions
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import EVIDENCE, add_claim, words

PAGE = "/muc-thong-nhat"


def settle(desk: Desk, staff: dict[str, Staff], n: int, topic: str = "health") -> None:
    """Claims that two people settled: every other one false, the rest true, all alike but those closed."""
    for k in range(n):
        claim = add_claim(desk, f"điều số {k} về {topic}", topic=topic)
        said = (Opinion.FALSE, Opinion.TRUE)[k % 2]
        for who in ("an", "binh"):
            given = ReviewInput(said, "Đã đọc thông báo của Sở Y tế.", (EVIDENCE,))
            decisions.record_review(desk, claim, staff[who].id, given)


@pytest.mark.parametrize(
    ("who", "status"), [("chi", 200), ("kiem", 200), ("an", 403), ("quan", 403), (None, 303)]
)
def test_leads_and_auditors_read_it_and_nobody_else(
    who: str | None, status: int, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    assert staff
    assert browse(who).get(PAGE).status_code == status


def test_it_shows_alpha_with_its_interval_by_person_and_topic(
    desk: Desk, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    settle(desk, staff, 12)
    page = browse("chi").get(PAGE)
    said = words(page)
    assert "100%" in said
    assert "1,00" in said
    assert "binh" in said
    assert page.text.count("<svg") == 4  # all, two people, one topic
    assert "khoảng 95% từ" in page.text
    assert "style=" not in page.text


def test_under_eleven_pairs_it_says_only_that(
    desk: Desk, staff: dict[str, Staff], browse: OpenBrowser
) -> None:
    settle(desk, staff, 10)
    page = browse("chi").get(PAGE)
    assert "dưới 11" in words(page)
    assert "<svg" not in page.text
    assert "100%" not in words(page)


def test_an_empty_desk_says_so(staff: dict[str, Staff], browse: OpenBrowser) -> None:
    assert staff
    assert "Chưa có ai thẩm định" in words(browse("kiem").get(PAGE))
