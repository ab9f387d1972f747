"""Mentions that join a claim of many are counted in as if all were counted, and cost the same each."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models.claims import Claim
from models.gathered import Item, Mention, Source
from models.vocabulary import ItemKind, SourceKind
from pipeline import adding, clustering
from pipeline.compose import Desk
from tests.pipeline.conftest import DAY, put_claim

SOURCES = ("bao", "bao-a", "bao-b")
COUNTS = ("n_mentions", "n_stories", "n_sources", "n_tips", "first_day", "last_day", "is_local", "ranked")


def put_sources(session: Session) -> None:
    for one in SOURCES[1:]:
        session.add(
            Source(
                id=one,
                name=one,
                kind=SourceKind.NEWSPAPER,
                homepage=f"https://{one}.vn/",
                domain=f"{one}.vn",
                is_local=True,
            )
        )
    session.flush()


def put_item(session: Session, dice: random.Random, stories: list[int]) -> int:
    tip = dice.random() < 0.3
    item = Item(
        key=f"adding:{dice.getrandbits(64)}",
        kind=ItemKind.TIP if tip else ItemKind.ARTICLE,
        source_id=None if tip else dice.choice(SOURCES),
        day=DAY - timedelta(days=dice.randrange(20)),
        is_local=dice.random() < 0.1,
        story_id=dice.choice(stories) if stories and dice.random() < 0.6 else None,
    )
    session.add(item)
    session.flush()
    if item.story_id is None:
        stories.append(item.id)
    return item.id


def put_mention(session: Session, dice: random.Random, item: int, position: int, claim: int | None) -> int:
    mention = Mention(
        item_id=item,
        position=position,
        key=f"key-{dice.getrandbits(64)}",
        text="…",
        topic="benefits",
        check_score=0.9,
        claim_id=claim,
        day=session.get_one(Item, item).day,
    )
    session.add(mention)
    session.flush()
    return mention.id


def counts(session: Session, claim_id: int) -> tuple[object, ...]:
    found = select(*(getattr(Claim, name) for name in COUNTS)).where(Claim.id == claim_id)
    return tuple(session.execute(found).one())


def joins(desk: Desk, seed: int, count_in: Callable[[Session, int, list[int]], None]) -> None:
    """Batches of mentions join two claims; after each batch the counts are those of a whole count."""
    dice = random.Random(seed)
    claims = [put_claim(desk, f"Tin số {n} của {seed}") for n in (1, 2)]
    stories: list[int] = []
    with desk.sessions.begin() as session:
        put_sources(session)
        for claim_id in claims:
            clustering.recount(session, claim_id)
        for _ in range(8):
            new: dict[int, list[int]] = {}
            for _ in range(dice.randrange(1, 5)):
                item = put_item(session, dice, stories)
                for position in range(dice.randrange(1, 4)):
                    claim_id = dice.choice(claims)
                    new.setdefault(claim_id, []).append(put_mention(session, dice, item, position, claim_id))
            for claim_id, mentions in new.items():
                session.execute(update(Claim).where(Claim.id == claim_id).values(ranked=1))
                count_in(session, claim_id, mentions)
                found = counts(session, claim_id)
                clustering.recount(session, claim_id)
                assert found == counts(session, claim_id)
        session.rollback()


def test_counting_in_is_counting_all(desk: Desk) -> None:
    for seed in range(3):
        joins(desk, seed, adding.add)


@pytest.mark.release
def test_counting_in_is_counting_all_a_hundred_times(desk: Desk) -> None:
    for seed in range(100):
        joins(desk, seed, adding.add)


def test_control_who_asks_for_nothing_that_was_there_is_found_out(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "_any", lambda *_: False)
    with pytest.raises(AssertionError):
        joins(sqlite_desk, 0, adding.add)


def work(desk: Desk, n: int, count_in: Callable[[Session, int, list[int]], None]) -> int:
    """Hundreds of steps of SQLite's machine to count one more into a claim that has so many."""
    claim_id = put_claim(desk, f"Tin có {n} bản")
    steps = [0]

    def step() -> None:
        steps[0] += 1

    with desk.sessions.begin() as session:
        if session.get(Source, SOURCES[1]) is None:
            put_sources(session)
        first = put_item(session, random.Random(n), [])
        copy = {"kind": "article", "source_id": "bao", "day": DAY, "is_local": True, "story_id": first}
        copies = [{**copy, "key": f"copy:{n}:{k}"} for k in range(n)]
        items = session.scalars(insert(Item).returning(Item.id), copies).all()
        mention = {"position": 0, "text": "…", "topic": "benefits", "check_score": 0.9, "day": DAY}
        rows = [{**mention, "item_id": one, "key": f"k{one}", "claim_id": claim_id} for one in items]
        session.execute(insert(Mention), rows)
        clustering.recount(session, claim_id)
        new = put_mention(session, random.Random(1), items[-1], 1, claim_id)
        raw = session.connection().connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(step, 100)
        count_in(session, claim_id, [new])
        raw.set_progress_handler(None, 100)
    return steps[0]


def test_one_more_costs_the_same_however_many_there_are(sqlite_desk: Desk) -> None:
    few, many = (work(sqlite_desk, n, clustering.recount) for n in (clustering.FEW + 50, 4_000))
    assert many <= few + 2


def test_control_counting_all_grows(sqlite_desk: Desk) -> None:
    few, many = (
        work(sqlite_desk, n, lambda session, claim_id, _: clustering.recount(session, claim_id))
        for n in (clustering.FEW + 50, 4_000)
    )
    assert many > 5 * few
