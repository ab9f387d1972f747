"""Near-copies of one story: found when edited; one story for demand and training, many mentions for reach."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest
from sqlalchemy import select

from classify import near, rank
from classify.near import similarity
from classify.text import content_key
from crawlers import store
from crawlers.store import STORY_SIMILARITY, Gathered
from models.claims import Claim
from models.gathered import Item, Mention, Source
from models.vocabulary import ItemKind, SourceKind, Topic
from pipeline import clustering, labels, ranking
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.crawlers.test_encodings import SYLLABLES

SEED = 20261122
DAY = date(2026, 11, 20)
RUMOUR = "Có tin đồn trạm y tế xã An Bình phát thuốc chữa sốt xuất huyết và thu 500.000 đồng mỗi hộ."
ONSETS = "b c ch d đ g h kh l m n nh ng ph qu r s t th tr v x"
RHYMES = "a à ang ánh âm ấp eo ẻ ến ệt i ình ò ong ố ơm ời ủ ung ưa ượng y ôi ai ao"
WORDS = [*SYLLABLES, *(onset + rhyme for onset in ONSETS.split() for rhyme in RHYMES.split())]


def article(draw: random.Random, words: int = 300) -> list[str]:
    """A made-up article: frequent words often, rare ones rarely, as in any language."""
    weights = [1 / (at + 3) for at in range(len(WORDS))]
    return draw.choices(WORDS, weights, k=words)


def edited(draw: random.Random, words: Sequence[str], share: float) -> list[str]:
    """A copy with this share of its words replaced, dropped or followed by another."""
    found: list[str] = []
    for word in words:
        if draw.random() >= share:
            found.append(word)
            continue
        kind = draw.random()
        if kind < 0.6:
            found.append(draw.choice(WORDS))
        elif kind < 0.8:
            found += [word, draw.choice(WORDS)]
    return found


def is_copy(one: bytes, other: bytes) -> bool:
    """As the store decides: a shared bucket, then the estimate."""
    return bool(set(near.bands(one)) & set(near.bands(other))) and similarity(one, other) >= STORY_SIMILARITY


def recall(share: float, count: int) -> float:
    draw = random.Random(SEED)
    found = 0
    for _ in range(count):
        words = article(draw)
        copy = edited(draw, words, share)
        found += is_copy(near.signature(" ".join(words)), near.signature(" ".join(copy)))
    return found / count


LEVELS = [(0.05, 1.0), (0.10, 1.0), (0.15, 1.0), (0.20, 0.99)]


@pytest.mark.parametrize(("share", "least"), LEVELS)
def test_edited_copies_are_found(share: float, least: float) -> None:
    assert recall(share, 100) >= least


@pytest.mark.release
@pytest.mark.parametrize(("share", "least"), LEVELS)
def test_edited_copies_are_found_in_full_count(share: float, least: float) -> None:
    assert recall(share, 1_000) >= least


def flagged(count: int) -> int:
    draw = random.Random(SEED)
    signatures = [near.signature(" ".join(article(draw))) for _ in range(count)]
    return sum(is_copy(one, other) for at, one in enumerate(signatures) for other in signatures[:at])


def test_other_articles_are_no_copies() -> None:
    assert flagged(80) == 0


@pytest.mark.release
def test_other_articles_are_no_copies_in_full_count() -> None:
    assert flagged(400) == 0


def test_a_stricter_estimate_would_lose_copies() -> None:
    """The positive control: the measure of recall falls where the threshold is too high for such edits."""
    draw = random.Random(SEED)
    pairs = []
    for _ in range(60):
        words = article(draw)
        pairs.append([near.signature(" ".join(one)) for one in (words, edited(draw, words, 0.2))])
    assert sum(similarity(one, other) >= 0.5 for one, other in pairs) < 50


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15, 0.2])
def test_the_estimate_is_near_the_exact_share(share: float) -> None:
    draw = random.Random(SEED)
    errors = []
    for _ in range(30):
        words = article(draw)
        one, other = " ".join(words), " ".join(edited(draw, words, share))
        errors.append(similarity(near.signature(one), near.signature(other)) - near.jaccard(one, other))
    assert abs(sum(errors) / len(errors)) < 0.03
    assert max(map(abs, errors)) < 0.2


@dataclass(frozen=True)
class Said:
    """A mention as the reader gives it."""

    text: str
    topic: str = "health"
    score: float = 0.9
    tokens: tuple[()] = ()

    @property
    def key(self) -> str:
        return content_key(self.text)


@dataclass(frozen=True)
class Read:
    """A reading of a text with one claim in it."""

    minhash: bytes
    bands: tuple[tuple[int, int], ...]
    mentions: tuple[Said, ...]
    in_scope: bool = True
    topic: str = "health"
    is_local: bool = True


def printed(desk: Desk, source: str, words: Sequence[str], claim: str = RUMOUR) -> int:
    """An article of a source with a claim in it, kept as a crawl keeps it."""
    signature = near.signature(f"{claim} {' '.join(words)}")
    gathered = Gathered(
        key=content_key(f"{source} {claim} {' '.join(words)}"),
        kind=ItemKind.ARTICLE,
        counted_as=source,
        reading=Read(signature, tuple(near.bands(signature)), (Said(claim),)),
        day=DAY,
        source_id=source,
        url=f"https://{source}.vn/a",
    )
    with desk.sessions.begin() as session:
        if session.get(Source, source) is None:
            session.add(
                Source(
                    id=source,
                    name=source,
                    kind=SourceKind.NEWSPAPER,
                    homepage=f"https://{source}.vn/",
                    domain=f"{source}.vn",
                    is_local=True,
                )
            )
            session.flush()
        store.keep(session, gathered, similarity)
        return session.scalars(select(Item.id).where(Item.key == gathered.key)).one()


def only_claim(desk: Desk) -> Claim:
    clustering.cluster(desk)
    with desk.reading() as session:
        return session.scalars(select(Claim)).one()


AGENCIES = ("bao-mot", "bao-hai", "bao-ba", "bao-bon", "bao-nam")


def test_agencies_copies_are_one_story_and_several_mentions(desk: Desk) -> None:
    draw = random.Random(SEED)
    words = article(draw, 200)
    first = printed(desk, AGENCIES[0], words)
    for source, share in zip(AGENCIES[1:], (0.0, 0.05, 0.1, 0.15), strict=True):
        printed(desk, source, edited(draw, words, share))
    claim = only_claim(desk)
    assert (claim.n_mentions, claim.n_stories, claim.n_sources) == (5, 1, 5)
    with desk.reading() as session:
        assert set(session.scalars(select(Item.story_id).where(Item.id != first))) == {first}


def test_the_same_claim_in_stories_of_its_own_counts_as_several(desk: Desk) -> None:
    """The positive control: five different articles about one claim are five stories."""
    draw = random.Random(SEED)
    for source in AGENCIES:
        printed(desk, source, article(draw, 200))
    claim = only_claim(desk)
    assert (claim.n_mentions, claim.n_stories, claim.n_sources) == (5, 5, 5)


def test_copies_reach_more_people_than_one_article_and_fewer_than_stories(desk: Desk) -> None:
    draw = random.Random(SEED)
    words = article(draw, 200)
    for source in AGENCIES:
        printed(desk, source, words)
    copies = ranking.facts_of(only_claim(desk), (0.0, 0.0), DAY)
    alone = replace(copies, n_mentions=1, n_sources=1)
    stories = replace(copies, n_stories=5)
    assert rank.reach(alone) < rank.reach(copies) < rank.reach(stories)


def test_a_claim_and_its_copies_are_held_out_together_in_training(desk: Desk) -> None:
    draw = random.Random(SEED)
    words = article(draw, 200)
    other = "Có tin đồn cá chết trên sông Cổ Chiên là do nước nhiễm độc từ nhà máy giấy ở thượng nguồn."
    printed(desk, "bao-mot", words)
    printed(desk, "bao-hai", edited(draw, words, 0.1), other)
    clustering.cluster(desk)
    with desk.reading() as session:
        origins = labels._origins(session)
        claims = session.scalars(select(Mention.claim_id).order_by(Mention.id)).all()
    assert len(set(claims)) == 2, "two claims, met in copies of one story"
    assert len({origins[claim].group for claim in claims if claim}) == 1


def test_near_copies_of_a_label_teach_once() -> None:
    draw = random.Random(SEED)
    words = article(draw, 60)
    texts = [" ".join(words), " ".join(edited(draw, words, 0.02)), " ".join(article(draw, 60))]
    made = [
        labels.Label(at, content_key(text), text, Topic.HEALTH, True, str(at), 1, NOW)
        for at, text in enumerate(texts)
    ]
    assert [one.text for one in labels.without_copies(made)] == [texts[0], texts[2]]
