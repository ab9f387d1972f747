"""Pictures of every page at 1280 and 360 pixels for `docs/screens/`, from a desk filled with sample content.

    python -m tools.screenshots [--out FOLDER] [--only PART]

Each picture is a WebP of at most 42 kB: what is too heavy is taken again with less quality, then smaller.
Pages longer than `MOST_PIXELS` are cut. `README.md` beside them shows them all.
"""

import argparse
import base64
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from models import migrate
from models.session import make_engine
from models.vocabulary import Role
from pipeline import accounts
from review_ui.app import create_app
from tests.browsing import follow_key, serving
from tests.review_ui.house import PASSWORD
from tests.review_ui.village import WHO, Village, pages_of, settle_in, spoken

OUT = Path("docs/screens")
WIDTHS = (1280, 360)
MOST_BYTES = 42_000
MOST_PIXELS = 2_000
# quality and scale, the best first
TRIES = ((70, 1.0), (50, 1.0), (45, 0.75), (35, 0.6), (20, 0.5), (10, 0.4))
OTHER_LANGUAGES = ("/", "/gui-tin", "/so-lieu")
DARK = ("/", "/ban-lam-viec")
BANNER = "Dữ liệu mẫu: mọi tổ chức, con người và sự việc ở đây đều là hư cấu."
HEADINGS: dict[Role | None, str] = {
    None: "The public door",
    Role.ANALYST: "Analysts",
    Role.LEAD: "Leads",
    Role.AUDITOR: "Auditors",
    Role.ADMIN: "Administrators",
}


@dataclass(frozen=True)
class Shot:
    """One page to take: who opens it, where it is, the theme, and the name of its files."""

    role: Role | None
    path: str
    name: str
    theme: str = "light"


def shots(pages: dict[Role | None, list[str]]) -> Iterator[Shot]:
    """Every page once: by the public or the first role that may; some dark and in other languages."""
    first: dict[str, Role | None] = {}
    for role, paths in pages.items():
        for path in paths:
            first.setdefault(path, role)
    for path, role in first.items():
        yield Shot(role, path, named(path))
        if path in OTHER_LANGUAGES or re.fullmatch(r"/dinh-chinh/[^/?]*", path):
            yield from (Shot(role, spoken(path, one), f"{named(path)}-{one}") for one in ("en", "km"))
        if path in DARK:
            yield Shot(role, path, f"{named(path)}-dark", "dark")


def named(path: str) -> str:
    """A file name of an address: its parts in letters, digits and dashes, short, without what is random."""
    parts = [
        re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:24].strip("-") for part in re.split("[/?]", path)
    ]
    return "-".join(part for part in parts if part and not re.fullmatch(r"[0-9a-f]{16}", part)) or "home"


def picture(page: Page, width: int) -> bytes:
    """The page as it stands, no heavier than `MOST_BYTES` if any try makes it so light."""
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), MOST_PIXELS)
    session = page.context.new_cdp_session(page)
    taken = b""
    for quality, scale in TRIES:
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
        answer = session.send(
            "Page.captureScreenshot",
            {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": True},
        )
        taken = base64.b64decode(answer["data"])
        if len(taken) <= MOST_BYTES:
            break
    session.detach()
    return taken


def window(browser: Browser, address: str, role: Role | None, width: int, theme: str) -> Page:
    """A window of somebody, staff signed in."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    if role is not None:
        page.goto(f"{address}/dang-nhap")
        page.fill("#username", WHO[role])
        page.fill("#password", PASSWORD)
        follow_key(page)
    return page


def take(browser: Browser, address: str, wanted: list[Shot], out: Path) -> list[str]:
    """Write the pictures; gives what looked wrong: an answer that is a fault, or a page that is too wide."""
    told = []
    for width in WIDTHS:
        for role, theme in dict.fromkeys((shot.role, shot.theme) for shot in wanted):
            page = window(browser, address, role, width, theme)
            mine = (shot for shot in wanted if (shot.role, shot.theme) == (role, theme))
            told += [one for shot in mine for one in take_one(page, address, shot, width, out)]
            page.context.close()
    return told


def take_one(page: Page, address: str, shot: Shot, width: int, out: Path) -> Iterator[str]:
    """Write one picture and say what looked wrong."""
    answer = page.goto(address + shot.path)
    if answer is not None and answer.status >= 500:
        yield f"{shot.path}: {answer.status}"
    if int(page.evaluate("document.documentElement.scrollWidth")) > width:
        yield f"{shot.path}: wider than {width}"
    (out / f"{shot.name}-{width}.webp").write_bytes(picture(page, width))


def index(wanted: list[Shot]) -> str:
    """The page that shows all of them."""
    lines = ["# What the pages look like", "", f"Made by `python -m tools.screenshots`. {BANNER}", ""]
    for role, heading in HEADINGS.items():
        lines += [f"## {heading}", ""]
        for shot in wanted:
            if shot.role is role:
                wide, narrow = (f"{shot.name}-{width}.webp" for width in WIDTHS)
                path = re.sub(r"-[0-9a-f]{6}\b", "", shot.path)
                lines += [
                    f"### `{path}`{' dark' if shot.theme == 'dark' else ''}",
                    "",
                    f'<img src="{wide}" width="640" alt="{shot.name}, 1280 pixels wide"> '
                    f'<img src="{narrow}" width="180" alt="{shot.name}, 360 pixels wide">',
                    "",
                ]
    return "\n".join(lines)


def village(folder: Path) -> Village:
    """The sample desk in a folder."""
    engine = make_engine(f"sqlite:///{folder / 'empty.sqlite'}")
    migrate.upgrade(engine)
    engine.dispose()
    home = folder / "home"
    home.mkdir()
    made = settle_in(home, (folder / "empty.sqlite").read_bytes())
    values = made.desk.settings.values
    object.__setattr__(made.desk.settings, "values", {**values, "web.public_url": ""})
    return made


def main() -> int:
    """Take the pictures; 1 if a page looked wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", default="", help="only pages whose name holds this; keeps the others")
    given = parser.parse_args()
    where = os.environ.get("KIEMCHUNG_TEST_CHROMIUM") or shutil.which("chromium")
    given.out.mkdir(parents=True, exist_ok=True)
    accounts._MEMORY_KIB = 256  # noqa: SLF001 -- the cost of a hash is the tool's to choose
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = village(Path(folder))
        app = create_app(made.desk, BANNER)
        every = list(shots(pages_of(app, made)))
        wanted = [shot for shot in every if given.only in shot.name]
        browser = playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
        with serving(app) as address:
            told = take(browser, address, wanted, given.out)
        browser.close()
        made.desk.close()
    kept = {f"{shot.name}-{width}.webp" for shot in every for width in WIDTHS}
    for old in given.out.glob("*.webp"):
        if old.name not in kept:
            old.unlink()
    (given.out / "README.md").write_text(index(every), encoding="utf-8")
    for one in told:
        print(one)
    return int(bool(told))


if __name__ == "__main__":
    raise SystemExit(main())
