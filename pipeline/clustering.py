"""Stage: mentions become claims. A mention joins the claim that says the same thing, or starts one.

Any number of processes share the mentions that wait, a batch at a time under a lease, with the sources taking
turns. Each searches by itself; then one at a time looks at the claims that came meanwhile and writes, so that
two never start two claims of one meaning.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import distinct, func, select, text, update
from sqlalchemy.orm import Session

from models import leases
from models.claims import Claim
from models.gathered import Item, Mention
from models.session import insert_ignore, is_postgresql
from models.vocabulary import ClaimState, ItemKind
from models.weeks import iso_week
from pipeline import adding, claimindex, parking
from pipeline.claimindex import HeldClaims
from pipeline.compose import Desk
from pipeline.hands import Hands
from pipeline.progress import Progress, silent

if TYPE_CHECKING:
    from classify.match import Hit

STAGE = "cluster"
BATCH = 50
MOST = 5_000
"""Mentions placed before the next stage has its turn."""
PLACING = 7_701_011  # PostgreSQL advisory lock: claims are started by one process at a time
FEW = 200
"""A claim with no more mentions than these is counted whole each time."""
_SHOWN = 3


@dataclass(frozen=True)
class _Found:
    """What the search said of some mentions, before anything is locked."""

    hits: Mapping[int, "Sequence[Hit]"]


def cluster(desk: Desk, progress: Progress = silent, most: int = MOST) -> int:
    """Give new mentions their claims, a batch at a time; gives how many were placed."""
    claimindex.tidy(desk)
    stage = parking.Stage(desk, STAGE)
    waiting = [one for one in _waiting(desk, most) if not stage.parked(_item(one))]
    if not waiting:
        return 0
    held = claimindex.of(desk)
    batches = stage.batches(waiting, _item, BATCH)
    return sum(_place_some(stage, held, batch) for batch in progress(batches, STAGE))


def _item(mention_id: int) -> str:
    return f"mention:{mention_id}"


def _waiting(desk: Desk, most: int) -> list[int]:
    """The mentions that wait and that nobody has in hand; one of each source, then the next of each."""
    turn = func.row_number().over(partition_by=Item.source_id, order_by=Mention.id).label("turn")
    free = Mention.claim_id.is_(None) & ~leases.in_hand(STAGE, Mention, desk.clock())
    rows = select(Mention.id, turn).join(Item, Item.id == Mention.item_id).where(free).subquery()
    with desk.reading() as session:
        return list(session.scalars(select(rows.c.id).order_by(rows.c.turn, rows.c.id).limit(most)))


def _place_some(stage: parking.Stage, held: HeldClaims, ids: Sequence[int]) -> int:
    """Place a batch; if it fails, each of its mentions by itself, so that one takes no other with it."""
    with Hands(stage.desk, STAGE, Mention, ids) as hands:
        if len(hands.mine) > 1:
            try:
                return _place_these(stage.desk, held, hands, hands.mine)
            except parking.MACHINE:
                raise
            except Exception as error:
                stage.batch_failed(len(hands.mine), error)
        one_by_one = (
            stage.tried(_item(one), partial(_place_these, stage.desk, held, hands, [one]))
            for one in hands.mine
        )
        return sum(n or 0 for n in one_by_one)


def _place_these(desk: Desk, held: HeldClaims, hands: Hands, ids: Sequence[int]) -> int:
    with desk.reading() as session:
        found = _search(session, held, hands, ids)
    with desk.sessions.begin() as session, held.trying():
        return _place(session, held, hands, found, ids)


def _search(session: Session, held: HeldClaims, hands: Hands, ids: Sequence[int]) -> _Found:
    """The claims that say the same, as far as they are there already; what takes time takes it here."""
    held.sync(session)
    mentions = session.execute(
        select(Mention.id, Mention.key, Mention.text).where(Mention.id.in_(ids), Mention.claim_id.is_(None))
    ).all()
    known = _same_words(session, {row.key for row in mentions})
    hits = {}
    for row in mentions:
        if row.key not in known:
            hits[row.id] = held.index.search(row.text, k=_SHOWN)
            hands.beat()
    return _Found(hits)


def _place(session: Session, held: HeldClaims, hands: Hands, found: _Found, ids: Sequence[int]) -> int:
    """Put mentions into the claims that say the same, making those that there are none of."""
    if is_postgresql(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PLACING})
    mine = hands.held(session, ids)
    there = {one.id: one for one in session.scalars(select(Mention).where(Mention.id.in_(mine)))}
    mentions = [there[one] for one in ids if one in there and there[one].claim_id is None]
    placing = _Placing(session, held, mentions, found)
    for mention in mentions:
        mention.claim_id = placing.claim_of(mention)
    session.flush()
    held.keep_started(session)
    joined: dict[int, list[int]] = {}
    for mention in mentions:
        if mention.claim_id is not None:
            joined.setdefault(mention.claim_id, []).append(mention.id)
    for claim_id, new in sorted(joined.items()):
        recount(session, claim_id, new)
    hands.done(session, ids)
    return len(mentions)


class _Placing:
    """The part that one process does at a time: what came since the search, and new claims."""

    def __init__(
        self, session: Session, held: HeldClaims, mentions: Sequence[Mention], found: _Found
    ) -> None:
        self._session, self._held, self._found = session, held, found
        self._since = held.sync(session)
        self._words = _same_words(session, {mention.key for mention in mentions})
        self._alive = _alive(session, (hit.id for hits in found.hits.values() for hit in hits))

    def claim_of(self, mention: Mention) -> int:
        """The claim of a mention, a new one if no other says the same."""
        found = self._words.get(mention.key) or self._same_meaning(mention)
        if found is None:
            found = _new_claim(self._session, mention)
            self._held.start(found, mention.text)
            self._since.append(found)
        self._words[mention.key] = found
        return found

    def _same_meaning(self, mention: Mention) -> int | None:
        hits = [hit for hit in self._found.hits.get(mention.id, ()) if hit.id in self._alive]
        if self._since:
            near = (*(hit.id for hit in hits), *self._since)
            hits = self._held.index.among(mention.text, near, _SHOWN)
        return next((hit.id for hit in hits if hit.is_match), None)


def _alive(session: Session, ids: Iterable[int]) -> set[int]:
    return set(session.scalars(select(Claim.id).where(Claim.id.in_(set(ids)))))


def _same_words(session: Session, keys: set[str]) -> dict[str, int]:
    """The claims that have these very words, or a mention that has."""
    twins = select(Mention.key, Mention.claim_id).where(Mention.key.in_(keys), Mention.claim_id.is_not(None))
    found = {key: claim_id for key, claim_id in session.execute(twins.distinct()) if claim_id is not None}
    own = session.execute(select(Claim.key, Claim.id).where(Claim.key.in_(keys)))
    return found | {row.key: row.id for row in own}


def _new_claim(session: Session, mention: Mention) -> int:
    row = {
        "public_id": secrets.token_hex(8),
        "key": mention.key,
        "text": mention.text,
        "topic": mention.topic,
        "state": ClaimState.NEW.value,
        "first_day": mention.day,
        "last_day": mention.day,
        "week": iso_week(mention.day),
    }
    insert_ignore(session, Claim, [row], ["key"])
    claim_id = session.scalar(select(Claim.id).where(Claim.key == mention.key))
    assert claim_id is not None  # noqa: S101 -- the row was there or has just been inserted
    return claim_id


def recount(session: Session, claim_id: int, new: Sequence[int] = ()) -> None:
    """Bring a claim's counts in line with its mentions: near-copies of one story count as one source.

    Of a claim that has many only the mentions that are ``new`` to it are counted in, if they are given.
    """
    if new and (session.scalar(select(Claim.n_mentions).where(Claim.id == claim_id)) or 0) > FEW:
        adding.add(session, claim_id, new)
        return
    story = func.coalesce(Item.story_id, Item.id)
    totals = session.execute(
        select(
            func.count(Mention.id),
            func.count(distinct(story)),
            func.count(distinct(Item.source_id)),
            func.count(distinct(Item.id)).filter(Item.kind == ItemKind.TIP),
            func.min(Mention.day),
            func.max(Mention.day),
            func.count(Item.id).filter(Item.is_local),
        )
        .join(Item, Item.id == Mention.item_id)
        .where(Mention.claim_id == claim_id)
    ).one()
    session.execute(update(Claim).where(Claim.id == claim_id).values(_counts(totals)))


def _counts(totals: Sequence[object]) -> dict[str, object]:
    mentions, stories, sources, tips, first, last, local = totals
    return {
        "n_mentions": mentions,
        "n_stories": stories,
        "n_sources": sources,
        "n_tips": tips,
        "first_day": first,
        "last_day": last,
        "is_local": bool(local),
        "ranked": 0,
    }
