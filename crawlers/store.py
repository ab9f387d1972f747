"""Keeping: one page or tip is one transaction of item, mentions, tokens, near-copy index and counter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain
from typing import Final, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.dml import ReturningInsert

from crawlers.ports import Reading, Similarity
from models import counters
from models.gathered import Item, Mention, MentionToken, MinhashBand
from models.session import is_postgresql
from models.vocabulary import ItemKind, Outcome

STORY_SIMILARITY = 0.3
"""Estimated Jaccard from which two items are copies of one story: 99 in 100 with a word in five edited."""
_MOST_CANDIDATES = 50


def _plain(table: type[DeclarativeBase]) -> Table:
    # rows and not objects: each statement is built once in a process's life and compiled once
    return cast("Table", inspect(table).local_table)


_ITEM, _MENTION, _TOKEN, _BAND = (_plain(table) for table in (Item, Mention, MentionToken, MinhashBand))
_POSITIONS: Final = select(_MENTION.c.position, _MENTION.c.id).where(
    _MENTION.c.item_id == bindparam("of_item")
)
_KEYS: Final = (
    select(_MENTION.c.key).where(_MENTION.c.item_id == bindparam("of_item")).order_by(_MENTION.c.position)
)
_SIGNATURES: Final = (
    select(_ITEM.c.id, _ITEM.c.minhash, _ITEM.c.story_id, _ITEM.c.source_id, _ITEM.c.day)
    .where(_ITEM.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ITEM.c.id)
)


@cache
def _new_item(postgres: bool) -> ReturningInsert[int]:
    builder = postgresql.insert if postgres else sqlite.insert
    return builder(_ITEM).on_conflict_do_nothing(index_elements=["key"]).returning(_ITEM.c.id)


@cache
def _sharing(bands: int, postgres: bool) -> str:
    """The items that share one of so many (band, bucket) pairs; for the driver, with places for its values.

    Through the expression language, binding 42 pairs would cost more than all the rest of keeping a page.
    """
    # the first of each bucket alone: the bucket of a story that thousands copy is never read to its end
    first = f"ORDER BY item_id LIMIT {_MOST_CANDIDATES}"
    own = "SELECT item_id FROM minhash_band WHERE"
    if postgres:
        pairs = ", ".join(["(%s::int, %s::bigint)"] * bands)
        one = f"{own} band = v.band AND bucket = v.bucket {first}"
        found = f"SELECT DISTINCT item_id FROM (VALUES {pairs}) v (band, bucket) CROSS JOIN LATERAL ({one}) x"  # noqa: S608
    else:
        one = f"SELECT item_id FROM ({own} band = ? AND bucket = ? {first})"  # noqa: S608
        found = f"SELECT DISTINCT item_id FROM ({' UNION ALL '.join([one] * bands)})"  # noqa: S608
    return f"{found} {first}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """One read page or tip on its way into the store."""

    key: str
    kind: ItemKind
    counted_as: str
    reading: Reading
    day: date
    source_id: str | None = None
    url: str | None = None
    published_day: date | None = None
    is_local: bool = False


def keep(
    session: Session,
    gathered: Gathered,
    similarity: Similarity | None = None,
    threshold: float = STORY_SIMILARITY,
) -> Outcome:
    """Store what is left of one page or tip and count its outcome; does not commit.

    Gives KEPT, NOT_OURS (nothing in scope: the count is all that is written) or DUPLICATE (the key exists).
    """
    outcome = store(session, gathered, similarity, threshold)
    counters.bump(session, gathered.counted_as, gathered.day, outcome)
    return outcome


def store(
    session: Session,
    gathered: Gathered,
    similarity: Similarity | None = None,
    threshold: float = STORY_SIMILARITY,
) -> Outcome:
    """As `keep`, without counting: for a group of pages whose counts are added up first."""
    reading = gathered.reading
    if not reading.in_scope or not reading.mentions:
        return Outcome.NOT_OURS
    bands = reading.bands if reading.minhash is not None else ()
    near = _near(session, bands) if similarity is not None else ()
    if _is_twin(session, gathered, near):
        return Outcome.DUPLICATE
    row = {
        "key": gathered.key,
        "kind": gathered.kind.value,
        "source_id": gathered.source_id,
        "url": gathered.url if gathered.kind == ItemKind.ARTICLE else None,
        "day": gathered.day,
        "published_day": gathered.published_day,
        "is_local": gathered.is_local or reading.is_local,
        "minhash": reading.minhash,
        "story_id": _story(near, reading.minhash, similarity, threshold),
    }
    item_id = session.execute(_new_item(is_postgresql(session)), row).scalar()
    if item_id is None:
        return Outcome.DUPLICATE
    _keep_mentions(session, item_id, gathered)
    if bands:
        rows = [{"band": band, "bucket": bucket, "item_id": item_id} for band, bucket in bands]
        session.execute(insert(_BAND), rows)
    return Outcome.KEPT


def _keep_mentions(session: Session, item_id: int, gathered: Gathered) -> None:
    mentions = gathered.reading.mentions
    rows = [
        {
            "item_id": item_id,
            "position": position,
            "key": mention.key,
            "text": mention.text,
            "topic": str(mention.topic),
            "check_score": mention.score,
            "day": gathered.day,
        }
        for position, mention in enumerate(mentions)
    ]
    session.execute(insert(_MENTION), rows)
    if not any(mention.tokens for mention in mentions):
        return
    ids = dict(session.execute(_POSITIONS, {"of_item": item_id}).all())
    tokens = {
        (ids[position], token.token): {
            "mention_id": ids[position],
            "token": token.token,
            "kind": str(token.kind),
            "last_two": token.last_two,
        }
        for position, mention in enumerate(mentions)
        for token in mention.tokens
    }
    session.execute(insert(_TOKEN), list(tokens.values()))


class _Near(NamedTuple):
    """An item that may be a near-copy."""

    id: int
    minhash: bytes | None
    story_id: int | None
    source_id: str | None
    day: date


def _near(session: Session, bands: Sequence[tuple[int, int]]) -> Sequence[_Near]:
    """The items that share a bucket of the locality-sensitive index with a text, the first ones first."""
    ids = _sharers(session, bands) if bands else []
    return [_Near._make(row) for row in session.execute(_SIGNATURES, {"ids": ids})] if ids else ()


def _story(
    near: Sequence[_Near], minhash: bytes | None, similarity: Similarity | None, threshold: float
) -> int | None:
    """The first item of the story that a text is a near-copy of, if any: the signatures decide."""
    if similarity is None or minhash is None:
        return None
    for row in near:
        if row.minhash is not None and similarity(row.minhash, minhash) >= threshold:
            return int(row.story_id or row.id)
    return None


def _is_twin(session: Session, gathered: Gathered, near: Sequence[_Near]) -> bool:
    """Whether the source has the same text, claim for claim, under another address on the same day.

    A crawl knows the bodies that it has read; after a kill only this does.
    """
    if gathered.kind != ItemKind.ARTICLE:
        return False
    mine = (gathered.reading.minhash, gathered.source_id, gathered.day)
    keys = [mention.key for mention in gathered.reading.mentions]
    return any(
        keys == list(session.scalars(_KEYS, {"of_item": row.id}))
        for row in near
        if (row.minhash, row.source_id, row.day) == mine
    )


def _sharers(session: Session, bands: Sequence[tuple[int, int]]) -> list[int]:
    statement = _sharing(len(bands), is_postgresql(session))
    values = tuple(chain.from_iterable(bands))
    return list(session.connection().exec_driver_sql(statement, values).scalars())
