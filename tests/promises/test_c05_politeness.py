"""C5: one connection a host, the delay between requests, the rest that a site asks for, and the bot's name.

The crawl runs with the policy's own delays, in a process whose clocks go faster: what is measured is that
clock, at the moment when the downloader lets a request go.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crawlers import outcomes, policy
from crawlers.registry import EntrySpec, SourceSpec, sync
from models.gathered import EntryPoint, FrontierPage, Source
from models.vocabulary import EntryKind, FrontierState, SourceKind
from tests.crawlers.child import NOW, CrawlPlan, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, feed, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss
from tests.promises.internet import Internet

DELAY_S, PUBLIC = 5.0, "123.30.1.1"
# a real timer fires a little before or after its moment; fast clocks multiply that
SLACK_S = 0.05


@dataclass(frozen=True)
class Timed:
    """A fast clock, and a note of each request of the downloader."""

    internet: Internet
    notes: Path
    speed: float
    hasty: bool = False

    def enter(self) -> None:
        import selectors
        import time

        real, start, speed = time.monotonic, time.monotonic(), self.speed
        time.monotonic = lambda: start + (real() - start) * speed
        select_really = selectors.EpollSelector.select

        def select_fast(this: Any, timeout: float | None = None) -> Any:  # noqa: ANN401
            return select_really(this, timeout / speed if timeout and timeout > 0 else timeout)

        selectors.EpollSelector.select = select_fast  # type: ignore[method-assign, assignment]
        kept = {name: policy.FIXED[name] for name in ("DOWNLOAD_DELAY", "AUTOTHROTTLE_ENABLED")}
        self.internet.enter()
        table: Any = policy.FIXED
        table.update(kept)
        if self.hasty:
            table.update(
                {"DOWNLOAD_DELAY": 1, "AUTOTHROTTLE_ENABLED": False, "CONCURRENT_REQUESTS_PER_DOMAIN": 4}
            )
        _note_requests(self.notes)


def _note_requests(notes: Path) -> None:
    import time

    from scrapy.core.downloader import Downloader

    really = Downloader._download

    async def download(this: Any, slot: Any, request: Any) -> Any:  # noqa: ANN401
        # the moment for which the request was let go; a busy machine starts it a little later
        began, at_once = slot.lastseen, len(slot.transferring) + 1
        try:
            return await really(this, slot, request)
        finally:
            row = [request.url.split("/")[2], began, time.monotonic(), at_once]
            with notes.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    Downloader._download = download  # type: ignore[method-assign, assignment]


def crawl_timed(
    desk: Desk, site: Site, hosts: int, pages: int, *, hasty: bool = False
) -> dict[str, list[Any]]:
    """The notes of each host of a crawl."""
    specs, names = [], {}
    for number in range(hosts):
        host = f"h{number}.vn"
        names[host] = ((PUBLIC,),)
        links = [f"http://{host}/{at}" for at in range(pages)]
        site.put(host, "/rss", Page(feed(*links).encode(), headers=XML))
        for at in range(pages):
            site.put(
                host, f"/{at}", page(f"Lá ổi {number} {at}", FILLER, RUMOUR if at == 0 else f"Chuyện {at}")
            )
        entry = EntrySpec(EntryKind.FEED, f"http://{host}/rss")
        specs.append(
            SourceSpec(f"h{number}", host, SourceKind.NEWSPAPER, f"http://{host}/", True, True, (entry,))
        )
    with desk.sessions.begin() as session:
        sync(session, specs)
    place = (site.address, site.port)
    internet = Internet(desk.folder / "attempts", {}, names, {PUBLIC: place})
    timed = Timed(internet, desk.folder / "notes", speed=30.0, hasty=hasty)
    report = run_crawl(CrawlPlan(desk.url, {}, prepare=timed.enter), timeout_s=300)
    assert report.get("errors") == 0, report
    found: dict[str, list[Any]] = {}
    for line in timed.notes.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row[0], []).append(row)
    return found


def gaps(rows: list[Any]) -> list[float]:
    starts = sorted(row[1] for row in rows)
    return [later - earlier for earlier, later in pairwise(starts)]


def check(desk: Desk, site: Site, pages: int, hosts: int = 20) -> None:
    found = crawl_timed(desk, site, hosts=hosts, pages=pages)
    assert len(found) == hosts
    assert {len(rows) for rows in found.values()} == {pages + 2}
    short = [gap for rows in found.values() for gap in gaps(rows) if gap < DELAY_S - SLACK_S]
    assert short == []
    assert {row[3] for rows in found.values() for row in rows} == {1}
    # the name and the contact page are in every request, robots.txt too
    assert {seen.headers["User-Agent"] for seen in site.seen} == {"KiemChungTest (+https://example.vn/bot)"}


def test_hosts_are_asked_politely(desk: Desk, site: Site) -> None:
    check(desk, site, 2, hosts=4)


@pytest.mark.release
def test_twenty_hosts_are_asked_politely_in_full(desk: Desk, site: Site) -> None:
    check(desk, site, 12)


@pytest.mark.release
def test_control_a_hasty_crawl_is_noticed(desk: Desk, site: Site) -> None:
    found = crawl_timed(desk, site, hosts=4, pages=6, hasty=True)
    assert [gap for rows in found.values() for gap in gaps(rows) if gap < DELAY_S - SLACK_S]


def test_control_of_the_measure() -> None:
    polite = [["h", at * 5.0, at * 5.0 + 1, 1] for at in range(4)]
    assert min(gaps(polite)) >= DELAY_S - SLACK_S
    assert min(gaps([*polite, ["h", 7.0, 8.0, 2]])) < DELAY_S - SLACK_S


@given(st.integers(0, 7 * 86_400))
def test_both_forms_of_retry_after_are_understood(seconds: int) -> None:
    assert outcomes.retry_after(str(seconds), NOW) == seconds
    moment = format_datetime((NOW + timedelta(seconds=seconds)).astimezone(UTC), usegmt=True)
    assert outcomes.retry_after(moment, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_crashes(value: str) -> None:
    assert outcomes.retry_after(value, datetime(2026, 11, 22, tzinfo=UTC)) >= 0


WHERE = ("/robots.txt", "/rss", "/1")


@pytest.mark.parametrize(
    "count", [pytest.param(12, id="reduced"), pytest.param(24, id="full", marks=pytest.mark.release)]
)
def test_a_rest_is_kept_over_runs_wherever_it_was_asked_for(desk: Desk, site: Site, count: int) -> None:
    """Each source asks in one of three places for a time of its own, and is not asked earlier."""
    waits = {}
    for at in range(count):
        name, status, where = f"n{at}", (429, 503)[at % 2], WHERE[at % 3]
        host, waits[name] = f"{name}.localhost", 600 * (at + 1)
        links = [f"/{one}" for one in range(1, 5)]
        site.put(host, "/rss", rss(site, host, *links))
        for path in links:
            site.put(host, path, page(f"Chuyện {at}{path}", FILLER))
        asked = NOW + timedelta(seconds=waits[name])
        value = str(waits[name]) if at % 4 < 2 else format_datetime(asked, usegmt=True)
        site.put(host, where, Page(b"", status, {"Retry-After": value}))
        desk.add_source(site, name)
    plan = desk.plan(site, *waits)
    run_crawl(plan)
    with desk.sessions.begin() as session:
        rests = {one.id: one.rest_until for one in session.scalars(select(Source))}
        assert all((rests[name] or NOW) >= NOW + timedelta(seconds=wait) for name, wait in waits.items())
        # as an operator might make everything due by hand
        for entry in session.scalars(select(EntryPoint)):
            entry.next_due = None
        assert FrontierState.PENDING in set(session.scalars(select(FrontierPage.state)))
    site.seen.clear()
    halfway = 600 * count // 2
    run_crawl(replace(plan, now=NOW + timedelta(seconds=halfway)))
    early = {seen.host for seen in site.seen} & {
        f"{name}.localhost" for name, wait in waits.items() if wait > halfway
    }
    assert early == set()
    # the control: those whose time is over are asked again
    assert {seen.host for seen in site.seen} == {
        f"{name}.localhost" for name, wait in waits.items() if wait <= halfway
    }
