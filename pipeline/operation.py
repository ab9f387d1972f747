"""What an operator watches besides the work: jobs, backlogs, leases, copies, connections, the version."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import QueuePool

from models import due, migrate, parking
from models.claims import Claim
from models.desk import JobRun
from models.gathered import Mention
from models.session import is_postgresql
from models.staging import StageLease
from pipeline import backup, ledger
from pipeline.compose import Desk
from pipeline.leadership import leader

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

PREFIX = "kiemchung_"
Values = Mapping[tuple[str, ...], float]
"""The values of a metric by those of its labels."""


def gauges(session: Session, desk: Desk) -> "Iterator[Metric]":
    """Every gauge of this module, read now."""
    from prometheus_client.core import GaugeMetricFamily

    for name, about, labels, values in _rows(session, desk):
        family = GaugeMetricFamily(PREFIX + name, about, labels=labels)
        for key, value in sorted(values.items()):
            family.add_metric(list(key), value)
        yield family


def _rows(session: Session, desk: Desk) -> Iterator[tuple[str, str, tuple[str, ...], Values]]:
    """Name, help, labels and values of each."""
    now, job, stage = desk.clock(), ("job",), ("stage",)
    release: Values = {(version("kiemchung"), migrate.head()): 1.0}
    yield "build_info", "Version of the program and its schema.", ("version", "schema"), release
    yield "job_duration_seconds", "How long the newest good run of a job took.", job, _durations(session)
    yield "job_last_failure_timestamp_seconds", "When a job last failed.", job, _failures(session)
    yield "jobs_running", "Jobs under way.", job, _running(session, now)
    yield "waiting", "Items that a stage has still to do.", stage, _waiting(session)
    yield "stage_leases", "Items that a worker has in hand.", stage, _leases(session, now)
    parked = float(sum(one.parked for one in parking.tried(session)))
    yield "parked_items", f"Items given up after {parking.TRIES} tries.", (), {(): parked}
    leads: Values = {(one,): 1.0 for one in [leader(session)] if one is not None}
    yield "scheduler_leader", "The process that runs the schedule, by a random label.", ("process",), leads
    about = "When the newest copy in var/backups was made; 0 if there is none."
    yield "backup_last_timestamp_seconds", about, (), {(): _newest_copy(desk)}
    about = "Database connections of the web process that answers."
    yield "database_connections", about, ("state",), _pool(desk)
    about = "Connections to the PostgreSQL server, and how many it takes."
    yield "database_server_connections", about, ("what",), _server(session)


_JOBS = ~JobRun.job.startswith("tried:")
"""The scheduled jobs: what a stage tried in vain stands in the same table."""


def _durations(session: Session) -> dict[tuple[str, ...], float]:
    newest = select(func.max(JobRun.id)).where(JobRun.outcome == ledger.DONE, _JOBS).group_by(JobRun.job)
    rows = session.execute(
        select(JobRun.job, JobRun.started_at, JobRun.finished_at).where(JobRun.id.in_(newest))
    )
    return {(job,): (end - start).total_seconds() for job, start, end in rows if end is not None}


def _failures(session: Session) -> dict[tuple[str, ...], float]:
    query = select(JobRun.job, func.max(JobRun.finished_at)).where(JobRun.outcome == ledger.FAILED, _JOBS)
    return {(job,): at.timestamp() for job, at in session.execute(query.group_by(JobRun.job)) if at}


def _running(session: Session, now: datetime) -> dict[tuple[str, ...], float]:
    within = JobRun.started_at > now - ledger.LEASE
    query = select(JobRun.job, func.count()).where(JobRun.finished_at.is_(None), within, _JOBS)
    return {(job,): float(n) for job, n in session.execute(query.group_by(JobRun.job))}


def _waiting(session: Session) -> dict[tuple[str, ...], float]:
    """What the partial indexes of the stages hold: the cost is that of what waits, not of what is done."""
    conditions: dict[str, ColumnElement[bool]] = {
        "match": due.match_due(),
        "queue": due.queue_due(),
    }
    found: dict[tuple[str, ...], float] = {
        (name,): _count(session, Claim.id, condition) for name, condition in conditions.items()
    }
    found["cluster",] = _count(session, Mention.id, Mention.claim_id.is_(None))
    return found


def _count(session: Session, column: InstrumentedAttribute[int], condition: ColumnElement[bool]) -> float:
    return float(session.scalar(select(func.count(column)).where(condition)) or 0)


def _leases(session: Session, now: datetime) -> dict[tuple[str, ...], float]:
    query = select(StageLease.stage, func.count()).where(StageLease.until > now).group_by(StageLease.stage)
    return {(stage,): float(n) for stage, n in session.execute(query)}


def _newest_copy(desk: Desk) -> float:
    copies = backup.copies(desk)
    return backup.stamp_of(copies[-1]).timestamp() if copies else 0.0


def _pool(desk: Desk) -> dict[tuple[str, ...], float]:
    pool = desk.engine.pool
    if not isinstance(pool, QueuePool):
        return {}
    return {("in_use",): float(pool.checkedout()), ("idle",): float(pool.checkedin())}


def _server(session: Session) -> dict[tuple[str, ...], float]:
    if not is_postgresql(session):
        return {}
    query = "SELECT count(*), current_setting('max_connections') FROM pg_stat_activity"
    used, limit = session.execute(text(query)).one()
    return {("used",): float(used), ("limit",): float(limit)}
