"""Fixtures of the web app's tests: a desk on SQLite, its app, and signed-in browsers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from models.desk import Staff
from models.vocabulary import Role
from pipeline import accounts
from pipeline.compose import Desk
from review_ui.app import create_app
from tests.review_ui.house import TIP, Browser, MovingClock, add_claim, add_staff, decide, make_desk

STAFF = {
    "an": Role.ANALYST,
    "binh": Role.ANALYST,
    "chi": Role.LEAD,
    "dung": Role.LEAD,
    "kiem": Role.AUDITOR,
    "quan": Role.ADMIN,
}
OpenBrowser = Callable[..., Browser]


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Six accounts a test would cost a second of argon2id; its real strength has a test of its own."""
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()
    yield
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


@pytest.fixture
def moving() -> MovingClock:
    """A clock that the test moves."""
    return MovingClock()


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, moving: MovingClock) -> Iterator[Desk]:
    """A desk of this test's own."""
    made = make_desk(sqlite_url, tmp_path, moving)
    yield made
    made.close()


@pytest.fixture
def staff(desk: Desk) -> dict[str, Staff]:
    """Six accounts, every role among them."""
    return {username: add_staff(desk, username, role) for username, role in STAFF.items()}


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The app of the desk."""
    return create_app(desk)


@pytest.fixture
def browse(app: FastAPI) -> Iterator[OpenBrowser]:
    """Opens browsers; `browse("an")` signs in, `browse()` does not."""
    opened: list[Browser] = []

    def open_one(username: str | None = None) -> Browser:
        browser = Browser(app)
        opened.append(browser)
        if username is not None:
            answer = browser.sign_in(username)
            assert answer.status_code == 303, answer.text
        return browser

    yield open_one
    for browser in opened:
        browser.client.close()


@pytest.fixture
def agreed(desk: Desk, staff: dict[str, Staff]) -> int:
    """A claim that two people agree on, with a tip among its mentions."""
    claim_id = add_claim(desk, "Lá đu đủ chữa sốt xuất huyết", tip=TIP)
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    return claim_id
