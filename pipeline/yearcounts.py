"""What the desk decided in public within some weeks: corrections, appeals, model changes, the log's head.

Everything is counted as it stood at the end of the last week, from rows that are only ever added to: the
same weeks give the same counts whenever they are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.decisions import Appeal, Correction, CorrectionText, Verdict
from models.desk import AuditEntry, ModelVersion
from models.vocabulary import AppealState, Language, Rating
from models.weeks import local_day, week_days
from pipeline.outcomes import week_bounds

MODEL_ACTIONS = ("model_promote", "model_rollback")


@dataclass(frozen=True)
class Corrections:
    """Corrections published: all, on the pages and feeds, per language, in another language, per rating."""

    n: int
    digital: int
    languages: dict[str, int]
    in_others: int
    ratings: dict[str, int]


@dataclass(frozen=True)
class Appeals:
    """Appeals received, and how they stood at the end."""

    received: int
    upheld: int
    changed: int
    open: int
    overdue: int


@dataclass(frozen=True)
class ModelChange:
    """One change of the model that ranks."""

    day: date
    action: str
    number: int
    labels: int


@dataclass(frozen=True)
class Head:
    """The last entry of the log."""

    seq: int
    day: date
    digest: str


@dataclass(frozen=True)
class Span:
    """Whole weeks as instants and days."""

    start: datetime
    end: datetime
    monday: date
    sunday: date


def span(weeks: Sequence[str]) -> Span:
    """From the first instant of the first week to the end of the last one."""
    start, end = week_bounds(weeks[0])[0], week_bounds(weeks[-1])[1]
    return Span(start, end, week_days(weeks[0])[0], week_days(weeks[-1])[1])


def corrections(session: Session, when: Span) -> Corrections:
    """The corrections that were published within the weeks."""
    ids = select(Correction.id).where(
        Correction.published_at >= when.start, Correction.published_at < when.end
    )
    texts = (
        select(CorrectionText.language, func.count(CorrectionText.correction_id.distinct()))
        .where(CorrectionText.correction_id.in_(ids), CorrectionText.at < when.end)
        .group_by(CorrectionText.language)
    )
    languages = dict(session.execute(texts).all())
    others = select(func.count(CorrectionText.correction_id.distinct())).where(
        CorrectionText.correction_id.in_(ids),
        CorrectionText.at < when.end,
        CorrectionText.language != Language.VI.value,
    )
    return Corrections(
        n=session.scalar(select(func.count()).select_from(ids.subquery())) or 0,
        # pages, feeds and open data all show a correction from its Vietnamese text on
        digital=languages.get(Language.VI.value, 0),
        languages={one.value: languages.get(one.value, 0) for one in Language},
        in_others=session.scalar(others) or 0,
        ratings=_ratings(session, ids, when),
    )


def _ratings(session: Session, ids: Select[int], when: Span) -> dict[str, int]:
    newest = func.row_number().over(partition_by=Verdict.claim_id, order_by=Verdict.round.desc())
    verdicts = (
        select(Verdict.rating, newest.label("place"))
        .join(Correction, Correction.claim_id == Verdict.claim_id)
        .where(Correction.id.in_(ids), Verdict.at < when.end)
        .subquery()
    )
    query = select(verdicts.c.rating, func.count()).where(verdicts.c.place == 1).group_by(verdicts.c.rating)
    found: dict[str, int] = dict(session.execute(query).all())
    return {one.value: found.get(one.value, 0) for one in Rating}


def appeals(session: Session, when: Span) -> Appeals:
    """The appeals that were received within the weeks."""
    received = select(Appeal.state, Appeal.due_day, Appeal.decided_at)
    rows = session.execute(received.where(Appeal.received_day.between(when.monday, when.sunday))).all()
    decided = [row for row in rows if row.decided_at is not None and row.decided_at < when.end]
    waiting = [row for row in rows if row.decided_at is None or row.decided_at >= when.end]
    late = sum(local_day(row.decided_at) > row.due_day for row in decided)
    return Appeals(
        received=len(rows),
        upheld=sum(row.state == AppealState.UPHELD for row in decided),
        changed=sum(row.state == AppealState.CHANGED for row in decided),
        open=len(waiting),
        overdue=late + sum(row.due_day < when.sunday for row in waiting),
    )


def model_changes(session: Session, when: Span) -> list[ModelChange]:
    """Promotions and take-backs within the weeks, from the log; who decided them is not said."""
    query = select(AuditEntry.at, AuditEntry.action, AuditEntry.subject).where(
        AuditEntry.action.in_(MODEL_ACTIONS), AuditEntry.at >= when.start, AuditEntry.at < when.end
    )
    found = []
    for at, action, subject in session.execute(query.order_by(AuditEntry.seq)):
        number = int(subject.removeprefix("model:"))
        model = session.get(ModelVersion, number)
        found.append(ModelChange(local_day(at), action, number, model.n_labels if model else 0))
    return found


def head(session: Session, when: Span) -> Head | None:
    """The last entry of the log before the weeks ended; None if there was none."""
    query = select(AuditEntry).where(AuditEntry.at < when.end).order_by(AuditEntry.seq.desc()).limit(1)
    last = session.scalar(query)
    return None if last is None else Head(last.seq, local_day(last.at), last.digest)
