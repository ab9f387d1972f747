"""Stage: mentions become claims. A mention joins the claim that says the same thing, or starts one."""

import secrets
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import distinct, func, select, update
from sqlalchemy.orm import Session

from models.claims import Claim
from models.gathered import Item, Mention
from models.session import insert_ignore
from models.vocabulary import ClaimState, ItemKind
from models.weeks import NO_WEEK, iso_week
from pipeline import parking
from pipeline.compose import Desk
from pipeline.progress import Progress, silent

if TYPE_CHECKING:
    from classify.match import ClaimIndex


def claim_index(session: Session) -> "ClaimIndex":
    """An index over every claim of the desk that can still take mentions."""
    from classify.match import ClaimIndex

    index = ClaimIndex()
    # a seed takes no mentions: it is not among the week's claims
    claims = select(Claim.id, Claim.text).where(Claim.week > NO_WEEK).order_by(Claim.id)
    for claim_id, text in session.execute(claims):
        index.add(claim_id, text)
    return index


def cluster(desk: Desk, progress: Progress = silent) -> int:
    """Give every new mention its claim, one transaction a mention; gives how many were placed."""
    stage = parking.Stage(desk, "cluster")
    with desk.reading() as session:
        query = select(Mention.id).where(Mention.claim_id.is_(None)).order_by(Mention.id)
        waiting = [one for one in session.scalars(query) if not stage.parked(f"mention:{one}")]
        if not waiting:
            return 0
        index = claim_index(session)
    placed = 0
    for mention_id in progress(waiting, "cluster"):
        item = f"mention:{mention_id}"
        placed += stage.one(item, partial(place, index=index, mention_id=mention_id)) is not None
    return placed


def place(session: Session, index: "ClaimIndex", mention_id: int) -> int:
    """Put one mention into the claim that says the same, making the claim if there is none."""
    mention = session.get(Mention, mention_id)
    if mention is None:
        return 0
    claim_id = _same_words(session, mention) or _same_meaning(session, index, mention)
    if claim_id is None:
        claim_id = _new_claim(session, mention)
        index.add(claim_id, mention.text)
    mention.claim_id = claim_id
    session.flush()
    recount(session, claim_id)
    return claim_id


def _same_words(session: Session, mention: Mention) -> int | None:
    own = session.scalar(select(Claim.id).where(Claim.key == mention.key))
    if own is not None:
        return own
    twin = select(Mention.claim_id).where(Mention.key == mention.key, Mention.claim_id.is_not(None))
    return session.scalar(twin.limit(1))


def _same_meaning(session: Session, index: "ClaimIndex", mention: Mention) -> int | None:
    for hit in index.search(mention.text, k=3):
        if hit.is_match and session.get(Claim, hit.id) is not None:
            return int(hit.id)
    return None


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


def recount(session: Session, claim_id: int) -> None:
    """Bring a claim's counts in line with its mentions: near-copies of one story count as one source."""
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
    }
