"""The bookmarklet: dragged from the desk, pressed on another site, the tip is sent and its receipt shown."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.browsing import follow, serving
from tests.journeys.conftest import Visit
from tests.journeys.test_tip import TIP

pytestmark = pytest.mark.browser

ASKED: list[str] = []


async def _post(request: Request) -> Response:
    ASKED.append(str(request.url))
    # the strictest policy that a site can have: it must not stop what its reader presses
    policy = {"content-security-policy": "default-src 'none'; script-src 'none'"}
    return HTMLResponse(f"<!doctype html><title>x</title><p id=p>{TIP}</p><p>khac</p>", headers=policy)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """Another site, with the post of somebody."""
    with serving(Starlette(routes=[Route("/{path:path}", _post)])) as address:
        yield address.replace("127.0.0.1", "nguoi-dang.trang.localhost")


def test_a_selection_elsewhere_becomes_a_tip(visit: Visit, elsewhere: str) -> None:
    reader = visit(width=360)
    reader.go("/tip/bookmarklet")
    page = reader.page
    link = page.locator("#bookmarklet")
    code = link.get_attribute("href") or ""
    assert code == page.locator("#bookmarklet-code").input_value()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{elsewhere}/nguoi-dang/bai-1?ten=CANARY")
    page.locator("#p").select_text()
    # what a press on a bookmark does: the browser runs the code in the page, past the page's own policy
    with page.context.expect_page() as opened:
        page.evaluate(code.removeprefix("javascript:"))
    form = opened.value
    form.wait_for_load_state("load")
    expect(form.locator("#text")).to_have_value(
        re.compile(r"^Trên mạng[\s\S]*\n\nThấy trên trang: trang\.localhost$")
    )
    # the words are in no address any more: not in the bar, not in the history, not in a log
    assert "#" not in form.url
    assert "CANARY" not in form.content()
    assert "nguoi-dang" not in form.locator("#text").input_value()
    assert form.evaluate("document.referrer") == ""
    follow(form, "main button.primary")
    assert re.search(r"(?<![\w-])[\w-]{22}(?![\w-])", form.inner_text("main .receipt"))
    form.close()
    assert not any("Tr%C3%AAn" in address for address in ASKED)


@pytest.mark.parametrize(("language", "words"), [("en", "Seen on"), ("km", "ឃើញនៅលើគេហទំព័រ")])
def test_the_form_takes_what_was_brought_in_every_language(visit: Visit, language: str, words: str) -> None:
    reader = visit(width=360)
    reader.go(f"/tip/bookmarklet?lang={language}")
    target = re.search(
        r"open\('[^']*(/gui-tin[^#']*)#", reader.page.locator("#bookmarklet-code").input_value()
    )
    assert target
    reader.go(f"{target[1]}#text=Tin%20%C4%91%E1%BB%93n&site=facebook.com")
    expect(reader.page.locator("#text")).to_have_value(f"Tin đồn\n\n{words}: facebook.com")
