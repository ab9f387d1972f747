"""Quality figures on labelled rows, with bootstrap intervals and the rows that went wrong.

All figures are fractions. Intervals are percentile bootstraps over rows (Efron 1979) at 95%, with a fixed
seed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from classify.corpus import TOPICS
from classify.detect import check_score
from classify.errors import EvaluationError
from classify.match import ClaimIndex
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
        figures.append(_boot("topic macro-F1 of kept", len(told), lambda at: macro_f1(true[at], told[at])))
    wrong = {"admitted": ~inside & said, "dropped": inside & ~said, "topic": kept & ~right}
    return Evaluation(tuple(figures), {name: _rows(hits) for name, hits in wrong.items()})


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
    return Evaluation(figures, {"admitted": _rows(admitted), "dropped": _rows(~kept)})


def claims(texts: Sequence[str], labels: Sequence[str], documents: Sequence[str]) -> Evaluation:
    """Claim detection: average precision and AUC of `check_score`; intervals resample whole documents."""
    truth = np.array([_label(label, "check", "no", at) for at, label in enumerate(labels, 1)])
    _both(truth, "claims", "check", "no")
    scores = np.array([check_score(text)[0] for text in texts])
    clusters = _clusters(documents)
    figures = (
        _boot(
            "average precision",
            len(clusters),
            lambda at: average_precision(*_of(clusters, at, truth, scores)),
        ),
        _boot("auc", len(clusters), lambda at: auc(*_of(clusters, at, truth, scores))),
        rate("right at 0.5", (scores >= 0.5) == truth),
    )
    return Evaluation(
        figures, {"missed": _rows(truth & (scores < 0.5)), "raised": _rows(~truth & (scores >= 0.5))}
    )


def match(
    known: Sequence[tuple[str, str]],
    queries: Sequence[tuple[str, str]],
    clock: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Claim matching: ``known`` are (id, claim), ``queries`` (text, known id or "-").

    recall@1, recall@5 and MAP@5 over the queries with an answer, AUC of the best score of those against the
    others, the share of answers sent that were right, and milliseconds a query.
    """
    if not known or not queries:
        raise EvaluationError("match: needs known claims and queries")
    ids = [name for name, _ in known]
    index = ClaimIndex()
    for number, (_, claim) in enumerate(known):
        index.add(number, claim)
    index.search("", 1)
    began = clock()
    found = [index.search(text, 5) for text, _ in queries]
    spent = (clock() - began) * 1000 / len(queries)
    answers = [answer for _, answer in queries]
    ranks = np.array(
        [_rank([ids[h.id] for h in hits], a) for hits, a in zip(found, answers, strict=True)],
        dtype=np.float64,
    )
    has = np.array([answer != "-" for answer in answers])
    top = np.array([hits[0].score if hits and hits[0].differs is None else 0.0 for hits in found])
    sent = np.array([bool(hits) and hits[0].is_match for hits in found])
    right = sent & (ranks == 1)
    figures: list[Figure] = []
    if has.any():
        mine = ranks[has]
        figures += [
            rate("recall@1", mine == 1),
            rate("recall@5", mine <= 5),
            _mean("map@5", np.where(mine <= 5, 1 / mine, 0.0)),
        ]
    if has.any() and not has.all():
        figures.append(_boot("auc match against none", len(top), lambda at: auc(has[at], top[at])))
    if sent.any():
        figures.append(rate("sent answers right", right[sent]))
    figures.append(Figure("ms a query", spent, spent, spent, len(queries)))
    return Evaluation(
        tuple(figures), {"not first": _rows(has & (ranks != 1)), "wrongly sent": _rows(sent & ~right)}
    )


def _rank(ids: list[str], answer: str) -> float:
    return ids.index(answer) + 1 if answer in ids else float("inf")


def rate(name: str, hits: Bools) -> Figure:
    """A share of rows, with its interval."""
    return _mean(name, hits.astype(np.float64))


def _mean(name: str, values: Doubles) -> Figure:
    return _boot(name, len(values), lambda at: float(values[at].mean()))


def _boot(name: str, n: int, figure: Callable[[NDArray[np.intp]], float]) -> Figure:
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


def _rows(hits: Bools) -> list[int]:
    return [int(at) + 1 for at in np.flatnonzero(hits)]
