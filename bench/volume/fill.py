"""Puts the first N mentions of the stream into a desk as its stages would leave them, by bulk inserts.

Items with signatures and near-copy buckets, mentions with their claims, masked tokens, tips, counts of what
was kept; claims with counts, scores, reasons and matches, the words of those in the queue, and one in two
hundred answered. All came evenly over the last four weeks, and the weeks that are over are drawn. An
interrupted fill goes on where it stopped.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row as Result
from sqlalchemy import distinct, func, insert, select, text

from bench import crowded
from bench.filled import hire
from bench.volume import bulk, stream
from bench.volume.bulk import Loader, Row
from bench.volume.stream import Said, Text
from classify import near
from classify.mask import Masker, Token
from classify.text import content_key, normalise
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.desk import Staff
from models.gathered import Item, Mention, MentionToken, Source, Tip
from models.searching import ClaimWord
from models.session import insert_ignore
from models.vocabulary import ClaimState, ItemKind, Outcome
from models.weeks import iso_week, local_day
from pipeline import claimindex
from pipeline.compose import Desk
from pipeline.ranking import chance_of
from pipeline.sampling import draw_due

SEED = 1
DAYS = 28
CHUNK = 5_000
KNOWN = 300
FLAGGED, CLOSED, ANSWERED = 0.03, 0.015, 0.005
REASONS, MATCHED = 3, 3
_GATHERED = (Item, Mention, MentionToken, Tip)
_RANKED = (Claim, ClaimReason, ClaimMatch, ClaimWord)
Step = Callable[[str], None]


class Fill:
    """One desk on its way to `mentions` mentions; what is done stands in a file beside it."""

    def __init__(self, desk: Desk, mentions: int, state: Path, step: Step) -> None:
        self.desk, self.mentions, self.step = desk, mentions, step
        self._state = state
        self._masker = Masker(desk.keys.mask)
        self.today = local_day(desk.clock())

    def run(self) -> None:
        """Every step that is not done yet."""
        for one in (
            self.sources,
            self.texts,
            self.claims,
            self.around,
            self.indexes,
            self.draws,
            self.readings,
        ):
            done = self.done()
            if one.__name__ not in done:
                one()
                self._state.write_text(json.dumps([*done, one.__name__]))
                self.step(f"{self.mentions} mentions: {one.__name__}")

    def done(self) -> list[str]:
        """The steps that are finished."""
        found: list[str] = json.loads(self._state.read_text()) if self._state.exists() else []
        return found

    def sources(self) -> None:
        """Publishers and people."""
        hire(self.desk)
        put_sources(self.desk)
        with self.desk.sessions.begin() as session:
            session.execute(insert(bulk.plain(KnownClaim)), [self._known(place) for place in range(KNOWN)])

    def texts(self) -> None:
        """Items and all that hangs on them, until there are enough mentions."""
        with bulk.loading(self.desk) as load:
            load.drop_indexes([*_GATHERED, *_RANKED])
            load.begin_bands()
            serial, n = self._reached()
            while n < self.mentions:
                chunk = list(stream.ours(SEED, CHUNK, serial))
                with load.committed():
                    n = self._chunk(load, chunk, n)
                serial += CHUNK
                self.step(f"{n} of {self.mentions} mentions")
            load.end_bands()
            load.make_indexes(_GATHERED)

    def _reached(self) -> tuple[int, int]:
        with self.desk.reading() as session:
            counted = select(func.max(Item.id), select(func.max(Mention.id)).scalar_subquery())
            serial, n = session.execute(counted).one()
        return serial or 0, n or 0

    def _chunk(self, load: Loader, chunk: list[Text], n: int) -> int:
        """The rows of some texts; gives the number of the last mention."""
        items, mentions, tips = [], [], []
        tokens: list[Row] = []
        bands: list[tuple[int, int, int]] = []
        kept: Counter[tuple[str, date]] = Counter()
        for one in chunk:
            if n >= self.mentions:
                break
            day = self._day(n)
            item = self._item(one, day)
            items.append(item)
            bands += ((band, bucket, item["id"]) for band, bucket in near.bands(item["minhash"]))
            tips += [self._tip(item)] if one.kind == "tip" else []
            kept[item["source_id"] or "tip-line", day] += 1
            for position, said in enumerate(one.said):
                n += 1
                words, found = self._masked(said)
                mentions.append(_mention(n, item, position, said, words))
                tokens += ({"mention_id": n, **token} for token in found)
        load.put(Item, items)
        load.put(Mention, mentions)
        load.put(MentionToken, tokens)
        load.put(Tip, tips)
        load.put_bands(bands)
        self._count(load, kept)
        return n

    def _count(self, load: Loader, kept: Counter[tuple[str, date]]) -> None:
        from sqlalchemy.orm import Session

        from models.counters import bump_all

        with Session(bind=load.connection, join_transaction_mode="create_savepoint") as session:
            bump_all(session, {(source, day, Outcome.KEPT): n for (source, day), n in kept.items()})
            session.commit()

    def _day(self, n: int) -> date:
        """Mentions come evenly over four weeks, the last of them today."""
        return self.today - timedelta(days=DAYS - 1 - min(DAYS - 1, n * DAYS // self.mentions))

    def _item(self, one: Text, day: date) -> Row:
        assert one.serial is not None  # noqa: S101 -- only texts in scope are stored
        source = None if one.source is None else source_id(one.source)
        words = normalise(f"{one.title}\n{one.body}" if one.title else one.body)
        return {
            "id": one.serial + 1,
            "key": f"volume:{one.serial}",
            "kind": one.kind,
            "source_id": source,
            "url": None if source is None else f"https://{source}.vn/{one.serial}",
            "day": day,
            "published_day": None if source is None else day,
            "is_local": source is None or (one.source or 0) % 3 == 0,
            "minhash": near.signature(words),
            "story_id": None if one.story is None else one.story + 1,
        }

    def _tip(self, item: Row) -> Row:
        receipt = hashlib.sha256(str(item["key"]).encode()).hexdigest()
        return {"receipt_key": receipt, "item_id": item["id"], "day": item["day"]}

    def _masked(self, said: Said) -> tuple[str, list[Row]]:
        words = normalise(said.text)
        if "liên hệ" not in words and "lien he" not in words:
            return words, []
        masked = self._masker.mask(words)
        return masked.text, list({one.token: _token(one) for one in masked.tokens}.values())

    def claims(self) -> None:
        """A claim for each meaning, counted from its mentions; goes on after the last one that is there."""
        with self.desk.reading() as session:
            first = session.scalar(select(func.max(Claim.id))) or 0
            last = session.scalar(select(func.max(Mention.claim_id))) or 0
        with bulk.loading(self.desk) as load:
            while first < last:
                with load.committed():
                    self._some_claims(load, first, first + CHUNK * stream.MEANINGS)
                first += CHUNK * stream.MEANINGS

    def _some_claims(self, load: Loader, first: int, last: int) -> None:
        counted = load.connection.execute(_counted(first, last)).all()
        keys = [row.key for row in counted]
        taken = set(load.connection.scalars(select(Claim.key).where(Claim.key.in_(keys))))
        claims = []
        for row in counted:
            # two meanings may come out in the same words
            twin = row.key in taken
            taken.add(row.key)
            claims.append(
                self._claim(row, hashlib.sha256(f"{row.id}".encode()).hexdigest() if twin else row.key)
            )
        load.put(Claim, claims)
        load.put(ClaimReason, _reasons(claims))
        load.put(ClaimMatch, _matches(claims))

    def _claim(self, row: Result[Any], key: str) -> Row:
        public_id = hashlib.sha256(f"claim {row.id}".encode()).hexdigest()[:16]
        share = int(public_id[:8], 16) / 2**32
        flagged = share < FLAGGED
        score = 0.5 + share / FLAGGED / 2 if flagged else 0.45 * share
        explored = chance_of(self.desk.keys.sampling, public_id) < self.desk.settings.share(
            "queue.exploration"
        )
        state = _state(public_id, entered=flagged or explored)
        return {
            "id": row.id,
            "public_id": public_id,
            "key": key,
            "text": row.text,
            "topic": row.topic,
            "state": state.value,
            "round": 1,
            "is_local": bool(row.local),
            "first_day": row.first,
            "last_day": row.last,
            "week": iso_week(row.first),
            "n_mentions": row.mentions,
            "n_stories": row.stories,
            "n_sources": row.sources,
            "n_tips": row.tips,
            "score": score,
            "reach": 0.5,
            "freshness": 0.7,
            "priority": score * 0.35,
            "flagged": flagged,
            # matched, scored and looked at: a run finds nothing to do
            "match_due": False,
            "ranked": 1,
            "fresh_day": self.today,
            "queue_due": False,
            "queued_at": None
            if state == ClaimState.NEW
            else self.desk.clock() - timedelta(minutes=row.id % 40_000),
        }

    def around(self) -> None:
        """What people did: reviews of closed claims, answers, and the words of whatever is in the queue."""
        with self.desk.reading() as session:
            people = tuple(session.scalars(select(Staff.id).order_by(Staff.id).limit(2)))
            decided = list(session.scalars(select(Claim.id).where(Claim.state == ClaimState.DECIDED)))
            closed = list(session.scalars(select(Claim.id).where(Claim.state == ClaimState.CLOSED)))
        crowded.close(self.desk, (people[0], people[1]), closed)
        crowded.answer(self.desk, (people[0], people[1]), decided)
        crowded.put_words(self.desk)

    def indexes(self) -> None:
        """Indexes of the claims, and what PostgreSQL knows of its tables."""
        with bulk.loading(self.desk) as load:
            load.make_indexes(_RANKED)
        bulk.continue_numbers(self.desk)
        if self.desk.engine.dialect.name != "postgresql":
            return
        # what autovacuum does by itself in time; a desk on SQLite is never analysed
        with self.desk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def draws(self) -> None:
        """Every week that is over is drawn."""
        draw_due(self.desk)

    def readings(self) -> None:
        """What a process keeps of each claim that it has read."""
        claimindex.of(self.desk)

    def _known(self, place: int) -> Row:
        said = next(stream.ours(SEED + 1, 1, place)).said[0]
        words = normalise(said.text)
        return {
            "key": f"known {place}",
            "text": words,
            "topic": said.topic,
            "rating": "true" if place % 5 == 0 else "false",
            "url": f"https://kiem-tin.vn/{place}",
            "publisher": "Tổ kiểm tin",
            "published_day": self.today,
            "imported_day": self.today,
            "offered": True,
        }


def fill(desk: Desk, mentions: int, state: Path, step: Step) -> None:
    """Put so many mentions into an empty desk, or go on; the file `state` says how far it is."""
    Fill(desk, mentions, state, step).run()


def put_sources(desk: Desk) -> None:
    """The stream's publishers, those that are not there yet."""
    with desk.sessions.begin() as session:
        insert_ignore(session, Source, [_source(place) for place in range(stream.SOURCES)], ["id"])


def source_id(place: int) -> str:
    """The registry's name of the n-th source."""
    return f"nguon-{place + 1}"


def _source(place: int) -> Row:
    name = source_id(place)
    return {
        "id": name,
        "name": f"Báo {place + 1}",
        "kind": "public_body" if place % 5 == 0 else "newspaper",
        "homepage": f"https://{name}.vn/",
        "domain": f"{name}.vn",
        "is_local": place % 3 == 0,
        "enabled": True,
    }


def _mention(number: int, item: Row, position: int, said: Said, words: str) -> Row:
    return {
        "id": number,
        "item_id": item["id"],
        "position": position,
        "key": content_key(words),
        "text": words,
        "topic": said.topic,
        "check_score": 0.9,
        "claim_id": said.meaning + 1,
        "day": item["day"],
    }


def _token(token: Token) -> Row:
    return {"token": token.token, "kind": str(token.kind), "last_two": token.last_two}


def _counted(first: int, last: int) -> Any:  # noqa: ANN401 -- a statement
    """Claims of a range of ids as `clustering.recount` counts them, in the words of their first mention."""
    story = func.coalesce(Item.story_id, Item.id)
    counts = (
        select(
            Mention.claim_id.label("id"),
            func.min(Mention.id).label("first_mention"),
            func.count(Mention.id).label("mentions"),
            func.count(distinct(story)).label("stories"),
            func.count(distinct(Item.source_id)).label("sources"),
            func.count(distinct(Item.id)).filter(Item.kind == ItemKind.TIP).label("tips"),
            func.min(Mention.day).label("first"),
            func.max(Mention.day).label("last"),
            func.count(Item.id).filter(Item.is_local).label("local"),
        )
        .join(Item, Item.id == Mention.item_id)
        .where(Mention.claim_id > first, Mention.claim_id <= last)
        .group_by(Mention.claim_id)
        .subquery()
    )
    words = (Mention.key, Mention.text, Mention.topic)
    return select(counts, *words).join(Mention, Mention.id == counts.c.first_mention).order_by(counts.c.id)


def _state(public_id: str, *, entered: bool) -> ClaimState:
    share = int(public_id[8:16], 16) / 2**32
    if share < ANSWERED:
        return ClaimState.DECIDED
    if share < ANSWERED + CLOSED:
        return ClaimState.CLOSED
    return ClaimState.QUEUED if entered else ClaimState.NEW


def _reasons(claims: list[Row]) -> Iterator[Row]:
    for claim in claims:
        for place in range(REASONS):
            yield {
                "claim_id": claim["id"],
                "position": place,
                "feature": f"dấu hiệu {place}",
                "weight": 1.0 - place / 5,
            }


def _matches(claims: list[Row]) -> Iterator[Row]:
    for claim in claims:
        if claim["id"] % MATCHED == 0:
            yield {
                "claim_id": claim["id"],
                "known_id": claim["id"] % KNOWN + 1,
                "score": 0.3,
                "differs": None,
            }


def recounted(desk: Desk) -> dict[str, int]:
    """Claims whose counts are not those of their mentions, mentions without a claim: 0 where all is sound."""
    with desk.reading() as session:
        wrong = 0
        last = session.scalar(select(func.max(Claim.id))) or 0
        for first in range(0, last, CHUNK):
            counted = {row.id: row for row in session.execute(_counted(first, first + CHUNK))}
            claims = session.scalars(select(Claim).where(Claim.id > first, Claim.id <= first + CHUNK))
            wrong += sum(not _same(claim, counted.get(claim.id)) for claim in claims)
        unplaced = session.scalar(select(func.count(Mention.id)).where(Mention.claim_id.is_(None))) or 0
    return {"claims_miscounted": wrong, "mentions_unplaced": unplaced}


def _same(claim: Claim, row: Result[Any] | None) -> bool:
    if row is None:
        return False
    mine = (claim.n_mentions, claim.n_stories, claim.n_sources, claim.n_tips, claim.first_day, claim.last_day)
    return mine == (row.mentions, row.stories, row.sources, row.tips, row.first, row.last)
