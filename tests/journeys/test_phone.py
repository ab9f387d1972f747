"""A reader on a small phone without JavaScript finds an answer, changes the language, sends a message."""

import pytest

from tests.journeys.conftest import House, Visit, Visitor

pytestmark = pytest.mark.browser

NEWS = "Nghe nói mai cúp nước cả huyện ba ngày liền, ai cũng phải trữ nước, không biết có đúng không"


def _fits(reader: Visitor) -> None:
    assert reader.page.evaluate("document.scrollingElement.scrollWidth") <= 360, reader.page.url
    small = reader.page.evaluate(
        """() => [...document.querySelectorAll('nav a, button, main form input:not([type=hidden])')]
        .filter(el => el.getClientRects().length && el.getBoundingClientRect().height < 24)
        .map(el => el.outerHTML.slice(0, 80))"""
    )
    assert small == [], reader.page.url


def test_a_reader_on_a_phone_without_script(house: House, visit: Visit) -> None:
    reader = visit(width=360, script=False)
    reader.go("/")
    _fits(reader)
    reader.follow('main a[href^="/chu-de/benefits"]')
    _fits(reader)
    reader.follow(f'main a[href^="/dinh-chinh/{house.slug}"]')
    _fits(reader)
    title = reader.page.inner_text("h1")
    assert title
    reader.follow('a[hreflang="en"]')
    assert reader.page.get_attribute("html", "lang") == "en"
    _fits(reader)
    reader.follow('a[hreflang="vi"]')
    assert reader.page.get_attribute("html", "lang") == "vi"

    reader.go("/tim?q=phi+ho+so")
    _fits(reader)
    assert reader.page.is_visible(f'a[href^="/dinh-chinh/{house.slug}"]')
    reader.go("/tim?q=zqkhongco")
    _fits(reader)
    reader.follow('main a[href^="/gui-tin"]')
    reader.page.fill("#text", NEWS)
    reader.follow("main button.primary")
    _fits(reader)
    assert reader.page.context.cookies() == []
