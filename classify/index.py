"""Candidates for claim matching: a word index and a table of sentence vectors, each growing in place.

Vectors are kept as eight-bit numbers, and their signs as bits: the bits of a million claims are compared in
milliseconds (Charikar 2002), and only the nearest few are compared by their numbers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.encoder import Vectors

_FIRST_ROOM = 1024
_NEWEST = 64
"""Texts that are compared by hand before they are written into the index together."""
_POSTINGS = 50_000
"""Entries of the word index that one search reads at most."""
_EXACT_BELOW = 3000
_NEAR = 400


class WordIndex:
    """Full-text search over given terms by BM25 (Robertson 1994); the next search sees what was added.

    A search asks for the rarest terms first and stops before it would read more than `_POSTINGS` entries, so
    that it costs as much among a million texts as among twenty thousand. The newest few texts are compared by
    hand: writing them into the index one by one would cost more than the search.
    """

    def __init__(self) -> None:
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=True, indexed=True, fast=True)
        builder.add_text_field("body", stored=False, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)
        self._writer: Any = self._index.writer(heap_size=30_000_000, num_threads=1)
        self._uncommitted = False
        self._newest: dict[int, frozenset[str]] = {}

    def add(self, number: int, terms: Sequence[str]) -> None:
        """Add a text by its terms."""
        self._writer.add_document(self._tantivy.Document(id=number, body=" ".join(terms)))
        self._newest[number] = frozenset(terms)
        if len(self._newest) > _NEWEST:
            self._uncommitted = True
            self._newest.clear()

    def settle(self) -> None:
        """Write all that was added into the index before the next search, which then scores all alike."""
        self._uncommitted = True

    def remove(self, number: int) -> None:
        """Forget a text; one that nobody knows costs next to nothing."""
        self._writer.delete_documents_by_term("id", number)
        self._newest.pop(number, None)

    def search(self, terms: Sequence[str], k: int) -> list[tuple[int, float]]:
        """(id, BM25) of the ``k`` best, best first; one of the newest texts is scored beside the best."""
        if self._uncommitted:
            self._writer.commit()
            self._index.reload()
            self._uncommitted = False
            self._newest.clear()
        if not terms:
            return []
        tantivy = self._tantivy
        searcher = self._index.searcher()
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "body", term, index_option="freq"))
            for term in _rarest(searcher, terms)
        ]
        found = searcher.search(tantivy.Query.boolean_query(parts), k) if parts else None
        old = [(int(searcher.doc(at)["id"][0]), float(score)) for score, at in found.hits] if found else []
        newest = self._by_hand(terms, k, max((score for _, score in old), default=1.0))
        return old + newest

    def _by_hand(self, terms: Sequence[str], k: int, best: float) -> list[tuple[int, float]]:
        """The newest texts that share most terms, each with its share of the best score."""
        asked = frozenset(terms)
        shared = [(len(asked & theirs), number) for number, theirs in self._newest.items()]
        nearest = sorted(((n, number) for n, number in shared if n), key=lambda one: (-one[0], one[1]))[:k]
        return [(number, best * n / len(asked)) for n, number in nearest]


def _rarest(searcher: Any, terms: Sequence[str]) -> list[str]:  # noqa: ANN401 -- tantivy is untyped
    """The terms to ask for, the rarest first, as many as can be read at a cost that has a ceiling."""
    in_texts = sorted((searcher.doc_freq("body", term), term) for term in terms)
    chosen: list[str] = []
    total = 0
    for n, term in in_texts:
        total += n
        if chosen and total > _POSTINGS:
            break
        if n:
            chosen.append(term)
    return chosen


class VectorTable:
    """Sentence vectors by id; a free row is used again, and room doubles."""

    def __init__(self) -> None:
        self._numbers: NDArray[np.int8] = np.zeros((0, 0), dtype=np.int8)
        self._scales: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._bits: NDArray[np.uint64] = np.zeros((0, 0), dtype=np.uint64)
        self._ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._used = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def add(self, number: int, vector: Vectors) -> None:
        """Keep a vector of length 1 under an id, in place of an earlier one."""
        self.remove(number)
        if not self._free and self._used == len(self._ids):
            self._grow(len(vector))
        row = self._free.pop() if self._free else self._used
        self._used = max(self._used, row + 1)
        scale = float(np.abs(vector).max()) / 127 or 1.0
        self._numbers[row] = np.round(vector / scale)
        self._scales[row] = scale
        self._bits[:, row] = _signs(vector)
        self._ids[row] = number
        self._rows[number] = row

    def remove(self, number: int) -> None:
        """Forget a vector; its row is zeroed."""
        row = self._rows.pop(number, None)
        if row is not None:
            self._numbers[row] = 0
            self._bits[:, row] = 0
            self._ids[row] = -1
            self._free.append(row)

    def cosines(self, numbers: Sequence[int], vector: Vectors) -> dict[int, float]:
        """Cosine with each of these ids that has a vector."""
        kept = [number for number in numbers if number in self._rows]
        if not kept:
            return {}
        rows = np.array([self._rows[number] for number in kept], dtype=np.intp)
        return dict(zip(kept, self._exact(rows, vector).tolist(), strict=True))

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """(id, cosine) of the ``k`` nearest, best first."""
        if not self._rows:
            return []
        rows = np.arange(self._used) if self._used <= _EXACT_BELOW else self._near(vector)
        rows = rows[self._ids[rows] >= 0]
        cosines = self._exact(rows, vector)
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(int(self._ids[rows[at]]), float(cosines[at])) for at in best]

    def _near(self, vector: Vectors) -> NDArray[np.intp]:
        """The rows whose signs differ least; as many as lie within the distance that a sample suggests."""
        distance = np.zeros(self._used, dtype=np.uint16)
        for word, theirs in zip(_signs(vector), self._bits, strict=True):
            distance += np.bitwise_count(theirs[: self._used] ^ word)
        counts = np.cumsum(np.bincount(distance[:: max(1, self._used // 50_000)], minlength=1))
        wanted = _NEAR * counts[-1] / self._used
        limit = int(np.searchsorted(counts, max(1.0, wanted)))
        rows = np.flatnonzero(distance <= limit)
        if len(rows) > 4 * _NEAR:
            rows = rows[np.argpartition(distance[rows], 2 * _NEAR)[: 2 * _NEAR]]
        return rows

    def _exact(self, rows: NDArray[np.intp], vector: Vectors) -> NDArray[np.float32]:
        found = self._numbers[rows].astype(np.float32) @ vector.astype(np.float32) * self._scales[rows]
        return np.asarray(found, dtype=np.float32)

    def _grow(self, width: int) -> None:
        room = max(_FIRST_ROOM, len(self._ids) * 3 // 2)
        numbers = np.zeros((room, width), dtype=np.int8)
        bits = np.zeros((-(-width // 64), room), dtype=np.uint64)
        scales, ids = np.zeros(room, dtype=np.float32), np.full(room, -1, dtype=np.int64)
        if self._used:
            numbers[: self._used] = self._numbers[: self._used]
            bits[:, : self._used] = self._bits[:, : self._used]
            scales[: self._used], ids[: self._used] = self._scales[: self._used], self._ids[: self._used]
        self._numbers, self._bits, self._scales, self._ids = numbers, bits, scales, ids


def _signs(vector: Vectors) -> NDArray[np.uint64]:
    bits = np.packbits(vector > 0)
    padded = np.zeros(-(-len(bits) // 8) * 8, dtype=np.uint8)
    padded[: len(bits)] = bits
    return padded.view(np.uint64)
