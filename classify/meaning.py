"""What a sentence's vector says: likeness to remembered sentences, weighed (a radial kernel machine).

A straight line through the vector space tells claims from talk less well than nearness to examples does: both
kinds lie in many places. The remembered vectors are kept in eight bits (Schölkopf and Smola 2002, chapter 7).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]

WIDTH = 1.0
"""Gamma of the kernel exp(-gamma d²) over centred vectors of length 1: the middle of a flat top."""
STRENGTH = 2.0
STEPS = 127


class Meaning(NamedTuple):
    """Remembered sentences, int8 (n, d), the value of one step, weights (n,), and the mean of all vectors."""

    remembered: Bytes
    step: float
    weights: Floats
    centre: Floats

    def said(self, vectors: Floats) -> Floats:
        """The term of each row, in log odds; vectors are (rows, d) as the encoder gives them.

        Row by row: a product of matrices rounds otherwise for each number of rows, and a sentence must have
        the same score alone as among others.
        """
        known = self.remembered.astype(np.float32) * np.float32(self.step)
        return np.array(
            [near(one, known) @ self.weights for one in centred(vectors, self.centre)], np.float32
        )


NO_MEANING = Meaning(np.zeros((1, 1), np.int8), 1.0, np.zeros(1, np.float32), np.zeros(1, np.float32))
"""Of an artefact that was trained without an encoder."""


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Sentence vectors without what all of them share, of length 1."""
    away = vectors - centre
    lengths = np.linalg.norm(away, axis=1, keepdims=True)
    unit: Floats = (away / np.maximum(lengths, np.float32(1e-9))).astype(np.float32)
    return unit


def near(one: Floats, known: Floats) -> Floats:
    """The kernel of one vector (d,) with every known one (n, d)."""
    squares = ((known - one) ** 2).sum(axis=1)
    found: Floats = np.exp(-WIDTH * squares).astype(np.float32)
    return found


def remember(vectors: Floats, truth: NDArray[np.bool_]) -> Meaning:
    """Fit to labelled vectors; the constant term is left to whoever joins it with other evidence."""
    from sklearn.svm import SVC

    centre = vectors.mean(axis=0)
    unit = centred(vectors, centre)
    step = float(np.abs(unit).max()) / STEPS
    rounded = np.round(unit / step).astype(np.int8)
    kept = rounded.astype(np.float32) * np.float32(step)
    machine = SVC(C=STRENGTH, gamma=WIDTH).fit(kept, truth)
    weights = machine.dual_coef_[0].astype(np.float32)
    return Meaning(rounded[machine.support_], step, weights, centre)
