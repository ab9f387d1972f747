"""A message is sent in, becomes a claim, is answered, and its sender finds the answer by the receipt."""

import re

import pytest
from sqlalchemy import select

from models.claims import Claim
from models.vocabulary import Language, Opinion
from pipeline import publishing, run
from pipeline.decisions import ReviewInput, record_review
from tests.journeys.conftest import House, Visit
from tests.pipeline.conftest import PRIMARY
from tests.rules.history import TEXT

pytestmark = pytest.mark.browser

TIP = (
    "Trên mạng lan truyền tin nhắn nói mỗi hộ nghèo ở Vĩnh Long được nhận 7 triệu đồng tiền hỗ trợ, "
    "ai muốn nhận phải chuyển khoản trước 300 nghìn đồng tiền phí hồ sơ."
)


def test_a_tip_is_followed_to_its_answer(house: House, visit: Visit) -> None:
    reader = visit(width=360, script=False)
    reader.go("/gui-tin")
    reader.page.fill("#text", TIP)
    reader.follow("main button.primary")
    receipt = re.findall(r"(?<![\w-])[\w-]{22}(?![\w-])", reader.text)[0]  # one may begin with a hyphen

    run.stages(house.desk)
    with house.desk.reading() as session:
        claim = session.scalars(select(Claim.id).where(Claim.text.contains("7 triệu"))).one()
    for who in ("an", "binh"):
        given = ReviewInput(Opinion.FALSE, "Đã hỏi Sở, không có khoản nào như vậy.", (PRIMARY,))
        record_review(house.desk, claim, house.staff[who], given)
    slug = publishing.publish(house.desk, claim, house.staff["chi"], {Language.VI: TEXT})

    reader.go("/theo-doi")
    reader.page.fill('main input[name="receipt"]', receipt)
    reader.follow("main button.primary")
    reader.follow(f'main a[href^="/dinh-chinh/{slug}"]')
    assert TEXT.title in reader.page.inner_text("h1")
    # the answer shows nothing of the message
    assert "300 nghìn" not in reader.text
    assert reader.page.context.cookies() == []
