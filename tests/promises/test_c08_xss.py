"""C8: no text of others becomes a program, a picture, a link or a request in any page of the web app."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import html5lib
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from sqlalchemy import text

from models.vocabulary import Role
from pipeline import accounts, publishing
from pipeline.compose import Desk
from review_ui.app import create_app
from tests.browsing import PATIENCE_MS, follow, serving
from tests.promises.payloads import payloads
from tests.review_ui.house import (
    PASSWORD,
    SITE,
    Browser,
    MovingClock,
    add_claim,
    add_match,
    add_source,
    add_staff,
    decide,
    make_desk,
    publish,
)

# every column that holds words or addresses of others and that a page may show
FREE = {
    "claim": ["text"],
    "claim_reason": ["feature"],
    "claim_match": ["differs"],
    "known_claim": ["text", "rating_original", "url", "publisher"],
    "mention": ["text"],
    "item": ["url"],
    "source": ["name", "homepage", "domain"],
    "entry_point": ["url", "link_pattern", "last_outcome"],
    "evidence": ["url", "domain", "publisher", "quote"],
    "review": ["reason"],
    "verdict": ["method_note"],
    "correction_text": ["title", "said", "truth", "how_known", "what_to_do", "contact", "reason", "spoken"],
    "appeal": ["reason", "outcome"],
    "staff": ["username"],
}
ADDRESSES = frozenset(
    ["href", "src", "action", "formaction", "data", "poster", "background", "xlink:href", "srcdoc"]
)
NEVER = frozenset(
    ["iframe", "object", "embed", "base", "applet", "frame", "math", "foreignobject", "template"]
)
ASSETS = "/tinh/"


@dataclass
class House:
    """A desk with a claim at every stage, and its app."""

    desk: Desk
    app: FastAPI
    claim: int
    slug: str
    appeal: str

    def plant(self, planted: str) -> None:
        """Put a text in every free column, as if each check on the way in had failed."""
        with self.desk.engine.connect() as raw:
            raw.execute(text("PRAGMA ignore_check_constraints=ON"))
            for trigger in raw.scalars(text("SELECT name FROM sqlite_master WHERE type='trigger'")).all():
                raw.execute(text(f'DROP TRIGGER "{trigger}"'))
            for table, columns in FREE.items():
                for column in columns:
                    tail = " || id" if (table, column) == ("staff", "username") else ""
                    where = " WHERE url IS NOT NULL" if table == "item" else ""
                    # names of a fixed table, none of them from outside
                    raw.execute(
                        text(f"UPDATE {table} SET {column} = :planted{tail}{where}"),  # noqa: S608
                        {"planted": planted},
                    )
            raw.commit()

    def pages(self) -> dict[str, list[str]]:
        """The addresses to look at, by who looks."""
        public = [
            "/",
            f"/dinh-chinh/{self.slug}",
            f"/dinh-chinh/{self.slug}?lang=en",
            f"/dinh-chinh/{self.slug}/phien-ban/1",
            f"/dinh-chinh/{self.slug}/ban-in",
            f"/dinh-chinh/{self.slug}/doc-loa",
            f"/nhung/{self.slug}",
            "/nguon",
            "/nhat-ky",
            "/tim?q=la",
        ]
        public += [f"/phan-hoi/{self.slug}/{self.appeal}", f"/phan-hoi/{self.slug}", "/so-lieu"]
        claim = f"/ban-lam-viec/{self.claim}"
        return {
            "": public,
            "an": ["/ban-lam-viec", claim, "/khang-nghi"],
            "chi": [
                f"{claim}",
                "/nguon/suc-khoe",
                "/nguon/suc-khoe/bao-mau",
                "/mo-hinh",
                "/nhat-ky/noi-bo",
                "/khang-nghi",
            ],
        }


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()
    desk = make_desk(sqlite_url, tmp_path, MovingClock())
    roles = {"an": Role.ANALYST, "binh": Role.ANALYST, "chi": Role.LEAD}
    staff = {name: add_staff(desk, name, role) for name, role in roles.items()}
    add_source(desk)
    done = add_claim(desk, source_id="bao-mau", tip="Tin nhắn của một người")
    decide(desk, done, staff["an"].id, staff["binh"].id)
    slug = publish(desk, done, staff["chi"].id)
    appeal = publishing.file_appeal(desk, slug, "Tôi thấy câu này chưa đúng, xin xem lại nguồn số hai giúp.")
    waiting = add_claim(desk, "Một câu khác còn chờ", source_id="bao-mau", tip="Tin thứ hai", token="ab" * 32)
    add_match(desk, waiting)
    yield House(desk, create_app(desk), waiting, slug, appeal)
    desk.close()
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


@lru_cache(maxsize=1)
def elements(page: str) -> list[tuple[str, dict[str, str]]]:
    """Tag and attributes of everything in a page; the page just looked at is not parsed again."""
    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return [
        (one.tag.rpartition("}")[2].lower(), {str(name).lower(): value for name, value in one.attrib.items()})
        for one in tree.iter()
        if isinstance(one.tag, str)
    ]


def active(page: str) -> list[str]:
    """What of a page would run, load or lead somewhere that the app itself never asks for."""
    found = []
    for tag, attributes in elements(page):
        if tag in NEVER or (tag == "meta" and "http-equiv" in attributes):
            found.append(tag)
        own = attributes.get("src", "").startswith(ASSETS) or attributes.get("type") == "application/ld+json"
        if tag == "script" and not own:
            found.append("script")
        for name, value in attributes.items():
            plain = "".join(letter for letter in value if letter > " ").lower()
            if name.startswith("on") or name in {"style", "srcdoc"}:
                found.append(f"{tag} {name}")
            away = plain.startswith(
                ("javascript:", "vbscript:", "data:", "file:", "//", "\\", "/\\", "blob:")
            )
            if (
                name in ADDRESSES
                and away
                and not (tag in {"img", "link"} and plain.startswith("data:image/png"))
            ):
                found.append(f"{tag} {name}={value[:40]}")
    return found


def kinds(page: str) -> set[str]:
    return {tag for tag, _ in elements(page)}


def looks(house: House) -> dict[str, str]:
    """Every page as it is now, by who looks and where."""
    shown = {}
    for name, paths in house.pages().items():
        with Browser(house.app) as browser:
            if name:
                # the session was opened before the names of the staff were overwritten
                browser.client.cookies.update(house.app.state.cookies_of[name])
            for path in paths:
                answer = browser.get(path)
                assert answer.status_code == 200, (name, path, answer.status_code, answer.text[:300])
                shown[f"{name} {path}"] = answer.text
    return shown


def sign_in(house: House) -> None:
    house.app.state.cookies_of = {}
    for name in ("an", "chi"):
        with Browser(house.app) as browser:
            assert browser.sign_in(name, PASSWORD).status_code == 303
            house.app.state.cookies_of[name] = dict(browser.client.cookies)


def chunks(texts: Sequence[str], size: int) -> Iterator[str]:
    for start in range(0, len(texts), size):
        yield " ".join(texts[start : start + size])


def check(house: House, texts: Sequence[str], size: int) -> None:
    sign_in(house)
    # some parts of a page are there only where there are words for them
    house.plant("những chữ vô hại")
    plain = {where: (kinds(page), set(active(page))) for where, page in looks(house).items()}
    seen = 0
    for planted in chunks(texts, size):
        house.plant(planted)
        for where, page in looks(house).items():
            # the charts are pictures in the page itself
            assert set(active(page)) - plain[where][1] == set(), where
            assert kinds(page) - plain[where][0] <= {"br"}, (
                "a line break in a text is all that may come of it: " + where
            )
            seen += "alert(1)" in page
    # the control of the planting: the words themselves are on most pages
    assert seen >= 6 * len(list(chunks(texts, size)))


def test_there_are_as_many_payloads_as_promised() -> None:
    assert len(payloads()) >= 738


def test_no_field_of_a_page_becomes_active(house: House) -> None:
    check(house, payloads()[::8], len(payloads()))


@pytest.mark.release
def test_no_field_of_a_page_becomes_active_in_full(house: House) -> None:
    """Few a page, so that each payload also stands at the beginning of a field."""
    check(house, payloads(), 4)


def test_what_is_sent_comes_back_inert(house: House) -> None:
    """Search words, receipts, user names: shown again at once, without being stored."""
    with Browser(house.app) as browser:
        for planted in chunks(payloads(), 16):
            short = planted[:1900]
            pages = [
                browser.client.get("/tim", params={"q": short}).text,
                browser.post("/theo-doi", {"receipt": short}, token=False).text,
                browser.post("/dang-nhap", {"username": short, "password": "x"}, token=False).text,
            ]
            assert [active(page) for page in pages] == [[], [], []]


def test_control_an_unescaped_page_is_noticed() -> None:
    noticed = sum(bool(active(f"<!doctype html><p title='x'>{payload}</p>")) for payload in payloads())
    assert noticed > 250
    assert active("<a href='java\tscript:alert(1)'>x</a>") == ["a href=java\tscript:alert(1)"]
    assert active("<p>plain</p><a href='/tim'>x</a>") == []


@pytest.fixture
def address(house: House) -> Iterator[str]:
    object.__setattr__(house.desk.settings, "values", {**house.desk.settings.values, "web.public_url": ""})
    with serving(house.app) as served:
        yield served


WATCH = "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"


def _dismiss(found: list[str], dialog: Any) -> None:  # noqa: ANN401
    found.append(f"dialog {dialog.message}")
    dialog.dismiss()


def browse(chromium: Chromium, house: House, address: str, texts: Sequence[str], size: int) -> list[str]:
    """What a real Chromium complains of, opens or asks for beyond the app itself."""
    found: list[str] = []
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page: Any = context.new_page()
    page.add_init_script(WATCH)
    page.on("dialog", lambda dialog: _dismiss(found, dialog))
    page.on("console", lambda line: found.append(f"console {line.text}"))
    page.on("pageerror", lambda error: found.append(f"error {error}"))
    page.on("request", lambda asked: found.append(asked.url) if not asked.url.startswith(address) else None)
    page.goto(f"{address}/dang-nhap")
    page.fill("[name=username]", "chi")
    page.fill("[name=password]", PASSWORD)
    follow(page, "main button[type=submit], main form button")
    assert "/dang-nhap" not in page.url
    for planted in chunks(texts, size):
        house.plant(planted)
        for path in dict.fromkeys([*house.pages()[""], *house.pages()["chi"]]):
            page.goto(address + path)
    assert page.url.startswith(address)
    context.close()
    return found


@pytest.mark.browser
def test_a_real_browser_runs_and_asks_for_nothing(chromium: Chromium, house: House, address: str) -> None:
    assert browse(chromium, house, address, payloads()[::3], len(payloads())) == []


@pytest.mark.browser
@pytest.mark.release
def test_a_real_browser_runs_and_asks_for_nothing_in_full(
    chromium: Chromium, house: House, address: str
) -> None:
    assert browse(chromium, house, address, payloads(), 24) == []


@pytest.mark.browser
@pytest.mark.release
def test_control_a_real_browser_notices_an_unescaped_text(
    chromium: Chromium, house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import markupsafe

    assert SITE
    monkeypatch.setattr("jinja2.runtime.escape", markupsafe.Markup)
    # templates take the escape that they were compiled with: all are compiled anew, now and afterwards
    compiled = house.app.state.site.templates.cache
    compiled.clear()
    try:
        # the policy of the pages still stops the program; that it had to is what is seen
        assert browse(chromium, house, address, payloads()[:60], 60) != []
    finally:
        compiled.clear()
