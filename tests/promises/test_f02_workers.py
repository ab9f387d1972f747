"""F2, F3, F10: many workers on one database, workers that fall silent, and clocks that jump.

The desk has no table of jobs. What takes their place: the leases of the crawl frontier (each page is a job),
the ledger of scheduled work (each period of a job), and the turns of the workers that run the stages.
"""

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from crawlers.context import CrawlContext
from crawlers.ledger import LEASE_S, Leased, Ledger, ReadPage
from crawlers.worker import PageResult
from models import audit, counters, frontier
from models.desk import AuditEntry, JobRun
from models.gathered import DailyCount, FrontierPage, Source
from models.session import make_engine, make_sessions
from models.vocabulary import FrontierState, Outcome, SourceKind
from models.weeks import local_day
from pipeline import ledger, worker
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.crawlers.reader import make_reader
from tests.pipeline.conftest import sqlite_desk

__all__ = ["sqlite_desk"]

WORKERS = 8
BATCH = 100
SPAWN = multiprocessing.get_context("forkserver")


def add_pages(sessions: sessionmaker[Session], n: int) -> None:
    """A source with so many pages that wait."""
    with sessions.begin() as session:
        home, kind = "https://bao.example.vn/", SourceKind.NEWSPAPER
        session.add(
            Source(id="bao", name="Báo", kind=kind, homepage=home, domain="example.vn", is_local=True)
        )
        session.flush()
    for start in range(0, n, 10_000):
        some = range(start, min(n, start + 10_000))
        with sessions.begin() as session:
            pages = [(f"{number:064d}", f"https://bao.example.vn/{number}") for number in some]
            frontier.add(session, "bao", pages, local_day(NOW))


def context(sessions: sessionmaker[Session], late: timedelta = timedelta()) -> CrawlContext:
    """What a crawl process needs whose clock is off by so much."""
    return CrawlContext(sessions, make_reader, b"k" * 32, "Bot", "", lambda: NOW + late)


def read(one: Ledger, pages: Iterable[Leased]) -> list[ReadPage]:
    """Pages that turned out not to be ours: the count is all that is written."""
    source = one.sources(None)["bao"]
    return [ReadPage(source, page, page.url, PageResult(Outcome.NOT_OURS)) for page in pages]


def drain(url: str, number: int, guarded: bool) -> None:
    """A worker: leases, reads and writes pages until none is free."""
    engine = make_engine(url)
    mine = Ledger(context(make_sessions(engine)), f"worker-{number}")
    if not guarded:
        _lease_without_lock()
    while pages := mine.lease("bao", BATCH):
        for outcome in mine.pages_read(read(mine, pages)):
            if isinstance(outcome, Exception):
                raise outcome
    engine.dispose()


def _lease_without_lock() -> None:
    """The control: looks first, takes later, and never asks whose a page is."""

    def lease(session: Session, owner: str, *rest: object) -> list[frontier.LeasedPage]:  # noqa: ARG001
        free = select(FrontierPage.id, FrontierPage.source_id, FrontierPage.url)
        free = free.where(FrontierPage.state == FrontierState.PENDING).order_by(FrontierPage.id).limit(BATCH)
        found = [frontier.LeasedPage._make(row) for row in session.execute(free)]
        session.commit()
        return found

    frontier.lease = lease  # type: ignore[assignment]
    frontier.held = lambda session, owner, page_ids: set(page_ids)  # noqa: ARG005


def drained(url: str, n: int, workers: int, *, guarded: bool = True) -> tuple[int, int]:
    """Effects written and pages done, after so many workers have emptied the frontier."""
    engine = make_engine(url)
    sessions = make_sessions(engine)
    add_pages(sessions, n)
    all_of_them = [SPAWN.Process(target=drain, args=(url, number, guarded)) for number in range(workers)]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()
    assert [one.exitcode for one in all_of_them] == [0] * workers
    with sessions.begin() as session:
        effects = session.scalar(select(func.sum(DailyCount.n))) or 0
        done = session.scalar(select(func.count()).where(FrontierPage.state == FrontierState.DONE)) or 0
    engine.dispose()
    return effects, done


def test_two_workers_write_each_of_400_pages_once(sqlite_url: str) -> None:
    assert drained(sqlite_url, 400, 2) == (400, 400)


@pytest.mark.release
def test_eight_workers_write_each_of_100_000_pages_once(database_url: str) -> None:
    assert drained(database_url, 100_000, WORKERS) == (100_000, 100_000)


@pytest.mark.release
def test_workers_that_look_first_and_take_later_write_pages_twice(postgres_url: str) -> None:
    effects, done = drained(postgres_url, 5_000, WORKERS, guarded=False)
    assert done == 5_000
    assert effects > 5_000


def test_what_two_have_in_hand_is_written_by_one(sessions: sessionmaker[Session]) -> None:
    """The same control in one process, with the two taking turns at the worst moment."""
    add_pages(sessions, 10)
    slow, quick = Ledger(context(sessions), "slow"), Ledger(context(sessions, _LEASE), "quick")
    old = slow.lease("bao", 10)
    assert quick.lease("bao", 10) == old, "a lease that ran out is somebody else's"
    assert quick.pages_read(read(quick, old[:5])) == [Outcome.NOT_OURS] * 5
    assert slow.pages_read(read(slow, old)) == [Outcome.DUPLICATE] * 10
    slow.page_failed("bao", old[9], Outcome.TIMEOUT, again=True)
    quick.pages_read(read(quick, old[5:]))
    with sessions.begin() as session:
        counted = dict(session.execute(select(DailyCount.outcome, DailyCount.n)).all())
    assert counted == {Outcome.NOT_OURS: 10}


def test_without_asking_whose_a_page_is_it_counts_twice(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "held", lambda session, owner, ids: set(ids))  # noqa: ARG005
    add_pages(sessions, 10)
    slow, quick = Ledger(context(sessions), "slow"), Ledger(context(sessions, _LEASE), "quick")
    old = slow.lease("bao", 10)
    for one in (quick, slow):
        one.pages_read(read(one, quick.lease("bao", 10) or old))
    with sessions.begin() as session:
        assert session.scalar(select(func.sum(DailyCount.n))) == 20


# --- silent workers: retaken within two leases

_LEASE = timedelta(seconds=LEASE_S + 1)


@dataclass(frozen=True)
class Kind:
    """One kind of lease: how long it holds, and how it is asked for."""

    length: timedelta
    take: Callable[[sessionmaker[Session], str, timedelta], bool]


def _page(sessions: sessionmaker[Session], who: str, late: timedelta) -> bool:
    return bool(Ledger(context(sessions, late), who).lease("bao", 1))


def _period(sessions: sessionmaker[Session], who: str, late: timedelta) -> bool:  # noqa: ARG001
    with sessions.begin() as session:
        return ledger.claim(session, "backup", "2026-11-18", NOW + late)


def _turn(sessions: sessionmaker[Session], who: str, late: timedelta) -> bool:  # noqa: ARG001
    now = NOW + late
    with sessions.begin() as session:
        busy = ledger.busy(session, worker.JOB, now)
        return not busy and ledger.claim(session, worker.JOB, worker.period_of(now, worker.TURN_S), now)


KINDS = {
    "page": Kind(timedelta(seconds=LEASE_S), _page),
    "period": Kind(ledger.LEASE, _period),
    "turn": Kind(ledger.LEASE, _turn),
}


def retaken(sessions: sessionmaker[Session], kind: Kind, draw: random.Random) -> bool:
    """One worker takes and falls silent; others ask at random times, within its lease and after it."""
    assert kind.take(sessions, "silent", timedelta())
    early = kind.length * draw.uniform(0.01, 0.98)
    assert not kind.take(sessions, "early", early), "it was taken from one who works"
    return kind.take(sessions, "late", kind.length * draw.uniform(1.001, 2.0))


def cleared(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        session.query(JobRun).delete()
        freed = {"state": FrontierState.PENDING, "lease_owner": None, "lease_until": None}
        session.execute(update(FrontierPage).values(**freed))


def retaken_each_time(sessions: sessionmaker[Session], kind: str, n: int) -> None:
    add_pages(sessions, 1)
    for seed in range(n):
        assert retaken(sessions, KINDS[kind], random.Random(seed)), seed
        cleared(sessions)


@pytest.mark.parametrize("kind", KINDS)
def test_who_falls_silent_is_replaced_within_two_leases(
    sqlite_sessions: sessionmaker[Session], kind: str
) -> None:
    retaken_each_time(sqlite_sessions, kind, 5)


@pytest.mark.release
@pytest.mark.parametrize("kind", KINDS)
def test_who_falls_silent_is_replaced_in_100_of_100(sessions: sessionmaker[Session], kind: str) -> None:
    retaken_each_time(sessions, kind, 100)


def test_a_lease_without_an_end_is_never_retaken(
    sqlite_sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LEASE", timedelta(days=9999))
    kind = Kind(timedelta(hours=2), _period)
    assert not retaken(sqlite_sessions, kind, random.Random(1))


# --- clocks that jump

STEPS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1))


def jumps(sessions: sessionmaker[Session], step: timedelta, draw: random.Random) -> None:
    """Two hosts five minutes apart work through a day of half hours, and the clock of both jumps in it."""
    jump_at = draw.randint(5, 40)
    ran: Counter[str] = Counter()
    for slot in range(48):
        now = NOW + timedelta(minutes=30) * slot + (step if slot >= jump_at else timedelta())
        for host in (now, now - timedelta(minutes=5)):
            period = worker.period_of(host, 1800)
            with sessions.begin() as session:
                if not ledger.busy(session, "stages", host) and ledger.claim(session, "stages", period, host):
                    ran[period] += 1
                    audit.append(session, lambda host=host: host, "system", "stages", period)  # type: ignore[misc]
            # the other host's clock, or a step in between, ends it
            with sessions.begin() as session:
                ledger.finish(session, "stages", period, host - timedelta(minutes=5), ledger.DONE)
    assert max(ran.values()) == 1, "a period ran twice"
    with sessions.begin() as session:
        lasted = session.execute(select(JobRun.started_at, JobRun.finished_at)).all()
        assert audit.verify(session).ok
        order = list(session.scalars(select(AuditEntry.subject).order_by(AuditEntry.seq)))
    assert all(ended is not None and ended >= began for began, ended in lasted)
    assert order == list(ran), "the order of the log is that of its numbers, whatever the clock said"


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_a_clock_that_jumps_makes_no_negative_time_and_repeats_nothing(
    sqlite_sessions: sessionmaker[Session], step: timedelta
) -> None:
    jumps(sqlite_sessions, step, random.Random(3))


@pytest.mark.release
@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_jumps_anywhere(sessions: sessionmaker[Session], step: timedelta, seed: int) -> None:
    jumps(sessions, step, random.Random(seed))


def test_a_clock_that_was_set_back_locks_nobody_out(sqlite_sessions: sessionmaker[Session]) -> None:
    add_pages(sqlite_sessions, 1)
    for kind in KINDS.values():
        assert kind.take(sqlite_sessions, "before", timedelta())
        assert not kind.take(sqlite_sessions, "skewed", timedelta(minutes=-5)), "another host's clock"
        assert kind.take(sqlite_sessions, "after", timedelta(days=-1))
        cleared(sqlite_sessions)


def test_a_ledger_that_trusts_the_clock_ends_jobs_before_they_begin(
    sqlite_sessions: sessionmaker[Session],
) -> None:
    with sqlite_sessions.begin() as session:
        ledger.claim(session, "stages", "x", NOW)
        naive = update(JobRun).values(finished_at=NOW - timedelta(hours=1), outcome=ledger.DONE)
        session.execute(naive)
        began, ended = session.execute(select(JobRun.started_at, JobRun.finished_at)).one()
    assert ended is not None
    assert ended < began, "so the check above would see it"


def test_stages_on_a_desk_whose_clock_goes_back(sqlite_desk: Desk, tmp_path: Path) -> None:
    assert tmp_path.exists()
    assert worker.turn(sqlite_desk)
    sqlite_desk.clock = lambda: NOW - timedelta(days=1)
    assert worker.turn(sqlite_desk)
    with sqlite_desk.reading() as session:
        assert audit.verify(session).ok
        assert counters.totals(session, "bao", local_day(NOW)) == {}
