"""The crawl frontier in the database: leased pages, safe against kill -9 and shared by processes."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple, cast

from sqlalchemy import BindParameter, String, Table, bindparam, func, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from models.gathered import FrontierPage
from models.session import insert_ignore, is_postgresql
from models.vocabulary import FrontierState

MAX_ATTEMPTS = 3

# the plain table, and each statement once in a process's life: choosing a page must cost next to nothing
_PAGE: Final = cast("Table", inspect(FrontierPage).local_table)
_SOURCE: Final[BindParameter[str]] = bindparam("of_source", type_=String())
_FORGET: Final = (
    update(_PAGE)
    .where(_PAGE.c.id == bindparam("page_id"))
    .values(state=FrontierState.DONE.value, url=None, lease_owner=None, lease_until=None)
)


class LeasedPage(NamedTuple):
    """A page that its owner alone may fetch until the lease ends."""

    id: int
    source_id: str
    url: str


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
    source_ids: Sequence[str],
    lease_s: int = 300,
) -> list[LeasedPage]:
    """Lease up to `limit` pages of the given sources, taking turns between them.

    The cost depends on how many are asked for, not on how many wait: both statements walk the index on
    state, source and id, and stop. Pages whose lease has run out come first.
    """
    share = max(1, -(-limit // max(1, len(source_ids))))
    until, far = now + timedelta(seconds=lease_s), now + timedelta(seconds=2 * lease_s)
    leased: list[LeasedPage] = []
    for source_id in source_ids:
        wanted = min(share, limit - len(leased))
        for state in (FrontierState.LEASED, FrontierState.PENDING):
            if wanted <= 0:
                break
            given = {"of_source": source_id, "most": wanted, "now": now, "owner": owner, "until": until}
            if state is FrontierState.LEASED:
                given["far"] = far
            taken = session.execute(_take(state, is_postgresql(session)), given).all()
            leased += sorted(LeasedPage._make(row) for row in taken)
            wanted -= len(taken)
    return leased


@cache
def _take(state: FrontierState, skip_locked: bool) -> ReturningUpdate[int, str, str]:
    """The statement that leases the first free pages of a source that are in a state."""
    # a range of one source and its order: told that the source is equal, PostgreSQL would drop it from the
    # order and walk the primary key past all that is done
    source = _PAGE.c.source_id
    free = select(_PAGE.c.id).where(_PAGE.c.state == state.value, source.between(_SOURCE, _SOURCE))
    if state is FrontierState.LEASED:
        # a lease that ends much later than any that is given now is of a clock that was set back since
        ends = _PAGE.c.lease_until
        free = free.where((ends < bindparam("now")) | (ends > bindparam("far")))
    free = free.order_by(source, _PAGE.c.id).limit(bindparam("most"))
    if skip_locked:
        free = free.with_for_update(skip_locked=True)
    return (
        update(_PAGE)
        .where(_PAGE.c.id.in_(select(free.cte("free").c.id)))
        .values(
            state=FrontierState.LEASED.value,
            lease_owner=bindparam("owner"),
            lease_until=bindparam("until"),
        )
        .returning(_PAGE.c.id, _PAGE.c.source_id, _PAGE.c.url)
    )


def held(session: Session, owner: str, page_ids: Iterable[int]) -> set[int]:
    """Which pages an owner still has, locked for this transaction; the others were given to somebody else."""
    mine = (_PAGE.c.lease_owner == owner) & (_PAGE.c.state == FrontierState.LEASED.value)
    found = select(_PAGE.c.id).where(_PAGE.c.id.in_(list(page_ids)), mine).order_by(_PAGE.c.id)
    return set(session.scalars(found.with_for_update()))


def done(session: Session, *page_ids: int) -> None:
    """Mark pages as fetched and forget their addresses, whatever was in them (rule 2)."""
    if page_ids:
        session.execute(_FORGET, [{"page_id": page_id} for page_id in page_ids])


def retry(session: Session, page_id: int) -> bool:
    """Give a page back after a failure; after three it is parked. Says whether it will be tried again."""
    page = session.get_one(FrontierPage, page_id)
    page.attempts += 1
    if page.attempts >= MAX_ATTEMPTS:
        session.flush()
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
