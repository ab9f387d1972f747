"""What a reader meets: light pages that fit a phone, a tip-line without script, a right of reply."""

import re

import pytest
from playwright.sync_api import expect

from models.vocabulary import Topic
from tests.journeys.conftest import House, Visit

pytestmark = pytest.mark.browser

PAGES = (
    *(
        "/",
        "/?lang=en",
        "/gui-tin",
        "/theo-doi",
        "/so-lieu",
        "/nhat-ky",
        "/phuong-phap",
        "/quy-tac",
        "/nguon",
    ),
    *(f"/chu-de/{topic.value.replace('_', '-')}" for topic in Topic),
    *("/tim?q=phi+ho+so", "/tim?q=khong-co-gi", "/dang-nhap", "/khong-co-trang-nay"),
    *(
        "/dinh-chinh/{slug}",
        "/dinh-chinh/{slug}?lang=en",
        "/dinh-chinh/{slug}/phien-ban/1",
        "/phan-hoi/{slug}",
    ),
)
TIP = (
    "Trên mạng lan truyền tin nhắn nói mỗi hộ nghèo ở Vĩnh Long được nhận 5 triệu đồng tiền hỗ trợ, "
    "ai muốn nhận phải chuyển khoản trước 200 nghìn đồng tiền phí hồ sơ."
)
MOST_BYTES = 100_000


def test_every_public_page_fits_a_phone_is_light_and_breaks_no_policy(house: House, visit: Visit) -> None:
    phone = visit(width=360)
    wide, heavy, foreign = [], [], []
    for path in PAGES:
        phone.go(path.format(slug=house.slug))
        width = phone.page.evaluate("document.scrollingElement.scrollWidth")
        if width > 360:
            wide.append(f"{path}: {width}")
        weight = sum(size for _, size in phone.loaded)
        if weight >= MOST_BYTES:
            heavy.append(f"{path}: {weight}")
        foreign += [url for url, _ in phone.loaded if not url.startswith(house.address)]
    assert (wide, heavy, foreign) == ([], [], [])
    assert phone.page.context.cookies() == []


def test_the_queue_and_a_claim_fit_a_phone(house: House, visit: Visit) -> None:
    claim = house.claim("Cảnh báo: tin nhắn rất dài " + "https-khong-ngat-" * 12)
    phone = visit(width=360)
    phone.sign_in("chi")
    for path in ("/ban-lam-viec", f"/ban-lam-viec/{claim}", "/khang-nghi", "/mo-hinh"):
        phone.go(path)
        assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 360, path


@pytest.mark.parametrize("script", [True, False])
def test_a_tip_is_sent_followed_and_taken_back(visit: Visit, script: bool) -> None:
    reader = visit(width=360, script=script)
    reader.go("/")
    reader.follow('nav a[href="/gui-tin"]')
    reader.page.fill("#text", TIP)
    reader.follow("main button.primary")
    receipt = re.findall(r"(?<![\w-])[\w-]{22}(?![\w-])", reader.text)[0]
    reader.go("/theo-doi")
    reader.page.fill('main input[name="receipt"]', receipt)
    reader.follow("main button.primary")
    assert "Không" not in reader.page.inner_text("h1")
    reader.follow('form[action="/theo-doi/xoa"] button')
    reader.go("/theo-doi")
    reader.page.fill('main input[name="receipt"]', receipt)
    reader.follow("main button.primary")
    assert reader.page.is_visible("#loi")
    assert reader.page.context.cookies() == []


def test_a_reader_appeals_and_sees_it_on_the_page(house: House, visit: Visit) -> None:
    reader = visit(script=False)
    reader.go(f"/dinh-chinh/{house.slug}")
    before = reader.text
    reader.follow(f'a[href^="/phan-hoi/{house.slug}"]')
    reader.page.fill("#reason", "Bài này nhầm ngày chi trả, xin xem lại thông báo ngày 16/11.")
    reader.follow("main button.primary")
    assert f"/phan-hoi/{house.slug}/" in reader.page.url
    reader.go(f"/dinh-chinh/{house.slug}")
    assert reader.text != before
    assert "nhầm ngày chi trả" not in reader.text


def test_search_finds_with_and_without_marks(house: House, visit: Visit) -> None:
    reader = visit()
    for words in ("phí hồ sơ", "phi ho so"):
        reader.go("/")
        reader.page.fill("#tim-o", words)
        reader.follow_key()
        assert "/tim?q=" in reader.page.url
        assert reader.page.is_visible(f'a[href^="/dinh-chinh/{house.slug}"]')


def test_the_first_tab_skips_to_the_content(visit: Visit) -> None:
    reader = visit()
    reader.go("/")
    reader.page.keyboard.press("Tab")
    expect(reader.page.locator('a[href="#noi-dung"]')).to_be_focused()
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator("#noi-dung")).to_be_focused()
