"""The pace of a host over several crawl processes.

What is measured is when each process lets a request go, by the one monotonic clock of the machine: at the
server, a busy machine moves the arrivals by more than the pace of these tests.
"""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from bench.crawlers import let_go, nearest, note_requests
from crawlers.context import Budget, LocalPace
from crawlers.crawl import crawl
from crawlers.turns import SiteTurns
from models.locks import locks_of
from models.migrate import upgrade
from models.session import make_engine, make_sessions
from tests.crawlers.child import FORK, NOW, CrawlPlan, context
from tests.crawlers.conftest import Desk
from tests.crawlers.server import Site, page
from tests.crawlers.test_crawl import FILLER, rss

PACE_S, NAMES = 0.2, ("bao", "dai")
# a timer fires a little before or after its moment
SLACK_S = 0.02
NEAREST_S = PACE_S - SLACK_S


def planned(url: str, folder: Path, site: Site, names: Sequence[str], pages: int) -> CrawlPlan:
    """Hosts with a feed of pages each, on an empty desk."""
    engine = make_engine(url)
    upgrade(engine)
    desk = Desk(url, make_sessions(engine), folder)
    for name in names:
        paths = [f"/tin/{at}" for at in range(pages)]
        site.put(f"{name}.localhost", "/rss", rss(site, f"{name}.localhost", *paths))
        for path in paths:
            site.put(f"{name}.localhost", path, page(f"Bài {path}", f"{FILLER} {name} {path}."))
        desk.add_source(site, name)
    engine.dispose()
    noted = partial(note_requests, folder / "notes")
    return replace(desk.plan(site, *names), pace=LocalPace(delay_s=PACE_S), prepare=noted)


def in_child(plan: CrawlPlan, up: Barrier | None = None) -> None:
    os.setpgrp()
    if plan.prepare is not None:
        plan.prepare()
    if up is not None:
        up.wait(300)
    crawl(context(plan))


def crawl_together(plan: CrawlPlan, processes: int) -> None:
    """So many processes at once, to their end."""
    up = FORK.Barrier(processes)
    children = [FORK.Process(target=in_child, args=(plan, up)) for _ in range(processes)]
    for child in children:
        child.start()
    for child in children:
        child.join(300)
    assert [child.exitcode for child in children] == [0] * processes


def tin(site: Site, name: str) -> list[str]:
    return [path for path in site.paths(f"{name}.localhost") if path.startswith("/tin/")]


def check_shared(url: str, folder: Path, site: Site, processes: int, each: int) -> None:
    """So many processes, each with a budget for its share of a host's pages alone."""
    pages = processes * each
    plan = planned(url, folder, site, NAMES, pages)
    crawl_together(replace(plan, budget=Budget(pages_per_source=each)), processes)
    for name in NAMES:
        assert sorted(tin(site, name)) == sorted(f"/tin/{at}" for at in range(pages))
        assert site.paths(f"{name}.localhost").count("/rss") == 1
        assert site.paths(f"{name}.localhost").count("/robots.txt") == processes
    times = let_go(folder / "notes")
    assert nearest(times) >= NEAREST_S
    # side by side: each host is asked before the other is through
    assert max(min(of) for of in times.values()) < min(max(of) for of in times.values())


def test_processes_take_turns_at_a_host(sqlite_url: str, tmp_path: Path, site: Site) -> None:
    check_shared(sqlite_url, tmp_path, site, processes=2, each=2)


@pytest.mark.release
def test_four_processes_take_turns_at_a_host(database_url: str, tmp_path: Path, site: Site) -> None:
    check_shared(database_url, tmp_path, site, processes=4, each=10)


def nobody_waits(notes: Path, met: Barrier) -> None:
    """The positive control: every process believes that it is its turn, and begins when all are there."""
    note_requests(notes)

    @cache
    def wait() -> None:
        met.wait(300)

    def take(*_: object) -> bool:
        wait()
        return True

    SiteTurns.take = take  # type: ignore[method-assign, assignment]
    SiteTurns.keeps = lambda *_: True  # type: ignore[method-assign]


@pytest.mark.release
def test_control_processes_that_share_no_pace_are_caught(
    database_url: str, tmp_path: Path, site: Site
) -> None:
    plan = planned(database_url, tmp_path, site, ["bao"], 25)
    # one has read the feed: with nothing to fetch yet, the others would be through before they met it
    crawl_together(replace(plan, budget=Budget(pages_per_source=1)), 1)
    (tmp_path / "notes").unlink()
    prepare = partial(nobody_waits, tmp_path / "notes", FORK.Barrier(4))
    crawl_together(replace(plan, budget=Budget(pages_per_source=6), prepare=prepare), 4)
    assert nearest(let_go(tmp_path / "notes")) < NEAREST_S


@pytest.mark.release
def test_another_process_goes_on_after_a_kill_and_waits_for_the_pace(
    database_url: str, tmp_path: Path, site: Site
) -> None:
    plan = planned(database_url, tmp_path, site, ["bao"], 12)
    first = FORK.Process(target=in_child, args=(plan,))
    # an hour later by its clock: the leases of a dead process are over
    second = FORK.Process(target=in_child, args=(replace(plan, now=NOW + timedelta(hours=1)),))
    first.start()
    while len(tin(site, "bao")) < 3:
        assert first.is_alive()
        time.sleep(0.01)
    second.start()
    assert first.pid is not None
    os.killpg(first.pid, signal.SIGKILL)
    first.join()
    before = len(site.seen)
    second.join(300)
    assert second.exitcode == 0
    assert set(tin(site, "bao")) == {f"/tin/{at}" for at in range(12)}
    assert len(site.seen) > before
    assert nearest(let_go(tmp_path / "notes")) >= NEAREST_S


def test_a_turn_is_at_all_sites_or_none_and_ends_with_its_holder(database_url: str) -> None:
    engine = make_engine(database_url)
    one, two = SiteTurns(locks_of(engine, "one")), SiteTurns(locks_of(engine, "two"))
    assert one.take(["b.vn"])
    assert not two.take(["a.vn", "b.vn"])
    assert not two.busy()
    assert one.take(["a.vn", "b.vn"]), "what the other could not have, it left"
    one.free(["b.vn"])
    assert not two.take(["b.vn"]), "another source of the same process is still there"
    one.close()
    assert two.take(["a.vn", "b.vn"])
    assert two.keeps()
    two.close()
    assert not one.busy()
    engine.dispose()


def test_who_lost_its_turns_asks_nothing_more(database_url: str) -> None:
    engine = make_engine(database_url)
    locks = locks_of(engine)
    turns = SiteTurns(locks)
    assert turns.take(["a.vn"])
    assert turns.keeps()
    locks.holds = lambda: False  # type: ignore[method-assign]
    assert not turns.keeps()
    assert not turns.take(["b.vn"])
    turns.close()
    engine.dispose()
