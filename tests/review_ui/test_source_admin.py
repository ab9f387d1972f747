"""An admin adds a source on a page: what is refused names its field, and nothing is read before a trial."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from crawlers import fetch, hosts, registry, urls
from crawlers.fetch import Fetched, FetchPlan
from models.desk import AuditEntry
from models.gathered import Source
from models.vocabulary import EntryKind, Outcome, SourceKind
from pipeline.compose import Desk
from pipeline.settings import Value, load
from review_ui import messages
from review_ui.app import create_app
from tests.review_ui.conftest import OpenBrowser
from tests.review_ui.house import Browser, words

REASON = "Đã xem trang, đúng là của đơn vị ấy."
pytestmark = pytest.mark.usefixtures("staff")
FIELD = re.compile(r'<input type="(?:hidden|checkbox)" name="([a-z_0-9]+)" value="([^"]*)"')


HOME = "https://benh-vien.vn/"
FRONT = b"<html><title>BV</title><link rel=alternate type='application/rss+xml' href='/rss'><p>a</p></html>"
FEED = (
    b"<rss version='2.0'><channel><item><link>https://benh-vien.vn/tin/1.html</link></item></channel></rss>"
)


def publisher(addresses: Sequence[str], plan: FetchPlan) -> list[Fetched]:
    """The answers of one publisher; the journey of an admin fetches for real."""
    assert plan.contact_url == "https://desk.example.vn/bot"
    bodies = {HOME: FRONT, f"{HOME}rss": FEED}
    return [
        Fetched(url, url, Outcome.KEPT, 200, "text/html", bodies[url])
        if url in bodies
        else Fetched(url, url, Outcome.HTTP_ERROR, 404)
        for url in addresses
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A registry with nothing in it but a remark."""
    made = tmp_path / "sources.toml"
    made.write_text("# của tôi\n", encoding="utf-8")
    return made


@pytest.fixture
def admin(desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """An admin at a desk that reaches one publisher."""
    monkeypatch.setattr(fetch, "fetch_all", publisher)
    flags: dict[str, Value | None] = {
        **desk.settings.values,
        "sources.file": str(path),
        "crawl.contact_url": "https://desk.example.vn/bot",
    }
    made = replace(desk, settings=load(environ={}, flags=flags))
    browser = Browser(create_app(made))
    assert browser.sign_in("quan").status_code == 303
    yield browser
    browser.client.close()


def found_form(page: str) -> dict[str, str]:
    """What the form of the second step holds as it stands."""
    form = page.split('action="/nguon/them">')[1].split("</form>", maxsplit=1)[0]
    return {name: unescape(value) for name, value in FIELD.findall(form) if name != "token"}


def actions(desk: Desk) -> list[str]:
    with desk.reading() as session:
        return [
            one.action
            for one in session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
            if one.action.startswith("source_")
        ]


def test_a_source_is_found_added_tried_and_switched(admin: Browser, desk: Desk, path: Path) -> None:
    page = admin.post("/nguon/them/tim", {"url": "benh-vien.vn"})
    assert page.status_code == 200, words(page)
    form = found_form(page.text)
    assert form["entry_0"] == "feed"
    assert form["take_0"] == "1"
    typed = {**form, "id": "benh-vien", "name": "Bệnh viện", "kind": "health"}
    added = admin.post("/nguon/them", typed)
    assert (added.status_code, added.headers["location"]) == (303, "/nguon/suc-khoe/benh-vien")
    (spec,) = registry.load(path)
    assert (spec.name, spec.kind, spec.enabled, spec.local) == ("Bệnh viện", "health", False, True)
    assert path.read_text(encoding="utf-8").startswith("# của tôi\n")
    dead = admin.post("/nguon/them/tim", {"url": "https://khong-co.vn/"})
    assert "Không đọc được trang chủ này: máy chủ của nguồn báo lỗi" in words(dead)

    where = added.headers["location"]
    early = admin.post(f"{where}/bat", {"reason": REASON, "days": "7"})
    assert early.status_code == 409
    assert "hãy bấm “Đọc thử” trước khi bật" in words(early)
    tried = admin.post(f"{where}/thu", {})
    assert "Vừa đọc thử:" in words(tried)
    assert admin.post(f"{where}/bat", {"reason": REASON, "days": "7"}).status_code == 303
    with desk.reading() as session:
        assert session.get_one(Source, "benh-vien").enabled
    assert "benh-vien" in admin.get("/nguon/suc-khoe").text
    assert REASON in words(admin.get(where))
    assert admin.post(f"{where}/nghi", {"reason": REASON, "days": "3"}).status_code == 303
    assert "Đang nghỉ tới" in words(admin.get(where))
    assert admin.post(f"{where}/nghi", {"reason": REASON, "days": "0"}).status_code == 303
    assert "Đang nghỉ tới" not in words(admin.get(where))
    assert admin.post(f"{where}/tat", {"reason": "Nguồn ngừng đăng tin.", "days": "7"}).status_code == 303
    (spec,) = registry.load(path)
    assert (spec.enabled, spec.note) == (False, "Nguồn ngừng đăng tin.")
    # what was refused is not in the log
    assert actions(desk) == ["source_add", "source_on", "source_rest", "source_rest", "source_off"]


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://www.facebook.com/trang", "Đây là mạng xã hội"),
        ("https://baotinh.vn/user/an", "Địa chỉ là của một tài khoản"),
        ("http://192.168.1.1/", "không phải dãy số IP"),
        ("ftp://baotinh.vn/", "phải bắt đầu bằng http"),
        ("https://an:mat-khau@baotinh.vn/", "tên đăng nhập hay mật khẩu"),
        ("localhost", "không công khai"),
    ],
)
def test_what_can_be_no_source_is_refused_at_the_field(
    admin: Browser, path: Path, url: str, line: str
) -> None:
    before = path.read_bytes()
    page = admin.post("/nguon/them/tim", {"url": url})
    assert page.status_code == 422
    assert line in words(page)
    assert '<a href="#url">' in page.text
    # nor does it get in by a form that names it as found
    typed = {"url": url, "homepage": url, "id": "lau", "name": "Lậu", "kind": "newspaper", "take_0": "1"}
    forged = {**typed, "entry_0": "feed", "address_0": "https://baotinh.vn/rss", "links_0": "9"}
    if "://" in url:
        assert admin.post("/nguon/them", forged).status_code == 422
        swapped = {**forged, "homepage": "https://baotinh.vn/", "address_0": url}
        assert admin.post("/nguon/them", swapped).status_code == 422
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "field", "status"),
    [
        ({"id": "BÁO TỈNH"}, "source-id", 422),
        ({"name": "x" * 121}, "name", 422),
        ({"kind": ""}, "kind", 422),
        ({"take_0": ""}, "muc", 422),
    ],
)
def test_a_refused_field_is_named_and_what_was_typed_stays(
    admin: Browser, changed: dict[str, str], field: str, status: int
) -> None:
    good = {
        "url": "https://baotinh.vn/",
        "homepage": "https://baotinh.vn/",
        "id": "bao-tinh",
        "name": "Báo Tỉnh",
        "kind": "newspaper",
        "entry_0": "feed",
        "address_0": "https://baotinh.vn/rss",
        "links_0": "9",
        "take_0": "1",
    }
    page = admin.post("/nguon/them", {**good, **changed})
    assert page.status_code == status
    assert f'<a href="#{field}">' in page.text
    assert "https://baotinh.vn/rss" in page.text
    assert admin.post("/nguon/them", good).status_code == 303
    again = admin.post("/nguon/them", good)
    assert again.status_code == 409
    assert '<a href="#source-id">' in again.text


def test_a_reason_must_say_something(admin: Browser, path: Path) -> None:
    assert admin.post("/nguon/suc-khoe/khong-co/tat", {"reason": REASON, "days": ""}).status_code == 404
    path.write_text(
        registry.to_toml(
            [
                registry.SourceSpec(
                    "bao-tinh",
                    "Báo Tỉnh",
                    SourceKind.NEWSPAPER,
                    "https://baotinh.vn/",
                    True,
                    True,
                    (registry.EntrySpec(EntryKind.FEED, "https://baotinh.vn/rss"),),
                )
            ]
        ),
        encoding="utf-8",
    )
    assert admin.post("/nguon/suc-khoe/bao-tinh/tat", {"reason": "ừ", "days": ""}).status_code == 404
    # known to the database once the registry was read
    assert admin.post("/nguon/suc-khoe/bao-tinh/nghi", {"reason": REASON, "days": "2"}).status_code == 303
    short = admin.post("/nguon/suc-khoe/bao-tinh/tat", {"reason": "ừ", "days": ""})
    assert short.status_code == 422
    assert '<a href="#reason">' in short.text
    long = admin.post("/nguon/suc-khoe/bao-tinh/nghi", {"reason": REASON, "days": "31"})
    assert long.status_code == 422
    assert '<a href="#days">' in long.text
    assert registry.load(path)[0].enabled


def test_a_lead_reads_the_page_and_changes_nothing(browse: OpenBrowser) -> None:
    lead = browse("chi")
    assert "Thêm nguồn" not in lead.get("/nguon/suc-khoe").text
    assert lead.get("/nguon/them").status_code == 403


def test_every_refusal_of_an_address_has_a_line_of_its_own() -> None:
    guard = urls.Guard()
    addresses = [
        *("https://x.vn/" + "a" * 3000, "ftp://x.vn/", "https://a:b@x.vn/", "https://1.2.3.4/"),
        *("https://x_?.vn/", "https://localhost/", "https://x.vn:8080/", "https://x.vn/@an"),
        *(f"https://{site}/" for site in sorted(hosts._refused())),
    ]
    told = {problem for one in addresses if (problem := guard.refusal(one))}
    assert len(told) >= 12
    assert [one for one in told if not messages.known(f"https://x.vn/: {one}")] == []
    # positive control: a refusal that nobody wrote a line for would be found
    assert not messages.known("https://x.vn/: the moon is full")
