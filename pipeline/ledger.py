"""The ledger of scheduled work: a job runs once a period, whichever process asks and however often.

The unique key (job, period) in the database is the truth, not any scheduler's memory: APScheduler skips
missed runs silently, and two processes know nothing of each other.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session, sessionmaker

from models.desk import JobRun
from models.session import insert_ignore

DONE = "done"
FAILED = "failed"
LEASE = timedelta(hours=2)
RETRY = timedelta(minutes=15)


def claim(session: Session, job: str, period: str, now: datetime) -> bool:
    """Take one period of a job; False if it was run, is being run, or failed within a quarter of an hour.

    A run that neither finished nor failed for two hours was killed: its period is taken over. So is one that
    seems to begin more than two hours from now: a clock was set back, and nobody waits until then.
    """
    if insert_ignore(session, JobRun, [{"job": job, "period": period, "started_at": now}], ["job", "period"]):
        return True
    killed = JobRun.finished_at.is_(None) & ~_within_lease(now)
    recent = JobRun.finished_at.between(now - RETRY, now + RETRY)
    failed = (JobRun.outcome == FAILED) & ~recent
    mine = (JobRun.job == job) & (JobRun.period == period)
    # PostgreSQL checks the condition again after waiting for another taker, so that only one gets the row
    taken = session.scalars(
        update(JobRun)
        .where(mine, killed | failed)
        .values(started_at=now, finished_at=None, outcome=None)
        .returning(JobRun.id)
    ).all()
    return bool(taken)


def done(session: Session, job: str, period: str) -> bool:
    """Whether a period ended well: a look that takes no lock, because most looks find that nothing is due."""
    query = select(JobRun.id).where(JobRun.job == job, JobRun.period == period, JobRun.outcome == DONE)
    return session.scalars(query).first() is not None


def finish(session: Session, job: str, period: str, now: datetime, outcome: str) -> None:
    """Write down how a period of a job ended."""
    mine = (JobRun.job == job) & (JobRun.period == period)
    # a clock that was set back meanwhile must not make a job end before it began
    ended = case((JobRun.started_at > now, JobRun.started_at), else_=now)
    session.execute(update(JobRun).where(mine).values(finished_at=ended, outcome=outcome))


def _within_lease(now: datetime) -> ColumnElement[bool]:
    return JobRun.started_at.between(now - LEASE, now + LEASE)


def close(sessions: sessionmaker[Session], job: str, period: str, now: datetime, outcome: str) -> None:
    """Write down how a period ended, in a transaction of its own; twice does no harm."""
    with sessions.begin() as session:
        finish(session, job, period, now, outcome)


def busy(session: Session, job: str, now: datetime) -> bool:
    """Whether some period of the job is under way in some process."""
    running = select(JobRun.id).where(JobRun.job == job, JobRun.finished_at.is_(None), _within_lease(now))
    return session.scalars(running.limit(1)).first() is not None


def under_way(session: Session) -> list[JobRun]:
    """Every period that began and did not end, whoever works on it or did."""
    return list(session.scalars(select(JobRun).where(JobRun.finished_at.is_(None)).order_by(JobRun.id)))


def abandon(session: Session, run: JobRun) -> bool:
    """Give a period back whose worker is known to be dead, so that it is due at once; False if it ended."""
    mine = (JobRun.id == run.id) & (JobRun.started_at == run.started_at) & JobRun.finished_at.is_(None)
    # a run that began before every lease counts as killed, for this process and for an older one
    gone = session.scalars(
        update(JobRun).where(mine).values(started_at=run.started_at - 2 * LEASE).returning(JobRun.id)
    )
    return bool(gone.all())


def last_done(session: Session, job: str) -> JobRun | None:
    """The newest period of a job that ended well."""
    done = select(JobRun).where(JobRun.job == job, JobRun.outcome == DONE)
    return session.scalars(done.order_by(JobRun.period.desc()).limit(1)).first()
