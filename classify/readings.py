"""What is compared of many texts: in memory, and as bytes that are kept beside a text to spare its reading.

To read a text anew costs a hundred times what it costs to take in its kept bytes: one line holds the terms of
the word index, the rest is looked at only once the text is a candidate. The rest is JSON and not the packed
form, because a database may have come from elsewhere.
"""

import hashlib
import json
import marshal
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from classify import kinds
from classify.rerank import Reading, packed, terms, unpacked
from classify.synonyms import TABLE

READ_BY = (
    "readings", "rerank", "mask", "negation", "synonyms", "text", "values", "money", "places", "quantities",
    "kinds",
)  # fmt: skip
"""The modules that say what a text is read as: when one of them changes, what is kept is read anew."""
_PLACES = ("vietnam-provinces", "underthesea")
_PAIRS = (6, 8, 11)
"""Which of the `Values` hold pairs: counts, poles and kinds."""


class Terms(NamedTuple):
    """A text as the word index takes it, and its words in order."""

    words: Sequence[str]
    indexed: Sequence[str]

    @property
    def counted(self) -> set[str]:
        """The words and pairs whose frequency is counted."""
        return {*self.words, *map(" ".join, pairwise(self.words))}


@cache
def reader() -> bytes:
    """A fingerprint of all that decides what a text is read as."""
    whole = hashlib.blake2b(unicodedata.unidata_version.encode(), digest_size=16)
    here = Path(__file__).parent
    for path in (*(here / f"{name}.py" for name in READ_BY), TABLE, kinds.TABLE):
        whole.update(path.read_bytes())
    for name in _PLACES:
        whole.update(f"{name} {version(name)}".encode())
    return whole.digest()


def digest(text: str, kept: bytes) -> int:
    """What tells whether kept bytes are whole, of this text and of this reader: 63 bits."""
    found = hashlib.blake2b(text.encode(errors="replace"), digest_size=8, key=reader())
    found.update(kept)
    return int.from_bytes(found.digest(), "big") >> 1


class Readings:
    """What is compared of each text, by number, in a few hundred bytes."""

    def __init__(self) -> None:
        self._packed: dict[int, bytes] = {}
        self._kept: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self._packed) + len(self._kept)

    def __contains__(self, number: object) -> bool:
        return number in self._packed or number in self._kept

    def __getitem__(self, number: int) -> Reading:
        kept = self._kept.pop(number, None)
        if kept is not None:
            self._packed[number] = _opened(kept)
        return unpacked(self._packed[number])

    def read(self, number: int, text: str) -> Terms:
        """Read a text that no other has this number of."""
        self._packed[number] = packed(text)
        reading = self[number]
        return Terms(reading.order, terms(text, reading))

    def take(self, number: int, kept: bytes) -> Terms:
        """Take in a text by what is kept of it."""
        self._kept[number] = kept
        return _terms(kept)

    def drop(self, number: int) -> None:
        """Forget a text."""
        self._packed.pop(number, None)
        self._kept.pop(number, None)

    def kept(self, number: int, text: str) -> bytes:
        """What to keep of a text."""
        found = self._kept.get(number)
        return _written(text, self._packed[number]) if found is None else found


def _written(text: str, data: bytes) -> bytes:
    """Words, other terms and the sign of another language in one line, then the rest."""
    reading = unpacked(data)
    joined, typed, sides, *others = marshal.loads(data)  # noqa: S302 -- packed by this process
    names, countries = map(sorted, others[1:3])
    found = terms(text, reading)
    if not reading.is_foreign:
        found = found[max(0, 2 * len(reading.order) - 1) :]
    line = "\t".join([joined, " ".join(found), "1" if reading.is_foreign else ""])
    rest = [
        [sorted(one) for one in typed],
        [*(sorted(one) for one in sides[:3]), sides[3]],
        [others[0], names, countries, *others[3:]],
    ]
    as_json = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    return line.encode() + b"\n" + zlib.compress(as_json.encode(), 1)


def _terms(kept: bytes) -> Terms:
    joined, others, foreign = kept[: kept.index(b"\n")].decode().split("\t")
    words, found = joined.split(), others.split()
    return Terms(words, found if foreign else [*words, *map("_".join, pairwise(words)), *found])


def _opened(kept: bytes) -> bytes:
    """The packed form of what was kept."""
    line, _, rest = kept.partition(b"\n")
    typed, sides, (marked, names, countries, plain, foreign) = json.loads(zlib.decompress(rest))
    return marshal.dumps(
        (
            line.decode().partition("\t")[0],
            tuple(_pairs(one) if at in _PAIRS else frozenset(one) for at, one in enumerate(typed)),
            (_pairs(sides[0]), frozenset(sides[1]), frozenset(sides[2]), sides[3]),
            marked,
            frozenset(names),
            frozenset(countries),
            plain,
            foreign,
        )
    )


def _pairs(found: Iterable[Sequence[Any]]) -> frozenset[tuple[Any, ...]]:
    return frozenset(map(tuple, found))
