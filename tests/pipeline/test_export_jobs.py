"""Exports by the clock: each closed week once whatever the outage, each edition of the report once (F8)."""

import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.desk import JobRun
from models.weeks import ZONE
from pipeline import annual, doctor, export_jobs, exports, files, ledger, metrics, schedule, yearfacts
from pipeline.compose import Desk, build
from pipeline.schedule import BY_NAME, here, tick
from pipeline.settings import Settings
from tests.pipeline.conftest import put_claim
from tests.pipeline.weeks import LONG_AFTER, WEEK, arrive, at

JOBS = [BY_NAME["close-week"], BY_NAME[export_jobs.WEEKLY]]
START = datetime(2026, 10, 12, 8, 0, tzinfo=ZONE)


class Moving:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


class Ran:
    """Does the work here and remembers what was started."""

    def __init__(self) -> None:
        self.runs: Counter[tuple[str, str]] = Counter()

    def __call__(self, desk: Desk, job: str, period: str) -> bool:
        self.runs[job, period] += 1
        return here(desk, job, period)

    def of(self, job: str) -> dict[str, int]:
        """How often each period of a job was run."""
        return {period: n for (name, period), n in self.runs.items() if name == job}


def written(desk: Desk) -> dict[str, dict[str, bytes]]:
    """Every scheduled weekly export by its week."""
    place = export_jobs.folder(desk) / "weekly"
    weeks = sorted(place.iterdir()) if place.exists() else []
    return {week.name: {one.name: one.read_bytes() for one in week.iterdir()} for week in weeks}


def after_outages(desk: Desk, seed: int, outages: int) -> tuple[Desk, Ran]:
    """A desk that was away again and again, for a minute or for nine days."""
    clock, ran, draw = Moving(START), Ran(), random.Random(seed)
    moving = replace(desk, clock=clock)
    put_claim(moving, "tin đầu tiên", day=date(2026, 10, 6))
    for _ in range(outages):
        clock.now += timedelta(minutes=draw.choice([1, 30, 600, 1441, 3 * 1440, 5 * 1440, 9 * 1440]))
        for _ in range(draw.randrange(1, 3)):
            tick(moving, ran, JOBS)
            clock.now += timedelta(seconds=draw.randrange(20, 40))
    return moving, ran


def check_outages(desk: Desk, seed: int, outages: int) -> None:
    moving, ran = after_outages(desk, seed, outages)
    with moving.reading() as session:
        closed = export_jobs.closed_weeks(session)
    assert len(closed) >= outages // 10
    assert ran.of(export_jobs.WEEKLY) == dict.fromkeys(closed, 1)
    found = written(moving)
    assert set(found) == closed
    for week in list(found)[:2]:
        assert found[week] == exports.render(moving, week)


def test_each_closed_week_is_written_once_whatever_the_outages(sqlite_desk: Desk) -> None:
    check_outages(sqlite_desk, 1, 10)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(3))
def test_thirty_outages_leave_out_no_week_and_write_none_twice(sqlite_desk: Desk, seed: int) -> None:
    check_outages(sqlite_desk, seed, 30)


def test_a_job_that_only_looks_at_the_newest_week_is_found_out(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = export_jobs.weeks_due
    newest = replace(JOBS[1], due=lambda desk, now: due(desk, now)[-1:])
    monkeypatch.setitem(globals(), "JOBS", [JOBS[0], newest])
    moving = replace(sqlite_desk, clock=lambda: LONG_AFTER)
    put_claim(moving, "tin đầu tiên", day=date(2026, 10, 6))
    ran = Ran()
    tick(moving, ran, JOBS)
    with moving.reading() as session:
        assert len(export_jobs.closed_weeks(session)) > len(written(moving)) == 1


def test_an_open_week_is_not_written(sqlite_desk: Desk) -> None:
    put_claim(sqlite_desk, "tin", day=date(2026, 11, 16))
    tick(sqlite_desk, Ran(), JOBS)
    assert written(sqlite_desk) == {}


# --- killed on the way ----------------------------------------------------------------------------------


@pytest.fixture
def closed(sqlite_desk: Desk) -> Iterator[Desk]:
    """A desk with one closed week that is not written yet."""
    arrive(sqlite_desk, 30)
    later = at(sqlite_desk, LONG_AFTER)
    assert metrics.close_week(later, WEEK)
    yield later
    later.close()


def killed(settings: Settings, now: datetime, point: str, n: int) -> None:
    """The child: runs the job through the ledger and is killed at the nth call of a step."""
    calls = Counter[str]()

    def dies_at(name: str) -> None:
        calls[name] += 1
        if (name, calls[name]) == (point, n):
            os.kill(os.getpid(), signal.SIGKILL)

    beside, rename, finish = files._beside, Path.replace, ledger.finish

    def laying(path: Path, content: bytes) -> Path:
        dies_at("lay")
        return beside(path, content)

    def renaming(path: Path, target: Path) -> Path:
        dies_at("rename")
        return rename(path, target)

    def finishing(*arguments: object) -> None:
        dies_at("ledger")
        finish(*arguments)  # type: ignore[arg-type]

    files._beside = laying
    Path.replace = renaming  # type: ignore[method-assign, assignment]
    ledger.finish = finishing  # type: ignore[assignment]
    desk = build(settings, clock=lambda: now, migrated=False)
    tick(desk, here, [BY_NAME[export_jobs.WEEKLY]])


POINTS = [("lay", 1), ("rename", 4), ("ledger", 1)]
MORE_POINTS = [("lay", 5), ("lay", 8), ("rename", 1), ("rename", 8)]


@pytest.mark.parametrize(
    ("point", "n"), [*POINTS, *(pytest.param(*one, marks=pytest.mark.release) for one in MORE_POINTS)]
)
def test_a_killed_run_is_made_up_for_and_leaves_nothing_half(closed: Desk, point: str, n: int) -> None:
    wanted = exports.render(closed, WEEK)
    spawn = multiprocessing.get_context("spawn")
    child = spawn.Process(target=killed, args=(closed.settings, LONG_AFTER, point, n))
    child.start()
    child.join(600)
    assert child.exitcode == -signal.SIGKILL
    # whatever stands under its name is whole
    for name, data in written(closed).get(WEEK, {}).items():
        assert name.startswith(".") or data == wanted[name]
    ran = Ran()
    again = at(closed, LONG_AFTER + ledger.LEASE + timedelta(seconds=1))
    tick(again, ran, [BY_NAME[export_jobs.WEEKLY]])
    tick(again, ran, [BY_NAME[export_jobs.WEEKLY]])
    assert ran.of(export_jobs.WEEKLY) == {WEEK: 1}
    assert written(again) == {WEEK: wanted}


# --- the annual report ----------------------------------------------------------------------------------


def due(desk: Desk, year: int, month: int, day: int) -> list[str]:
    return list(export_jobs.reports_due(desk, datetime(year, month, day, 9, 0, tzinfo=ZONE)))


def close_all(desk: Desk, weeks: list[str]) -> None:
    """Write down that the weeks are closed, without their figures."""
    with desk.sessions.begin() as session:
        for week in weeks:
            run = JobRun(job=metrics.CLOSE, period=week, started_at=LONG_AFTER, finished_at=LONG_AFTER)
            run.outcome = ledger.DONE
            session.add(run)


def test_the_report_is_drafted_in_november_written_on_the_20th_and_once_more_when_final(desk: Desk) -> None:
    put_claim(desk, "tin", day=date(2026, 10, 6))
    assert due(desk, 2026, 10, 31) == []
    assert due(desk, 2026, 11, 1) == ["2026-11-01"]
    assert due(desk, 2026, 11, 19) == ["2026-11-19"]
    assert due(desk, 2026, 11, 20) == ["2026-11-20"]
    assert due(desk, 2027, 3, 1) == ["2026-11-20"]
    weeks = [week for week in yearfacts.report_weeks(2026) if week >= "2026-W41"]
    close_all(desk, weeks[:-1])
    assert due(desk, 2026, 12, 1) == ["2026-11-20"]
    close_all(desk, weeks[-1:])
    assert due(desk, 2026, 12, 1) == ["2026-11-20", "2026-closed"]
    assert due(desk, 2027, 11, 5) == ["2026-11-20", "2026-closed", "2027-11-05"]
    assert due(desk, 2027, 11, 21) == ["2026-11-20", "2026-closed", "2027-11-20"]
    with desk.sessions.begin() as session:
        assert ledger.claim(session, export_jobs.ANNUAL, "2026-11-20", LONG_AFTER)
        ledger.finish(session, export_jobs.ANNUAL, "2026-11-20", LONG_AFTER, ledger.DONE)
    assert due(desk, 2026, 12, 1) == ["2026-closed"]


def test_20_november_is_a_day_of_the_desk(desk: Desk) -> None:
    put_claim(desk, "tin", day=date(2026, 10, 6))
    evening = datetime(2026, 11, 19, 16, 59, tzinfo=UTC)
    assert export_jobs.reports_due(desk, evening) == ["2026-11-19"]
    assert export_jobs.reports_due(desk, evening + timedelta(minutes=1)) == ["2026-11-20"]


def test_a_desk_that_began_after_the_reports_last_week_owes_none(desk: Desk) -> None:
    assert due(desk, 2026, 11, 20) == []
    put_claim(desk, "tin", day=date(2026, 11, 17))
    assert due(desk, 2026, 11, 19) == due(desk, 2026, 11, 20) == due(desk, 2026, 12, 31) == []
    assert due(desk, 2027, 11, 20) == ["2027-11-20"]


def test_each_edition_is_written_into_its_own_folder_once(sqlite_desk: Desk) -> None:
    put_claim(sqlite_desk, "tin", day=date(2026, 11, 4))
    clock, ran = Moving(datetime(2026, 11, 18, 9, 0, tzinfo=ZONE)), Ran()
    moving = replace(sqlite_desk, clock=clock)
    jobs = [BY_NAME["close-week"], BY_NAME[export_jobs.ANNUAL]]
    place = export_jobs.folder(moving) / "annual" / "2026"
    for now, folder in (
        (datetime(2026, 11, 18, 9, 0, tzinfo=ZONE), "draft"),
        (datetime(2026, 11, 19, 9, 0, tzinfo=ZONE), "draft"),
        (datetime(2026, 11, 20, 0, 1, tzinfo=ZONE), "2026-11-20"),
        (datetime(2026, 12, 20, 9, 0, tzinfo=ZONE), "2026-closed"),
    ):
        clock.now = now
        tick(moving, ran, jobs)
        tick(moving, ran, jobs)
        assert len(list((place / folder).iterdir())) == 8
    days = ["2026-11-18", "2026-11-19", "2026-11-20", "2026-closed"]
    assert ran.of(export_jobs.ANNUAL) == dict.fromkeys(days, 1)
    final = {one.name: one.read_bytes() for one in (place / "2026-closed").iterdir()}
    handed_in = {one.name: one.read_bytes() for one in (place / "2026-11-20").iterdir()}
    assert final["annual-2026.vi.pdf"] != handed_in["annual-2026.vi.pdf"]
    clock.now += timedelta(days=100)
    assert annual.render(yearfacts.gather(moving, 2026)) == final


def test_the_doctor_says_when_the_report_is_due(sqlite_desk: Desk) -> None:
    def asked(*day: int) -> doctor.Check:
        with sqlite_desk.reading() as session:
            return doctor._report(session, date(*day))

    assert "due before 2026-11-20, in 2 days; there is nothing to report" in asked(2026, 11, 18).message
    put_claim(sqlite_desk, "tin", day=date(2026, 10, 6))
    assert asked(2026, 10, 10).state == doctor.OK
    assert asked(2026, 10, 10).message == "the report on 2026 is due before 2026-11-20, in 41 days"
    assert (asked(2026, 11, 10).state, "no draft yet" in asked(2026, 11, 10).message) == (doctor.ADVICE, True)
    with sqlite_desk.sessions.begin() as session:
        ledger.claim(session, export_jobs.ANNUAL, "2026-11-10", LONG_AFTER)
        ledger.finish(session, export_jobs.ANNUAL, "2026-11-10", LONG_AFTER, ledger.DONE)
    assert asked(2026, 11, 12).state == doctor.OK
    assert asked(2026, 11, 12).message.endswith("in 8 days; draft of 2026-11-10")
    late = asked(2026, 11, 21)
    assert (late.state, late.message) == (doctor.ADVICE, "the report of 2026-11-20 is not written")
    assert "kiemchung export annual" in late.todo


def test_scheduled_exports_are_jobs_with_names_of_their_own(sqlite_desk: Desk) -> None:
    assert {export_jobs.WEEKLY, export_jobs.ANNUAL} <= set(BY_NAME)
    assert len(schedule.JOBS) == len(BY_NAME)
    with sqlite_desk.reading() as session:
        assert session.scalars(select(JobRun)).all() == []
