"""TF-IDF of runs of words or letters over a pool that is known beforehand, counted in arrays.

What scikit-learn's vectorisers give, several times faster, for one purpose: inner products between the texts
of the pool. A run that one text alone holds is in no product with another, so it is counted into that text's
length and left out of the matrix. Runs are told apart by 64-bit polynomial hashes (Karp & Rabin 1987).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Codes = NDArray[np.uint64]
Floats = NDArray[np.float32]

_BASE = np.uint64(0x9E3779B97F4A7C55)
_SPACE = ord(" ")


class Weighted(NamedTuple):
    """Rows without what one text alone holds, and the squared length of what was left out of each."""

    rows: "csr_matrix"
    alone: Floats


class Spelling:
    """A number for each token, in the order in which they are first met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def codes(self, tokens: Iterable[str]) -> Codes:
        """The tokens' numbers, from 1 on."""
        known = self._numbers
        return np.array([known.setdefault(token, len(known) + 1) for token in tokens], dtype=np.uint64)


def runs(codes: Codes, most: int) -> Codes:
    """Hashes of all runs of 1 to ``most`` tokens that stand side by side."""
    found, last = [codes], codes
    for length in range(2, most + 1):
        last = last[:-1] * _BASE + codes[length - 1 :]
        found.append(last)
    return np.concatenate(found)


def letters(text: str, least: int, most: int) -> Codes:
    """Hashes of all runs of ``least`` to ``most`` letters within a word, a space before and after it."""
    words = text.split()
    spaced = f" {' '.join(words)} " if words else ""
    codes = np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    inside = codes != _SPACE
    last, whole = codes, np.ones(len(codes), dtype=bool)
    found: list[Codes] = []
    for length in range(2, most + 1):
        last = last[:-1] * _BASE + codes[length - 1 :]
        # a space may stand first or last in a run, never between
        whole = whole[:-1] & inside[length - 2 : -1] if length > 2 else whole[:-1]
        if length >= least:
            found.append(last[whole])
    return np.concatenate(found)


def weighted(hashes: Iterable[Codes], least: int = 1) -> Weighted:
    """TF-IDF rows of length 1 from the hashes of each text; runs in fewer than ``least`` texts do not count.

    Frequencies are on a log scale and smoothed as scikit-learn's are; a text without runs gives a row of 0.
    """
    from scipy.sparse import csr_matrix

    counted = [np.unique(one, return_counts=True) for one in hashes]
    sizes = np.array([len(found) for found, _ in counted], dtype=np.int64)
    places, often = _numbered([found for found, _ in counted])
    data = 1 + np.log(_joined([times for _, times in counted]).astype(np.float32))
    kept = often[places] >= least
    data *= (np.log((1 + len(counted)) / (1 + often)) + 1).astype(np.float32)[places] * kept
    row = np.repeat(np.arange(len(sizes)), sizes)
    data /= np.sqrt(np.maximum(_summed(row, data, len(sizes)), 1e-12)).astype(np.float32)[row]
    shared = often[places] >= 2
    alone = _summed(row[~shared], data[~shared], len(sizes)).astype(np.float32)
    columns = np.cumsum(often >= 2) - 1
    width = max(1, int((often >= 2).sum()))
    entries = (data[kept & shared], (row[kept & shared], columns[places[kept & shared]]))
    return Weighted(csr_matrix(entries, shape=(len(sizes), width), dtype=np.float32), alone)


def _joined(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _summed(row: NDArray[np.int64], data: Floats, rows: int) -> NDArray[np.float64]:
    """The sum of squares of each row."""
    return np.asarray(
        np.bincount(row, weights=data.astype(np.float64) ** 2, minlength=rows), dtype=np.float64
    )


def _numbered(parts: Sequence[Codes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number for each hash, and in how many texts each number stands."""
    everything = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)
    order = np.argsort(everything)
    ranked = everything[order]
    starts = np.ones(len(ranked), dtype=bool)
    starts[1:] = ranked[1:] != ranked[:-1]
    places = np.empty(len(ranked), dtype=np.int64)
    places[order] = np.cumsum(starts) - 1
    return places, np.bincount(places, minlength=1)
