"""Writing what pages gave: in groups, each page all or nothing, whatever ends the process."""

import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from crawlers import ledger as ledger_module
from crawlers.ledger import Leased, Ledger, ReadPage
from crawlers.worker import PageResult
from crawlers.writer import Writer
from models import counters, frontier
from models.gathered import DailyCount, FrontierPage, Item, Mention
from models.vocabulary import FrontierState, Outcome
from tests.conftest import in_own_loop
from tests.crawlers.child import NOW, CrawlPlan, context
from tests.crawlers.conftest import Desk
from tests.crawlers.reader import StandInReader
from tests.crawlers.server import Site

PAGES = 60


def text(number: int) -> str:
    """Every third page holds nothing of ours; the others two sentences each."""
    if number % 3 == 2:
        return "Chuyện chợ nổi."
    return f"Tin đồn thứ {number} về lá ổi. Lại tin đồn {number}, gọi 0912345678."


def read_page(ledger: Ledger, page: Leased) -> ReadPage:
    reading = StandInReader().read(text(int(page.url.rpartition("/")[2])))
    result = PageResult(Outcome.KEPT, reading) if reading.in_scope else PageResult(Outcome.NOT_OURS)
    return ReadPage(ledger.sources(None)["bao"], page, page.url, result)


@pytest.fixture
def plan(desk: Desk, site: Site) -> CrawlPlan:
    """A source with a full frontier."""
    desk.add_source(site, "bao")
    plan = desk.plan(site, "bao")
    ledger = Ledger(context(plan), "filler")
    links = [site.url("bao.localhost", f"/tin/{number}") for number in range(PAGES)]
    assert ledger.add_links(ledger.sources(None)["bao"], links) == (PAGES, 0)
    return plan


def faults(desk: Desk) -> list[str]:
    """What would be wrong if a page had been written by halves, lost or doubled."""
    with desk.sessions.begin() as session:
        done = set(
            session.scalars(select(FrontierPage.id).where(FrontierPage.state == FrontierState.DONE)).all()
        )
        first = session.scalar(select(func.min(FrontierPage.id))) or 0
        items = session.scalar(select(func.count()).select_from(Item)) or 0
        mentions = session.scalar(select(func.count()).select_from(Mention)) or 0
        by_outcome = select(DailyCount.outcome, func.sum(DailyCount.n)).group_by(DailyCount.outcome)
        counted = dict(session.execute(by_outcome).all())
    # page ids follow the numbers of the pages; the first of them may still be leased by a killed child
    ours = sum((one - first) % 3 != 2 for one in done)
    found = {
        "items": items == ours,
        "mentions": mentions == 2 * ours,
        "kept": counted.get("kept", 0) == ours,
        "all": sum(counted.values()) == len(done),
    }
    return [name for name, good in found.items() if not good]


def write_all(plan: CrawlPlan, ready: Connection | None = None) -> None:
    """Lease and write until nothing is left, in groups of changing size; runs in a child that is killed."""
    ledger = Ledger(context(plan), f"child-{os.getpid()}")
    if ready is not None:
        ready.send("up")
    while pages := ledger.lease("bao", random.randrange(1, 9)):
        ledger.pages_read([read_page(ledger, page) for page in pages])


BETWEEN: list[Connection] = []


def naive_write(self: Ledger, pages: list[ReadPage]) -> list[Outcome]:
    """The positive control: the page is marked in another transaction than its sentences."""
    with self.context.sessions.begin() as session:
        frontier.done(session, *(page.page.id for page in pages))
    for one in BETWEEN:
        one.send("between")
    time.sleep(60)  # the kill falls here
    day = NOW.date()
    with self.context.sessions.begin() as session:
        outcomes = [self._keep(session, page) for page in pages]
        for outcome in outcomes:
            counters.bump(session, "bao", day, outcome)
    return outcomes


def write_naively(plan: CrawlPlan, ready: Connection | None = None) -> None:
    ledger_module.Ledger._write = naive_write  # type: ignore[method-assign, assignment]
    if ready is not None:
        BETWEEN.append(ready)
    write_all(plan)


def killed_after(target: object, plan: CrawlPlan, seconds: float) -> None:
    """Start the child, let it work for a moment, kill -9."""
    spawn = multiprocessing.get_context("fork")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=target, args=(plan, theirs))  # type: ignore[arg-type]
    child.start()
    assert ours.poll(120)
    time.sleep(seconds)
    if child.is_alive() and child.pid is not None:
        os.kill(child.pid, signal.SIGKILL)
    child.join()


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.release)])
def test_a_killed_writer_loses_and_doubles_nothing(desk: Desk, plan: CrawlPlan, kills: int) -> None:
    chance = random.Random(kills)
    for at in range(kills):
        # leases of the dead run out: each child lives an hour later
        later = replace(plan, now=NOW + timedelta(minutes=at % 600))
        killed_after(write_all, later, chance.random() * 0.08)
        assert faults(desk) == [], f"after kill {at}"
    write_all(replace(plan, now=NOW + timedelta(hours=20)))
    assert faults(desk) == []
    with desk.sessions.begin() as session:
        states = session.scalars(select(FrontierPage.state)).all()
    assert states == [FrontierState.DONE] * PAGES


def test_the_naive_writer_is_caught(desk: Desk, plan: CrawlPlan) -> None:
    found: list[str] = []
    for at in range(20):
        killed_after(write_naively, replace(plan, now=NOW + timedelta(minutes=at)), 0)
        found = faults(desk)
        if found:
            break
    assert found


def test_pages_that_wait_together_share_a_transaction(desk: Desk, plan: CrawlPlan) -> None:
    ledger = Ledger(context(plan), "owner")
    pages = [read_page(ledger, page) for page in ledger.lease("bao", 10)]
    commits: list[object] = []
    event.listen(ledger.context.sessions, "after_commit", commits.append)
    assert in_own_loop(written(ledger, pages)) == [
        Outcome.NOT_OURS if at % 3 == 2 else Outcome.KEPT for at in range(10)
    ]
    assert len(commits) == 1
    assert faults(desk) == []


async def written(ledger: Ledger, pages: list[ReadPage]) -> list[Outcome]:
    writer = Writer(ledger)
    futures = [await writer.page(page) for page in pages]
    await writer.drain()
    writer.close()
    return [future.result() for future in futures]


def test_one_page_that_cannot_be_written_takes_no_other_with_it(
    desk: Desk, plan: CrawlPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(context(plan), "owner")
    pages = [read_page(ledger, page) for page in ledger.lease("bao", 7)]
    whole = Ledger._keep

    def keep(self: Ledger, session: Session, page: ReadPage) -> Outcome:
        outcome = whole(self, session, page)
        if page.page.id == pages[3].page.id:
            raise RuntimeError("this one")
        return outcome

    monkeypatch.setattr(Ledger, "_keep", keep)
    results = ledger.pages_read(pages)
    assert isinstance(results[3], RuntimeError)
    assert [result for result in results if isinstance(result, Exception)] == [results[3]]
    with desk.sessions.begin() as session:
        states = dict(session.execute(select(FrontierPage.id, FrontierPage.state)).all())
        assert session.scalar(select(func.count()).select_from(Item)) == 4
    assert [states[page.page.id] for page in pages] == ["done"] * 3 + ["leased"] + ["done"] * 3


def test_a_writer_that_is_far_behind_makes_the_readers_wait(
    desk: Desk, plan: CrawlPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawlers.writer.MOST_WAITING", 4)
    monkeypatch.setattr("crawlers.writer.LINGER_S", 0.01)
    ledger = Ledger(context(plan), "owner")
    pages = [read_page(ledger, page) for page in ledger.lease("bao", 20)]
    waiting = []

    async def run() -> None:
        writer = Writer(ledger)
        for page in pages:
            await writer.page(page)
            waiting.append(len(writer._under_way))
        await writer.drain()
        writer.close()

    in_own_loop(run())
    assert max(waiting) == 4
    assert faults(desk) == []


def test_the_database_keeps_its_promises_while_groups_are_written(plan: CrawlPlan) -> None:
    ledger = Ledger(context(plan), "owner")
    with ledger.context.sessions.begin() as session:
        pragmas = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}
