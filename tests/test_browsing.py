"""The steps that tests of a real browser take wait for what they cause, and no test waits by guessing."""

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import follow, serving

# a string that is polled is run with eval, which the pages' policy forbids; a pause in a browser is a guess
GUESSES = re.compile(r"\.wait_for_(?:function|timeout)\(")
TESTS = Path(__file__).parent


def guesses(text: str) -> list[str]:
    return GUESSES.findall(text)


def test_no_test_of_a_browser_polls_with_a_string_or_sleeps() -> None:
    found = {path.name for path in TESTS.rglob("*.py") if guesses(path.read_text(encoding="utf-8"))}
    assert found == set()
    assert guesses("page." + "wait_for_timeout(450)")  # the control


class Halves:
    """A site of two pages; the second sends its end only when it is allowed to."""

    def __init__(self) -> None:
        self.allowed = threading.Event()

    async def __call__(self, scope: dict[str, Any], _: object, send: Any) -> None:  # noqa: ANN401
        if scope["type"] != "http":
            return
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        )
        if scope["path"] == "/":
            await send({"type": "http.response.body", "body": b"<!doctype html><a href='/two'>on</a>"})
            return
        start = b"<!doctype html><h1>two</h1>" + b" " * 4_000
        await send({"type": "http.response.body", "body": start, "more_body": True})
        await asyncio.to_thread(self.allowed.wait, 60)
        await send({"type": "http.response.body", "body": b"<p id=end>end</p>"})


@pytest.mark.browser
def test_whoever_follows_is_back_when_the_page_is_whole(chromium: Browser) -> None:
    app = Halves()
    with serving(app) as address:
        page = chromium.new_page()
        page.goto(address)
        page.click("a")  # the control: a bare click is back while the page is still on its way
        assert page.locator("#end").count() == 0
        app.allowed.set()
        expect(page.locator("#end")).to_have_count(1)
        app.allowed.clear()
        page.goto(address)
        threading.Timer(0.3, app.allowed.set).start()
        follow(page, "a")
        assert page.locator("#end").count() == 1
        page.close()
