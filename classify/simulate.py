"""Replay of a labelled set as a review queue: how much must be read to find what is there.

Active learning as in technology-assisted review (Cormack & Grossman 2015): seeds, a linear model, the most
certain first, retrained after growing batches. Work saved over sampling follows Cohen et al. 2006.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.errors import EvaluationError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LEVELS = (80, 90, 95)
STOP_RULES = ("quarter", "recall90")
SAMPLE = 60
"""Size of the random sample of the unread at each look of the rule `recall90`."""


class Replay(NamedTuple):
    """Order of reading (row numbers), (read, found) after each batch, shares read and saved.

    ``stop`` is where the rule said stop, the true recall there, and the recall it claimed at least; None
    without rule.
    """

    order: list[int]
    curve: list[tuple[int, int]]
    read_at: dict[str, float]
    wss_at: dict[str, float]
    stop: dict[str, float] | None


def replay(
    texts: Sequence[str],
    labels: Sequence[bool],
    seed: int,
    stop: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Replay:
    """Read everything once in the order of the queue; ``on_progress`` gets (read, all).

    ``stop``: "quarter" stops after the first quarter of the queue, "recall90" as soon as a fresh random
    sample of the unread shows with 95% confidence that at least 90% of the positives are found. Raises
    EvaluationError for fewer than two of each label or an unknown rule.
    """
    truth = np.array([bool(label) for label in labels])
    if truth.sum() < 1 or (~truth).sum() < 1 or len(texts) != len(truth):
        raise EvaluationError("simulate: needs at least one positive and one negative row")
    if stop is not None and stop not in STOP_RULES:
        raise EvaluationError(f"stop rule {stop!r}: one of {', '.join(STOP_RULES)}")
    rng = np.random.default_rng(seed)
    features = _features(texts)
    order = [int(rng.choice(np.flatnonzero(truth))), int(rng.choice(np.flatnonzero(~truth)))]
    curve = [(2, 1)]
    stopped: dict[str, float] | None = None
    batch = 1
    while len(order) < len(texts):
        order += _next(features, truth, order, batch)
        found = int(truth[order].sum())
        curve.append((len(order), found))
        if stop is not None and stopped is None:
            stopped = _look(stop, truth, order, found, rng)
        batch += max(1, math.ceil(batch / 10))
        if on_progress is not None:
            on_progress(len(order), len(texts))
    read_at, wss_at = _levels(truth[order])
    return Replay(order, curve, read_at, wss_at, stopped)


def _features(texts: Sequence[str]) -> "csr_matrix":
    """Word 1-2-grams and letter 3-5-grams, TF-IDF; min_df 2 keeps a queue of thousands quick."""
    # scikit-learn costs three seconds: paid only by a replay
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    least = 2 if len(texts) > 50 else 1
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least)
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=least, max_features=50_000
    )
    return hstack([words.fit_transform(texts), letters.fit_transform(texts)]).tocsr()


def _next(features: "csr_matrix", truth: NDArray[np.bool_], order: list[int], batch: int) -> list[int]:
    """The unread rows of which the model, trained on the read ones, is surest."""
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(
        loss="log_loss", alpha=1e-5, class_weight="balanced", max_iter=25, tol=None, random_state=0
    )
    model.fit(features[order], truth[order])
    unread = np.setdiff1d(np.arange(len(truth)), order)
    scores = model.decision_function(features[unread])
    return [int(at) for at in unread[np.argsort(-scores, kind="stable")[:batch]]]


def _look(
    rule: str, truth: NDArray[np.bool_], order: list[int], found: int, rng: np.random.Generator
) -> dict[str, float] | None:
    """Whether the rule stops here.

    The reader is charged nothing for the sample, which is read again in its place.
    """
    total = len(truth)
    recall = found / int(truth.sum())
    if rule == "quarter":
        return (
            {"at": len(order) / total, "recall": recall, "claimed_low": 0.0}
            if len(order) * 4 >= total
            else None
        )
    unread = np.setdiff1d(np.arange(total), order)
    if not len(unread):
        return {"at": 1.0, "recall": recall, "claimed_low": 1.0}
    sample = rng.choice(unread, size=min(SAMPLE, len(unread)), replace=False)
    missed = (
        upper_limit(int(truth[sample].sum()), len(sample)) * len(unread) if len(sample) < len(unread) else 0.0
    )
    missed = float(truth[unread].sum()) if len(sample) == len(unread) else missed
    claimed = found / (found + missed)
    return {"at": len(order) / total, "recall": recall, "claimed_low": claimed} if claimed >= 0.9 else None


def upper_limit(hits: int, n: int, level: float = 0.95) -> float:
    """One-sided upper limit of a share after ``hits`` of ``n`` (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    return 1.0 if hits >= n else float(beta.ppf(level, hits + 1, n - hits))


def _levels(found: NDArray[np.bool_]) -> tuple[dict[str, float], dict[str, float]]:
    """Fraction read when 80, 90 and 95% are found, and what that saves over reading at random."""
    running = np.cumsum(found)
    total = len(found)
    read_at: dict[str, float] = {}
    wss_at: dict[str, float] = {}
    for level in LEVELS:
        needed = math.ceil(level / 100 * int(running[-1]))
        read = int(np.searchsorted(running, needed)) + 1
        read_at[str(level)] = read / total
        wss_at[str(level)] = (total - read) / total - (1 - level / 100)
    return read_at, wss_at
