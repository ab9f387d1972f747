"""C6: a site without an end costs its own budget and no other site's; one page is never kept twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from itertools import count, product

import pytest
from sqlalchemy import select

from crawlers import urls
from crawlers.context import Budget
from crawlers.lanes import Lane
from crawlers.ledger import Leased, SourceFacts
from models.gathered import Item
from models.vocabulary import EntryKind
from tests.crawlers.child import KEY, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, endless, feed, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss

PAGES = Budget().pages_per_source


def _drip(handler: BaseHTTPRequestHandler) -> None:
    """One byte now and then, for as long as anyone listens."""
    import time

    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n")
    try:
        for _ in range(60):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.2)
    except OSError:
        return


class TrapSite(Site):
    """A site whose every page names new pages of its own, for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        self.makers: dict[str, Callable[[int], str]] = {}

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        host = (handler.headers.get("Host") or "").partition(":")[0]
        make = self.makers.get(host)
        if make is not None and (host, handler.path) not in self.pages and handler.path != "/robots.txt":
            links = [self.url(host, make(next(self.numbers))) for _ in range(5)]
            anchors = "".join(f"<a href='{link}'>x</a>" for link in links)
            body = page(
                f"Trang {next(self.numbers)}", FILLER, f"Chuyện thứ {next(self.numbers)}", extra=anchors
            )
            self.put(host, handler.path, body)
        super().answer(handler)


LOOPS: dict[str, Callable[[int], str]] = {
    "calendar": lambda n: f"/lich/{2000 + n // 12}/{n % 12 + 1}",
    "session": lambda n: f"/a?sid={n:032x}",
    "facets": lambda n: f"/tim?mau={n}&co={n % 7}&xep={n % 3}",
    "deep": lambda n: "/" + "a/" * (n % 300) + str(n),
    "queries": lambda n: f"/x?{'&'.join(f'k{at}={n}' for at in range(n % 20))}",
}
SITEMAP_LOOP = (
    "<sitemapindex><sitemap><loc>{0}</loc></sitemap><sitemap><loc>{0}?b</loc></sitemap></sitemapindex>"
)


def put_traps(desk: Desk, site: TrapSite, wide: int) -> list[str]:
    """Ten traps, and two plain sites."""
    for name, make in LOOPS.items():
        host = f"{name}.localhost"
        site.makers[host] = make
        links = [site.url(host, make(number)) for number in range(1, wide + 1)]
        site.put(host, "/rss", Page(feed(*links).encode(), headers=XML))
        desk.add_source(site, name)
    site.put("loop.localhost", "/rss", rss(site, "loop.localhost", *(f"/l{at}" for at in range(9))))
    for at in range(9):
        site.put("loop.localhost", f"/l{at}", Page(b"", 302, {"Location": f"/l{(at + 1) % 9}"}))
    site.put("endless.localhost", "/rss", rss(site, "endless.localhost", "/e"))
    site.put("endless.localhost", "/e", Page(takeover=endless))
    site.put("drip.localhost", "/rss", rss(site, "drip.localhost", "/d"))
    site.put("drip.localhost", "/d", Page(takeover=_drip))
    index = site.url("index.localhost", "/rss")
    site.put("index.localhost", "/rss", Page(SITEMAP_LOOP.format(index).encode(), headers=XML))
    site.put("index.localhost", "/rss?b", Page(SITEMAP_LOOP.format(index).encode(), headers=XML))
    parts = "".join(f"<link rel='next' href='?trang={at}'>" for at in range(2, 9))
    site.put("parts.localhost", "/rss", rss(site, "parts.localhost", "/p"))
    for at in range(1, 9):
        path = "/p" if at == 1 else f"/p?trang={at}"
        site.put(
            "parts.localhost", path, page("Nhiều trang", FILLER, RUMOUR).replace("<title>", f"{parts}<title>")
        )
    for name in ("loop", "endless", "drip", "parts"):
        desk.add_source(site, name)
    desk.add_source(site, "index", EntryKind.SITEMAP)
    for name in ("plain1", "plain2"):
        host = f"{name}.localhost"
        site.put(host, "/rss", rss(site, host, *(f"/{at}" for at in range(10))))
        for at in range(10):
            site.put(host, f"/{at}", page(f"Lá ổi {name} {at}", f"{RUMOUR} Lần {name} {at}.", FILLER))
        desk.add_source(site, name)
    return [*LOOPS, "loop", "endless", "drip", "index", "parts", "plain1", "plain2"]


def _short_timeout() -> None:
    from typing import cast

    from crawlers import policy

    cast("dict[str, object]", policy.FIXED)["DOWNLOAD_TIMEOUT"] = 3


def fetched(site: Site) -> Counter[str]:
    return Counter(seen.host for seen in site.seen if seen.path != "/robots.txt")


def check(desk: Desk, site: TrapSite, budget: Budget, wide: int) -> None:
    names = put_traps(desk, site, wide)
    plan = replace(desk.plan(site, *names), budget=budget, prepare=_short_timeout)
    report = run_crawl(plan, timeout_s=400)
    asked = fetched(site)
    # the entry point, and up to five redirects of a page
    extra = 8
    assert {
        name: asked[f"{name}.localhost"]
        for name in LOOPS
        if asked[f"{name}.localhost"] < budget.pages_per_source
    } == {}
    assert {
        host: n
        for host, n in asked.items()
        if n > budget.pages_per_source + extra and host != "loop.localhost"
    } == {}
    assert asked["loop.localhost"] <= 1 + 9 * 7
    assert asked["index.localhost"] <= 8
    # the others were not held up
    assert all(
        desk.counts(name)["kept"] + desk.counts(name).get("duplicate", 0) == 10
        for name in ("plain1", "plain2")
    )
    with desk.sessions.begin() as session:
        kept = [urls.key(url, KEY) for url in session.scalars(select(Item.url)) if url]
    assert len(kept) == len(set(kept))
    assert report["errors"] == 0


@pytest.fixture
def traps() -> TrapSite:
    return TrapSite()


def test_ten_traps_cost_only_their_own_budget(desk: Desk, traps: TrapSite) -> None:
    with traps.running():
        check(desk, traps, Budget(pages_per_source=11), 24)


@pytest.mark.release
def test_ten_traps_cost_only_their_own_budget_in_full(desk: Desk, traps: TrapSite) -> None:
    assert PAGES <= 200
    with traps.running():
        check(desk, traps, Budget(), 450)


@pytest.mark.release
def test_control_without_a_budget_a_trap_takes_more(desk: Desk, traps: TrapSite) -> None:
    with traps.running():
        names = put_traps(desk, traps, 300)
        run_crawl(
            replace(desk.plan(traps, *names), budget=Budget(pages_per_source=260), prepare=_short_timeout)
        )
        assert fetched(traps)["calendar.localhost"] > PAGES


def lane(budget: Budget, now: list[float]) -> Lane:
    facts = SourceFacts("n", frozenset(["n.vn"]), True)
    made = Lane(facts, budget, clock=lambda: now[0])
    made.add([Leased(at, f"http://n.vn/{at}") for at in range(10_000)], 10_000)
    return made


def pages_in(seconds_each: float, budget: Budget) -> tuple[int, float]:
    now = [0.0]
    made = lane(budget, now)
    taken = 0
    while made.take() is not None:
        taken += 1
        now[0] += seconds_each
    return taken, now[0]


@pytest.mark.parametrize("seconds_each", [0.01, 0.5, 1.4, 1.6, 5.0, 20.0, 60.0])
def test_five_minutes_and_two_hundred_pages_a_host(seconds_each: float) -> None:
    taken, passed = pages_in(seconds_each, Budget())
    assert taken <= 200
    # the last page begins within the five minutes
    assert passed - seconds_each <= 300.0
    assert taken == 200 or passed > 300.0


def test_control_a_larger_budget_lasts_longer() -> None:
    assert pages_in(5.0, Budget(seconds_per_source=900.0))[1] > 305


def spellings() -> list[str]:
    """One page under 72 addresses."""
    schemes, hosts = ("http", "https"), ("bao.vn", "www.bao.vn", "BAO.vn.")
    paths = ("/tin/a", "/tin/a/", "/tin/a;jsessionid=9", "/tin/a#top")
    tails = ("?x=1&y=2", "?y=2&x=1&utm_source=z", "?x=1&fbclid=q&y=2")
    made = []
    for scheme, host, path, tail in product(schemes, hosts, paths, tails):
        plain, _, fragment = path.partition("#")
        made.append(f"{scheme}://{host}{plain}{tail}{'#' + fragment if fragment else ''}")
    return made


def test_no_duplicates_after_normalisation() -> None:
    assert len(spellings()) == len(set(spellings())) == 72
    assert len({urls.key(url, KEY) for url in spellings()}) == 1
    # the control: other pages keep their own keys
    assert len({urls.key(f"http://bao.vn/tin/a?x={at}", KEY) for at in range(50)}) == 50
