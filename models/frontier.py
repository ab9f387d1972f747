"""The crawl frontier in the database: leased pages, safe against kill -9 and shared by processes."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from models.gathered import FrontierPage
from models.session import insert_ignore, is_postgresql
from models.vocabulary import FrontierState

MAX_ATTEMPTS = 3


def add(session: Session, source_id: str, pages: Iterable[tuple[str, str]], day: date) -> int:
    """Put new pages `(keyed hash of the address, address)` in the frontier; gives how many were new."""
    rows = [
        {
            "url_key": key,
            "url": url,
            "source_id": source_id,
            "seen_day": day,
            "state": FrontierState.PENDING.value,
            "attempts": 0,
        }
        for key, url in pages
    ]
    return insert_ignore(session, FrontierPage, rows, ["url_key"])


def lease(
    session: Session,
    owner: str,
    now: datetime,
    limit: int,
    lease_s: int = 300,
    source_ids: Iterable[str] | None = None,
) -> list[FrontierPage]:
    """Lease up to `limit` pages, taking turns between sources; an expired lease is up for taking again."""
    free = or_(
        FrontierPage.state == FrontierState.PENDING,
        (FrontierPage.state == FrontierState.LEASED) & (FrontierPage.lease_until < now),
    )
    candidates = select(FrontierPage.source_id).where(free).distinct()
    if source_ids is not None:
        candidates = candidates.where(FrontierPage.source_id.in_(list(source_ids)))
    waiting = list(session.scalars(candidates))
    share = max(1, -(-limit // max(1, len(waiting))))
    leased: list[FrontierPage] = []
    for source_id in waiting:
        query = select(FrontierPage).where(free, FrontierPage.source_id == source_id)
        query = query.order_by(FrontierPage.id).limit(min(share, limit - len(leased)))
        if is_postgresql(session):
            query = query.with_for_update(skip_locked=True)
        leased += session.scalars(query)
        if len(leased) >= limit:
            break
    for page in leased:
        page.state = FrontierState.LEASED
        page.lease_owner = owner
        page.lease_until = now + timedelta(seconds=lease_s)
    session.flush()
    return leased


def done(session: Session, page_id: int) -> None:
    """Mark a page as fetched and forget its address, whatever was in it (rule 2)."""
    session.execute(
        update(FrontierPage)
        .where(FrontierPage.id == page_id)
        .values(state=FrontierState.DONE, url=None, lease_owner=None, lease_until=None)
    )


def retry(session: Session, page_id: int) -> bool:
    """Give a page back after a failure; after three it is parked. Says whether it will be tried again."""
    page = session.get_one(FrontierPage, page_id)
    page.attempts += 1
    if page.attempts >= MAX_ATTEMPTS:
        done(session, page_id)
        session.refresh(page)
        return False
    page.state, page.lease_owner, page.lease_until = FrontierState.PENDING, None, None
    session.flush()
    return True


def waiting(session: Session) -> int:
    """How many pages are still to be fetched."""
    return (
        session.scalar(
            select(func.count()).select_from(FrontierPage).where(FrontierPage.state != FrontierState.DONE)
        )
        or 0
    )
