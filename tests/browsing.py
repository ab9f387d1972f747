"""What every test of a real browser does with care: nothing is looked at before it is there.

A click or a key only begins the way to another page. Until that page has come the old one still answers, and
for a moment there is none at all; so whatever leads away goes through `follow` or `follow_key`, and what a
page does to itself is awaited with playwright's `expect`, which asks again.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from playwright.sync_api import Page, expect

PATIENCE_MS = 180_000
"""How long anything may take before it counts as broken: a loaded machine is slow, and only slow."""


@contextmanager
def serving(app: Any) -> Iterator[str]:  # noqa: ANN401 -- an ASGI application
    """The app on a free port of loopback, answering; gives its address.

    Raises `TimeoutError` if it does not start.
    """
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise TimeoutError("the app did not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE_MS / 1000)


def follow(page: Page, css: str) -> None:
    """Click what leads to another page; back when that page is whole, its scripts too."""
    with page.expect_navigation(wait_until="load"):
        page.click(css)


def follow_key(page: Page, key: str = "Enter") -> None:
    """Press the key that leads to another page; back when that page is whole, its scripts too."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)


def keys_count(page: Page) -> None:
    """Until a key that decides is taken: the page is drawn, and the eye had time to reach it."""
    expect(page.locator("html")).to_have_attribute("data-keys", "count")


def stop_time(page: Page, now: datetime) -> None:
    """No time passes in the pages of this window but what `let_pass` gives, as on a desk whose clock stands.

    Offers that last ten seconds then last as long as the test needs, however slow the machine is.
    """
    page.clock.install(time=now)
    page.clock.pause_at(now + timedelta(seconds=1))


def let_pass(page: Page, seconds: float) -> None:
    """Let time pass in a window where it was stopped."""
    page.clock.run_for(round(seconds * 1000))
