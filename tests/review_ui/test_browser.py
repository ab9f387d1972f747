"""A real Chromium: the cookie on loopback, the keyboard, no script, small screens, weight, no violation."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Response, expect
from sqlalchemy import func, select

from models.claims import Claim, ClaimMatch, KnownClaim
from models.desk import Staff
from models.workbench import Draft, PendingReview, SavedView
from pipeline.compose import Desk
from review_ui.keyboard import SHORTCUTS
from tests.browsing import PATIENCE_MS, follow, follow_key, keys_count, let_pass, serving, stop_time
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import (
    EVIDENCE,
    PASSWORD,
    TEXT,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    decide,
    publish,
    words,
)

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("staff")]

DOT = bytes.fromhex(  # a picture of one red point
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c"
    "4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
TIP = "Uống nước lá đu đủ mỗi sáng là dứt liền bệnh sốt xuất huyết nha bà con"
PUBLIC = (
    "/",
    "/gui-tin",
    "/theo-doi",
    "/tim?q=la",
    "/so-lieu",
    "/so-lieu/tips",
    "/so-lieu/answered",
    "/so-lieu/tuan/2026-W47",
    "/nhat-ky",
    "/phuong-phap",
    "/quy-tac",
    "/nguon",
    "/?lang=en",
    "/khong-co",
)
UNNAMED = """() => [...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
    .filter(el => !el.labels.length && !el.hidden).map(el => el.outerHTML)"""
DOUBLED = """() => {
    const ids = [...document.querySelectorAll('[id]')].map(el => el.id);
    return ids.length - new Set(ids).size;
}"""
ANALYST = ("/ban-lam-viec", "/khang-nghi", "/mat-khau")
LEAD = ("/nguon/suc-khoe", "/mo-hinh", "/nhat-ky/noi-bo")


@pytest.fixture
def address(app: FastAPI, desk: Desk) -> Iterator[str]:
    """The app on a free port of loopback, over plain HTTP as the demo runs it."""
    object.__setattr__(desk.settings, "values", {**desk.settings.values, "web.public_url": ""})
    with serving(app) as served:
        yield served


@dataclass
class Visit:
    """A page of a fresh context, with what the browser complained about and asked for."""

    context: BrowserContext
    address: str
    page: Page = field(init=False)
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: str) -> None:
        """Go to a path of the app."""
        self.page.goto(self.address + path)

    def sign_in(self, username: str) -> None:
        """Sign in by the form."""
        self.open("/dang-nhap")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        follow_key(self.page)
        self.page.wait_for_url("**/ban-lam-viec*")

    def follow(self, css: str) -> None:
        """Click what leads to another page, and be there."""
        follow(self.page, css)


@pytest.fixture
def visits(chromium: Chromium, address: str) -> Iterator["Visits"]:
    """Opens visits and closes them."""
    opened = Visits(chromium, address)
    yield opened
    for context in opened.contexts:
        context.close()


@dataclass
class Visits:
    """Makes visits; each has cookies of its own."""

    chromium: Chromium
    address: str
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, *, width: int = 1280, script: bool = True, scheme: str = "light") -> Visit:
        context = self.chromium.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        return Visit(context, self.address)


@pytest.fixture
def slug(desk: Desk, staff: dict[str, Staff]) -> str:
    """A published correction."""
    claim_id = add_claim(desk, source_id=add_source(desk, "bao-truoc"))
    decide(desk, claim_id, staff["an"].id, staff["binh"].id)
    return publish(desk, claim_id, staff["chi"].id)


def test_staff_sign_in_on_loopback_and_out_again(visits: Visits) -> None:
    visit = visits()
    visit.sign_in("an")
    cookies = visit.context.cookies()
    assert [(one["name"], one["secure"], one["httpOnly"]) for one in cookies] == [("__Host-kc", True, True)]
    visit.follow("text=Đăng xuất")
    assert visit.page.url.endswith("/dang-nhap")
    assert visit.context.cookies() == []


def test_a_claim_is_decided_by_the_keyboard_alone(
    visits: Visits, desk: Desk, staff: dict[str, Staff]
) -> None:
    from models.vocabulary import Opinion
    from pipeline.decisions import ReviewInput, record_review

    claim_id = add_claim(desk, source_id=add_source(desk))
    record_review(
        desk, claim_id, staff["binh"].id, ReviewInput(Opinion.FALSE, "Đã đọc thông báo.", [EVIDENCE])
    )
    visit = visits()
    visit.sign_in("an")
    keys = visit.page.keyboard
    keys.press("j")
    follow_key(visit.page)
    assert visit.page.url.endswith(f"/ban-lam-viec/{claim_id}")
    keys.press("1")
    expect(visit.page.locator('input[value="false"]')).to_be_checked()
    keys.press("r")
    expect(visit.page.locator("#reason")).to_be_focused()
    keys.type("Tôi cũng đọc thông báo. g q ? 2")
    expect(visit.page.locator("#reason")).to_have_value("Tôi cũng đọc thông báo. g q ? 2")
    assert visit.page.is_checked('input[value="false"]')  # keys typed in a field are words
    visit.page.press("#reason", "Tab")
    visit.follow("#tham-dinh button.primary")
    assert visit.page.url.endswith("?da=xong")
    visit.page.click("h1")
    visit.page.clock.set_fixed_time(desk.clock())  # the second key is soon enough however slow the machine
    keys.press("g")
    follow_key(visit.page, "q")
    assert visit.page.url.endswith("/ban-lam-viec")
    keys.press("?")
    expect(visit.page.locator("#phim")).to_be_visible()
    keys.press("Escape")
    expect(visit.page.locator("#phim")).to_be_hidden()
    assert visit.complaints == []


def test_everything_works_without_javascript(visits: Visits, desk: Desk, moving: MovingClock) -> None:
    claim_id = add_claim(desk, source_id=add_source(desk))
    for username in ("an", "binh"):
        visit = visits(script=False)
        visit.sign_in(username)
        visit.follow("[data-open]")
        visit.page.check('input[value="false"]')
        visit.page.fill("#reason", "Sở Y tế đã bác bỏ điều này.")
        if username == "an":
            visit.page.fill("#url_1", EVIDENCE.url)
            visit.page.fill("#publisher_1", EVIDENCE.publisher)
            visit.page.fill("#quote_1", EVIDENCE.quote)
            visit.page.fill("#day_1", "2026-11-10")
        visit.follow("#tham-dinh button.primary")
        assert visit.page.url.endswith("?da=xong")
        if username == "an":  # taken back by a button, and given once more
            visit.follow("text=Lấy lại")
            assert visit.page.url.endswith("?da=tra-lai")
            visit.follow("#tham-dinh button.primary")
            assert visit.page.url.endswith("?da=xong")
        moving.forward(seconds=10)
    lead = visits(script=False)
    lead.sign_in("chi")
    lead.open(f"/ban-lam-viec/{claim_id}/dinh-chinh")
    for part in ("title", "said", "truth", "how_known", "what_to_do"):
        lead.page.fill(f"#vi-{part}", getattr(TEXT, part))
    lead.follow("text=Kiểm tra và xem trước")
    assert "Không trùng quá sáu từ" in lead.page.inner_text("#xem-truoc")
    lead.follow("button:has-text('Công bố')")
    assert "/dinh-chinh/la-du-du" in lead.page.url
    reader = visits(script=False)
    reader.open("/")
    reader.follow(f"text={TEXT.title}")
    reader.follow("text=Khiếu nại bản này")
    reader.page.fill("#reason", "Theo thông báo mới thì điều này đã khác rồi.")
    reader.follow("button:has-text('Gửi khiếu nại')")
    assert "đang được xét" in reader.page.inner_text("h1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_or_breaks_its_own_policy(
    scheme: str, visits: Visits, desk: Desk, staff: dict[str, Staff], slug: str
) -> None:
    claim_id = add_claim(
        desk, "Từ rất dài " + "x" * 90, source_id=add_source(desk), tip=TIP, token="1a2b3c4d"
    )
    add_match(desk, claim_id, "số tiền: một triệu / một tỷ")
    agreed = add_claim(desk, "Đã thống nhất")
    decide(desk, agreed, staff["an"].id, staff["binh"].id)
    paths = {
        None: (*PUBLIC, f"/dinh-chinh/{slug}", f"/phan-hoi/{slug}", f"/dinh-chinh/{slug}/phien-ban/1"),
        "an": (*ANALYST, f"/ban-lam-viec/{claim_id}"),
        "chi": (*LEAD, f"/ban-lam-viec/{agreed}/dinh-chinh"),
    }
    for username, pages in paths.items():
        visit = visits(width=360, scheme=scheme)
        if username:
            visit.sign_in(username)
        for path in pages:
            visit.open(path)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert [one for one in visit.complaints if "404" not in one] == []


def _into(answers: list[Response]) -> Callable[[Response], None]:
    def keep(response: Response) -> None:  # playwright takes no built-in function
        answers.append(response)

    return keep


def test_a_public_page_weighs_little(visits: Visits, slug: str) -> None:
    for path in ("/", f"/dinh-chinh/{slug}", "/so-lieu", "/gui-tin", "/quy-tac"):
        visit = visits()
        answers: list[Response] = []
        visit.page.on("response", _into(answers))
        visit.open(path)
        visit.page.wait_for_load_state("networkidle")
        fetched = [url for url in visit.requests if not url.startswith("data:")]
        assert len(fetched) <= 3, fetched
        assert sum(len(one.body()) for one in answers) < 100_000, path
        assert all(url.startswith(visit.address) for url in fetched)


def test_every_field_has_a_name_and_every_page_one_heading(visits: Visits, desk: Desk, slug: str) -> None:
    claim_id = add_claim(desk)
    visit = visits()
    visit.sign_in("an")
    for path in (*PUBLIC, *ANALYST, f"/ban-lam-viec/{claim_id}", f"/dinh-chinh/{slug}", f"/phan-hoi/{slug}"):
        visit.open(path)
        assert visit.page.evaluate(UNNAMED) == [], path
        assert visit.page.locator("h1").count() == 1, path
        assert visit.page.evaluate(DOUBLED) == 0, path
        assert visit.page.locator("main").count() == 1, path


def test_a_picture_is_shown_to_its_sender_and_never_sent(visits: Visits, tmp_path: Path) -> None:
    picture = tmp_path / "tin-nhan.png"
    picture.write_bytes(DOT)
    visit = visits(width=360)
    visit.open("/gui-tin")
    visit.page.wait_for_load_state("networkidle")
    before = len(visit.requests)
    visit.page.set_input_files("#picture", picture)
    visit.page.wait_for_selector("#picture-shown:not([hidden])")
    assert str(visit.page.get_attribute("#picture-shown", "src")).startswith("data:image/png;base64,")
    assert [url for url in visit.requests[before:] if not url.startswith("data:")] == []
    bodies: list[str] = []
    visit.page.on("request", lambda request: bodies.append(request.post_data or ""))
    visit.page.fill("#text", TIP)
    visit.follow("button:has-text('Gửi tin')")
    sent = next(body for body in bodies if body)
    assert sent.startswith("text=")
    assert "png" not in sent
    assert "tin-nhan" not in sent
    assert visit.complaints == []
    plain = visits(script=False)
    plain.open("/gui-tin")
    assert not plain.page.is_visible("#picture")


# --- the queue and the claim page by keyboard ------------------------------------------------------------


@dataclass
class Keys:
    """A keyboard that counts."""

    page: Page
    pressed: int = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def leave(self, key: str) -> None:
        """Press the key that leads to another page."""
        follow_key(self.page, key)
        self.pressed += 1


@pytest.fixture
def clear(desk: Desk, staff: dict[str, Staff]) -> int:
    """A claim that says what the desk has answered before."""
    answered = add_claim(desk, "Lá đu đủ chữa dứt sốt xuất huyết")
    decide(desk, answered, staff["chi"].id, staff["dung"].id)
    publish(desk, answered, staff["dung"].id)
    claim_id = add_claim(desk, source_id=add_source(desk), priority=0.9)
    with desk.sessions.begin() as session:
        known = session.scalars(select(KnownClaim.id).where(KnownClaim.claim_id == answered)).one()
        session.add(ClaimMatch(claim_id=claim_id, known_id=known, score=0.9, differs=None))
    return claim_id


@pytest.mark.parametrize(
    ("presses", "opinion"),
    [
        (("y", "Enter"), "Sai sự thật"),
        (("5", "7", "Enter"), "Không phải điều kiểm chứng được"),
        (("6", "8", "Enter"), "Không thuộc việc của bàn tin"),
    ],
)
def test_a_clear_claim_is_decided_in_four_presses_and_taken_back_in_one(
    presses: tuple[str, ...], opinion: str, visits: Visits, desk: Desk, clear: int
) -> None:
    visit = visits()
    stop_time(visit.page, desk.clock())
    visit.sign_in("an")
    keys = Keys(visit.page)
    keys.leave("Enter")
    assert visit.page.url.endswith(f"/ban-lam-viec/{clear}")
    keys.press(*presses[:-1])
    keys.leave(presses[-1])
    assert visit.page.url.endswith("/ban-lam-viec?da=xong")
    assert keys.pressed <= 4
    assert f"Đã ghi: {opinion}" in visit.page.inner_text("main")
    let_pass(visit.page, 0.6)
    keys_count(visit.page)
    follow_key(visit.page, "u")
    assert visit.page.url.endswith("?da=tra-lai")
    with desk.reading() as session:
        assert session.scalar(select(func.count(PendingReview.id))) == 0
    assert visit.complaints == []


def test_the_offer_to_take_back_goes_when_its_time_is_over(
    visits: Visits, desk: Desk, moving: MovingClock
) -> None:
    claim_id = add_claim(desk)
    add_claim(desk, "Một điều khác")
    visit = visits()
    stop_time(visit.page, desk.clock())
    visit.sign_in("an")
    visit.open(f"/ban-lam-viec/{claim_id}")
    visit.page.check('input[value="not_a_claim"]')
    visit.page.check('input[value="hoi"]')
    moving.forward(seconds=-9)
    visit.follow("#tham-dinh button.primary")
    assert visit.page.url.endswith("?da=xong")
    moving.forward(seconds=9)
    visit.open("/ban-lam-viec")
    expect(visit.page.locator(".undo")).to_contain_text("Trong 1 giây")
    moving.forward(seconds=1)
    let_pass(visit.page, 1.3)
    expect(visit.page.locator(".undo")).to_have_count(0)
    expect(visit.page.locator(".tag-second")).to_be_visible()
    assert visit.complaints == []


def test_what_is_typed_is_kept_and_a_claim_is_held_while_it_is_open(visits: Visits, desk: Desk) -> None:
    claim_id = add_claim(desk)
    first, second = visits(), visits()
    first.sign_in("an")
    second.sign_in("binh")
    with first.page.expect_response("**/giu"):
        first.open(f"/ban-lam-viec/{claim_id}")
    with second.page.expect_response("**/giu") as answer:
        second.open(f"/ban-lam-viec/{claim_id}")
    assert answer.value.status == 409
    expect(second.page.locator("#co-nguoi")).to_be_visible()
    with first.page.expect_response("**/nhap"):
        first.page.fill("#reason", "Tôi đang gọi trạm y tế xã")
    expect(first.page.locator("#nhap-luu")).to_contain_text("Đã lưu bản nháp")
    first.page.fill("#reason", "Tôi đang gọi trạm y tế xã, chưa xong")
    first.page.close()  # what was typed last, and the claim, are sent as the page goes
    first.page = first.context.new_page()
    deadline = time.monotonic() + PATIENCE_MS / 1000
    held, kept = True, False
    while (held or not kept) and time.monotonic() < deadline:
        time.sleep(0.05)
        with desk.reading() as session:
            held = session.get_one(Claim, claim_id).lease_staff_id is not None
            kept = "chưa xong" in session.scalars(select(Draft.fields)).one()
    assert (held, kept) == (False, True)
    first.open(f"/ban-lam-viec/{claim_id}")
    assert first.page.input_value("#reason") == "Tôi đang gọi trạm y tế xã, chưa xong"
    second.open(f"/ban-lam-viec/{claim_id}")
    assert second.page.input_value("#reason") == ""


WALK = """() => {
    const fields = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
    const all = [...document.querySelectorAll(fields)];
    const shown = all.filter(el => el.checkVisibility() && !el.closest('dialog'));
    const groups = new Set();
    return shown.filter(el => {
        if (el.type !== 'radio') return true;
        const first = !groups.has(el.name);
        groups.add(el.name);
        return first;
    }).map((el, at) => { el.dataset.walk = at; return at; });
}"""
HERE = """() => {
    const el = document.activeElement;
    const style = getComputedStyle(el);
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const radio = el.type === 'radio' ? document.querySelector(`input[name=${el.name}][data-walk]`) : el;
    return [radio ? Number(radio.dataset.walk ?? -1) : -1, seen];
}"""


def walked(page: Page) -> tuple[set[int], list[str]]:
    """What cannot be reached by Tab on a page, and what has the focus without showing it."""
    wanted = set(page.evaluate(WALK))
    found: set[int] = set()
    unseen: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(3 * len(wanted) + 10):
        page.keyboard.press("Tab")
        number, seen = page.evaluate(HERE)
        if not seen and number >= 0:
            unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        found.add(number)
        if wanted <= found:
            break
    return wanted - found, unseen


def test_every_action_of_the_queue_and_the_claim_page_is_reached_by_tab(
    visits: Visits, desk: Desk, clear: int
) -> None:
    other = add_claim(desk, "Nước lá đu đủ khỏi bệnh")
    with desk.sessions.begin() as session:
        known = session.scalars(select(ClaimMatch.known_id).where(ClaimMatch.claim_id == clear)).one()
        session.add(ClaimMatch(claim_id=other, known_id=known, score=0.9, differs=None))
        session.add(SavedView(staff_id=1, name="Của tôi", query="cua-toi=1"))
    visit = visits()
    visit.sign_in("an")
    for path in (
        "/ban-lam-viec?chu-de=health",
        f"/ban-lam-viec/{clear}",
        f"/ban-lam-viec/cung-mot-dieu/{known}",
    ):
        visit.open(path)
        visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        missing, unseen = walked(visit.page)
        assert (missing, unseen) == (set(), []), path
    # positive control: what the keyboard cannot reach or the eye cannot see is found
    visit.page.evaluate("document.querySelector('main button').tabIndex = -1")
    visit.page.evaluate("document.querySelector('main textarea').style.outline = 'none'")
    missing, unseen = walked(visit.page)
    assert len(missing) == 1
    assert "textarea" in unseen[0]


def test_the_table_of_keys_is_what_the_pages_mark(browse: OpenBrowser, desk: Desk, clear: int) -> None:
    for n in range(30):
        add_claim(desk, f"Điều thứ {n}", priority=0.1)
    with desk.sessions.begin() as session:
        known = session.scalars(select(ClaimMatch.known_id).where(ClaimMatch.claim_id == clear)).one()
        session.add(ClaimMatch(claim_id=clear + 1, known_id=known, score=0.9, differs=None))
    analyst = browse("an")
    pages = [analyst.get(path).text for path in ("/ban-lam-viec", f"/ban-lam-viec/{clear}")]
    sent = {"opinion": "not_a_claim", "preset": "hoi", "reason": ""}
    analyst.post(f"/ban-lam-viec/{clear + 5}/y-kien", sent)
    pages.append(analyst.get("/ban-lam-viec").text)
    marked = {key for page in pages for key in re.findall(r'data-key="([^"]+)"', page)}
    table = {key for row in SHORTCUTS if row.marked for key in row.keys}
    assert marked == table
    for row in SHORTCUTS:
        assert row.does in words(analyst.get("/ban-lam-viec"))
