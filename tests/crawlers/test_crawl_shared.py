"""Several crawl processes on one frontier, and one that is killed: nothing twice, nothing lost."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crawlers.context import Budget
from crawlers.crawl import crawl
from models.gathered import FrontierPage, Item, Mention
from models.session import make_engine, make_sessions
from models.vocabulary import FrontierState
from tests.crawlers.child import NOW, CrawlPlan, context, run_crawl
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Page, Site, page
from tests.crawlers.test_crawl import FILLER, RUMOUR, rss

HOST = "bao.localhost"
PAGES = 40


@pytest.fixture
def plan(desk: Desk, site: Site) -> CrawlPlan:
    """A source with a feed of pages, every second one ours."""
    paths = [f"/tin/{number}" for number in range(PAGES)]
    site.put(HOST, "/rss", rss(site, HOST, *paths))
    for number, path in enumerate(paths):
        site.put(
            HOST, path, page(f"Bài {number}", f"{FILLER} Bài {number}.", RUMOUR if number % 2 else FILLER)
        )
    desk.add_source(site, "bao")
    return replace(desk.plan(site, "bao"), budget=Budget(pages_per_source=1000))


def fetched(site: Site) -> Counter[str]:
    return Counter(path for path in site.paths(HOST) if path.startswith("/tin/"))


def in_child(plan: CrawlPlan) -> None:
    os.setpgrp()  # so that its extraction processes can be killed with it
    crawl(context(plan))


def started(plan: CrawlPlan) -> multiprocessing.context.SpawnProcess:
    child = multiprocessing.get_context("spawn").Process(target=in_child, args=(plan,))
    child.start()
    return child


def assert_all_kept_once(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == PAGES // 2
        assert session.scalar(select(func.count()).select_from(Mention)) == PAGES // 2
        states = session.scalars(select(FrontierPage.state)).all()
    assert states == [FrontierState.DONE] * PAGES


def test_processes_share_a_frontier_and_fetch_nothing_twice(desk: Desk, site: Site, plan: CrawlPlan) -> None:
    # the feed is read first, without a page, so that both processes find a full frontier
    run_crawl(replace(plan, budget=Budget(pages_per_source=0)))
    children = [started(plan) for _ in range(2)]
    for child in children:
        child.join(600)
    assert fetched(site) == Counter({f"/tin/{number}": 1 for number in range(PAGES)})
    assert_all_kept_once(desk)


@pytest.mark.release
def test_four_processes_on_postgresql_fetch_nothing_twice_and_starve_no_source(
    postgres_url: str, tmp_path: Path, site: Site
) -> None:
    """Four sources, four processes at once: the server's own log says what was asked for, and when."""
    engine = make_engine(postgres_url)
    desk = Desk(postgres_url, make_sessions(engine), tmp_path)
    names = [f"bao{number}" for number in range(4)]
    for name in names:
        paths = [f"/tin/{number}" for number in range(PAGES)]
        site.put(f"{name}.localhost", "/rss", rss(site, f"{name}.localhost", *paths))
        for path in paths:
            site.put(f"{name}.localhost", path, page(f"Bài {path}", f"{FILLER} {name} {path}.", FILLER))
        desk.add_source(site, name)
    plan = replace(desk.plan(site, *names), budget=Budget(pages_per_source=0))
    run_crawl(plan)
    before = len(site.seen)
    children = [started(replace(plan, budget=Budget(pages_per_source=1000))) for _ in range(4)]
    for child in children:
        child.join(600)
    engine.dispose()
    assert [child.exitcode for child in children] == [0] * 4
    asked = [(one.host, one.path) for one in site.seen[before:] if one.path.startswith("/tin/")]
    assert len(asked) == len(set(asked)) == 4 * PAGES
    first_half = Counter(host for host, _ in asked[: len(asked) // 2])
    assert len(first_half) == 4, "every source has had its turn by then"


def test_a_frontier_that_does_not_lease_is_caught(site: Site, plan: CrawlPlan) -> None:
    run_crawl(replace(plan, budget=Budget(pages_per_source=0)))
    broken = replace(plan, prepare=leases_run_out_at_once)
    spawn = multiprocessing.get_context("spawn")
    both_are_up = spawn.Barrier(2)
    children = [spawn.Process(target=broken_child, args=(broken, both_are_up)) for _ in "12"]
    for child in children:
        child.start()
    for child in children:
        child.join(600)
    assert max(fetched(site).values()) > 1


def leases_run_out_at_once() -> None:
    """The positive control: a lease that is over before it begins, where nobody waits for a turn."""
    from crawlers import ledger
    from crawlers.turns import SiteTurns

    ledger.LEASE_S = -1
    SiteTurns.take = lambda *_: True  # type: ignore[method-assign]


def broken_child(plan: CrawlPlan, both_are_up: Barrier) -> None:
    assert plan.prepare is not None
    plan.prepare()
    both_are_up.wait(300)
    crawl(context(plan))


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.release)])
def test_a_killed_crawl_goes_on_where_it_was(desk: Desk, site: Site, plan: CrawlPlan, kills: int) -> None:
    for at in range(kills):
        # a dead process's leases run out after half an hour
        child = started(replace(plan, now=NOW + timedelta(hours=at)))
        seen = len(site.seen)
        _wait_for_requests(site, seen + 4, child)
        time.sleep(0.03 * at % 0.4)
        if child.pid is not None and child.is_alive():
            os.killpg(child.pid, signal.SIGKILL)
        child.join()
    report = run_crawl(replace(plan, now=NOW + timedelta(hours=kills)))
    assert report["errors"] == 0
    assert_all_kept_once(desk)


def _wait_for_requests(site: Site, number: int, child: multiprocessing.context.SpawnProcess) -> None:
    for _ in range(6000):
        if len(site.seen) > number or not child.is_alive():
            return
        time.sleep(0.01)
    raise AssertionError("nothing happened in time")


def test_a_page_that_holds_its_process_is_ended_and_parked(desk: Desk, site: Site) -> None:
    site.put(HOST, "/rss", rss(site, HOST, "/tin/a", "/tin/halt", "/tin/b"))
    for name in ("a", "b"):
        site.put(HOST, f"/tin/{name}", page(f"Bài {name}", RUMOUR, f"{FILLER} Bài {name}."))
    site.put(HOST, "/tin/halt", page("Bài treo", "HALT tin đồn. " + FILLER, RUMOUR))
    desk.add_source(site, "bao")
    report = run_crawl(desk.plan(site, "bao"))
    assert report["outcomes"] == {"feed_read": 1, "kept": 2, "quarantined": 1}
    assert report["crashes"] >= 1


def test_an_answer_of_304_is_all_that_an_unchanged_source_costs(site: Site, plan: CrawlPlan) -> None:
    feed = site.pages[HOST, "/rss"]
    site.put(HOST, "/rss", Page(feed.body, headers={**feed.headers, "ETag": '"eins"'}))
    run_crawl(plan)
    before = len(site.seen)
    later = run_crawl(replace(plan, now=NOW + timedelta(days=2)))
    assert later["outcomes"] == {"unchanged": 1}
    assert [one.path for one in site.seen[before:]] == ["/robots.txt", "/rss"]
