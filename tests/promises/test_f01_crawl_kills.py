"""F1-F4 for the crawl: kill -9 anywhere, stop signals, stalled and parallel processes.

Nothing is lost, nothing is doubled, and no page whose transaction was committed is ever asked for again.
"""

import json
import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from crawlers import urls, worker
from crawlers.context import LocalPace
from crawlers.crawl import LOCAL
from crawlers.ledger import LEASE_S, Ledger, ReadPage
from crawlers.pool import ReadingPool
from crawlers.writer import Writer
from models import counters, frontier
from models.gathered import DailyCount, FrontierPage, Item, Mention, MentionToken, MinhashBand
from models.session import make_engine, make_sessions
from models.vocabulary import FrontierState, Outcome
from models.weeks import local_day
from pipeline.run import stop_with_parent
from tests.crawlers import child
from tests.crawlers.child import KEY, NOW, CrawlPlan
from tests.crawlers.conftest import Desk
from tests.crawlers.server import XML, Page, Site, feed, page

HOST = "bao.localhost"
PER_ROUND = 6
ROUND = timedelta(seconds=LEASE_S + 60)
"""How far the clock goes on after a kill: what the dead process had leased is free again."""
POLLS = {Outcome.FEED_READ.value, Outcome.UNCHANGED.value}
"""Counted for each poll of the feed: they follow the clock, which goes on after each kill."""
LONGEST_S = 120.0
FILLER = "Bà con trong vùng đi chợ sớm, ghe xuồng tấp nập, giá trái cây giữ ổn định so với tuần trước đó."

FORK = multiprocessing.get_context("forkserver")
# the crawl's modules are loaded once and each crawl is a fork of that: a kill costs no second start of Scrapy
FORK.set_forkserver_preload(["tests.crawlers.child", "scrapy.crawler", "crawlers.spider", "crawlers.worker"])


# --- the newspaper


def path_of(number: int) -> str:
    return f"/tin/{number}"


def article(site: Site, number: int) -> Page | str:
    """In each six: three that are ours (one of them a copy by its canonical address), two not, one gone."""
    turn = number % PER_ROUND
    if turn == 3:
        return Page(b"gone", 410)
    told = number - 1 if turn == 5 else number
    canonical = f"<link rel='canonical' href='{site.url(HOST, path_of(told))}'>" if turn == 5 else ""
    rumour = f"Có tin đồn thứ {told} rằng nước lá cây số {told} chữa khỏi bệnh, gọi 09{told:08d}."
    inside = rumour if turn in {1, 4, 5} else f"Chuyện chợ búa hôm thứ {told}."
    made = page(f"Bài {told}", FILLER, inside, f"{FILLER} Kỳ {told}.")
    return made.replace("</title>", f"</title>{canonical}")


def publish(site: Site, pages: int) -> None:
    """So many pages, and a feed that names them all."""
    for number in range(pages):
        site.put(HOST, path_of(number), article(site, number))
    links = (site.url(HOST, path_of(number)) for number in range(pages))
    site.put(HOST, "/rss", Page(feed(*links).encode(), headers={**XML, "ETag": f'"{pages}"'}))


# --- what is in the database


def facts(desk: Desk) -> dict[str, Any]:
    """Everything that a crawl leaves, in a form that two crawls of the same pages share."""
    with desk.sessions.begin() as session:
        counted: Counter[str] = Counter()
        for outcome, n in session.execute(select(DailyCount.outcome, DailyCount.n)):
            counted[outcome] += n
        kept = select(Item.key, Mention.position, Mention.key, Mention.text).join(Mention)
        states = select(FrontierPage.state, func.count()).group_by(FrontierPage.state)
        return {
            "outcomes": {name: n for name, n in counted.items() if name not in POLLS},
            "items": sorted(session.scalars(select(Item.key))),
            "mentions": sorted(tuple(row) for row in session.execute(kept)),
            "tokens": session.scalar(select(func.count()).select_from(MentionToken)),
            "bands": session.scalar(select(func.count()).select_from(MinhashBand)),
            "frontier": dict(session.execute(states).all()),
        }


def is_whole(desk: Desk) -> bool:
    """The database's own checks."""
    with desk.sessions.begin() as session:
        if desk.url.startswith("sqlite"):
            integrity = session.scalar(text("PRAGMA integrity_check"))
            return integrity == "ok" and not session.execute(text("PRAGMA foreign_key_check")).all()
        orphans = select(func.count()).select_from(Mention).where(Mention.item_id.not_in(select(Item.id)))
        return session.scalar(orphans) == 0


def written(desk: Desk, site: Site) -> set[str]:
    """The paths of the pages that are done with."""
    with desk.sessions.begin() as session:
        done = set(
            session.scalars(select(FrontierPage.url_key).where(FrontierPage.state == FrontierState.DONE))
        )
    paths = (path for host, path in site.pages if host == HOST)
    return {path for path in paths if urls.key(urls.normalise(site.url(HOST, path)), KEY) in done}


# --- crawls that die


@dataclass(frozen=True)
class Dies:
    """Called in the child: kills it, and all of its group, at a named point.

    `store` replaces how a group of pages is written, for the controls.
    """

    point: str = ""
    nth: int = 1
    store: str = "whole"

    def __call__(self) -> None:
        os.setsid()
        ReadingPool._new = _quick_pool  # type: ignore[method-assign]
        BREAKS[self.store]()
        if self.point:
            POINTS[self.point](_Countdown(self.nth))


def _quick_pool(self: ReadingPool, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, FORK, initializer=worker.start, initargs=(self.factory,))


@dataclass
class _Countdown:
    left: int
    seen: int = field(default=0)

    def __call__(self) -> None:
        self.seen += 1
        if self.seen == self.left:
            os.killpg(0, signal.SIGKILL)


def _after(owner: object, name: str, strike: _Countdown) -> None:
    work = getattr(owner, name)

    def struck(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- wraps anything
        result = work(*args, **kwargs)
        strike()
        return result

    setattr(owner, name, struck)


def _before(owner: object, name: str, strike: _Countdown) -> None:
    work = getattr(owner, name)

    def struck(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- wraps anything
        strike()
        return work(*args, **kwargs)

    setattr(owner, name, struck)


def _after_fetch(strike: _Countdown) -> None:
    from crawlers.spider import DeskSpider

    _before(DeskSpider, "_read_page", strike)


def _before_commit(strike: _Countdown) -> None:
    writing: list[bool] = []
    work = Ledger._write

    def flagged(self: Ledger, pages: Sequence[ReadPage]) -> list[Outcome]:
        writing.append(True)
        try:
            return work(self, pages)
        finally:
            writing.clear()

    Ledger._write = flagged  # type: ignore[method-assign]
    # every statement of the group is executed by then, and nothing of it is committed
    event.listen(Session, "before_commit", lambda _: strike() if writing else None)


POINTS: dict[str, Callable[[_Countdown], None]] = {
    "after the feed was claimed": partial(_after, Ledger, "claim_due"),
    "after the links are stored": partial(_after, Ledger, "add_links"),
    "after lease": partial(_after, Ledger, "lease"),
    "after fetch": _after_fetch,
    "after reading": partial(_before, Writer, "page"),
    "before commit": _before_commit,
    "before the commit of a page that failed": partial(_after, frontier, "done"),
    "after commit": partial(_after, Ledger, "_write"),
}


def _nothing() -> None:
    """The store as it is."""


def _apart(*, items_first: bool) -> None:
    """The naive store: items and frontier each in a transaction of its own, with a breath in between."""

    def write(self: Ledger, pages: Sequence[ReadPage]) -> list[Outcome]:
        day = local_day(self.context.clock())

        def keep() -> list[Outcome]:
            with self.context.sessions.begin() as session:
                outcomes = [self._keep(session, one) for one in pages]
                found = Counter((one.source.id, day, o) for one, o in zip(pages, outcomes, strict=True))
                counters.bump_all(session, found)
            return outcomes

        def forget() -> None:
            with self.context.sessions.begin() as session:
                frontier.done(session, *(one.page.id for one in pages))

        if not items_first:
            forget()
            _between()
        outcomes = keep()
        if items_first:
            _between()
            forget()
        return outcomes

    Ledger._write = write  # type: ignore[method-assign]
    POINTS["between"] = _arm


def _between() -> None:
    if _armed:
        _armed[0]()


def _arm(strike: _Countdown) -> None:
    _armed.append(strike)


_armed: list[_Countdown] = []
BREAKS: dict[str, Callable[[], None]] = {
    "whole": _nothing,
    "items first": partial(_apart, items_first=True),
    "frontier first": partial(_apart, items_first=False),
}


@dataclass
class Running:
    """A crawl that is under way in a process of its own."""

    process: BaseProcess
    pipe: Connection

    def kill(self) -> None:
        """Kill -9."""
        assert self.process.pid is not None
        os.killpg(self.process.pid, signal.SIGKILL)

    def alive(self) -> bool:
        return self.process.is_alive()

    def wait(self, longest_s: float = LONGEST_S) -> dict[str, Any]:
        """Its report; empty if it died before it gave one."""
        answered = self.pipe.poll(longest_s)
        assert answered, "the crawl did not end in time"
        try:
            report: dict[str, Any] = json.loads(self.pipe.recv())
        except EOFError:
            report = {}
        self.process.join(longest_s)
        return report


@contextmanager
def crawling(plan: CrawlPlan) -> Iterator[Running]:
    ours, theirs = FORK.Pipe()
    # its name keeps it out of the product's way: the same code as a crawl of the desk, in a group of its own
    process = FORK.Process(target=child._child, args=(plan, theirs))
    process.start()
    theirs.close()
    running = Running(process, ours)
    try:
        yield running
    finally:
        if running.alive():
            with_group = process.pid is not None and _leads(process.pid)
            running.kill() if with_group else process.kill()
        process.join(10)
        ours.close()


def _leads(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


# --- the promise


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk on each database in turn."""
    with opened(database_url, tmp_path) as desk:
        yield desk


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Desk]:
    engine = make_engine(url)
    yield Desk(url, make_sessions(engine), folder)
    engine.dispose()


def waited(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)


@dataclass
class Rounds:
    """Crawls of a growing newspaper, each killed in its own way, then one that runs to its end."""

    desk: Desk
    site: Site
    store: str = "whole"
    plan: CrawlPlan = field(init=False)
    pages: int = 0
    kills: int = 0
    again: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.desk.add_source(self.site, "bao")
        self.plan = replace(self.desk.plan(self.site, "bao"), prepare=Dies(store=self.store))

    def killed(self, point: str, nth: int = 1) -> None:
        """One crawl that dies at a named point."""
        with self._round(Dies(point, nth, self.store)) as running:
            assert running.wait() == {}, f"{point}: it was never reached"
            assert running.process.exitcode == -signal.SIGKILL
            self.kills += 1

    def killed_somewhere(self, chance: random.Random) -> None:
        """One crawl that dies at a random moment: after so many requests and a random while."""
        with self._round(Dies(store=self.store)) as running:
            seen = len(self.site.seen) + chance.randint(1, PER_ROUND + 2)
            waited(lambda: len(self.site.seen) >= seen or not running.alive())
            time.sleep(chance.choice([0.0, chance.uniform(0, 0.1), chance.uniform(0.1, 0.6)]))
            if running.alive():
                running.kill()
            running.wait()
            self.kills += running.process.exitcode == -signal.SIGKILL

    def finish(self) -> dict[str, Any]:
        """One crawl to its end; gives what is then in the database."""
        with self._round(Dies(store=self.store), more=0) as running:
            report = running.wait()
            assert report.get("errors") == 0, report
        assert is_whole(self.desk)
        return facts(self.desk)

    @contextmanager
    def _round(self, dies: Dies, more: int = PER_ROUND) -> Iterator[Running]:
        self.pages += more
        publish(self.site, self.pages)
        self.plan = replace(self.plan, now=self.plan.now + ROUND, prepare=dies)
        done, start = written(self.desk, self.site), len(self.site.seen)
        with crawling(self.plan) as running:
            yield running
        self.again += [seen.path for seen in self.site.seen[start:] if seen.path in done]


def undisturbed(site: Site, folder: Path, template: bytes, pages: int) -> dict[str, Any]:
    """What one crawl of the same pages leaves that nobody kills."""
    path = folder / "undisturbed.db"
    path.write_bytes(template)
    publish(site, pages)
    with opened(f"sqlite:///{path}", folder) as desk:
        return Rounds(desk, site, pages=pages).finish()


def test_killed_at_every_named_point_and_at_random_times(
    place: Desk, site: Site, tmp_path: Path, sqlite_template: bytes
) -> None:
    chance = random.Random(7)
    rounds = Rounds(place, site)
    for point in POINTS:
        rounds.killed(point, 2 if point == "after fetch" else 1)
    while rounds.kills < 12:
        rounds.killed_somewhere(chance)
    found = rounds.finish()
    assert rounds.again == [], "a page that was written is not asked for again"
    assert found == undisturbed(site, tmp_path, sqlite_template, rounds.pages)
    assert found["frontier"] == {FrontierState.DONE: rounds.pages}


@pytest.mark.release
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_kills_on_each_database(
    place: Desk, site: Site, tmp_path: Path, sqlite_template: bytes, seed: int
) -> None:
    chance = random.Random(seed)
    rounds = Rounds(place, site)
    while rounds.kills < 20:
        if chance.random() < 0.5:
            rounds.killed(chance.choice(list(POINTS)))
        else:
            rounds.killed_somewhere(chance)
    found = rounds.finish()
    assert rounds.again == []
    assert found == undisturbed(site, tmp_path, sqlite_template, rounds.pages)


def test_a_store_that_commits_item_and_frontier_apart_fails(
    site: Site, tmp_path: Path, sqlite_template: bytes
) -> None:
    found = {}
    for store in ("items first", "frontier first"):
        path = tmp_path / f"{store}.db"
        path.write_bytes(sqlite_template)
        with opened(f"sqlite:///{path}", tmp_path) as desk:
            rounds = Rounds(desk, site, store)
            rounds.killed("between")
            found[store] = rounds.finish()
    expected = undisturbed(site, tmp_path, sqlite_template, PER_ROUND)
    assert found["items first"]["outcomes"] != expected["outcomes"], "counted twice"
    assert found["frontier first"]["items"] != expected["items"], "lost"


def test_one_kill_costs_each_page_at_most_a_second_fetch(sqlite_url: str, site: Site, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path) as desk:
        rounds = Rounds(desk, site)
        rounds.killed("before commit")
        rounds.finish()
    asked = Counter(path for path in site.paths(HOST) if path.startswith("/tin/"))
    assert set(asked) == {path_of(number) for number in range(PER_ROUND)}
    assert max(asked.values()) == 2
    assert asked[path_of(3)] == 1, "the page that is gone had its own transaction before"


# --- several processes, stops and stalls


def many(desk: Desk, site: Site, names: list[str], pages: int) -> CrawlPlan:
    for name in names:
        host = f"{name}.localhost"
        paths = [f"/{name}/{number}" for number in range(pages)]
        site.put(host, "/rss", Page(feed(*(site.url(host, path) for path in paths)).encode(), headers=XML))
        for number, path in enumerate(paths):
            rumour = f"Tin đồn thứ {number} của {name}, gọi 09{number:08d}."
            site.put(host, path, page(f"Bài {number} {name}", FILLER, rumour if number % 2 else FILLER))
        desk.add_source(site, name)
    return replace(desk.plan(site, *names), prepare=Dies())


def no_robots(first: Callable[[], object]) -> Page:
    """Says that there is no robots.txt, once something else is done."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        first()
        handler.send_response(404)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return Page(takeover=answer)


def test_two_crawl_processes_on_postgresql_fetch_every_page_once(
    postgres_url: str, site: Site, tmp_path: Path
) -> None:
    names, pages = ["bao", "dai"], LOCAL[1] + 16
    with opened(postgres_url, tmp_path) as desk:
        plan = many(desk, site, names, pages)
        # the links wait in the frontier already
        before = Ledger(replace(child.context(plan), sessions=desk.sessions), "before")
        for source in before.sources(None).values():
            host = f"{source.id}.localhost"
            before.add_links(source, [site.url(host, f"/{source.id}/{number}") for number in range(pages)])
        # one is at its site, and goes on there only when the other is at the other site
        there, both = threading.Event(), threading.Event()

        def at_its_site() -> None:
            there.set()
            both.wait(LONGEST_S)

        site.put("bao.localhost", "/robots.txt", no_robots(at_its_site))
        site.put("dai.localhost", "/robots.txt", no_robots(both.set))
        with crawling(replace(plan, source_ids=("bao",))) as one:
            assert there.wait(LONGEST_S)
            with crawling(plan) as other:
                reports = [one.wait(), other.wait()]
        assert [report.get("errors") for report in reports] == [0, 0], reports
        found = facts(desk)
    asked = Counter(seen.path for seen in site.seen if seen.path not in {"/robots.txt", "/rss"})
    assert set(asked.values()) == {1}
    assert len(asked) == len(names) * pages
    assert site.paths().count("/rss") == len(names), "every feed is polled by one of them"
    assert min(report["pages"] for report in reports) >= pages, "both worked"
    assert found["outcomes"] == {"kept": len(names) * pages // 2, "not_ours": len(names) * pages // 2}
    assert found["frontier"] == {FrontierState.DONE: len(names) * pages}


def slowly(desk: Desk, site: Site) -> CrawlPlan:
    """A crawl that would take a long while."""
    plan = many(desk, site, ["bao"], 60)
    return replace(plan, pace=LocalPace(delay_s=0.5, concurrency=1))


def test_a_stop_signal_ends_a_crawl_and_gives_its_leases_back(
    sqlite_url: str, site: Site, tmp_path: Path
) -> None:
    with opened(sqlite_url, tmp_path) as desk:
        stops(desk, site)


def stops(place: Desk, site: Site) -> None:
    plan = slowly(place, site)
    with crawling(plan) as running:
        waited(lambda: len(site.seen) >= 5)
        running.process.terminate()
        report = running.wait()
        assert running.process.exitcode == 0
    assert 0 < report["pages"] < 60
    states = facts(place)["frontier"]
    assert states.get(FrontierState.LEASED, 0) == 0
    assert states[FrontierState.DONE] + states[FrontierState.PENDING] == 60
    # the same minute: nothing waits for a lease to run out, and nothing is fetched twice
    with crawling(replace(plan, pace=LocalPace(delay_s=0, concurrency=4))) as running:
        assert running.wait()["errors"] == 0
    asked = Counter(path for path in site.paths() if path.startswith("/bao/"))
    assert facts(place)["frontier"] == {FrontierState.DONE: 60}
    in_hand = [path for path, n in asked.items() if n > 1]
    assert len(in_hand) <= 1, "at most the page that was on its way when the signal came"


def test_a_second_signal_stops_at_once(sqlite_url: str, site: Site, tmp_path: Path) -> None:
    with opened(sqlite_url, tmp_path) as desk:
        plan = slowly(desk, site)
        # a page that never ends its answer: a clean stop would wait for it
        site.put("bao.localhost", "/bao/2", Page(takeover=lambda _: time.sleep(LONGEST_S)))
        with crawling(plan) as running:
            waited(lambda: "/bao/2" in site.paths())
            running.process.terminate()
            time.sleep(0.3)
            running.process.terminate()
            waited(lambda: not running.alive() or running.pipe.poll(0))
            running.process.join(LONGEST_S / 4)
            assert not running.alive(), "it did not stop"


def test_a_stalled_process_loses_its_leases(postgres_url: str, site: Site, tmp_path: Path) -> None:
    with opened(postgres_url, tmp_path) as desk:
        stalls(desk, site)


@pytest.mark.release
@pytest.mark.parametrize("what", ["stops", "stalls"])
def test_stops_and_stalls_on_both_databases(place: Desk, site: Site, what: str) -> None:
    {"stops": stops, "stalls": stalls}[what](place, site)


def stalls(place: Desk, site: Site) -> None:
    plan = slowly(place, site)
    with crawling(plan) as running:
        waited(lambda: len(site.seen) >= 4)
        assert running.process.pid is not None
        os.killpg(running.process.pid, signal.SIGSTOP)
        before = facts(place)["frontier"]
        assert before[FrontierState.LEASED] > 0
        quick = replace(plan, pace=LocalPace(delay_s=0, concurrency=4))
        with crawling(quick) as early:
            early.wait()
        assert facts(place)["frontier"].get(FrontierState.LEASED) == before[FrontierState.LEASED]
        with crawling(replace(quick, now=NOW + ROUND)) as late:
            assert late.wait()["errors"] == 0
        assert facts(place)["frontier"] == {FrontierState.DONE: 60}
        running.kill()


def _started(pipe: Connection) -> None:
    stop_with_parent()
    pipe.send("crawling")
    time.sleep(LONGEST_S)


def _starter(pipe: Connection) -> None:
    crawl = FORK.Process(target=_started, args=(pipe,))
    crawl.start()
    pipe.close()
    crawl.join()


def test_a_crawl_stops_when_the_desk_that_started_it_is_killed() -> None:
    ours, theirs = FORK.Pipe()
    desk = FORK.Process(target=_starter, args=(theirs,))
    desk.start()
    theirs.close()
    assert ours.poll(LONGEST_S)
    assert ours.recv() == "crawling"
    desk.kill()
    assert ours.poll(LONGEST_S / 4), "it goes on without its desk"
    with pytest.raises(EOFError):
        ours.recv()
    desk.join()
    ours.close()
