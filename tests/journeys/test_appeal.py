"""A reader replies, two people who did not decide before look again, and everybody sees what came of it."""

import re

import pytest

from models.vocabulary import Opinion
from pipeline.decisions import ReviewInput, record_review
from tests.journeys.conftest import House, Visit
from tests.pipeline.conftest import PRIMARY

pytestmark = pytest.mark.browser

REASON = "Thông báo mới ngày 17/11 nói khác với bài này, xin bàn tin đọc lại giúp."
NEW_TRUTH = "Từ ngày 17/11 có một khoản phí, nhưng người nhận trợ cấp được miễn."


def test_an_appeal_reopens_the_claim_and_its_outcome_is_public(house: House, visit: Visit) -> None:
    reader, lead = visit(script=False), visit()
    reader.go(f"/dinh-chinh/{house.slug}")
    reader.follow(f'a[href^="/phan-hoi/{house.slug}"]')
    reader.page.fill("#reason", REASON)
    reader.follow("main button.primary")
    followed = reader.page.url

    lead.sign_in("dung")
    lead.go("/khang-nghi")
    assert REASON in lead.text
    lead.follow("main [data-open]")
    claim = int(re.findall(r"/ban-lam-viec/(\d+)", lead.page.url)[0])
    # those who decided are not asked again
    an = visit()
    an.sign_in("an")
    an.go(f"/ban-lam-viec/{claim}")
    assert an.page.locator('input[name="opinion"]').count() == 0

    again = ReviewInput(Opinion.MISLEADING, "Đã đọc thông báo mới của tỉnh.", (PRIMARY,))
    for who in ("chi", "dung"):
        record_review(house.desk, claim, house.staff[who], again)
    lead.go(f"/ban-lam-viec/{claim}/dinh-chinh")
    lead.page.fill("#vi-truth", NEW_TRUTH)
    lead.page.fill("#reason", "Thông báo mới, theo khiếu nại của độc giả.")
    lead.follow("#soan button.primary")
    assert f"/dinh-chinh/{house.slug}" in lead.page.url

    reader.go(f"/dinh-chinh/{house.slug}")
    assert NEW_TRUTH in reader.text
    assert "Gây hiểu lầm" in reader.text
    reader.page.goto(followed)
    assert "đã có kết quả" in reader.page.inner_text("h1")
    assert "Gây hiểu lầm" in reader.text
    # the reader's own words are shown to nobody any more
    assert REASON not in reader.text
    lead.go("/khang-nghi")
    assert REASON not in lead.text
