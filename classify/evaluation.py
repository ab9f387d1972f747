"""Quality figures on labelled rows, with bootstrap intervals and the rows that went wrong.

All figures are fractions. Intervals are percentile bootstraps over rows (Efron 1979) at 95%, with a fixed
seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classify.corpus import TOPICS
from classify.detect import Detector
from classify.encoder import Encoder
from classify.errors import EvaluationError
from classify.scope import ScopeGate

RESAMPLES = 1000
_SEED = 20261122

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Figure:
    """One quality figure with its 95% interval and the number of rows behind it."""

    name: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Evaluation:
    """Figures in reading order.

    ``wrong`` lists row numbers (first data row is 1) by what went wrong there.
    """

    figures: tuple[Figure, ...]
    wrong: dict[str, list[int]] = field(default_factory=dict)


def scope(
    gate: ScopeGate, texts: Sequence[str], labels: Sequence[str], topics: Sequence[str | None]
) -> Evaluation:
    """Share of ``out`` admitted and of ``in`` kept by the whole gate.

    Topic macro-F1 and accuracy of what is kept.
    """
    if not len(texts) == len(labels) == len(topics):
        raise EvaluationError("scope: texts, labels and topics are not equally many")
    inside = np.array([_label(label, "in", "out", at) for at, label in enumerate(labels, 1)])
    _both(inside, "scope", "in", "out")
    answers = [gate.decide(text) for text in texts]
    said = np.array([answer.in_scope for answer in answers])
    right = np.array([answer.topic == topic for answer, topic in zip(answers, topics, strict=True)])
    kept = inside & said
    figures = [
        rate("out admitted", said[~inside]),
        rate("in kept", said[inside]),
    ]
    if kept.any() and any(topics):
        told = np.array([TOPICS.index(a.topic) if a.topic else -1 for a in answers])[kept]
        true = np.array([TOPICS.index(t) if t in TOPICS else -1 for t in topics])[kept]
        figures.append(rate("topic right of kept", right[kept]))
        figures.append(boot("topic macro-F1 of kept", len(told), lambda at: macro_f1(true[at], told[at])))
    wrong = {"admitted": ~inside & said, "dropped": inside & ~said, "topic": kept & ~right}
    return Evaluation(tuple(figures), {name: row_numbers(hits) for name, hits in wrong.items()})


def scope_pairs(gate: ScopeGate, inside: Sequence[str], outside: Sequence[str]) -> Evaluation:
    """Minimal pairs: both sides right, the in side kept, the out side admitted."""
    if len(inside) != len(outside) or not inside:
        raise EvaluationError("scope pairs: needs as many in_text as out_text, and at least one")
    kept = np.array([gate.decide(text).in_scope for text in inside])
    admitted = np.array([gate.decide(text).in_scope for text in outside])
    figures = (
        rate("both right", kept & ~admitted),
        rate("in_text kept", kept),
        rate("out_text admitted", admitted),
    )
    return Evaluation(figures, {"admitted": row_numbers(admitted), "dropped": row_numbers(~kept)})


def claims(
    texts: Sequence[str],
    labels: Sequence[str],
    documents: Sequence[str],
    parts: Sequence[str] = (),
    encoder: Encoder | None = None,
) -> Evaluation:
    """Claim detection: average precision and AUC of `Detector`, of all rows and of each named part.

    Intervals resample whole documents. Without an encoder, the figures are those of the words alone.
    """
    truth = np.array([_label(label, "check", "no", at) for at, label in enumerate(labels, 1)])
    _both(truth, "claims", "check", "no")
    scores = np.array([score for score, _ in Detector.load(encoder).scores(texts)])
    figures = [
        _by_document("average precision", average_precision, documents, truth, scores),
        _by_document("auc", auc, documents, truth, scores),
        rate("right at 0.5", (scores >= 0.5) == truth),
    ]
    for part in sorted(set(parts)):
        mine = np.array([one == part for one in parts])
        where = [document for document, one in zip(documents, parts, strict=True) if one == part]
        if part and truth[mine].any() and not truth[mine].all():
            name = f"average precision, {part}"
            figures.append(_by_document(name, average_precision, where, truth[mine], scores[mine]))
    return Evaluation(
        tuple(figures),
        {"missed": row_numbers(truth & (scores < 0.5)), "raised": row_numbers(~truth & (scores >= 0.5))},
    )


def _by_document(
    name: str,
    figure: Callable[[Bools, Doubles], float],
    documents: Sequence[str],
    truth: Bools,
    scores: Doubles,
) -> Figure:
    clusters = _clusters(documents)
    return boot(name, len(clusters), lambda at: figure(*_of(clusters, at, truth, scores)))


def rate(name: str, hits: Bools) -> Figure:
    """A share of rows, with its interval."""
    return mean(name, hits.astype(np.float64))


def mean(name: str, values: Doubles) -> Figure:
    """A mean over rows, with its interval."""
    return boot(name, len(values), lambda at: float(values[at].mean()))


def boot(name: str, n: int, figure: Callable[[NDArray[np.intp]], float]) -> Figure:
    """A figure of rows with its bootstrap interval; raises EvaluationError where there are no rows."""
    if n == 0:
        raise EvaluationError(f"{name}: no rows")
    rng = np.random.default_rng(_SEED)
    draws = [figure(rng.integers(0, n, n)) for _ in range(RESAMPLES)]
    known = np.array([draw for draw in draws if not np.isnan(draw)])
    value = figure(np.arange(n))
    low, high = np.quantile(known, (0.025, 0.975)) if len(known) else (value, value)
    return Figure(name, value, float(low), float(high), n)


def _clusters(documents: Sequence[str]) -> list[NDArray[np.intp]]:
    rows: dict[str, list[int]] = {}
    for at, document in enumerate(documents):
        rows.setdefault(document, []).append(at)
    return [np.array(found, dtype=np.intp) for found in rows.values()]


def _of(
    clusters: list[NDArray[np.intp]], at: NDArray[np.intp], truth: Bools, scores: Doubles
) -> tuple[Bools, Doubles]:
    rows = np.concatenate([clusters[number] for number in at])
    return truth[rows], scores[rows]


def auc(truth: Bools, scores: Doubles) -> float:
    """Area under the ROC curve, ties counted a half; NaN where one side is missing."""
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        return float("nan")
    order = np.argsort(scores, kind="stable")
    _, inverse, counts = np.unique(scores[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[truth[order]].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: Bools, scores: Doubles) -> float:
    """Mean precision at each positive, equal scores taken together; NaN without positives."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.r_[ordered[1:] != ordered[:-1], True]
    hits = np.cumsum(truth[order])[last]
    read = np.flatnonzero(last) + 1
    gained = np.diff(np.r_[0, hits])
    return float((hits / read * gained).sum() / truth.sum())


def macro_f1(truth: NDArray[np.int64], told: NDArray[np.int64]) -> float:
    """F1 averaged over the topics that occur in the truth."""
    values = []
    for topic in np.unique(truth):
        right = float(((truth == topic) & (told == topic)).sum())
        values.append(2 * right / float((truth == topic).sum() + (told == topic).sum()))
    return float(np.mean(values))


def _label(label: str, yes: str, no: str, row: int) -> bool:
    if label not in {yes, no}:
        raise EvaluationError(f"row {row}: label {label!r}, expected {yes} or {no}")
    return label == yes


def _both(truth: Bools, what: str, yes: str, no: str) -> None:
    if not truth.any() or truth.all():
        raise EvaluationError(f"{what}: needs rows labelled {yes} and rows labelled {no}")


def row_numbers(hits: Bools) -> list[int]:
    """The numbers of the rows that are hit; the first data row is 1."""
    return [int(at) + 1 for at in np.flatnonzero(hits)]
