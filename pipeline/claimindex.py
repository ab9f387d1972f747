"""The index over the desk's claims that a process keeps from one run to the next.

A fresh process takes in every claim once, by what is kept of it in the database (`classify.readings`); one of
which nothing is kept that fits is read and then kept. From then on a look costs what has come since: claims
are started by one process at a time (`clustering`), so that on both databases a new one has a higher number
than those that are known. Once an hour, and whenever the newest claims are not what they were, all are
compared, so that what was erased or reworded leaves this memory too (rule 9).
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import readings
from models.claims import Claim
from models.weeks import NO_WEEK
from pipeline.compose import Desk

TIDY_S = 3600
_NAME = "claim-index"
_TAIL = 20
_CHUNK = 500


class HeldClaims:
    """The index, and what tells whether a claim in it still says what it said."""

    def __init__(self) -> None:
        from classify.match import ClaimIndex

        self.index = ClaimIndex()
        self.tidied = 0
        self._marks: dict[int, int] = {}
        self._tail: list[int] = []
        self._fresh: dict[int, str] = {}
        self._unkept: set[int] = set()

    def __len__(self) -> int:
        return len(self._marks)

    def sync(self, session: Session) -> list[int]:
        """Take in the claims that have come since the last look; gives their numbers, in order."""
        tail, seen, new = set(self._tail), dict[int, int](), list[int]()
        for some in _read(session, min(tail, default=0)):
            seen |= {one: mark(text) for one, text in some if one in tail}
            coming = [(one, text) for one, text in some if one not in self._marks]
            self._add(coming, _kept(session, dict(coming)))
            new += [one for one, _ in coming]
        # SQLite gives the number of an erased newest claim to the next one
        if any(seen.get(one) != self._marks[one] for one in tail):
            new += self.tidy(session)
        self._remember(new)
        return new

    def tidy(self, session: Session) -> list[int]:
        """Compare all claims with what is kept of them; gives the numbers of those that came or changed."""
        gone = set(self._marks)
        changed: list[int] = []
        for some in _read(session, 0):
            gone.difference_update(one for one, _ in some)
            other = [(one, text) for one, text in some if self._marks.get(one) != mark(text)]
            self._add(other, _kept(session, dict(other)))
            changed += [one for one, _ in other]
        for one in gone:
            self._drop(one)
        self._remember(changed)
        return changed

    def _remember(self, new: list[int]) -> None:
        """Keep the newest numbers, by which the next look knows whether the end is as it was."""
        self._tail = sorted({one for one in (*self._tail, *new) if one in self._marks})[-_TAIL:]

    def start(self, claim_id: int, text: str) -> None:
        """Take in a claim that this very transaction makes."""
        self._add([(claim_id, text)], {})
        self._fresh[claim_id] = text

    def keep_started(self, session: Session) -> None:
        """Keep what was read of the claims that this transaction has made."""
        self._write(session, list(self._fresh.items()))

    @contextmanager
    def trying(self) -> Iterator[None]:
        """What is started inside is forgotten again if it fails."""
        self._fresh = {}
        try:
            yield
        except BaseException:
            for one in self._fresh:
                self._drop(one)
            raise
        self._remember(list(self._fresh))

    def keep(self, desk: Desk) -> None:
        """Keep what this process had to read itself, so that the next need not."""
        while self._unkept:
            some = sorted(self._unkept)[:_CHUNK]
            with desk.sessions.begin() as session:
                # a claim that is being changed is left: nothing may be kept of words that are replaced
                query = select(Claim.id, Claim.text).where(Claim.id.in_(some)).order_by(Claim.id)
                there = session.execute(query.with_for_update(skip_locked=True, key_share=True)).all()
                self._write(
                    session, [(one, text) for one, text in there if self._marks.get(one) == mark(text)]
                )
            self._unkept.difference_update(some)

    def _add(self, claims: Sequence[tuple[int, str]], kept: Mapping[int, bytes]) -> None:
        self.index.add_all(claims, kept=kept)
        self._marks.update((one, mark(text)) for one, text in claims)
        self._unkept.update(one for one, _ in claims if one not in kept)

    def _write(self, session: Session, claims: Sequence[tuple[int, str]]) -> None:
        from classify.readings import digest

        found = {one: (text, self.index.kept(one, text)) for one, text in claims}
        readings.keep(session, {one: (digest(text, data), data) for one, (text, data) in found.items()})
        self._unkept.difference_update(found)

    def _drop(self, claim_id: int) -> None:
        self.index.remove(claim_id)
        self._marks.pop(claim_id, None)
        self._unkept.discard(claim_id)


def mark(text: str) -> int:
    """What tells whether a text is still the one that was read."""
    return zlib.crc32(text.encode(errors="replace"))


def _kept(session: Session, texts: Mapping[int, str]) -> dict[int, bytes]:
    """What is kept of claims, as far as it is of these texts and of this version of their reading."""
    from classify.readings import digest

    found = readings.of(session, texts) if texts else ()
    return {one: data for one, mark, data in found if digest(texts[one], data) == mark}


def _read(session: Session, since: int) -> Iterator[list[tuple[int, str]]]:
    """Claims that can take mentions, from a number on; a seed, which is of no week, takes none."""
    while True:
        query = select(Claim.id, Claim.text).where(Claim.id >= since, Claim.week > NO_WEEK)
        some = [(one, text) for one, text in session.execute(query.order_by(Claim.id).limit(_CHUNK))]
        yield some
        if len(some) < _CHUNK:
            return
        since = some[-1][0] + 1


def of(desk: Desk) -> HeldClaims:
    """The index of this process with all that is new; read from the database if it has none yet."""
    held = desk.kept.get(_NAME)
    if held is None:
        held = HeldClaims()
        held.tidied = _hour(desk)
    with desk.reading() as session:
        held.sync(session)
    desk.kept[_NAME] = held
    held.keep(desk)
    return held


def tidy(desk: Desk) -> None:
    """Once an hour: what was erased or reworded leaves the memory of a process that has an index."""
    held = desk.kept.get(_NAME)
    if held is not None and held.tidied != _hour(desk):
        with desk.reading() as session:
            held.tidy(session)
        held.keep(desk)
        held.tidied = _hour(desk)


def _hour(desk: Desk) -> int:
    return int(desk.clock().timestamp()) // TIDY_S
