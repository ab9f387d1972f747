"""Small read models of pages that are neither corrections nor the queue: counts, sources, the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit, counters
from models.claims import Claim
from models.decisions import Appeal, Correction
from models.desk import AuditEntry, LogHead, ModelMetric, Staff
from models.gathered import EntryPoint, Source
from models.vocabulary import AppealState, Topic
from pipeline.publishing import add_working_days

ALARM_DAYS = 5
"""Working days after which an open appeal is shown in red (EFCSN: seven to decide)."""


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
    """How the reading of one source goes."""

    source: Source
    entries: Sequence[EntryPoint]
    totals: Mapping[str, int]
    silence: str

    @property
    def last_success(self) -> datetime | None:
        """When any of its entry points was last read."""
        return max((one.last_success for one in self.entries if one.last_success), default=None)


def source_health(session: Session, now: datetime, today: date) -> list[SourceHealth]:
    """Every source with the outcomes of its last seven days and the reason for silence, if it is silent."""
    from crawlers.health import why_silent

    entries: dict[str, list[EntryPoint]] = {}
    for entry in session.scalars(select(EntryPoint).order_by(EntryPoint.id)):
        entries.setdefault(entry.source_id, []).append(entry)
    return [
        SourceHealth(
            source,
            entries.get(source.id, []),
            counters.totals(session, source.id, today),
            why_silent(session, source.id, now),
        )
        for source in session.scalars(select(Source).order_by(Source.name))
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


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that waits for its decision."""

    appeal: Appeal
    slug: str
    claim_id: int
    topic: str
    alarm: bool
    overdue: bool


def open_appeals(session: Session, today: date) -> list[OpenAppeal]:
    """Appeals in the order they fall due; the alarm goes off at working day five."""
    rows = session.execute(
        select(Appeal, Correction.slug, Claim.id, Claim.topic)
        .join(Correction, Correction.id == Appeal.correction_id)
        .join(Claim, Claim.id == Correction.claim_id)
        .where(Appeal.state == AppealState.OPEN)
        .order_by(Appeal.due_day, Appeal.id)
    )
    return [
        OpenAppeal(
            appeal=appeal,
            slug=slug,
            claim_id=claim_id,
            topic=topic,
            alarm=today >= add_working_days(appeal.received_day, ALARM_DAYS),
            overdue=today > appeal.due_day,
        )
        for appeal, slug, claim_id, topic in rows
    ]


def settled_appeals(session: Session, limit: int = 20) -> Sequence[tuple[Appeal, str]]:
    """The last decided appeals with the slug of their correction."""
    rows = session.execute(
        select(Appeal, Correction.slug)
        .join(Correction, Correction.id == Appeal.correction_id)
        .where(Appeal.state != AppealState.OPEN)
        .order_by(Appeal.decided_at.desc())
        .limit(limit)
    )
    return [(appeal, slug) for appeal, slug in rows]


def staff(session: Session) -> Sequence[Staff]:
    """Every account, open ones first."""
    return session.scalars(select(Staff).order_by(Staff.disabled, Staff.username)).all()


def model_metrics(session: Session) -> dict[int, list[ModelMetric]]:
    """The held-out figures of each model."""
    found: dict[int, list[ModelMetric]] = {}
    for metric in session.scalars(select(ModelMetric).order_by(ModelMetric.model_id, ModelMetric.name)):
        found.setdefault(metric.model_id, []).append(metric)
    return found
