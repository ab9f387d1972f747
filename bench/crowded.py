"""A crowded desk for the benchmark of pages: open claims, their mentions and the corrections already public.

Invented words with the spread of real ones (a few in every claim, most of them rare), put in by bulk inserts.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from random import Random

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, func, insert, select, text

from bench.volume.bulk import CHUNK, Row, continue_numbers, put
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.decisions import Correction, CorrectionText, Evidence, Review, Verdict
from models.desk import AuditEntry
from models.gathered import Item, Mention, MentionToken, Source
from models.searching import CorrectionWord, claim_keys, correction_keys
from models.vocabulary import ClaimState, Topic
from models.weeks import iso_week, local_day
from pipeline.compose import Desk

MENTIONS = 10
PER_ITEM = 5
SOURCES = 40
DAYS = 150
DECIDED_SHARE = 0.02
KNOWN = 2_000
TOPICS = [topic.value for topic in Topic]
OPEN = ("queued",) * 16 + ("second",) * 3 + ("third",)

_HEADS = (
    "b",
    "c",
    "ch",
    "d",
    "đ",
    "g",
    "h",
    "kh",
    "l",
    "m",
    "n",
    "ng",
    "nh",
    "ph",
    "qu",
    "t",
    "th",
    "tr",
    "v",
    "x",
)
_TAILS = (
    "a",
    "á",
    "ạ",
    "ang",
    "áng",
    "anh",
    "âu",
    "ấp",
    "em",
    "ện",
    "iên",
    "iếu",
    "o",
    "oa",
    "ông",
    "ốt",
    "ơi",
    "ờng",
    "u",
    "ưa",
    "ước",
)


class Words:
    """Sentences of invented syllables: the k-th most common one turns up like 1/k."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.syllables = [head + tail for head in _HEADS for tail in _TAILS]
        self.random.shuffle(self.syllables)
        self.weights = [1 / (place + 3) for place in range(len(self.syllables))]

    def sentence(self, length: int = 16) -> str:
        """One sentence with a number in it."""
        some = self.random.choices(self.syllables, self.weights, k=length)
        return f"{' '.join(some).capitalize()} {self.random.randrange(1, 5_000)} đồng"


def answered(claims: int) -> int:
    """How many claims are answered beside so many open ones."""
    return max(50, int(claims * DECIDED_SHARE))


def fill(desk: Desk, people: tuple[int, int], claims: int) -> None:
    """`claims` open claims with ten mentions each, and one in fifty of that many answered in public."""
    decided = answered(claims)
    _sources(desk)
    _claims(desk, claims, decided)
    _mentions(desk, claims)
    _around(desk, people, claims)
    answer(desk, people, range(claims + 1, claims + decided + 1))
    put_words(desk)
    continue_numbers(desk)


def _sources(desk: Desk) -> None:
    names = (f"bao-{place}" for place in range(SOURCES))
    kinds = ("newspaper", "public_body")
    put(
        desk,
        Source,
        (
            {
                "id": name,
                "name": f"Báo {place}",
                "kind": kinds[place % 2],
                "homepage": f"https://{name}.vn/",
                "domain": f"{name}.vn",
                "is_local": place % 3 == 0,
                "enabled": True,
            }
            for place, name in enumerate(names)
        ),
    )


def _claims(desk: Desk, claims: int, decided: int) -> None:
    some = Words(1)
    today = local_day(desk.clock())

    def row(place: int) -> Row:
        name = hashlib.sha256(f"claim {place}".encode()).hexdigest()
        first = today - timedelta(days=place * 7919 % DAYS)
        is_open = place < claims
        return {
            "id": place + 1,
            "public_id": name[:16],
            "key": name,
            "text": some.sentence(),
            "topic": TOPICS[place % len(TOPICS)],
            "state": OPEN[place % len(OPEN)] if is_open else "decided",
            "round": 1,
            "is_local": place % 4 == 0,
            "first_day": first,
            "last_day": min(today, first + timedelta(days=place % 20)),
            "week": iso_week(first),
            "n_mentions": MENTIONS,
            "n_stories": 4,
            "n_sources": 3,
            "n_tips": 2,
            "score": (score := (place * 104_729 % 10_007) / 10_007),
            "reach": 0.5,
            "freshness": 0.7,
            "priority": score * 0.35,
            "flagged": True,
            "queued_at": desk.clock() - timedelta(minutes=place % 100_000),
            "deferred_until": today + timedelta(days=3) if place % 50 == 0 else None,
            # matched, scored and looked at: a run finds nothing to do
            "match_due": False,
            "ranked": 1,
            "fresh_day": today,
            "queue_due": False,
        }

    put(desk, Claim, (row(place) for place in range(claims + decided)))


def _mentions(desk: Desk, claims: int) -> None:
    """Ten a claim, five an item; every tenth carries a number, and a few numbers are in very many."""
    some, chance = Words(2), Random(3)
    pool = [some.sentence() for _ in range(20_000)]
    today = local_day(desk.clock())
    total = claims * MENTIONS
    items = (
        {
            "id": place + 1,
            "key": f"item {place}",
            "kind": "tip" if place % 5 == 0 else "article",
            "source_id": None if place % 5 == 0 else f"bao-{place % SOURCES}",
            "url": None if place % 5 == 0 else f"https://bao-{place % SOURCES}.vn/{place}",
            "day": today - timedelta(days=place % 30),
            "published_day": today - timedelta(days=place % 30),
            "is_local": place % 3 == 0,
        }
        for place in range(total // PER_ITEM)
    )
    put(desk, Item, items)
    mentions = (
        {
            "id": place + 1,
            "item_id": place // PER_ITEM + 1,
            "position": place % PER_ITEM,
            "key": f"mention {place}",
            "text": pool[place % len(pool)],
            "topic": TOPICS[place % len(TOPICS)],
            "check_score": 0.8,
            "claim_id": place * 31 % claims + 1,
            "day": today - timedelta(days=place // PER_ITEM % 30),
        }
        for place in range(total)
    )
    put(desk, Mention, mentions)
    tokens = (
        {
            "mention_id": place + 1,
            "token": f"{number:08x}",
            "kind": "phone",
            "last_two": f"{number % 100:02d}",
        }
        for place in range(0, total, 10)
        if (number := int(chance.paretovariate(0.5)) % 1_000_003) >= 0
    )
    put(desk, MentionToken, tokens)


def _around(desk: Desk, people: tuple[int, int], claims: int) -> None:
    """Reasons, known claims, matches, first opinions and a log."""
    some, n_known = Words(4), min(KNOWN, claims)
    today, now = local_day(desk.clock()), desk.clock()
    known = (
        {
            "id": place + 1,
            "key": f"known {place}",
            "text": some.sentence(),
            "topic": TOPICS[place % len(TOPICS)],
            "rating": "false",
            "url": f"https://kiem-tin.vn/{place}",
            "publisher": "Tổ kiểm tin",
            "published_day": today,
            "imported_day": today,
            "offered": True,
        }
        for place in range(n_known)
    )
    put(desk, KnownClaim, known)
    put(
        desk,
        ClaimReason,
        (
            {"claim_id": place + 1, "position": at, "feature": f"dấu hiệu {at}", "weight": 1.0 - at / 5}
            for place in range(claims)
            for at in range(3)
        ),
    )
    put(
        desk,
        ClaimMatch,
        (
            {
                "claim_id": place + 1,
                "known_id": (place * 3 + at) % n_known + 1,
                "score": 0.4,
                "differs": None,
            }
            for place in range(claims)
            for at in range(2)
        ),
    )
    reviewed = (place for place in range(claims) if OPEN[place % len(OPEN)] != "queued")
    put(desk, Review, (_review(place + 1, people[0], now) for place in reviewed))
    put(
        desk,
        AuditEntry,
        (
            {
                "seq": place + 1,
                "at": now,
                "actor": "system",
                "action": "review",
                "subject": f"claim:{hashlib.sha256(f'claim {place}'.encode()).hexdigest()[:16]}",
                "detail_sha256": "0" * 64,
                "previous": f"{place:064x}",
                "digest": f"{place + 1:064x}",
            }
            for place in range(claims)
        ),
    )


def _review(claim: int, person: int, when: object) -> Row:
    return {
        "claim_id": claim,
        "round": 1,
        "staff_id": person,
        "opinion": "false",
        "reason": "Đã đọc thông báo.",
        "at": when,
    }


def close(desk: Desk, people: tuple[int, int], ids: Sequence[int]) -> None:
    """Two opinions on each of some closed claims."""
    put(desk, Review, (_review(one, person, desk.clock()) for one in ids for person in people))


def answer(desk: Desk, people: tuple[int, int], ids: Sequence[int]) -> None:
    """Answer some decided claims: two opinions, evidence, a verdict and a correction each."""
    some = Words(5)
    now, today = desk.clock(), local_day(desk.clock())
    numbered = list(enumerate(ids, start=1))
    close(desk, people, ids)
    signed = {"first_staff_id": people[0], "second_staff_id": people[1], "at": now}
    verdict = {"round": 1, "rating": "false", "method_note": "Đã đọc thông báo.", **signed}
    quoted = {"url": "https://vinhlong.gov.vn/1", "domain": "vinhlong.gov.vn", "publisher": "Cổng tỉnh"}
    put(
        desk,
        Evidence,
        (
            {
                "claim_id": one,
                "round": 1,
                "staff_id": people[0],
                "kind": "primary",
                "quote": "Không thu phí.",
                "published_day": today,
                "quote_sha256": "0" * 64,
                "at": now,
                **quoted,
            }
            for one in ids
        ),
    )
    put(desk, Verdict, ({"id": place, "claim_id": one, **verdict} for place, one in numbered))
    put(
        desk,
        Correction,
        (
            {
                "id": place,
                "slug": slug(place),
                "claim_id": one,
                "published_at": now - timedelta(hours=place),
            }
            for place, one in numbered
        ),
    )
    parts = ("title", "said", "truth", "how_known", "what_to_do")
    put(
        desk,
        CorrectionText,
        (
            {
                "correction_id": place,
                "verdict_id": place,
                "language": "vi",
                "version": 1,
                "contact": "",
                "reason": "first publication",
                "at": now,
                **{part: some.sentence(10 if part == "title" else 30) for part in parts},
            }
            for place, _ in numbered
        ),
    )


def slug(correction: int) -> str:
    """The address of the n-th correction."""
    return f"dinh-chinh-{correction}"


def put_words(desk: Desk) -> None:
    """The words of search of claims that were ever in the queue and of corrections, in order of the word.

    In order of the claim it would take an hour.
    """
    with desk.sessions.begin() as session:
        session.execute(text("CREATE TABLE heap_word (word bigint, claim_id integer)"))
        last = session.scalar(select(func.max(Claim.id))) or 0
    heap = Table("heap_word", MetaData(), Column("word", BigInteger), Column("claim_id", Integer))
    for first in range(0, last, CHUNK):
        with desk.sessions.begin() as session:
            mine = (Claim.id > first, Claim.id <= first + CHUNK, Claim.state != ClaimState.NEW)
            rows = [
                {"word": word, "claim_id": one}
                for one, said in session.execute(select(Claim.id, Claim.text).where(*mine))
                for word in claim_keys(said)
            ]
            if rows:
                session.execute(insert(heap), rows)
    with desk.sessions.begin() as session:
        session.execute(text("DROP INDEX IF EXISTS ix_claim_word_claim_id"))
        order = "SELECT word, claim_id FROM heap_word ORDER BY word, claim_id"
        session.execute(text(f"INSERT INTO claim_word (word, claim_id) {order}"))
        session.execute(text("DROP TABLE heap_word"))
        session.execute(text("CREATE INDEX ix_claim_word_claim_id ON claim_word (claim_id)"))
    with desk.reading() as session:
        texts = session.scalars(select(CorrectionText)).all()
    answered = (
        {"word": word, "correction_id": one.correction_id, "language": one.language, "weight": weight}
        for one in texts
        for word, weight in correction_keys(
            one.title, [one.title, one.said, one.truth, one.how_known, one.what_to_do]
        ).items()
    )
    put(desk, CorrectionWord, answered)
