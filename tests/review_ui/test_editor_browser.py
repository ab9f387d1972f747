"""The editor and the handouts in a real Chromium: live check, tabs, drafts, keyboard, small screens."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from models.desk import Staff
from models.vocabulary import Language
from pipeline import publishing
from pipeline.compose import Desk
from pipeline.publishing import CorrectionInput
from tests.browsing import follow
from tests.review_ui.house import TEXT, add_claim, decide, publish
from tests.review_ui.test_browser import (  # noqa: F401 -- fixtures
    DOUBLED,
    TIP,
    UNNAMED,
    Visits,
    address,
    visits,
)

pytestmark = pytest.mark.browser

ENGLISH = CorrectionInput("No leaf cures it", "It is said to.", "It does not.", "We asked.", "See a doctor.")


def test_a_lead_writes_in_three_languages_and_loses_nothing(
    visits: Visits,  # noqa: F811
    desk: Desk,
    staff: dict[str, Staff],
) -> None:
    claim_id = add_claim(desk, "Lá đu đủ chữa sốt xuất huyết", tip=TIP)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    visit = visits()
    visit.sign_in("chi")
    page = visit.page
    visit.open(f"/ban-lam-viec/{claim_id}/dinh-chinh")
    page.fill("#vi-title", TEXT.title)
    page.fill("#vi-said", TIP)
    aside = page.locator("#xem-truoc")
    expect(aside.locator("mark.copied")).to_have_text(TIP)
    expect(aside).to_contain_text("giới hạn là 6")
    page.fill("#vi-said", TEXT.said)
    expect(aside).to_contain_text("Không trùng quá sáu từ")
    # the language tabs by keyboard: the arrow keys of a group of radio buttons
    page.focus("[data-tab=vi]")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#en-title")).to_be_visible()
    expect(page.locator("#vi-title")).to_be_hidden()
    page.fill("#en-title", ENGLISH.title)
    expect(aside.locator(".preview-page")).to_have_attribute("lang", "en")
    expect(aside.locator(".preview-title")).to_have_text(ENGLISH.title)
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(DOUBLED) == 0
    # the session ends under the lead's hands: the words are there after the next sign-in
    page.context.clear_cookies()
    visit.sign_in("chi")
    visit.open(f"/ban-lam-viec/{claim_id}/dinh-chinh?tieng=en")
    expect(page.locator("#en-title")).to_have_value(ENGLISH.title)
    expect(page.locator("#vi-said")).to_have_value(TEXT.said)
    assert [one for one in visit.complaints if "401" not in one] == []


def test_without_a_script_the_check_and_the_preview_are_a_button_away(
    visits: Visits,  # noqa: F811
    desk: Desk,
    staff: dict[str, Staff],
) -> None:
    claim_id = add_claim(desk, "Lá đu đủ chữa sốt xuất huyết", tip=TIP)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    visit = visits(script=False)
    visit.sign_in("chi")
    page = visit.page
    visit.open(f"/ban-lam-viec/{claim_id}/dinh-chinh")
    page.fill("#vi-said", TIP)
    follow(page, "text=Kiểm tra và xem trước")
    expect(page.locator("#vi-said")).to_have_value(TIP)
    expect(page.locator("#xem-truoc mark.copied")).to_have_text(TIP)
    page.check("[data-tab=km]")
    expect(page.locator("#km-title")).to_be_visible()


def test_what_is_handed_out_fits_a_phone_and_loads_little(
    visits: Visits,  # noqa: F811
    desk: Desk,
    staff: dict[str, Staff],
) -> None:
    claim_id = add_claim(desk)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    slug = publish(desk, claim_id, staff["chi"].id)
    changed = replace(TEXT, truth=TEXT.truth.replace("điều trị", "chữa trị"))
    publishing.revise(desk, slug, staff["chi"].id, {Language.VI: changed}, "Dễ hiểu hơn")
    visit = visits(width=360)
    at = f"/dinh-chinh/{slug}"
    for path in (at, f"{at}/ban-in", f"{at}/doc-loa", f"{at}/phien-ban/2/so-sanh", f"/nhung/{slug}"):
        visit.requests.clear()
        visit.open(path)
        assert len(set(visit.requests)) <= 3, path
        assert {one for one in visit.requests if not one.startswith(visit.address)} == set()
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path
    assert visit.complaints == []
    assert visit.page.context.cookies() == []
