"""The ledger: each job once a period, whatever the clock and however many ask; no week is missed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models.desk import JobRun
from models.weeks import ZONE, iso_week
from pipeline import backup, ledger, schedule, worker
from pipeline.compose import Desk
from pipeline.schedule import Job, Scheduler, tick
from tests.conftest import NOW
from tests.pipeline.conftest import put_claim

MONDAY = datetime(2026, 11, 16, 0, 0, tzinfo=ZONE)


class Moving:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


@pytest.fixture
def moving(sqlite_desk: Desk) -> tuple[Desk, Moving]:
    """A desk whose clock moves."""
    clock = Moving(MONDAY)
    return replace(sqlite_desk, clock=clock), clock


class Launched:
    """Remembers what was started instead of starting it."""

    def __init__(self, *, ends_well: bool = True) -> None:
        self.runs: list[tuple[str, str]] = []
        self.ends_well = ends_well

    def __call__(self, desk: Desk, job: str, period: str) -> bool:  # noqa: ARG002 -- the port's signature
        self.runs.append((job, period))
        return self.ends_well

    def of(self, job: str) -> list[str]:
        """The periods of one job."""
        return [period for name, period in self.runs if name == job]


def test_a_day_of_ticks_runs_everything_once(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    launched = Launched()
    clock.now = MONDAY.replace(hour=4)
    tick(desk, launched)
    launched.runs.clear()
    for _ in range(24 * 20):
        clock.now += timedelta(minutes=3)
        tick(desk, launched)
    counts = Counter(job for job, _ in launched.runs)
    assert counts == {"stages": 48, "links": 24, "erase": 1, "backup": 1}
    assert len(set(launched.runs)) == len(launched.runs)
    assert launched.of("erase") == launched.of("backup") == ["2026-11-17"]


def test_the_night_is_local_and_the_copy_comes_after_the_erasure(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    launched = Launched()
    clock.now = MONDAY.replace(hour=2, minute=59)
    tick(desk, launched)
    assert launched.of("erase") == ["2026-11-15"]
    clock.now = MONDAY.replace(hour=3, minute=0)
    tick(desk, launched)
    assert launched.of("erase") == ["2026-11-15", "2026-11-16"]
    assert launched.of("backup") == ["2026-11-15"]
    clock.now = MONDAY.replace(hour=3, minute=30)
    tick(desk, launched)
    assert launched.of("backup") == ["2026-11-15", "2026-11-16"]


@pytest.mark.parametrize("seed", range(30))
def test_an_outage_of_any_length_makes_up_for_each_due_job_exactly_once(
    moving: tuple[Desk, Moving], seed: int
) -> None:
    desk, clock = moving
    draw = random.Random(seed)
    put_claim(desk, "tin tuần trước", day=date(2026, 11, 4))
    launched = Launched()
    tick(desk, launched)
    launched.runs.clear()
    clock.now += timedelta(minutes=draw.choice([1, 7, 45, 60, 600, 1441, 4000, 9 * 1440]))
    for _ in range(draw.randrange(2, 5)):
        tick(desk, launched)
        clock.now += timedelta(seconds=draw.randrange(1, 20))
    assert len(set(launched.runs)) == len(launched.runs)
    assert len(launched.of("erase")) <= 1
    assert len(launched.of("backup")) <= 1
    assert len(launched.of("stages")) <= 1


def test_every_missed_week_is_drawn_and_closed_once(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    put_claim(desk, "tin cũ", day=date(2026, 10, 27))
    launched = Launched()
    clock.now = MONDAY + timedelta(hours=1)
    tick(desk, launched)
    assert launched.of("weekly-draw") == ["2026-W44", "2026-W45", "2026-W46"]
    assert launched.of("close-week") == ["2026-W44", "2026-W45"]
    launched.runs.clear()
    clock.now = MONDAY + timedelta(days=3)
    tick(desk, launched)
    assert (launched.of("weekly-draw"), launched.of("close-week")) == ([], ["2026-W46"])
    launched.runs.clear()
    clock.now = MONDAY + timedelta(days=23)
    tick(desk, launched)
    assert launched.of("weekly-draw") == ["2026-W47", "2026-W48", "2026-W49"]


def test_the_53rd_week_is_a_week(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    put_claim(desk, "tin cuối năm", day=date(2026, 12, 30))
    clock.now = datetime(2027, 1, 12, 9, 0, tzinfo=ZONE)
    launched = Launched()
    tick(desk, launched)
    assert launched.of("weekly-draw") == ["2026-W53", "2027-W01"]


def test_a_desk_without_claims_has_no_weeks_to_close(moving: tuple[Desk, Moving]) -> None:
    desk, _ = moving
    launched = Launched()
    tick(desk, launched)
    assert launched.of("weekly-draw") == launched.of("close-week") == []


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-1), timedelta(hours=1)])
def test_a_clock_that_jumps_repeats_no_period(moving: tuple[Desk, Moving], step: timedelta) -> None:
    desk, clock = moving
    launched = Launched()
    for _ in range(20):
        tick(desk, launched)
        clock.now += timedelta(minutes=40)
    clock.now += step
    for _ in range(20):
        tick(desk, launched)
        clock.now += timedelta(minutes=10)
    assert len(set(launched.runs)) == len(launched.runs)


def test_a_failed_job_is_tried_again_after_a_quarter_of_an_hour(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    clock.now = MONDAY.replace(hour=5)
    failing, working = Launched(ends_well=False), Launched()
    tick(desk, failing)
    assert failing.of("erase") == ["2026-11-16"]
    clock.now += timedelta(minutes=14)
    tick(desk, working)
    assert working.of("erase") == []
    clock.now += timedelta(minutes=2)
    tick(desk, working)
    clock.now += timedelta(hours=5)
    tick(desk, working)
    assert working.of("erase") == ["2026-11-16"]


def test_a_job_that_was_killed_is_taken_over_after_its_lease(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving
    clock.now = MONDAY.replace(hour=5)
    with desk.sessions.begin() as session:
        assert ledger.claim(session, "erase", "2026-11-16", clock())
    launched = Launched()
    clock.now += timedelta(hours=1, minutes=59)
    tick(desk, launched)
    assert launched.of("erase") == []
    clock.now += timedelta(minutes=2)
    tick(desk, launched)
    assert launched.of("erase") == ["2026-11-16"]


def test_an_exception_is_written_down_as_a_failure(moving: tuple[Desk, Moving]) -> None:
    desk, clock = moving

    def breaks(desk: Desk, job: str, period: str) -> bool:
        raise RuntimeError(f"{desk.clock()} {job} {period}")

    with pytest.raises(RuntimeError):
        tick(desk, breaks)
    with desk.reading() as session:
        run = session.scalars(select(JobRun)).one()
    assert (run.job, run.outcome, run.finished_at) == ("stages", ledger.FAILED, clock())


def test_many_askers_on_one_database_start_each_period_once(sessions: sessionmaker[Session]) -> None:
    taken: list[str] = []

    def ask(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(25):
            period = f"p{draw.randrange(10)}"
            with sessions.begin() as session:
                if ledger.claim(session, "job", period, NOW):
                    taken.append(period)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    with sessions() as session:
        assert session.scalar(select(func.count(JobRun.id))) == len(taken)


def test_a_killed_period_is_taken_over_by_one_asker_alone(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        ledger.claim(session, "job", "p", NOW)
    later = NOW + ledger.LEASE + timedelta(seconds=1)
    taken: list[int] = []

    def ask(number: int) -> None:
        with sessions.begin() as session:
            if ledger.claim(session, "job", "p", later):
                taken.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_slots_are_the_same_on_every_machine() -> None:
    first = worker.period_of(datetime(2026, 11, 18, 3, 29, 59, tzinfo=UTC), 1800)
    assert (
        first
        == worker.period_of(datetime(2026, 11, 18, 10, 0, 0, tzinfo=ZONE), 1800)
        == "2026-11-18T03:00:00Z"
    )
    assert worker.period_of(datetime(2026, 11, 18, 3, 30, tzinfo=UTC), 1800) == "2026-11-18T03:30:00Z"


def led(desk: Desk) -> bool:
    """Whether a turn did what is one worker's work; on PostgreSQL the others share the rest."""
    found = worker.turn(desk)
    return found is not None and found.led


def test_workers_take_turns(desk: Desk) -> None:
    clock = Moving(NOW)
    first, second = replace(desk, clock=clock), replace(desk, clock=clock)
    assert led(first)
    assert not led(second)
    clock.now += timedelta(seconds=worker.TURN_S)
    with desk.sessions.begin() as session:
        ledger.claim(session, worker.JOB, worker.period_of(clock(), worker.TURN_S), clock())
    clock.now += timedelta(seconds=worker.TURN_S)
    assert not led(first)  # the other one is still at work
    clock.now += ledger.LEASE
    assert led(second)  # it was killed


def test_the_real_jobs_do_their_work_in_a_child(sqlite_desk: Desk) -> None:
    put_claim(sqlite_desk, "tin tuần trước", day=date(2026, 11, 4))
    scheduler = Scheduler(sqlite_desk)
    assert scheduler._launch(sqlite_desk, "backup", "2026-11-18")
    assert len(backup.copies(sqlite_desk)) == 1
    assert scheduler._launch(sqlite_desk, "stages", "x")
    assert not scheduler._launch(sqlite_desk, "nosuch", "x")
    with sqlite_desk.reading() as session:
        assert session.scalar(select(func.count(JobRun.id)).where(JobRun.job == "audit_draw")) == 1


def test_the_scheduler_wakes_by_itself_and_stops(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    launched = Launched()
    desk = replace(sqlite_desk, clock=Moving(MONDAY.replace(hour=5)))
    scheduler = Scheduler(desk, wake_s=0.1)
    monkeypatch.setattr(scheduler, "_launch", launched)
    scheduler.start()
    wait_until(lambda: len(launched.runs) >= 4)
    time.sleep(0.5)
    scheduler.stop()
    assert sorted(launched.runs) == [
        ("backup", "2026-11-16"),
        ("erase", "2026-11-16"),
        ("links", worker.period_of(desk.clock(), 3600)),
        ("stages", worker.period_of(desk.clock(), 1800)),
    ]


def test_a_failing_wake_up_does_not_end_the_scheduler(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = Scheduler(sqlite_desk)
    scheduler.leadership.beat()

    def breaks(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(schedule, "tick", breaks)
    scheduler._wake()
    assert "schedule_failed" in caplog.text
    scheduler.leadership.stop()


def wait_until(done: Callable[[], bool]) -> None:
    for _ in range(1_200):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def test_every_job_has_a_name_of_its_own_and_a_period_that_sorts(sqlite_desk: Desk, tmp_path: Path) -> None:
    assert len(schedule.BY_NAME) == len(schedule.JOBS)
    put_claim(sqlite_desk, "tin", day=date(2026, 10, 1))
    for job in schedule.JOBS:
        periods = job.due(sqlite_desk, NOW)
        assert list(periods) == sorted(periods)
    assert tmp_path.exists()
    assert iso_week(NOW) not in Job("x", schedule.ended_weeks, print).due(sqlite_desk, NOW)
