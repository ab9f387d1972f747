"""Training of the ranking model from the desk's verdicts, judged on held-out groups."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classify.errors import TrainingDataError
from classify.fitting import folds
from classify.rank import ranking_text

if TYPE_CHECKING:
    # scikit-learn takes seconds to import: inside the functions that train
    from sklearn.pipeline import Pipeline

MIN_GROUPS = 5
"""A word must occur in so many groups: what one person wrote must not stay in a vocabulary (rule 9)."""


@dataclass(frozen=True)
class RankerArtefact:
    """The model as skops bytes with its SHA-256, and its held-out metrics (fractions)."""

    data: bytes
    sha256: str
    metrics: dict[str, float]


def fit_ranker(
    texts: Sequence[str], labels: Sequence[bool], groups: Sequence[str], seed: int
) -> RankerArtefact:
    """Train on all rows; the metrics come from a model that has not seen a fifth of the groups.

    Deterministic. Raises TrainingDataError when a label is missing, or no word occurs in enough groups.
    """
    if not len(texts) == len(labels) == len(groups):
        raise TrainingDataError("ranking: texts, labels and groups are not equally many")
    truth = np.array([bool(label) for label in labels])
    if not truth.any() or truth.all():
        raise TrainingDataError("ranking: needs claims that were found false and claims that were not")
    seen = [ranking_text(text) for text in texts]
    held = folds(groups, 5, seed) == 0
    metrics = {"n": float(len(texts)), "groups": float(len(set(groups))), "positives": float(truth.sum())}
    metrics |= _held_out(seen, truth, list(groups), held)
    import skops.io

    data = skops.io.dumps(_fit(seen, truth, list(groups)))
    return RankerArtefact(data, hashlib.sha256(data).hexdigest(), metrics)


def _fit(texts: Sequence[str], truth: NDArray[np.bool_], groups: Sequence[str]) -> "Pipeline":
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    settings = {"ngram_range": (1, 2), "sublinear_tf": True, "token_pattern": r"(?u)\b[^\W\d_]+\b"}
    analyse = TfidfVectorizer(**settings).build_analyzer()
    where: dict[str, set[str]] = {}
    for text, group in zip(texts, groups, strict=True):
        for term in analyse(text):
            where.setdefault(term, set()).add(group)
    vocabulary = sorted(term for term, found in where.items() if len(found) >= MIN_GROUPS)
    if not vocabulary:
        raise TrainingDataError(f"ranking: no word occurs in {MIN_GROUPS} different claims yet")
    terms = TfidfVectorizer(vocabulary=vocabulary, **settings)
    model = LogisticRegression(C=4.0, solver="liblinear", class_weight="balanced", random_state=0)
    return Pipeline([("terms", terms), ("model", model)]).fit(texts, truth)


def _held_out(
    texts: Sequence[str], truth: NDArray[np.bool_], groups: list[str], held: NDArray[np.bool_]
) -> dict[str, float]:
    """Average precision, AUC, Brier score and calibration error on the held-out groups, if any."""
    rest = np.flatnonzero(~held)
    mine = np.flatnonzero(held)
    trainable = len(rest) and truth[rest].any() and not truth[rest].all()
    if not trainable or not len(mine) or not truth[mine].any() or truth[mine].all():
        return {"held_out_n": float(len(mine))}
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    try:
        model = _fit([texts[int(at)] for at in rest], truth[rest], [groups[int(at)] for at in rest])
    except TrainingDataError:
        return {"held_out_n": float(len(mine))}
    scores = model.predict_proba([texts[int(at)] for at in mine])[:, 1]
    return {
        "held_out_n": float(len(mine)),
        "average_precision": float(average_precision_score(truth[mine], scores)),
        "auc": float(roc_auc_score(truth[mine], scores)),
        "brier": float(brier_score_loss(truth[mine], scores)),
        "ece": calibration_error(truth[mine], scores),
    }


def calibration_error(truth: NDArray[np.bool_], scores: NDArray[np.float64], bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al. 2017)."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [
        abs(float(truth[place == at].mean() - scores[place == at].mean())) * float((place == at).mean())
        for at in range(bins)
        if (place == at).any()
    ]
    return float(sum(gaps))
