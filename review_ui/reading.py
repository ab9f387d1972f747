"""Small read models of pages that are neither corrections nor the queue: counts, sources, the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.decisions import Correction
from models.desk import AuditEntry, LogHead, ModelMetric, Staff
from models.gathered import Source
from models.vocabulary import Topic

if TYPE_CHECKING:
    from crawlers.health import Health


def topic_counts(session: Session) -> dict[Topic, int]:
    """How many corrections each topic has."""
    rows = session.execute(
        select(Claim.topic, func.count(Correction.id))
        .join(Correction, Correction.claim_id == Claim.id)
        .group_by(Claim.topic)
    )
    return {Topic(topic): n for topic, n in rows}


def public_sources(session: Session) -> Sequence[Source]:
    """The sources that are read, by kind and name."""
    query = select(Source).where(Source.enabled.is_(True)).order_by(Source.kind, Source.name)
    return session.scalars(query).all()


@dataclass(frozen=True)
class SourceHealth:
    """How the reading of one source goes, and in words why it is silent and what to do."""

    source: Source
    health: "Health"
    badge: str
    silence: str
    advice: str


def source_health(
    session: Session, now: datetime, source_id: str | None = None, language: str = "vi"
) -> list[SourceHealth]:
    """Every source (or one), with its last four weeks and the reason for silence, if it is silent."""
    from crawlers import health, healthwords

    found = health.of_all(session, now, source_id)
    query = select(Source).order_by(Source.name)
    if source_id is not None:
        query = query.where(Source.id == source_id)
    return [
        SourceHealth(
            source,
            found[source.id],
            (healthwords.STATES_EN if language == "en" else healthwords.STATES)[found[source.id].state],
            healthwords.sentence(found[source.id], language),
            healthwords.advice(found[source.id], language),
        )
        for source in session.scalars(query)
    ]


@dataclass(frozen=True)
class Head:
    """Where the log ends, and the heads that were published before."""

    entries: int
    digest: str | None
    at: datetime | None
    published: Sequence[LogHead]


def log_head(session: Session) -> Head:
    """The present end of the log and the last thirty published heads."""
    last = audit.head(session)
    published = session.scalars(select(LogHead).order_by(LogHead.day.desc()).limit(30)).all()
    if last is None:
        return Head(0, None, None, published)
    return Head(last.seq, last.digest, last.at, published)


def log_entries(session: Session, first: int, limit: int) -> Sequence[AuditEntry]:
    """Entries of the log from a number on, oldest first."""
    query = select(AuditEntry).where(AuditEntry.seq >= first).order_by(AuditEntry.seq).limit(limit)
    return session.scalars(query).all()


def log_page(session: Session, page: int, size: int) -> tuple[Sequence[AuditEntry], int]:
    """One page of the log, newest first, and how many entries there are."""
    total = session.scalar(select(func.max(AuditEntry.seq))) or 0
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).offset((page - 1) * size).limit(size)
    return session.scalars(query).all(), total


def staff(session: Session) -> Sequence[Staff]:
    """Every account, open ones first."""
    return session.scalars(select(Staff).order_by(Staff.disabled, Staff.username)).all()


def model_metrics(session: Session) -> dict[int, list[ModelMetric]]:
    """The held-out figures of each model."""
    found: dict[int, list[ModelMetric]] = {}
    for metric in session.scalars(select(ModelMetric).order_by(ModelMetric.model_id, ModelMetric.name)):
        found.setdefault(metric.model_id, []).append(metric)
    return found
