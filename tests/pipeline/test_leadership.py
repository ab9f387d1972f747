"""One scheduler leads: on both databases, with real processes that are killed, silent or cut off."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from models.desk import JobRun
from models.locks import PREFIX, NoLocks, holder, locks_of
from pipeline import ledger, schedule
from pipeline.compose import Desk, build
from pipeline.doctor import OK, examine
from pipeline.leadership import Leadership, job_lock, leader
from pipeline.schedule import Job, Scheduler, free_the_dead, tick
from pipeline.settings import load
from pipeline.worker import period_of
from tests.conftest import NOW

SPAWN = multiprocessing.get_context("forkserver")


def until(done: Callable[[], object], longest_s: float = 60) -> None:
    for _ in range(int(longest_s / 0.05)):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def led_by(desk: Desk) -> str | None:
    with desk.reading() as session:
        return leader(session)


def test_one_leads_and_the_next_when_it_ends(desk: Desk) -> None:
    first, second = (Leadership(desk, locks=locks_of(desk.engine, name)) for name in ("first", "second"))
    assert led_by(desk) is None
    for one in (first, second, first, second):
        one.beat()
    assert (first.leads, second.leads) == (True, False)
    assert led_by(desk) == "first"
    first.stop()
    second.beat()
    assert (first.leads, second.leads) == (False, True)
    assert led_by(desk) == "second"
    second.stop()
    assert led_by(desk) is None


def test_without_a_lock_two_lead(desk: Desk) -> None:
    """Control."""
    both = [Leadership(desk, locks=NoLocks()) for _ in range(2)]
    for one in both:
        one.beat()
    assert all(one.leads for one in both)


def test_who_is_not_answered_leads_no_more_by_its_own_reckoning(sqlite_desk: Desk) -> None:
    now = SimpleNamespace(s=100.0)
    one = Leadership(sqlite_desk, monotonic=lambda: now.s)
    one.beat()
    now.s += 10.9
    assert one.leads
    assert one.led_for == pytest.approx(10.9)
    now.s += 0.2
    assert one.led_for == 0
    one.beat()
    assert one.leads
    assert one.led_for == 0, "there was a break"
    one.stop()


def test_a_server_that_ends_the_session_ends_the_leadership_at_once(
    postgres_url: str, tmp_path: Path
) -> None:
    desk = desk_of(postgres_url, tmp_path)
    first, second = (Leadership(desk, locks=locks_of(desk.engine, name)) for name in ("first", "second"))
    first.beat()
    with desk.engine.begin() as connection:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
        assert connection.execute(text(ended), {"name": PREFIX + "first"}).scalar()
    second.beat()
    assert second.leads
    for _ in range(2):
        first.beat()
        assert not first.leads, "somebody else leads now"
    second.stop()
    first.beat()
    assert led_by(desk) == "first"
    first.stop()
    desk.close()


def test_a_leader_that_is_silent_is_replaced_by_the_server(postgres_url: str, tmp_path: Path) -> None:
    """Stopped, or cut off from the network: its connection stands, and nobody hears of it."""
    desk = desk_of(postgres_url, tmp_path)
    silent, mute = (locks_of(desk.engine, name, silent_s=s) for name, s in (("a", 1), ("b", 0)))
    other = locks_of(desk.engine, "c")
    assert silent.take("leader")
    assert mute.take("control")
    until(lambda: other.take("leader"), 20)
    assert not silent.holds()
    assert not other.take("control"), "control: without the limit it would be held for ever"
    for one in (silent, mute, other):
        one.close()
    desk.close()


def test_many_locks_of_one_holder(desk: Desk) -> None:
    mine, others = locks_of(desk.engine, "mine"), locks_of(desk.engine, "others")
    assert mine.take("a")
    assert mine.take("a"), "it is held already"
    assert mine.take("b")
    assert not others.take("a")
    mine.free("a")
    mine.free("a")
    assert others.take("a")
    assert not others.take("b")
    with desk.reading() as session:
        assert (holder(session, "a"), holder(session, "b")) == ("others", "mine")
    mine.close()
    assert others.take("b")
    others.close()


# --- what the one before left undone


def test_a_job_of_a_dead_leader_is_due_at_once(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        for job in ("erase", "stages", "worker-stages"):
            assert ledger.claim(session, job, "p", NOW)
    alive = locks_of(desk.engine, "alive")
    assert alive.take(job_lock("stages"))
    assert free_the_dead(desk) == [("erase", "p")], "one lives, one is no job of the schedule"
    with desk.sessions.begin() as session:
        assert not ledger.busy(session, "erase", NOW)
        assert ledger.claim(session, "erase", "p", NOW)
        assert not ledger.claim(session, "stages", "p", NOW)
    alive.close()


def test_a_job_that_ended_meanwhile_is_not_given_back(sqlite_desk: Desk) -> None:
    with sqlite_desk.sessions.begin() as session:
        ledger.claim(session, "erase", "p", NOW)
        run = ledger.under_way(session)[0]
        session.expunge(run)
        ledger.finish(session, "erase", "p", NOW, ledger.DONE)
        assert not ledger.abandon(session, run)
        assert ledger.done(session, "erase", "p")


def test_a_leader_that_is_stopped_gives_its_job_back(sqlite_desk: Desk) -> None:
    scheduler = Scheduler(sqlite_desk)
    scheduler._stopping.set()
    job = Job("erase", lambda desk, now: ["p"], print)  # noqa: ARG005
    assert tick(sqlite_desk, scheduler._launch, [job]) == [("erase", "p", False)]
    assert tick(sqlite_desk, lambda *_: True, [job]) == [("erase", "p", True)]


def test_who_does_not_lead_takes_nothing(sqlite_desk: Desk) -> None:
    job = Job("erase", lambda desk, now: ["p", "q"], print)  # noqa: ARG005
    answers = iter([True, False])
    assert tick(sqlite_desk, lambda *_: True, [job], lambda: next(answers)) == [("erase", "p", True)]
    scheduler = Scheduler(sqlite_desk)
    scheduler._wake()
    with sqlite_desk.reading() as session:
        assert [run.period for run in session.scalars(select(JobRun))] == ["p"]


# --- real processes


def desk_of(url: str, folder: Path) -> Desk:
    flags = {"database.url": url, "paths.var": str(folder / "var")}
    return build(load(environ={}, flags=flags), migrated=False)


def a_second(desk: Desk, now: datetime) -> list[str]:  # noqa: ARG001 -- a job's signature
    return [period_of(desk.clock(), 1)]


def run_schedule(url: str, folder: Path, label: str) -> None:
    """In a child: a scheduler whose only job is due each second."""
    job = Job("second", a_second, print)
    desk = desk_of(url, folder)
    leadership = Leadership(desk, beat_s=0.5, locks=locks_of(desk.engine, label, silent_s=3))
    leadership.start()
    schedule.BY_NAME = {"second": job}
    settled = False
    while True:
        if not leadership.leads:
            settled = False
        elif not settled:
            free_the_dead(desk)
            settled = True
        tick(desk, lambda *_: True, [job], lambda: leadership.leads)
        time.sleep(0.2)


@dataclass
class Two:
    """Two schedulers on one database, by their labels."""

    desk: Desk
    running: dict[str, BaseProcess]

    def leader(self) -> BaseProcess | None:
        return self.running.get(led_by(self.desk) or "")

    def first(self) -> BaseProcess:
        """Who leads once somebody does."""
        until(self.leader)
        found = self.leader()
        assert found is not None
        return found

    def starts(self) -> list[datetime]:
        with self.desk.reading() as session:
            return list(session.scalars(select(JobRun.started_at).order_by(JobRun.id)))

    def goes_on(self) -> None:
        """Wait for three more rows of the ledger."""
        wanted = len(self.starts()) + 3
        until(lambda: len(self.starts()) >= wanted)

    def longest_gap(self) -> timedelta:
        seen = self.starts()
        return max(late - early for early, late in pairwise(seen))


@pytest.fixture
def two(database_url: str, tmp_path: Path) -> Iterator[Two]:
    desk = desk_of(database_url, tmp_path)
    running = {
        label: SPAWN.Process(target=run_schedule, args=(database_url, tmp_path, label))
        for label in ("red", "blue")
    }
    for one in running.values():
        one.start()
    yield Two(desk, dict(running))
    for one in running.values():
        one.kill()
        one.join()
    desk.close()


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.release)], indirect=True
)
def test_killed_without_a_word_the_leader_is_replaced_within_a_minute(two: Two) -> None:
    first = two.first()
    two.goes_on()
    first.kill()
    first.join()
    two.goes_on()
    assert two.first() is not first
    assert two.longest_gap() < timedelta(seconds=60)


@pytest.mark.release
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_leader_that_stands_still_is_replaced_within_a_minute(two: Two) -> None:
    first = two.first()
    two.goes_on()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: two.leader() not in {None, first})
    two.goes_on()
    os.kill(first.pid, signal.SIGCONT)
    two.goes_on()
    assert two.leader() is not first, "it came back and does not lead"
    assert two.longest_gap() < timedelta(seconds=60)


def serve(url: str, folder: Path) -> "subprocess.Popen[bytes]":
    program = Path(sys.executable).with_name("kiemchung")
    given = {"KIEMCHUNG_DATABASE_URL": url, "KIEMCHUNG_PATHS_VAR": str(folder / "var")}
    return subprocess.Popen(
        [str(program), "serve", "--port", "0"],
        cwd=folder,
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.release
def test_of_two_real_servers_one_runs_the_schedule_and_then_the_other(
    postgres_url: str, tmp_path: Path
) -> None:
    desk = desk_of(postgres_url, tmp_path)
    both = [serve(postgres_url, tmp_path) for _ in range(2)]
    try:
        until(lambda: led_by(desk) is not None, 120)
        before = led_by(desk)
        until(lambda: ended(desk) > 0, 120)
        assert [check.state for check in examine(desk.settings) if check.name == "leader"] == [OK]
        with desk.engine.connect() as connection:
            found = text("SELECT pid FROM pg_stat_activity WHERE application_name = :name")
            assert connection.execute(found, {"name": f"{PREFIX}{before}"}).scalar()
        both[0].kill()
        both[0].wait()
        both[1].send_signal(0)
        until(lambda: led_by(desk) is not None, 60)
        # whichever led, the one that is left leads within a minute
        assert both[1].poll() is None
    finally:
        for one in both:
            one.terminate()
            one.wait(60)
    until(lambda: led_by(desk) is None, 30)
    desk.close()


def ended(desk: Desk) -> int:
    with desk.reading() as session:
        return len(session.scalars(select(JobRun).where(JobRun.finished_at.is_not(None))).all())
