"""What runs by the clock: stages, erasure, backup, draws, closing of weeks, exports, each once a period.

The ledger in the database decides what is due; APScheduler only wakes this up. A period that was missed is
run on return: the newest one of a daily job, every one of a weekly job, because each week has its figures.
Of several processes one looks, the one that leads (`pipeline.leadership`).
"""

import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from models.claims import Claim
from models.errors import KiemChungError
from models.locks import Locks, locks_of
from models.weeks import NO_WEEK, ZONE, iso_week, local_day, week_days, weeks_between
from pipeline import backup, copies, export_jobs, ledger, logs, patience, replays, undo
from pipeline.compose import Desk, build
from pipeline.erase import erase_due
from pipeline.leadership import Leadership, job_lock
from pipeline.livework import Keeper
from pipeline.run import stop_with_parent
from pipeline.settings import Settings
from pipeline.worker import cycle, period_of

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

LOG = logging.getLogger("kiemchung.schedule")
ERASE_AT = time(3, 0)
BACKUP_AT = time(3, 30)  # after the erasure, so that no copy holds what is over age
WAKE_S = 30
STOP_S = 20
SETTLE_S = 8.0
"""How long a new leader gives the jobs of the one before to take their locks again after a restart."""


@dataclass(frozen=True)
class Job:
    """One kind of scheduled work: which periods are due by now, oldest first, and the work of one."""

    name: str
    due: Callable[[Desk, datetime], Sequence[str]]
    work: Callable[[Desk, str], object]


def stages_due(desk: Desk, now: datetime) -> list[str]:
    """The present slot of crawl.interval_minutes: a slot that was missed is made up for by the next."""
    return [period_of(now, desk.settings.number("crawl.interval_minutes") * 60)]


def hours_due(desk: Desk, now: datetime) -> list[str]:  # noqa: ARG001 -- a job's signature
    """The present hour: one that was missed is made up for by the next."""
    return [period_of(now, 3600)]


def _check_links(desk: Desk, _: str) -> object:
    from crawlers import links
    from crawlers.fetch import fetch_all
    from pipeline.sourcing import plan

    if not desk.settings.text("crawl.contact_url"):
        return None  # a desk that may not go out yet has nothing to look at
    fetching = plan(desk)
    return links.check(desk.sessions, desk.reader, lambda urls: fetch_all(urls, fetching), desk.clock)


def deliveries_due(desk: Desk, now: datetime) -> list[str]:
    """The present minute, if a new correction waits for a subscriber."""
    from pipeline.subscriptions import is_due

    with desk.reading() as session:
        return [period_of(now, 60)] if is_due(session, now) else []


def _deliver(desk: Desk, _: str) -> object:
    from pipeline.subscriptions import deliver

    return deliver(desk)


def _look_at_quotes(desk: Desk, _: str) -> object:
    from crawlers.fetch import fetch_all
    from pipeline.sourcing import plan

    fetching = plan(desk)
    return copies.look(desk, lambda urls: fetch_all(urls, fetching))


def quotes_due(desk: Desk, now: datetime) -> list[str]:
    """The present five minutes, if a quotation waits to be looked for and the desk may go out."""
    if not desk.settings.text("crawl.contact_url"):
        return []
    with desk.reading() as session:
        return [period_of(now, 300)] if copies.is_due(session, local_day(now)) else []


def daily(at: time) -> Callable[[Desk, datetime], list[str]]:
    """The newest day, as the desk counts days, whose hour has come."""

    def due(desk: Desk, now: datetime) -> list[str]:  # noqa: ARG001 -- a job's signature
        local = now.astimezone(ZONE)
        day = local.date() if local.time() >= at else local.date() - timedelta(days=1)
        return [day.isoformat()]

    return due


def ended_weeks(desk: Desk, now: datetime) -> list[str]:
    """Every week with claims that is over."""
    return _weeks_until(desk, now)


def answered_weeks(desk: Desk, now: datetime) -> list[str]:
    """Every week with claims whose last promised hour is over: its figures do not change any more."""
    return _weeks_until(desk, now - timedelta(hours=desk.settings.number("answer.hours")))


def _weeks_until(desk: Desk, now: datetime) -> list[str]:
    with desk.reading() as session:
        first = session.scalar(select(func.min(Claim.week)).where(Claim.week > NO_WEEK))
    if first is None:
        return []
    monday, _ = week_days(iso_week(now))
    return weeks_between(first, iso_week(monday - timedelta(days=1)))


def _draw(desk: Desk, week: str) -> object:
    from pipeline.sampling import draw

    return draw(desk, week)


def undrawn_audits(desk: Desk, now: datetime) -> list[str]:  # noqa: ARG001 -- a job's signature
    """Every week whose frame is frozen and whose independent audit is not drawn."""
    from pipeline.independent import due

    with desk.reading() as session:
        return due(session)


def _draw_audit(desk: Desk, week: str) -> object:
    from pipeline.independent import draw

    return draw(desk, week)


def _close(desk: Desk, week: str) -> object:  # noqa: ARG001 -- a week whose draws wait for a verdict closes later
    from pipeline.metrics import close_due

    return close_due(desk)


JOBS: tuple[Job, ...] = (
    Job("stages", stages_due, lambda desk, _: cycle(desk)),
    Job("erase", daily(ERASE_AT), lambda desk, _: erase_due(desk)),
    Job("backup", daily(BACKUP_AT), lambda desk, _: backup.make(desk)),
    Job("links", hours_due, _check_links),
    Job("evidence", quotes_due, _look_at_quotes),
    Job("deliver", deliveries_due, _deliver),
    Job("weekly-draw", ended_weeks, _draw),
    Job("independent-audit", undrawn_audits, _draw_audit),
    Job("close-week", answered_weeks, _close),
    Job("replay", replays.weekly, replays.make_weekly),
    Job(export_jobs.WEEKLY, export_jobs.weeks_due, export_jobs.write_week),
    Job(export_jobs.ANNUAL, export_jobs.reports_due, export_jobs.write_report),
)
BY_NAME: Mapping[str, Job] = {job.name: job for job in JOBS}

Launch = Callable[[Desk, str, str], bool]


def tick(
    desk: Desk, launch: Launch, jobs: Sequence[Job] = JOBS, leads: Callable[[], bool] = lambda: True
) -> list[tuple[str, str, bool]]:
    """Run everything that is due and not yet taken; gives (job, period, whether it ended well).

    Nothing more is taken once this process no longer leads.
    """
    due = ((job.name, period) for job in jobs for period in job.due(desk, desk.clock()))
    return [
        (job, period, _run(desk, launch, job, period))
        for job, period in due
        if leads() and _taken(desk, job, period)
    ]


def free_the_dead(desk: Desk) -> list[tuple[str, str]]:
    """Give back the periods that nobody works on any more; gives (job, period) of each.

    Whoever does the work of a job holds the job's lock: an open row with a free lock was killed.
    """
    with desk.reading() as session:
        runs = [run for run in ledger.under_way(session) if run.job in BY_NAME]
    if not runs:
        return []
    locks = locks_of(desk.engine, desk.owner)
    try:
        dead = [run for run in runs if locks.take(job_lock(run.job))]
        with desk.sessions.begin() as session:
            given = [(run.job, run.period) for run in dead if ledger.abandon(session, run)]
    finally:
        locks.close()
    for job, period in given:
        LOG.warning("job_abandoned job=%s period=%s", job, period)
    return given


def _taken(desk: Desk, job: str, period: str) -> bool:
    now = desk.clock()
    with desk.reading() as session:
        if ledger.done(session, job, period):
            return False
    with desk.sessions.begin() as session:
        # two slots of one job never overlap: a long crawl makes the next wait
        return not ledger.busy(session, job, now) and ledger.claim(session, job, period, now)


class InterruptedJobError(KiemChungError):
    """The work of a period was ended before it was done, because its process was told to stop."""


def _run(desk: Desk, launch: Launch, job: str, period: str) -> bool:
    outcome = ledger.FAILED
    try:
        if launch(desk, job, period):
            outcome = ledger.DONE
    except InterruptedJobError:
        outcome = ""
    finally:
        # a database that was stopped meanwhile is waited for: an open job is only taken over when it is known
        # that nobody works on it
        patience.surely(lambda: _ended(desk, job, period, outcome))
        LOG.info("job_ended job=%s period=%s outcome=%s", job, period, outcome or "interrupted")
    return outcome == ledger.DONE


def _ended(desk: Desk, job: str, period: str, outcome: str) -> None:
    if outcome:
        ledger.close(desk.sessions, job, period, desk.clock(), outcome)
        return
    with desk.sessions.begin() as session:
        for run in ledger.under_way(session):
            if (run.job, run.period) == (job, period):
                ledger.abandon(session, run)


def here(desk: Desk, job: str, period: str) -> bool:
    """Do the work in this process."""
    BY_NAME[job].work(desk, period)
    return True


def _child(settings: Settings, local_hosts: dict[str, tuple[str, int]], job: str, period: str) -> None:
    stop_with_parent()
    logs.configure(settings)
    desk = build(settings, local_hosts=local_hosts, migrated=False)
    locks = locks_of(desk.engine, desk.owner)
    try:
        with _alone(locks, job):
            here(desk, job, period)
    except KiemChungError as error:
        LOG.warning("job_failed job=%s period=%s error=%s", job, period, error)
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        raise SystemExit(1) from None
    finally:
        locks.close()
        desk.close()


@contextmanager
def _alone(locks: Locks, job: str) -> Iterator[None]:
    """Hold the lock of a job while it lasts, and take it again after the database was restarted."""
    if not locks.take(job_lock(job)):
        raise KiemChungError("another process is still at it")
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SETTLE_S / 4):
            with suppress(SQLAlchemyError, KiemChungError):
                locks.take(job_lock(job))

    watching = threading.Thread(target=watch, name="job-lock", daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


class Scheduler:
    """Wakes up on its own thread and runs what is due in child processes: the web never waits for it.

    While another process leads it only asks, every few seconds, whether it still does.
    """

    def __init__(self, desk: Desk, wake_s: float = WAKE_S, leadership: Leadership | None = None) -> None:
        self.desk = desk
        self.wake_s = wake_s
        self.leadership = leadership or Leadership(desk)
        self._settled = False
        self._child: BaseProcess | None = None
        self._order = Keeper(desk)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start; the first look is at once."""
        from apscheduler.schedulers.background import BackgroundScheduler

        self.leadership.start()
        self._scheduler = BackgroundScheduler(timezone=ZONE)
        # no wake-up is thrown away for being late, none runs beside another
        self._scheduler.add_job(
            self._wake,
            "interval",
            seconds=self.wake_s,
            next_run_time=datetime.now(ZONE),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Stop within seconds; a job under way is ended and taken over by the next start."""
        self._stopping.set()
        child = self._child
        if child is not None and child.is_alive():
            child.terminate()
            child.join(STOP_S)
        self._order.stop()
        self._scheduler.shutdown(wait=True)
        self.leadership.stop()

    def _wake(self) -> None:
        if not self.leadership.leads:
            self._settled = False
            self._order.stop()
            return
        try:
            self._settle()
            undo.settle_due(self.desk)
            self._order.look()
            tick(self.desk, self._launch, leads=lambda: self.leadership.leads)
        except Exception:
            # a locked database or a full disk now is no reason to stop for ever; the ledger says what is open
            LOG.exception("schedule_failed")

    def _settle(self) -> None:
        """Once, when it begins to lead: what the leader before left undone is due again at once."""
        if self._settled:
            return
        with self.desk.reading() as session:
            wait_s = SETTLE_S - self.leadership.led_for if ledger.under_way(session) else 0.0
        if not self._stopping.wait(max(0.0, wait_s)):
            free_the_dead(self.desk)
            self._settled = True

    def _launch(self, desk: Desk, job: str, period: str) -> bool:
        if self._stopping.is_set():
            raise InterruptedJobError(f"{job} {period}")
        spawn = multiprocessing.get_context("spawn")
        self._child = spawn.Process(
            target=_child, args=(desk.settings, dict(desk.local_hosts), job, period), name=f"kiemchung-{job}"
        )
        self._child.start()
        self._child.join()
        ended_well = self._child.exitcode == 0
        self._child = None
        if self._stopping.is_set() and not ended_well:
            raise InterruptedJobError(f"{job} {period}")
        return ended_well
