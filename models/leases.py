"""Leases of the stages' items: one process has an item in hand until it is done or falls silent.

Every statement walks a key of a table that holds only what is in hand now. A lease that ends much later than
any that is given now is of a clock that was set back since, and counts as run out.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.claims import Claim
from models.gathered import Mention
from models.session import insert_ignore
from models.staging import StageLease

LEASE_S = 45
_COLUMN = {"mention_id": StageLease.mention_id, "claim_id": StageLease.claim_id}
Item = type[Mention] | type[Claim]


def _name(item: Item) -> str:
    return "mention_id" if item is Mention else "claim_id"


def _of(item: Item) -> InstrumentedAttribute[int | None]:
    return _COLUMN[_name(item)]


def _alive(now: datetime) -> ColumnElement[bool]:
    return StageLease.until.between(now, now + timedelta(seconds=2 * LEASE_S))


def in_hand(stage: str, item: Item, now: datetime) -> ColumnElement[bool]:
    """Whether an item of the surrounding query is in some process's hands."""
    return exists().where(_of(item) == item.id, StageLease.stage == stage, _alive(now))


def take(
    session: Session, stage: str, item: Item, ids: Sequence[int], owner: str, now: datetime
) -> list[int]:
    """Lease those of some items that nobody has in hand; gives which."""
    column, mine = _of(item), StageLease.stage == stage
    session.execute(delete(StageLease).where(mine, column.in_(ids), ~_alive(now)))
    # in the order of their numbers: two processes that ask for the same items never wait for each other
    there = session.scalars(select(item.id).where(item.id.in_(ids)).order_by(item.id)).all()
    until = now + timedelta(seconds=LEASE_S)
    rows = [{"stage": stage, _name(item): one, "owner": owner, "until": until} for one in there]
    insert_ignore(session, StageLease, rows, [_name(item), "stage"])
    return sorted(held(session, stage, item, ids, owner))


def held(session: Session, stage: str, item: Item, ids: Collection[int], owner: str) -> set[int]:
    """Which items an owner still has, locked for this transaction; the others were given to somebody else."""
    column = _of(item)
    mine = (StageLease.stage == stage) & (StageLease.owner == owner) & column.in_(ids)
    found = session.scalars(select(column).where(mine).order_by(column).with_for_update())
    return {one for one in found if one is not None}


def renew(session: Session, owner: str, now: datetime) -> None:
    """The heartbeat: an owner is alive and still works on what it has."""
    until = now + timedelta(seconds=LEASE_S)
    session.execute(update(StageLease).where(StageLease.owner == owner).values(until=until))


def release(session: Session, stage: str, item: Item, ids: Collection[int], owner: str) -> None:
    """Give items back, done or not."""
    mine = (StageLease.stage == stage) & (StageLease.owner == owner) & _of(item).in_(ids)
    session.execute(delete(StageLease).where(mine))
