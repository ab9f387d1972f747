"""The desk's own counts of a week: tips, appeals, corrections, what was in scope. Aggregates, never rows.

`desk_figures` gathers every figure that needs no audit; each theme has its own module.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from models.claims import Claim
from models.counters import TIP_LINE
from models.decisions import Appeal, Correction, CorrectionText
from models.gathered import DailyCount, Tip
from models.vocabulary import AppealState, Language, Outcome, Topic
from pipeline import disclosure, public
from pipeline.compose import Desk
from pipeline.figures import HIDDEN, Figure, count, missing
from pipeline.flags import flag_figures
from pipeline.outcomes import Settled
from pipeline.shares import complete
from pipeline.sourcepolls import source_figures
from pipeline.span import Span, span_of
from pipeline.survival import survival_figures
from pipeline.workload import workload_figures

NO_CORRECTION = "no correction was published"


def desk_figures(session: Session, desk: Desk, label: str, claims: Sequence[Settled]) -> list[Figure]:
    """Every figure of a week that needs no audit; `claims` are the settled ones of the week."""
    span = span_of(desk, label)
    cells = _topics(session, span)
    public_cells = disclosure.suppress(cells)
    hidden = [topic for topic, n in public_cells.items() if n is None]
    return [
        *survival_figures(span, claims),
        *workload_figures(session, span),
        *flag_figures(session, span, claims, hidden),
        *_tips(session, span),
        *_appeals(session, span),
        *_corrections(session, span),
        *source_figures(session, span),
        count("claims_in_scope", label, sum(cells.values())),
        *(_cell(f"claims_in_scope_{topic}", label, n) for topic, n in public_cells.items()),
        _dropped(session, span),
    ]


def _tips(session: Session, span: Span) -> list[Figure]:
    received = select(func.sum(DailyCount.n)).where(
        DailyCount.source_id == TIP_LINE, DailyCount.day.between(span.monday, span.until)
    )
    answered = select(func.count()).where(Tip.answered_day.between(span.monday, span.until))
    return [
        count("tips_received", span.label, session.scalar(received) or 0),
        count("tips_answered", span.label, session.scalar(answered) or 0),
    ]


def _appeals(session: Session, span: Span) -> list[Figure]:
    """Received and decided within the week; open and overdue at its end, or today if it has not ended."""
    days = select(Appeal.received_day, Appeal.due_day)
    # two questions that an index answers; joined by OR they would read every appeal there ever was
    open_now, decided_since = (
        days.where(Appeal.decided_at.is_(None)),
        days.where(Appeal.decided_at >= span.end),
    )
    waiting = session.execute(union_all(open_now, decided_since)).all()
    due = [due_day for received_day, due_day in waiting if received_day <= span.until]
    received = select(func.count()).where(Appeal.received_day.between(span.monday, span.until))
    decided = (Appeal.decided_at >= span.start, Appeal.decided_at < span.end)
    upheld = select(func.count()).where(*decided, Appeal.state == AppealState.UPHELD)
    changed = select(func.count()).where(*decided, Appeal.state == AppealState.CHANGED)
    return [
        count("appeals_received", span.label, session.scalar(received) or 0),
        count("appeals_upheld", span.label, session.scalar(upheld) or 0),
        count("appeals_overturned", span.label, session.scalar(changed) or 0),
        count("appeals_open", span.label, len(due)),
        count("appeals_overdue", span.label, sum(day < span.until for day in due)),
    ]


def _corrections(session: Session, span: Span) -> list[Figure]:
    within = (Correction.published_at >= span.start, Correction.published_at < span.end)
    published = select(Correction.id).where(*within)
    n = session.scalar(select(func.count()).select_from(published.subquery())) or 0
    others = select(func.count(CorrectionText.correction_id.distinct())).where(
        CorrectionText.correction_id.in_(published), CorrectionText.language != Language.VI.value
    )
    k = session.scalar(others) or 0
    # what pages, feeds and open data are made of: a correction that is not readable there is not digital
    shown = public.corrections(session, published=(span.start, span.end)) if n else []
    digital = sum(Language.VI in one.languages for one in shown)
    return [
        count("corrections_published", span.label, n),
        complete("corrections_other_languages", span.label, k, n, NO_CORRECTION),
        complete("corrections_digital", span.label, digital, n, NO_CORRECTION),
    ]


def _topics(session: Session, span: Span) -> Mapping[str, int]:
    query = select(Claim.topic, func.count()).where(Claim.week == span.label).group_by(Claim.topic)
    by_topic = dict(session.execute(query).all())
    return {topic.value: by_topic.get(topic.value, 0) for topic in Topic}


def _cell(name: str, week: str, n: int | None) -> Figure:
    if n is None:
        return missing(name, week, 0, f"{HIDDEN}: cells under 11 are not shown (R11)")
    return count(name, week, n)


def _dropped(session: Session, span: Span) -> Figure:
    dropped = select(func.sum(DailyCount.n)).where(
        DailyCount.outcome == Outcome.NOT_OURS, DailyCount.day.between(span.monday, span.until)
    )
    return count("dropped_not_ours", span.label, session.scalar(dropped) or 0)
