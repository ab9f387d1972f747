"""Small tools of training: matrices from terms, grouped folds, thresholds at a share of false admissions.

Everything is deterministic: equal rows and seed give equal weights.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.artefact import Floats
from classify.scope import weighted

if TYPE_CHECKING:
    # scipy and scikit-learn are slow to import; inference never needs them
    from scipy.sparse import csr_matrix

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


class Terms(NamedTuple):
    """A vocabulary in sorted order with inverse document frequencies."""

    vocabulary: dict[str, int]
    idf: Floats


def vocabulary(documents: Sequence[list[str]], groups: Sequence[str], min_groups: int) -> Terms:
    """Terms that occur in at least ``min_groups`` groups.

    Idf is smoothed as in scikit-learn, in half precision.
    """
    seen: dict[str, set[str]] = {}
    frequency: Counter[str] = Counter()
    for found, group in zip(documents, groups, strict=True):
        for term in set(found):
            frequency[term] += 1
            seen.setdefault(term, set()).add(group)
    kept = sorted(term for term, where in seen.items() if len(where) >= min_groups)
    counts = np.array([frequency[term] for term in kept], dtype=np.float64)
    idf = np.log((1 + len(documents)) / (1 + counts)) + 1
    return Terms({term: at for at, term in enumerate(kept)}, idf.astype(np.float16).astype(np.float32))


def matrix(documents: Iterable[list[str]], known: Terms) -> "csr_matrix":
    """Sparse rows of unit-length TF-IDF, computed by the very function that inference uses."""
    from scipy.sparse import csr_matrix

    columns: list[NDArray[np.intp]] = []
    values: list[Floats] = []
    ends = [0]
    for found in documents:
        at, weights = weighted(found, known.vocabulary, known.idf)
        columns.append(at)
        values.append(weights)
        ends.append(ends[-1] + len(at))
    shape = (len(ends) - 1, len(known.vocabulary))
    return csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=shape)


def linear(
    features: "csr_matrix", labels: Bools, strength: float, weights: Doubles | None = None
) -> tuple[Doubles, float]:
    """Coefficients and intercept of a logistic regression (liblinear, deterministic)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, solver="liblinear", max_iter=1000, random_state=0)
    model.fit(features, labels, sample_weight=weights)
    return model.coef_[0], float(model.intercept_[0])


def blended(features: "csr_matrix", labels: Bools) -> tuple[Doubles, float]:
    """Mean of two linear models of different temper, each scaled to unit spread.

    One is ridge regression, the other logistic regression on terms weighted by how unevenly the two sides use
    them (NB-SVM, Wang & Manning 2012).

    The mean of linear models is linear, so inference pays for one.
    """
    from sklearn.linear_model import RidgeClassifier

    ridge = RidgeClassifier(alpha=0.5, solver="sparse_cg", tol=1e-6).fit(features, labels)
    ratio = np.abs(_uneven(features, labels))
    weights, bias = linear(features.multiply(ratio).tocsr(), labels, 30.0)
    plain = np.ravel(ridge.coef_)
    first = float(np.std(features @ plain))
    second = float(np.std(features @ (weights * ratio)))
    both = plain / first + weights * ratio / second
    return both, float(np.ravel(ridge.intercept_)[0]) / first + bias / second


def balanced_ridge(features: "csr_matrix", labels: Bools) -> tuple[Doubles, float]:
    """Ridge regression in which both sides weigh the same: one topic against the eight others."""
    from sklearn.linear_model import RidgeClassifier

    model = RidgeClassifier(alpha=1.0, class_weight="balanced", solver="sparse_cg", tol=1e-6).fit(
        features, labels
    )
    return np.ravel(model.coef_), float(np.ravel(model.intercept_)[0])


def _uneven(features: "csr_matrix", labels: Bools) -> Doubles:
    """Log ratio of the smoothed shares of each term's occurrences on the two sides."""
    present = features > 0
    ours = np.asarray(present[labels].sum(axis=0)).ravel() + 1.0
    others = np.asarray(present[~labels].sum(axis=0)).ravel() + 1.0
    ratio: Doubles = np.log((ours / ours.sum()) / (others / others.sum()))
    return ratio


def folds(groups: Sequence[str], count: int, seed: int) -> NDArray[np.int64]:
    """A fold number for each row, the same for a whole group, fixed by the group's name and the seed."""
    digests = (hashlib.sha256(f"{seed}:{group}".encode()).digest() for group in groups)
    return np.array([int.from_bytes(digest[:8], "big") % count for digest in digests], dtype=np.int64)


def bar(scores: Doubles, outside: Bools, admitted: float) -> float:
    """The threshold over which at most the share ``admitted`` of the outside rows lies."""
    ranked = np.sort(scores[outside])[::-1]
    allowed = int(admitted * len(ranked))
    return float(np.nextafter(ranked[min(allowed, len(ranked) - 1)], np.inf))


def calibration(scores: Doubles, labels: Bools) -> tuple[float, float]:
    """Slope and offset of Platt's sigmoid on out-of-fold scores (Platt 1999)."""
    slope, offset = linear(scores.reshape(-1, 1), labels, 1e4)
    return float(slope[0]), offset
