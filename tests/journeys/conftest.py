"""A desk filled by hand, the real app under uvicorn, and a real Chromium that notes whatever goes wrong."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from models.vocabulary import Language, Opinion, Role
from pipeline import accounts, decisions, publishing
from pipeline.compose import Desk
from pipeline.decisions import ReviewInput
from tests.browsing import PATIENCE_MS, follow, follow_key, serving
from tests.conftest import NOW
from tests.pipeline.conftest import PRIMARY, put_claim
from tests.rules.conftest import make_desk
from tests.rules.history import REASON, TEXT

PASSWORD = "ghe xuong cho noi som"
STAFF = {
    "an": Role.ANALYST,
    "binh": Role.ANALYST,
    "chi": Role.LEAD,
    "dung": Role.LEAD,
    "kiem": Role.AUDITOR,
    "quan": Role.ADMIN,
}


@dataclass
class House:
    """A running desk: its address, its staff by name, and a correction that is public already."""

    desk: Desk
    address: str
    staff: dict[str, int]
    slug: str

    def claim(self, text: str, *, from_tip: bool = False) -> int:
        """One more claim in the queue."""
        return put_claim(self.desk, text, from_tip=from_tip)


def _answer(desk: Desk, staff: dict[str, int]) -> str:
    claim = put_claim(desk, "Ai chưa nộp phí hồ sơ thì bị cắt trợ cấp từ tháng sau")
    for who in ("an", "binh"):
        decisions.record_review(desk, claim, staff[who], ReviewInput(Opinion.FALSE, REASON, (PRIMARY,)))
    return publishing.publish(desk, claim, staff["chi"], {Language.VI: TEXT, Language.EN: TEXT})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Iterator[House]:
    """The desk and its site, for the tests of one module."""
    from review_ui.app import create_app

    folder: Path = tmp_path_factory.mktemp("house")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    desk = make_desk(f"sqlite:///{folder / 'desk.sqlite'}", folder, lambda: NOW)
    staff = {name: accounts.add(desk, name, role, PASSWORD).id for name, role in STAFF.items()}
    slug = _answer(desk, staff)
    with serving(create_app(desk)) as address:
        yield House(desk, address.replace("127.0.0.1", "localhost"), staff, slug)
    desk.close()


@dataclass
class Visitor:
    """One browser window, and everything in it that should not have happened."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)
    finished: list[Request] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("requestfinished", self._finished)

    def _console(self, message: ConsoleMessage) -> None:
        # an answer of 4xx that a test asks for is told on the console too
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # an icon that is still on its way when the next page is opened is given up by the browser itself
        if request.failure != "net::ERR_ABORTED":
            self.wrong.append(f"failed: {request.url} {request.failure}")

    def _finished(self, request: Request) -> None:
        self.finished.append(request)

    @property
    def loaded(self) -> list[tuple[str, int]]:
        """What the page that is open has loaded, and how many bytes each took."""
        told = ((one.url, one.sizes()) for one in self.finished)
        return [(url, size["responseBodySize"] + size["responseHeadersSize"]) for url, size in told]

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.finished.clear()
        self.page.goto(self.address + path, wait_until="load")

    def sign_in(self, name: str, lands: str | Callable[[str], bool] = "**/ban-lam-viec") -> None:
        """Sign in with the keyboard alone."""
        self.go("/dang-nhap")
        # the browser gives the focus after the page is drawn: keys pressed before that go nowhere
        expect(self.page.locator("#username")).to_be_focused()
        self.page.keyboard.type(name)
        self.page.keyboard.press("Tab")
        expect(self.page.locator("#password")).to_be_focused()
        self.page.keyboard.type(PASSWORD)
        follow_key(self.page)
        self.page.wait_for_url(lands)

    def follow(self, css: str) -> None:
        """Click what leads to another page, and be there."""
        follow(self.page, css)

    def follow_key(self, key: str = "Enter") -> None:
        """Press the key that leads to another page, and be there."""
        follow_key(self.page, key)

    def tab_to(self, css: str, most: int = 60) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(most):
            if self.page.evaluate("css => document.activeElement.matches(css)", css):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{css} cannot be reached with the keyboard")

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.inner_text("body")


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, house: House) -> Iterator[Visit]:
    """Opens windows; at the end of the test none of them may have seen an error."""
    opened: list[tuple[BrowserContext, Visitor]] = []

    def open_window(width: int = 1280, *, script: bool = True) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 740}, java_script_enabled=script, locale="vi-VN"
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(context.new_page(), house.address)
        visitor.watch()
        opened.append((context, visitor))
        return visitor

    yield open_window
    wrong = [one for _, visitor in opened for one in visitor.wrong]
    for context, _ in opened:
        context.close()
    assert wrong == []
