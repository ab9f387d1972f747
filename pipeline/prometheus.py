"""What a Prometheus server may read of a desk: counters, queue sizes, ages; no label leads to a person.

Text format 0.0.4 by prometheus-client. Everything but the requests that the web processes answered is read
from the database when asked, and they count together: each of several web processes gives the same numbers.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.desk import JobRun
from models.gathered import DailyCount, EntryPoint, FrontierPage, Source
from models.vocabulary import ClaimState, FrontierState
from models.weeks import NO_WEEK, ZONE, local_day
from pipeline import appeals, ledger, operation, room, traffic, workdays
from pipeline.compose import Desk
from pipeline.decisions import OPEN_STATES

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "kiemchung_"


def exposition(desk: Desk) -> bytes:
    """The desk's present numbers in the text format that Prometheus scrapes."""
    from prometheus_client import CollectorRegistry, generate_latest

    with desk.reading() as session:
        metrics = list(_metrics(session, desk))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(metrics))
    traffic.put_in(registry)
    return generate_latest(registry)


class _Read:
    """A collector of what has been read already."""

    def __init__(self, metrics: Iterable["Metric"]) -> None:
        self.metrics = list(metrics)

    def collect(self) -> Iterator["Metric"]:
        """The metrics, as a registry asks for them."""
        yield from self.metrics


def _metrics(session: Session, desk: Desk) -> Iterator["Metric"]:
    now = desk.clock()
    yield _outcomes(session)
    yield _sources(session)
    yield _claims(session)
    yield _oldest(session, now)
    yield _frontier(session)
    yield _appeals(appeals.waiting(session, local_day(now), workdays.extra_days(desk.settings)))
    yield _jobs(session)
    yield _disk(desk)
    yield from operation.gauges(session, desk)


def _outcomes(session: Session) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(
        PREFIX + "outcomes", "Fetches, pages and tips by what became of them.", labels=["source", "outcome"]
    )
    query = select(DailyCount.source_id, DailyCount.outcome, func.sum(DailyCount.n))
    grouped = query.group_by(DailyCount.source_id, DailyCount.outcome)
    for source, outcome, n in session.execute(grouped.order_by(DailyCount.source_id, DailyCount.outcome)):
        family.add_metric([source, outcome], float(n))
    return family


def _sources(session: Session) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(
        PREFIX + "source_last_success_timestamp_seconds",
        "When an enabled source was last read well; 0 if it never was.",
        labels=["source"],
    )
    query = (
        select(Source.id, func.max(EntryPoint.last_success))
        .join(EntryPoint, EntryPoint.source_id == Source.id)
        .where(Source.enabled)
        .group_by(Source.id)
        .order_by(Source.id)
    )
    for source, last in session.execute(query):
        family.add_metric([source], last.timestamp() if last else 0.0)
    return family


def _claims(session: Session) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(PREFIX + "claims", "Claims by where they stand.", labels=["state"])
    # seeds never leave the review tool, not even in a sum
    query = select(Claim.state, func.count()).where(Claim.week > NO_WEEK).group_by(Claim.state)
    found = {str(state): n for state, n in session.execute(query)}
    for state in ClaimState:
        family.add_metric([state.value], float(found.get(state.value, 0)))
    return family


def _oldest(session: Session, now: datetime) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    oldest = session.scalar(
        select(func.min(Claim.first_day)).where(Claim.state.in_(OPEN_STATES), Claim.week > NO_WEEK)
    )
    # only the day of arrival is kept, so the age counts from that day's first minute
    since = datetime.combine(oldest, time(), ZONE).astimezone(UTC) if oldest else now
    return GaugeMetricFamily(
        PREFIX + "oldest_open_claim_seconds",
        "Age of the oldest claim that waits for a review; 0 if none does.",
        value=max(0.0, (now - since).total_seconds()),
    )


def _frontier(session: Session) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(PREFIX + "frontier_pages", "Pages to fetch, by state.", labels=["state"])
    waiting = (FrontierState.PENDING, FrontierState.LEASED)
    query = select(FrontierPage.state, func.count()).where(FrontierPage.state.in_(waiting))
    found = {str(state): n for state, n in session.execute(query.group_by(FrontierPage.state))}
    for state in waiting:
        family.add_metric([state.value], float(found.get(state.value, 0)))
    return family


def _appeals(waiting: appeals.Waiting) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(
        PREFIX + "appeals",
        "Appeals that wait for a decision; alarm: since five working days, overdue: past their day.",
        labels=["due"],
    )
    for due, n in (("later", waiting.later), ("alarm", waiting.alarm), ("overdue", waiting.overdue)):
        family.add_metric([due], float(n))
    return family


def _jobs(session: Session) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(
        PREFIX + "job_last_success_timestamp_seconds", "When a job last ended well.", labels=["job"]
    )
    query = select(JobRun.job, func.max(JobRun.finished_at)).where(JobRun.outcome == ledger.DONE)
    for job, at in session.execute(query.group_by(JobRun.job).order_by(JobRun.job)):
        if at is not None:
            family.add_metric([job], at.timestamp())
    return family


def _disk(desk: Desk) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(
        PREFIX + "disk_free_ratio",
        f"Free share of the fuller disk; make room below {room.ALARM}, nothing is safe below {room.LEAST}.",
        value=room.look(desk.settings).share,
    )
