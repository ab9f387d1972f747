"""What a few new mentions add to the counts of a claim that has many, without reading those again."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, literal, select, update
from sqlalchemy.orm import Session

from models.claims import Claim
from models.gathered import Item, Mention
from models.vocabulary import ItemKind


class _New(NamedTuple):
    """One new mention by its item."""

    item: int
    story: int
    source: str | None
    kind: str
    is_local: bool
    day: date


def add(session: Session, claim_id: int, new: Sequence[int]) -> None:
    """Add mentions that have just joined a claim to its counts, which held for all others before.

    Whether a story or a source was there before is asked by an index and answered by the first that is found.
    """
    query = select(
        Item.id, func.coalesce(Item.story_id, Item.id), Item.source_id, Item.kind, Item.is_local, Mention.day
    )
    of_new = query.join(Mention, Mention.item_id == Item.id).where(Mention.id.in_(new))
    rows = [_New(*row) for row in session.execute(of_new)]
    others = Mention.id.not_in(new)
    of_claim = (Mention.claim_id == claim_id) & others
    # not by the index of claims, which would walk all mentions of this one: by that of the item's mentions
    of_item = (func.coalesce(Mention.claim_id, 0) == claim_id) & others
    tips = {row.item for row in rows if row.kind == ItemKind.TIP}
    sources = {row.source for row in rows if row.source is not None}
    days = [row.day for row in rows]
    session.execute(
        update(Claim)
        .where(Claim.id == claim_id)
        .values(
            n_mentions=Claim.n_mentions + len(rows),
            n_stories=Claim.n_stories
            + sum(not _told(session, of_item, one) for one in {r.story for r in rows}),
            n_sources=Claim.n_sources
            + sum(not _any(session, of_claim, Item.source_id == one) for one in sources),
            n_tips=Claim.n_tips + sum(not _any(session, of_item, Item.id == one) for one in tips),
            first_day=case((Claim.first_day < min(days), Claim.first_day), else_=min(days)),
            last_day=case((Claim.last_day > max(days), Claim.last_day), else_=max(days)),
            is_local=Claim.is_local | literal(any(row.is_local for row in rows)),
            ranked=0,
        ),
        execution_options={"synchronize_session": "fetch"},
    )


def _told(session: Session, old: ColumnElement[bool], story: int) -> bool:
    """Whether an older mention is of this story: its first item is asked before its copies."""
    first = (Item.id == story) & Item.story_id.is_(None)
    return _any(session, old, first) or _any(session, old, Item.story_id == story)


def _any(session: Session, old: ColumnElement[bool], wanted: ColumnElement[bool]) -> bool:
    there = exists().where(Mention.item_id == Item.id, old, wanted)
    return bool(session.scalar(select(there)))
