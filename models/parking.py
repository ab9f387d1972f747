"""Items that a stage cannot finish: tried three times, then set aside by number, so that the rest goes on.

A row of the job ledger for each (job `tried:` and the stage, period the item, outcome the tries and the kind
of error, never its words: they can quote a text). It goes with the item it names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import counters
from models.claims import Claim
from models.desk import JobRun
from models.gathered import Mention
from models.session import insert_ignore
from models.vocabulary import Outcome
from models.weeks import local_day
from models.workbench import PendingReview

TRIES = 3
STAGES = ("settle", "cluster", "match", "rank", "order", "queue")
_JOB = "tried:"
_JOBS = [_JOB + stage for stage in STAGES]
_TABLES: dict[str, type[Mention | Claim | PendingReview]] = {
    "mention": Mention,
    "claim": Claim,
    "review": PendingReview,
}


@dataclass(frozen=True)
class Tried:
    """One item that a stage failed with: how often, and the kind of error of the last time."""

    stage: str
    item: str
    tries: int
    error: str

    @property
    def parked(self) -> bool:
        """Whether it is not tried any more."""
        return self.tries >= TRIES


def failed(session: Session, stage: str, item: str, error: Exception, now: datetime) -> bool:
    """Count a failure of an item (`claim:12`); says whether it is set aside now. A daily count each time."""
    job = _JOB + stage
    insert_ignore(session, JobRun, [{"job": job, "period": item, "started_at": now}], ["job", "period"])
    mine = select(JobRun).where(JobRun.job == job, JobRun.period == item)
    row = session.scalars(mine.with_for_update()).one()
    tries = _read(row).tries + 1
    row.started_at, row.finished_at, row.outcome = now, now, f"{tries} {type(error).__name__}"
    parked = tries >= TRIES
    counters.bump(
        session, f"stage:{stage}", local_day(now), Outcome.QUARANTINED if parked else Outcome.PARSE_ERROR
    )
    return parked


def tried(session: Session, *stages: str) -> list[Tried]:
    """Everything that some stages (all if none is named) have failed with and not finished since."""
    jobs = [_JOB + stage for stage in stages] or _JOBS
    rows = session.scalars(select(JobRun).where(JobRun.job.in_(jobs)).order_by(JobRun.id))
    return [_read(row) for row in rows]


def _read(row: JobRun) -> Tried:
    tries, _, error = (row.outcome or "0 ").partition(" ")
    return Tried(row.job.removeprefix(_JOB), row.period, int(tries), error)


def forget(session: Session, stage: str, items: Iterable[str]) -> None:
    """Forget failures of items that are finished, or that shall be tried again."""
    for item in items:
        session.execute(delete(JobRun).where(JobRun.job == _JOB + stage, JobRun.period == item))


def forget_gone(session: Session) -> None:
    """Forget what names an item that is not there any more, so that a new one of its number starts afresh."""
    for one in tried(session):
        kind, _, number = one.item.partition(":")
        if kind in _TABLES and _gone(session, _TABLES[kind], int(number)):
            forget(session, one.stage, [one.item])


def _gone(session: Session, table: type[Mention | Claim | PendingReview], number: int) -> bool:
    return session.scalar(select(table.id).where(table.id == number)) is None
