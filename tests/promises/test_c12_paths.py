"""C12: no name that a server, a page or a reader gives becomes a path outside the store."""

import random
from pathlib import Path

import pytest

from crawlers import urls
from tests.crawlers.child import KEY, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss

STEPS = (
    "../",
    "..\\",
    "%2e%2e/",
    "..%2f",
    "%2e%2e%5c",
    "....//",
    "..;/",
    "\u2025/",
    "\uff0e\uff0e/",
    "%c0%ae%c0%ae/",
)
ENDS = (
    "etc/cron.d/x",
    "planted",
    "desk.db",
    ".ssh/authorized_keys",
    "a" * 4096,
    "nul\x00.txt",
    "ho\u202etxt.exe",
    " ",
    ".",
)
DEVICES = (
    "CON",
    "NUL",
    "AUX.txt",
    "COM1",
    "LPT1",
    "C:\\planted",
    "\\\\host\\share",
    "/dev/full",
    "~root/x",
    "$HOME/x",
)
QUOTES = ('"{}"', "{}", "'{}'", "\"{}\"; filename*=UTF-8''{}")


def names(count: int) -> list[str]:
    """Names that would leave a folder, or that a file system takes for something else."""
    made = [step * times + end for step in STEPS for times in (1, 3, 9) for end in ENDS] + list(DEVICES)
    chance = random.Random(12)
    alphabet = "./\\%:\x00\n~$`|<>*?\"' ab" + "\u202e\uff0f\u2215\xad"
    while len(made) < 500:
        made.append("".join(chance.choice(alphabet) for _ in range(chance.randint(1, 60))))
    chance.shuffle(made)
    return made[:count]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _header(name: str) -> str:
    return "".join(letter for letter in name if letter not in "\r\n\x00").encode().decode("latin-1")


def check(desk: Desk, site: Site, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name as the address of a page, as a file name in its header, and in its own markup."""
    inner = desk.folder / "a" / "b" / "c"
    inner.mkdir(parents=True)
    host, every = "bao.localhost", names(count)
    paths = []
    for at, name in enumerate(every):
        path = f"/{at}"
        quoted = QUOTES[at % len(QUOTES)].format(_header(name), _header(name))
        headers = {"Content-Type": "text/html", "Content-Disposition": f"attachment; filename={quoted}"}
        body = page(
            f"Lá ổi {at}", FILLER, f"{RUMOUR} Lần {at}.", extra=f"<a download='{name}' href='/{name}'>x</a>"
        )
        site.put(host, path, Page(body.encode("utf-8", "replace"), headers=headers))
        paths.append(path)
    odd = [urls.normalise(site.url(host, "/" + name)) for name in every]
    site.put(
        host,
        "/rss",
        rss(site, host, *paths, *(url.partition(host)[2].partition("/")[2] for url in odd if url)),
    )
    desk.add_source(site, "bao")
    before = files(desk.folder)
    # the crawl's working folder lies three folders deep, so that a step up would still be seen
    monkeypatch.chdir(inner)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    report = run_crawl(desk.plan(site, "bao"), timeout_s=300)
    assert report["errors"] == 0
    assert report["outcomes"]["kept"] + report["outcomes"].get("duplicate", 0) >= min(count, 100) // 2
    # the database and what it keeps beside itself is all that there is
    assert {name for name in files(desk.folder) - before if not name.startswith("desk.db")} == set()
    assert list(inner.iterdir()) == []


def test_nothing_is_written_outside_the_store(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(desk, site, 24, monkeypatch)


@pytest.mark.release
def test_nothing_is_written_outside_the_store_in_full(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(desk, site, 500, monkeypatch)


def test_names_are_hashes_only() -> None:
    for name in names(500):
        key = urls.key(f"http://bao.vn/{name}", KEY)
        assert len(key) == 64
        assert set(key) <= set("0123456789abcdef")


def test_control_a_careless_store_would_be_caught(tmp_path: Path) -> None:
    store = tmp_path / "a" / "b"
    store.mkdir(parents=True)
    before = files(tmp_path)
    for name in ("../planted", "inside"):
        (store / name).write_text("x", encoding="utf-8")
    assert "a/planted" in files(tmp_path) - before
    assert {"../planted", "../../../planted"} & set(names(500))
