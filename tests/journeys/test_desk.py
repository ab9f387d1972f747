"""From the queue to the feed: two people, a lead and a reader, each in their own window."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.decisions import Verdict
from models.weeks import local_day
from pipeline import undo
from tests.conftest import NOW
from tests.journeys.conftest import House, Visit, Visitor
from tests.pipeline.conftest import PRIMARY

pytestmark = pytest.mark.browser

CLAIM = "Uống nước lá đu đủ mỗi ngày chữa khỏi hẳn ung thư phổi, không cần mổ"
QUOTE = "Chưa có bằng chứng nào cho thấy lá đu đủ chữa được ung thư phổi."
WORDS = {
    "vi-title": "Lá đu đủ không chữa được ung thư phổi",
    "vi-said": "Có người truyền nhau rằng một thứ lá cây thay được việc điều trị ở bệnh viện.",
    "vi-truth": "Không có thứ lá nào thay được việc điều trị ung thư.",
    "vi-how_known": "Bệnh viện tỉnh trả lời ngày 16/11.",
    "vi-what_to_do": "Đi khám và theo phác đồ của bác sĩ.",
}


def _open_by_keyboard(visitor: Visitor, claim: int) -> None:
    """Walk down the queue with j, open with Enter."""
    href = f"/ban-lam-viec/{claim}"
    for _ in range(30):
        visitor.page.keyboard.press("j")
        if visitor.page.evaluate("document.activeElement.getAttribute('href')") == href:
            break
    visitor.follow_key()
    assert visitor.page.url.endswith(href)


def _review(visitor: Visitor, claim: int, *, with_evidence: bool) -> None:
    """One opinion, given with the keyboard; only the date goes into the browser's own field."""
    _open_by_keyboard(visitor, claim)
    visitor.page.keyboard.press("1")
    expect(visitor.page.locator('input[name="opinion"][value="false"]')).to_be_checked()
    visitor.page.keyboard.press("r")
    expect(visitor.page.locator("#reason")).to_be_focused()
    visitor.page.keyboard.type("Đã hỏi bệnh viện tỉnh và đọc thông báo.")
    if with_evidence:
        visitor.tab_to("#url_1")
        visitor.page.keyboard.type("https://vinhlong.gov.vn/suc-khoe/la-du-du")
        visitor.tab_to("#publisher_1")
        visitor.page.keyboard.type("Cổng thông tin tỉnh")
        visitor.page.fill("#day_1", local_day(NOW).isoformat())
        visitor.tab_to("#quote_1")
        visitor.page.keyboard.type(QUOTE)
    visitor.tab_to("#tham-dinh button.primary")
    visitor.follow_key()
    assert visitor.page.url.endswith("/ban-lam-viec?da=xong")


def _ten_seconds_pass(house: House) -> None:
    """The clock of the house stands still: what waits to be taken back is settled by hand."""
    undo.settle_due(replace(house.desk, clock=lambda: NOW + timedelta(seconds=undo.UNDO_SECONDS)))


def test_from_the_queue_to_the_feed(house: House, visit: Visit) -> None:
    claim = house.claim(CLAIM)
    an, binh, chi, reader = visit(), visit(), visit(), visit()

    an.sign_in("an")
    _review(an, claim, with_evidence=True)
    _ten_seconds_pass(house)
    binh.sign_in("binh")
    binh.go(f"/ban-lam-viec/{claim}")
    # the second person sees the evidence, and neither the opinion nor the reason of the first
    assert QUOTE in binh.text
    assert "Đã hỏi bệnh viện tỉnh" not in binh.text
    binh.go("/ban-lam-viec")
    _review(binh, claim, with_evidence=False)
    _ten_seconds_pass(house)

    reader.go("/feed.json")
    assert "Lá đu đủ" not in reader.text
    chi.sign_in("chi")
    chi.go(f"/ban-lam-viec/{claim}/dinh-chinh")
    for name, words in WORDS.items():
        chi.page.fill(f"#{name}", words)
    chi.follow("#soan button.primary")
    assert "/dinh-chinh/la-du-du-" in chi.page.url
    slug = chi.page.url.rpartition("/")[2]

    reader.go(f"/dinh-chinh/{slug}")
    for words in (*WORDS.values(), QUOTE, "Sai sự thật"):
        assert words in reader.text
    assert CLAIM not in reader.text
    reader.go("/")
    assert WORDS["vi-title"] in reader.text
    reader.go("/feed.json")
    feed = json.loads(reader.page.inner_text("pre"))
    assert any(item["url"].endswith(slug) for item in feed["items"])
    with house.desk.reading() as session:
        verdicts = session.scalars(select(Verdict).where(Verdict.claim_id == claim)).all()
    assert [(one.first_staff_id, one.second_staff_id) for one in verdicts] == [
        (house.staff["an"], house.staff["binh"])
    ]


def test_a_quotation_of_a_tip_is_shown_while_it_is_typed(house: House, visit: Visit) -> None:
    tip = "nghe nói bên xã phát gạo mà phải đem căn cước gốc tới nộp liền trong chiều nay"
    claim = house.claim(tip, from_tip=True)
    for name in ("an", "binh"):
        window = visit()
        window.sign_in(name)
        _review(window, claim, with_evidence=name == "an")
        _ten_seconds_pass(house)
    chi = visit()
    chi.sign_in("chi")
    chi.go(f"/ban-lam-viec/{claim}/dinh-chinh")
    chi.page.click("#vi-said")
    chi.page.keyboard.type(f"Có tin {tip}.")
    expect(chi.page.locator("#xem-truoc")).to_contain_text("sáu từ")
    for name, words in WORDS.items():
        if name != "vi-said":
            chi.page.fill(f"#{name}", words)
    chi.follow("#soan button.primary")
    expect(chi.page.locator("#loi")).to_be_visible()
    # nothing that was typed is lost
    assert chi.page.input_value("#vi-title") == WORDS["vi-title"]
    assert tip in chi.page.input_value("#vi-said")


def test_a_review_without_evidence_says_so_and_keeps_the_reason(house: House, visit: Visit) -> None:
    claim = house.claim("Mỗi nhà được phát 500 nghìn nếu quét mã trước tối nay")
    window = visit()
    window.sign_in("binh")
    window.go(f"/ban-lam-viec/{claim}")
    window.page.keyboard.press("1")
    window.page.fill("#reason", "Tôi nghĩ là sai nhưng chưa có nguồn.")
    window.follow("#tham-dinh button.primary")
    expect(window.page.locator("#loi")).to_be_visible()
    assert window.page.input_value("#reason") == "Tôi nghĩ là sai nhưng chưa có nguồn."
    assert window.page.is_checked('input[name="opinion"][value="false"]')


def test_the_help_of_the_keyboard_opens_and_closes(visit: Visit) -> None:
    window = visit()
    window.sign_in("an")
    window.page.keyboard.press("?")
    expect(window.page.locator("#phim")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.page.locator("#phim")).to_be_hidden()


def test_signing_out_ends_it(visit: Visit) -> None:
    window = visit()
    window.sign_in("an")
    window.follow("text=Đăng xuất")
    assert "/dang-nhap" in window.page.url
    window.go("/ban-lam-viec")
    assert "/dang-nhap" in window.page.url


def test_the_whole_desk_works_without_script(house: House, visit: Visit) -> None:
    claim = house.claim("Cầu sẽ sập trong đêm nay, ai đi qua thì tránh gấp")
    window = visit(script=False)
    window.sign_in("an")
    window.follow(f'a[href="/ban-lam-viec/{claim}"]')
    window.page.check('input[name="opinion"][value="true"]')
    window.page.fill("#reason", "Đã gọi cho đơn vị quản lý cầu.")
    fields = {"url": PRIMARY.url, "publisher": PRIMARY.publisher, "quote": PRIMARY.quote, "day": "2026-11-16"}
    for name, value in fields.items():
        window.page.fill(f"#{name}_1", value)
    window.follow("#tham-dinh button.primary")
    assert "da=xong" in window.page.url
