"""Keeping: one page or tip is one transaction of item, mentions, tokens, near-copy index and counter."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from crawlers.ports import Reading, Similarity
from models import counters
from models.gathered import Item, Mention, MentionToken, MinhashBand
from models.session import insert_ignore
from models.vocabulary import ItemKind, Outcome

STORY_SIMILARITY = 0.4
"""Estimated Jaccard from which two items are copies of one story: about one word in five edited."""
_MOST_CANDIDATES = 50


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
    outcome = _keep(session, gathered, similarity, threshold)
    counters.bump(session, gathered.counted_as, gathered.day, outcome)
    return outcome


def _keep(session: Session, gathered: Gathered, similarity: Similarity | None, threshold: float) -> Outcome:
    reading = gathered.reading
    if not reading.in_scope or not reading.mentions:
        return Outcome.NOT_OURS
    row = {
        "key": gathered.key,
        "kind": gathered.kind.value,
        "source_id": gathered.source_id,
        "url": gathered.url if gathered.kind == ItemKind.ARTICLE else None,
        "day": gathered.day,
        "published_day": gathered.published_day,
        "is_local": gathered.is_local or reading.is_local,
        "minhash": reading.minhash,
        "story_id": _story(session, reading, similarity, threshold),
    }
    if not insert_ignore(session, Item, [row], ["key"]):
        return Outcome.DUPLICATE
    item_id = session.scalars(select(Item.id).where(Item.key == gathered.key)).one()
    _keep_mentions(session, item_id, gathered)
    if reading.minhash is not None and reading.bands:
        rows = [{"band": band, "bucket": bucket, "item_id": item_id} for band, bucket in reading.bands]
        session.execute(insert(MinhashBand), rows)
    return Outcome.KEPT


def _keep_mentions(session: Session, item_id: int, gathered: Gathered) -> None:
    mentions = [
        Mention(
            item_id=item_id,
            position=position,
            key=mention.key,
            text=mention.text,
            topic=str(mention.topic),
            check_score=mention.score,
            day=gathered.day,
        )
        for position, mention in enumerate(gathered.reading.mentions)
    ]
    session.add_all(mentions)
    session.flush()
    tokens = {
        (stored.id, token.token): {
            "mention_id": stored.id,
            "token": token.token,
            "kind": str(token.kind),
            "last_two": token.last_two,
        }
        for stored, mention in zip(mentions, gathered.reading.mentions, strict=True)
        for token in mention.tokens
    }
    if tokens:
        session.execute(insert(MentionToken), list(tokens.values()))


def _story(session: Session, reading: Reading, similarity: Similarity | None, threshold: float) -> int | None:
    """The first item of the story that a text is a near-copy of, if any.

    Candidates share a bucket of the locality-sensitive index; the signatures decide.
    """
    if similarity is None or reading.minhash is None or not reading.bands:
        return None
    buckets = tuple_(MinhashBand.band, MinhashBand.bucket).in_(list(reading.bands))
    shared = select(MinhashBand.item_id).where(buckets).distinct().order_by(MinhashBand.item_id)
    ids = session.scalars(shared.limit(_MOST_CANDIDATES)).all()
    if not ids:
        return None
    rows = session.execute(
        select(Item.id, Item.minhash, Item.story_id).where(Item.id.in_(ids)).order_by(Item.id)
    )
    for item_id, signature, story_id in rows:
        if signature is not None and similarity(signature, reading.minhash) >= threshold:
            return int(story_id or item_id)
    return None
