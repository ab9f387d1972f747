"""Claim matching, or whether something has been answered already.

Candidates come from a word index (standard words, their pairs, typed figures) and from the nearest sentence
vectors; `classify.rerank` compares each with the asked text and gives a calibrated probability and the
figures behind it. An amount, place, agency, disease, date or side that differs makes another claim, and is
named.
"""

import math
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from classify.encoder import Encoder, NoEncoder, Vectors
from classify.index import VectorTable, WordIndex
from classify.readings import Readings
from classify.rerank import (
    LEAST_MARKED,
    THRESHOLD,
    Near,
    Reading,
    differs,
    judged,
    nearness,
    read,
    terms,
)

_CANDIDATES = 40
_COMPARED = 32
_JUDGED = 2
"""How many more of the nearest are judged than are asked for, as judging may change the order."""
_SAME = 5
"""How many further candidates, in which no value differs, are judged if none of the nearest is the same."""
_AMONG = 12
_QUERY_TERMS = 64
_SHARE = 0.1
"""What the words (scaled to the best) add to the cosine when candidates are chosen."""
_SHARE_FOREIGN = 0.02
"""The same for texts in other languages, whose words are compared as they are and tell less."""
_FAR = 0.78
"""The cosine that a candidate without a vector is taken to have: that of two unrelated texts."""
_BUCKETS = 1 << 20


class Hit(NamedTuple):
    """A known claim that may be the same; ``differs`` says in Vietnamese which value is another one.

    ``reasons`` are what made the score: (in Vietnamese, what it added to the log-odds).
    """

    id: int
    score: float
    differs: str | None
    reasons: tuple[tuple[str, float], ...] = ()

    @property
    def is_match(self) -> bool:
        """Whether the known answer can be sent as it is."""
        return self.score >= THRESHOLD and self.differs is None


class _Frequencies(dict[str, float]):
    """Inverse document frequency of a term; in how many texts it stands is counted in a fixed room.

    Memory stays flat as texts come. A frequency that was worked out once is looked up without a Python call.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts = array("i", bytes(4 * _BUCKETS))
        self._texts = 0

    def add(self, found: Iterable[str], by: int) -> None:
        """Count the terms of one text in (1) or out (-1)."""
        for term in found:
            self._counts[zlib.crc32(term.encode()) % _BUCKETS] += by
        self._texts += by
        self.clear()

    def __missing__(self, term: str) -> float:
        if len(self) > _BUCKETS:
            self.clear()
        count = self._counts[zlib.crc32(term.encode()) % _BUCKETS]
        value = self[term] = math.log(1 + (self._texts + 1) / (count + 0.5))
        return value


class ClaimIndex:
    """Known claims in memory; adding or removing one costs milliseconds, and the next search sees it.

    With an encoder each text is encoded once, when it is added; without, matching goes by words alone.
    """

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder or NoEncoder()
        self._words = WordIndex()
        self._vectors = VectorTable()
        self._readings = Readings()
        self._frequencies = _Frequencies()

    def __len__(self) -> int:
        return len(self._readings)

    def __contains__(self, number: object) -> bool:
        return number in self._readings

    def has_vector(self, number: int) -> bool:
        """Whether a claim is found by its meaning too, and not by its words alone."""
        return number in self._vectors

    def add(self, id: int, text: str) -> None:  # noqa: A002 - the claim's id, as everywhere in the product
        """Add a claim, or replace the one with this id."""
        self.add_all([(id, text)])

    def add_all(
        self,
        claims: Sequence[tuple[int, str]],
        vectors: Vectors | None = None,
        kept: Mapping[int, bytes] = MappingProxyType({}),
    ) -> None:
        """Add or replace claims; their vectors are taken from the encoder where none are given.

        ``kept`` is what `kept` gave of some of these very texts: they are not read again.
        """
        if vectors is None and claims:
            vectors = self._encoder.encode([text for _, text in claims])
        for at, (number, text) in enumerate(claims):
            self.remove(number)
            there = kept.get(number)
            found = self._readings.read(number, text) if there is None else self._readings.take(number, there)
            self._words.add(number, found.indexed)
            self._frequencies.add(found.counted, 1)
            if vectors is not None and vectors[at].any():
                self._vectors.add(number, vectors[at])
        if len(claims) > 1:
            self._words.settle()

    def remove(self, id: int) -> None:  # noqa: A002
        """Forget a claim; nothing happens for an unknown id."""
        if id not in self._readings:
            return
        reading = self.reading(id)
        self._frequencies.add({*reading.words, *reading.pairs}, -1)
        self._readings.drop(id)
        self._words.remove(id)
        self._vectors.remove(id)

    def search(self, text: str, k: int = 5) -> list[Hit]:
        """The ``k`` nearest known claims, first by what they are about, with the probability of each.

        Fewer or none where nothing is near. One that is about the same thing but differs in a value stays in
        front with a low score, so that a reviewer sees what differs.
        """
        if not len(self._readings) or k < 1:
            return []
        asked = read(text)
        return self._best(asked, self._candidates(text, asked, self._vector(text, asked)), k)

    def among(self, text: str, numbers: Iterable[int], k: int = 5) -> list[Hit]:
        """The same of these claims alone, by their words: what a search has found and what came since.

        Of many only some are compared: those in which no value differs before those that share most words.
        """
        asked = read(text)
        there = [one for one in dict.fromkeys(numbers) if one in self._readings]
        if len(there) > _AMONG:
            known = {one: self.reading(one) for one in there}
            far = {
                one: (differs(asked, its) is not None, -len(asked.words & its.words))
                for one, its in known.items()
            }
            there = sorted(there, key=lambda one: (*far[one], one))[:_AMONG]
        return self._best(asked, [(one, None) for one in there], k)

    def _best(self, asked: Reading, candidates: Iterable[tuple[int, float | None]], k: int) -> list[Hit]:
        idf = self._frequencies.__getitem__
        near: list[tuple[Near, int, Reading]] = []
        for number, cosine in candidates:
            known = self.reading(number)
            near.append((nearness(asked, known, idf, cosine), number, known))
        if not asked.is_foreign:
            # the weights are of Vietnamese pairs; other languages stay in the order of words and meaning
            near.sort(key=lambda one: (-one[0].total, one[1]))
        nearest, others = near[: k + _JUDGED], near[k + _JUDGED :]
        found = self._judged(asked, nearest)
        if asked.is_foreign or any(one.is_match for one in found[:k]):
            return found[:k]
        # where many known claims say this of other figures they crowd out the one that says it of these
        same = [one for one in others if not differs(asked, one[2])][:_SAME]
        match = next((one for one in (*found[k:], *self._judged(asked, same)) if one.is_match), None)
        return found[:k] if match is None else [match, *found[: k - 1]]

    def _judged(self, asked: Reading, near: Sequence[tuple[Near, int, Reading]]) -> list[Hit]:
        """Hits in the order in which they are shown."""
        idf = self._frequencies.__getitem__
        ids = [number for _, number, _ in near]
        found = list(zip(judged([(one, known) for one, _, known in near], asked, idf), ids, strict=True))
        if not asked.is_foreign:
            found.sort(key=lambda one: (-one[0].order, one[1]))
        return [Hit(n, round(one.score, 4), one.differs, tuple(one.reasons)) for one, n in found]

    def nearest(self, text: str) -> list[int]:
        """The ids that would be compared with a text, for learning."""
        asked = read(text)
        return [number for number, _ in self._candidates(text, asked, self._vector(text, asked))]

    def cosines(self, numbers: Sequence[int], vector: Vectors) -> dict[int, float]:
        """Cosine of a vector with each of these claims that has one."""
        return self._vectors.cosines(numbers, vector)

    def idf(self, term: str) -> float:
        """Inverse document frequency of a word or pair among the known claims."""
        return self._frequencies[term]

    def reading(self, number: int) -> Reading:
        """What is compared of a known claim."""
        return self._readings[number]

    def kept(self, number: int, text: str) -> bytes:
        """What to keep of a claim with this text, so that another process need not read it."""
        return self._readings.kept(number, text)

    def _vector(self, text: str, asked: Reading) -> Vectors | None:
        """The asked text's vector, unless it would mislead: without diacritics the encoder is blind."""
        if not len(self._vectors) or asked.marked < LEAST_MARKED:
            return None
        found = self._encoder.encode([text])
        return None if found is None else found[0]

    def _candidates(
        self, text: str, asked: Reading, vector: Vectors | None
    ) -> Iterable[tuple[int, float | None]]:
        """The nearest by words and by meaning, those first that are near by both, with their cosine."""
        query = list(dict.fromkeys(terms(text, asked)))[:_QUERY_TERMS]
        words = {
            number: score
            for number, score in self._words.search(query, _CANDIDATES)
            if number in self._readings
        }
        if vector is None:
            return [(number, None) for number in words]
        near = dict(self._vectors.search(vector, _CANDIDATES))
        cosines = near | self._vectors.cosines([number for number in words if number not in near], vector)
        best = max(words.values(), default=1.0)
        share = _SHARE_FOREIGN if asked.is_foreign else _SHARE
        plain = {
            number: cosines.get(number, _FAR) + share * words.get(number, 0.0) / best
            for number in {**words, **near}
        }
        chosen = sorted(plain, key=lambda number: (-plain[number], number))[:_COMPARED]
        return [(number, cosines.get(number)) for number in chosen]
