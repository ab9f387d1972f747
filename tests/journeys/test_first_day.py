"""An analyst's first day: a mistyped password, the queue, the help, a filter, a claim, a way out."""

import pytest
from playwright.sync_api import expect

from models.claims import Claim
from pipeline import search
from tests.journeys.conftest import PASSWORD, House, Visit

pytestmark = pytest.mark.browser

CLAIM = "Phụ nữ nghỉ thai sản từ năm tới chỉ còn được hưởng hai tháng lương"


def test_the_first_day_of_an_analyst(house: House, visit: Visit) -> None:
    claim = house.claim(CLAIM)
    with house.desk.sessions.begin() as session:
        search.put_claim(session, session.get_one(Claim, claim))
    window = visit()
    # the desk's door says where one has to go, and a wrong password says no more than that it is wrong
    window.go("/ban-lam-viec")
    assert "/dang-nhap" in window.page.url
    window.page.fill("#username", "binh")
    window.page.fill("#password", PASSWORD + "?")
    window.follow_key()
    expect(window.page.locator("main")).to_contain_text("không đúng")
    window.sign_in("binh")
    assert CLAIM in window.text

    window.page.keyboard.press("?")
    expect(window.page.locator("#phim")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.page.locator("#phim")).to_be_hidden()
    window.go("/ban-lam-viec?q=thai+san")
    assert CLAIM in window.text
    window.go("/ban-lam-viec?q=khong+co+tu+nay")
    assert CLAIM not in window.text

    window.go(f"/ban-lam-viec/{claim}")
    assert CLAIM in window.page.inner_text("h1")
    assert window.page.locator('input[name="opinion"]').count() > 3
    # what is not an analyst's is not offered, and not there when asked for by its address
    for path in ("/tai-khoan", "/mo-hinh", "/kiem-toan", f"/ban-lam-viec/{claim}/dinh-chinh"):
        assert window.page.locator(f'nav a[href="{path}"]').count() == 0
        window.go(path)
        assert window.page.locator("main form").count() == 0
    window.go("/ban-lam-viec")
    window.follow("text=Đăng xuất")
    assert "/dang-nhap" in window.page.url
