"""WCAG 2.2 AA on every page: axe-core in a real Chromium, in both themes, three languages and as every role.

Which pages there are is read from the app itself: a new page is looked at as soon as there is a route to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from models.vocabulary import Role
from pipeline import accounts
from review_ui.app import create_app
from tests.browsing import PATIENCE_MS, follow_key, serving
from tests.review_ui.house import PASSWORD
from tests.review_ui.village import WHO, Village, pages_of, settle_in, spoken

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
# what a person may act on, a radio group counting once, and what has no mark while it has the focus
WALK = """() => {
    const seen = el => el.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true});
    const css = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
    const group = el => el.type === 'radio' ? document.getElementsByName(el.name) : [el];
    return [...document.querySelectorAll(css)]
        .filter(el => seen(el) && !el.disabled && ![...group(el)].some(one => one.dataset.walked))
        .map(el => el.outerHTML.slice(0, 120));
}"""
STEP = """() => {
    const el = document.activeElement;
    if (!el || el === document.body || el.dataset.walked) return null;  // the end, or a part of a date field
    el.dataset.walked = '1';
    const style = getComputedStyle(el);
    const drawn = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return drawn || style.boxShadow !== 'none' ? '' : el.outerHTML.slice(0, 120);
}"""
MOST_STEPS = 250
PARTS = 6
LANGUAGES = ("vi", "en", "km")
THEMES = ("light", "dark")
WIDTHS = (1280, 360)


@dataclass
class Site:
    """A village that is served, its pages by who opens them, and windows that stay open."""

    village: Village
    app: FastAPI
    address: str
    chromium: Chromium

    def window(self, role: Role | None, theme: str = "light", *, width: int = 1280) -> Page:
        """A window of somebody; staff signed in."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if role is not None:
            page.goto(f"{self.address}/dang-nhap")
            page.fill("#username", WHO[role])
            page.fill("#password", PASSWORD)
            follow_key(page)
            assert "/dang-nhap" not in page.url
        return page


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes, chromium: Chromium
) -> Iterator[Site]:
    """The village, served for the whole module."""
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts, "_MEMORY_KIB", 256)
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()
    village = settle_in(tmp_path_factory.mktemp("village"), sqlite_template)
    values = village.desk.settings.values
    object.__setattr__(village.desk.settings, "values", {**values, "web.public_url": ""})
    app = create_app(village.desk)
    with serving(app) as address:
        yield Site(village, app, address, chromium)
    village.desk.close()
    patch.undo()
    accounts._hasher.cache_clear()
    accounts._nobody.cache_clear()


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it stands: rule, impact, where."""
    found: dict[str, Any] = Axe().run(page, options=OPTIONS).response
    return [
        f"{one['id']} ({one['impact']}): {'; '.join(str(node['target'][0]) for node in one['nodes'][:4])}"
        for one in found["violations"]
    ]


def wrong(page: Page, site: Site, paths: list[str]) -> list[str]:
    """All that is wrong with some pages, each named."""
    told = []
    for path in paths:
        page.goto(site.address + path)
        told += [f"{path}: {one}" for one in violations(page)]
    return told


def test_the_public_pages_are_open_to_everybody(site: Site) -> None:
    paths = pages_of(site.app, site.village)[None]
    told = []
    for number, theme in enumerate(THEMES):
        page = site.window(None, theme)
        # every page once, in a theme and a language that change from page to page
        mine = list(enumerate(paths))[number :: len(THEMES)]
        chosen = [spoken(path, LANGUAGES[at % 3]) for at, path in mine]
        told += [f"{theme} {one}" for one in wrong(page, site, chosen)]
        page.context.close()
    assert told == []


@pytest.mark.release
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", THEMES)
def test_every_public_page_in_every_language_theme_and_width(
    site: Site, language: str, theme: str, width: int
) -> None:
    page = site.window(None, theme, width=width)
    paths = pages_of(site.app, site.village)[None]
    told = wrong(page, site, [spoken(path, language) for path in paths])
    page.context.close()
    assert told == []


# two desks each time, all of them in a release
QUICK = {(Role.LEAD, "dark"), (Role.ADMIN, "light")}
DESKS = [
    pytest.param(role, theme, marks=() if (role, theme) in QUICK else pytest.mark.release)
    for role in Role
    for theme in THEMES
]


@pytest.mark.parametrize(("role", "theme"), DESKS)
def test_the_pages_of_staff_are_open_to_everybody(site: Site, role: Role, theme: str) -> None:
    page = site.window(role, theme)
    told = wrong(page, site, list(dict.fromkeys(pages_of(site.app, site.village)[role])))
    page.context.close()
    assert told == []


@pytest.mark.release
@pytest.mark.parametrize("role", list(Role))
def test_the_pages_of_staff_are_open_to_everybody_on_a_phone_in_english(site: Site, role: Role) -> None:
    page = site.window(role, width=360)
    told = wrong(
        page, site, [spoken(path, "en") for path in dict.fromkeys(pages_of(site.app, site.village)[role])]
    )
    page.context.close()
    assert told == []


def test_the_look_finds_what_is_wrong(site: Site) -> None:
    page = site.window(None)
    page.goto(site.address + "/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<input><img src=x>')")
    assert {one.split(" ")[0] for one in violations(page)} >= {"label", "image-alt"}
    page.context.close()


def walked(page: Page) -> tuple[list[str], list[str]]:
    """Press Tab through a page: what was never reached, and what showed no focus."""
    faint: list[str] = []
    still = 0
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        told = page.evaluate(STEP)
        still = still + 1 if told is None else 0
        if still == PARTS:
            break
        faint += [told] if told else []
    return page.evaluate(WALK), faint


def unreachable(page: Page, site: Site, paths: list[str]) -> list[str]:
    """What Tab misses or leaves without a mark on some pages."""
    told = []
    for path in paths:
        page.goto(site.address + path)
        missed, faint = walked(page)
        told += [f"{path} not reached: {one}" for one in missed]
        told += [f"{path} no focus seen: {one}" for one in faint]
    return told


def test_the_queue_and_a_claim_are_walked_with_the_tab_key(site: Site) -> None:
    page = site.window(Role.ANALYST)
    told = unreachable(page, site, ["/ban-lam-viec", f"/ban-lam-viec/{site.village.claims[3]}"])
    page.context.close()
    assert told == []


@pytest.mark.release
@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_staff_is_walked_with_the_tab_key(site: Site, role: Role) -> None:
    page = site.window(role)
    told = unreachable(page, site, list(dict.fromkeys(pages_of(site.app, site.village)[role])))
    page.context.close()
    assert told == []


def test_the_walk_finds_what_cannot_be_reached(site: Site) -> None:
    page = site.window(None)
    page.goto(site.address + "/quy-tac")
    page.evaluate(
        "document.querySelector('main').innerHTML = '<button tabindex=-1>a</button>' +"
        "'<button id=b>b</button>'; document.getElementById('b').style.outline = 'none'"
    )
    missed, faint = walked(page)
    page.context.close()
    assert (["tabindex" in one for one in missed], ["id=" in one for one in faint]) == ([True], [True])
