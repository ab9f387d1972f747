"""The learner of a review queue: from the rows read so far, how likely each unread one is what is looked for.

Three squared-hinge support vector machines in the dual (Chang & Lin 2008; solved after Chapelle 2007): on
words, strict, as for a topic that few rows have; on sentence vectors; and on everything together, which takes
over as positives are found. They hold at most `SUPPORT` rows, so the cost of a retraining does not grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.encoder import Vectors
from classify.views import Doubles, Floats, View, Views, views

Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]

SUPPORT = 1_200
"""Rows that a machine remembers; later ones take the place of rows of the commoner label, drawn at random."""
TAKE_OVER = 50
"""Positives at which the machine on everything weighs as much as the one on words."""
_ROUNDS = 6


@dataclass(frozen=True)
class Manner:
    """``softness`` is 1/(2C), ``negatives`` their total weight against that of the positives."""

    softness: float
    negatives: float


_STRICT = Manner(4.5, 0.1)
_OPEN = Manner(1.0, 0.5)


class Machine:
    """One machine on one view; it keeps the inner products of the rows that it remembers."""

    def __init__(self, view: View, manner: Manner, size: int) -> None:
        self._view = view
        self._manner = manner
        self._gram: Floats = np.ones((size, size), dtype=np.float32)
        self._active = np.ones(size, dtype=bool)

    def remember(self, places: Rows, held: Rows) -> None:
        """Rows have come to these places; ``held`` is the row of every place in use."""
        likeness = self._view.products(held[places], held) + 1
        self._gram[places, : len(held)] = likeness
        self._gram[: len(held), places] = likeness.T
        self._active[places] = True

    def scores(self, held: Rows, truth: Bools) -> Doubles:
        """Train on what is held and score the whole pool."""
        size = len(held)
        gram, signs = self._gram[:size, :size], np.where(truth, 1.0, -1.0)
        share = np.where(truth, 1.0, self._manner.negatives * truth.sum() / (~truth).sum())
        softness = self._manner.softness * share.mean() / share
        active = self._active[:size]
        active |= truth & ~truth[active].any() if active.any() else True
        for _ in range(_ROUNDS):
            weights = _solve(gram, softness, signs, active)
            inside = signs * (gram[:, active] @ weights) < 1
            if (inside == active).all() or not inside.any():
                break
            active[:] = inside
        else:
            weights = _solve(gram, softness, signs, active)
        return self._view.scores(held[active], weights)


def _solve(gram: Floats, softness: Doubles, signs: Doubles, active: Bools) -> Doubles:
    """Weights of the active rows: those that lie inside their margin."""
    from scipy.linalg import cho_factor, cho_solve

    at = np.flatnonzero(active)
    matrix = gram[np.ix_(at, at)]
    # single precision is enough: the softness keeps the system far from singular
    matrix[np.diag_indices(len(at))] += softness[at].astype(np.float32)
    factor = cho_factor(matrix, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, signs[at].astype(np.float32), check_finite=False))


class Learner:
    """Learns from labels as they come and scores every row of a fixed pool; deterministic by its seed."""

    def __init__(
        self, texts: Sequence[str], vectors: Vectors | None, seed: int, made: Views | None = None
    ) -> None:
        """Prepare the pool; ``vectors`` has one row for each text, or is None for words alone.

        ``made`` are views of these texts that were made elsewhere, as those of the living queue are.
        """
        made = views(texts, vectors, seed) if made is None else made
        rows = len(texts)
        size = min(SUPPORT, rows)
        self._words = Machine(made.words, _STRICT, size)
        self._rich = Machine(made.rich, _OPEN, size)
        self._vectors = None if made.vectors is None else Machine(made.vectors, _STRICT, size)
        self._rng = np.random.default_rng(seed)
        self._held = np.zeros(0, dtype=np.intp)
        self._truth = np.zeros(0, dtype=bool)
        self._unread = np.ones(rows, dtype=bool)
        self._positives = 0
        self._size = size

    def learn(self, rows: Sequence[int], labels: Sequence[bool]) -> None:
        """Take in the labels of rows that have just been read."""
        places = []
        for row, label in zip(rows, labels, strict=True):
            self._unread[row] = False
            self._positives += bool(label)
            places.append(self._place(row, bool(label)))
        new = np.unique(np.array(places, dtype=np.intp))
        for machine in (self._words, self._rich, self._vectors):
            if machine is not None and len(new):
                machine.remember(new, self._held)

    def _place(self, row: int, label: bool) -> int:
        if len(self._held) < self._size:
            self._held = np.append(self._held, row)
            self._truth = np.append(self._truth, label)
            return len(self._held) - 1
        common = self._truth.sum() * 2 > self._size
        at = int(self._rng.choice(np.flatnonzero(self._truth == common)))
        self._held[at], self._truth[at] = row, label
        return at

    def scores(self) -> Doubles:
        """One number for each row of the pool, higher for what looks more like the positives.

        All zero until both labels have been seen.
        """
        total = np.zeros(len(self._unread))
        if not self._truth.any() or self._truth.all() or not self._unread.any():
            return total
        parts = [(1.0, self._words), (self._positives / TAKE_OVER, self._rich)]
        if self._vectors is not None:
            parts.append((0.5, self._vectors))
        for share, machine in parts:
            total += share * self._even(machine.scores(self._held, self._truth))
        return total

    def _even(self, scores: Doubles) -> Doubles:
        """Of mean 0 and variance 1 over the unread, so that machines can be added up."""
        unread = scores[self._unread]
        spread = float(unread.std())
        return (scores - float(unread.mean())) / (spread if spread > 0 else 1.0)
