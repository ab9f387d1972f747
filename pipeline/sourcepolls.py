"""Are the sources read? Of the enabled ones, those that were polled with success within the week."""

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from models.gathered import DailyCount, Source
from models.vocabulary import Outcome
from pipeline.figures import Figure, count
from pipeline.shares import complete
from pipeline.span import Span

# what a poll of a feed, sitemap or listing counts when it was read, with or without anything new
GOOD_POLLS = (Outcome.FEED_READ, Outcome.UNCHANGED)


def source_figures(session: Session, span: Span) -> list[Figure]:
    """The share of enabled sources that were read, and how many were silent."""
    enabled = select(func.count()).select_from(Source).where(Source.enabled)
    read = exists().where(
        DailyCount.source_id == Source.id,
        DailyCount.day.between(span.monday, span.until),
        DailyCount.outcome.in_(GOOD_POLLS),
    )
    n = session.scalar(enabled) or 0
    k = session.scalar(enabled.where(read)) or 0
    return [
        complete("sources_healthy", span.label, k, n, "no source is enabled"),
        count("sources_silent", span.label, n - k),
    ]
