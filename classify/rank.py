"""Ranking: which claim should people read first.

A score orders a queue; it is never a verdict and never public.

Until the desk has verdicts to learn from, open written cues and closeness to known false claims order it;
then a linear model trained from the verdicts takes part. Priority = score × reach × freshness.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from classify import cues
from classify.detect import LABELS, Reason
from classify.errors import ArtefactError
from classify.features import words
from classify.text import normalise

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FRESH_DAYS = 14.0
"""After so many days a claim's urgency has fallen to a half."""

# Log odds of a cue being there; chosen by hand: what lures, threatens, hurries or heals is urgent, what
# announces or denies in a calm voice is less so.
_CUE_WEIGHTS = {
    "pay": 0.7, "reach": 0.6, "threat": 0.7, "lure": 0.6, "cure": 0.5, "danger": 0.5, "share": 0.5,
    "hearsay": 0.4, "verify": 0.5,
    "notice": -0.4, "deny": -0.7, "meeting": -0.5, "advice": -0.2,
}  # fmt: skip
_BIAS = -1.2
_FALSE_MATCH = 2.5
_TRUE_MATCH = -2.5
_TIPS = 0.4
NOVELTY = 0.3
"""Log odds of a claim like which nothing was answered yet; a trained model is calibrated for such claims."""
_NEAR = 0.3


@dataclass(frozen=True)
class ClaimFacts:
    """What is known of a claim when it is ranked.

    The two matches are the best scores 0..1 against answered claims.
    """

    text: str
    topic: str
    n_mentions: int
    n_stories: int
    n_sources: int
    n_tips: int
    age_days: float
    best_false_match: float
    best_true_match: float


class Ranked(NamedTuple):
    """Score 0..1 and the reasons for it in Vietnamese, the weightiest first."""

    score: float
    reasons: tuple[Reason, ...]


class Ranker(Protocol):
    """What the pipeline asks of a ranker."""

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        """One `Ranked` for each claim, in order."""
        ...


def reach(facts: ClaimFacts) -> float:
    """How many people it may have reached, 0..1: stories, sources and above all tips, on a log scale."""
    weight = facts.n_mentions + facts.n_stories + 2 * facts.n_sources + 3 * facts.n_tips
    return min(1.0, 0.25 + 0.75 * math.log1p(max(0, weight)) / math.log(201))


def freshness(facts: ClaimFacts) -> float:
    """1 for a claim of today, a half after `FRESH_DAYS`."""
    return fresh(facts.age_days)


def fresh(age_days: float) -> float:
    """The same of an age in days."""
    return float(0.5 ** (max(0.0, age_days) / FRESH_DAYS))


def moved(score: float, shift: float | None) -> float:
    """A score 0..1 moved by a shift in log odds; the score itself where nothing was learned."""
    if not shift:
        return score
    kept = min(1 - 1e-9, max(1e-9, score))
    total = math.log(kept / (1 - kept)) + max(-30.0, min(30.0, shift))
    return 1 / (1 + math.exp(-total))


def priority(ranked: Ranked, facts: ClaimFacts) -> float:
    """Score × reach × freshness, 0..1."""
    return ranked.score * reach(facts) * freshness(facts)


class ColdRanker:
    """The ranker without training data: open cues, closeness to answered claims, tips, novelty."""

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        """One `Ranked` for each claim, in order."""
        return [_ranked(_cold_reasons(facts), _BIAS) for facts in claims]


def _cold_reasons(facts: ClaimFacts) -> list[Reason]:
    found = dict(zip(cues.NAMES, cues.counts(words(normalise(facts.text))), strict=True))
    reasons = [Reason(LABELS[name], weight) for name, weight in _CUE_WEIGHTS.items() if found[name]]
    return reasons + _fact_reasons(facts)


def _fact_reasons(facts: ClaimFacts) -> list[Reason]:
    """What other claims and the public say about it."""
    reasons = []
    if facts.best_false_match > _NEAR:
        reasons.append(
            Reason("giống một tin đã kết luận là sai", round(_FALSE_MATCH * facts.best_false_match, 3))
        )
    if facts.best_true_match > _NEAR:
        reasons.append(
            Reason("giống một tin đã kết luận là đúng", round(_TRUE_MATCH * facts.best_true_match, 3))
        )
    if max(facts.best_false_match, facts.best_true_match) <= _NEAR:
        reasons.append(Reason("chưa có câu trả lời nào gần giống", NOVELTY))
    if facts.n_tips > 0:
        reasons.append(Reason("người dân gửi tin hỏi", round(_TIPS * math.log2(1 + facts.n_tips), 3)))
    return reasons


def _ranked(reasons: list[Reason], bias: float) -> Ranked:
    total = bias + sum(reason.weight for reason in reasons)
    ordered = tuple(sorted(reasons, key=lambda reason: (-abs(reason.weight), reason.feature)))
    return Ranked(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), ordered)


_HIDDEN = re.compile(r"‹[^›]{0,40}›|(?<![^\s›])(?!›)[^\s\d]{0,99}\d\S*")


def ranking_text(text: str) -> str:
    """What the trained ranker sees: without tokens and whatever has a digit, so that none can be learned."""
    return _HIDDEN.sub(" ", text).lower()


class LinearRanker:
    """The ranker trained from verdicts; what other claims and tips say is added openly."""

    def __init__(self, pipeline: "Pipeline") -> None:
        self._vectorizer = pipeline.named_steps["terms"]
        self._model = pipeline.named_steps["model"]
        # knots of a calibration that is no straight line; of Platt's sigmoid the weights know already
        self._knots = getattr(self._model, "calibration_", None)

    @classmethod
    def load(cls, path: Path, sha256: str) -> "LinearRanker":
        """Read a skops file whose SHA-256 the registry pins.

        Raises ArtefactError for any other file or unknown types.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ArtefactError(f"{path.name}: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ArtefactError(f"{path.name}: SHA-256 is not the registered one")
        # skops and scikit-learn take seconds to import: only a desk with a promoted model pays
        import skops.io

        unknown = skops.io.get_untrusted_types(data=data)
        if unknown:
            raise ArtefactError(
                f"{path.name}: holds types that are not allowed: {', '.join(sorted(unknown))}"
            )
        return cls(skops.io.loads(data, trusted=[]))

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        """One `Ranked` for each claim, in order."""
        if not claims:
            return []
        features = self._vectorizer.transform([ranking_text(facts.text) for facts in claims]).tocsr()
        names = self._vectorizer.get_feature_names_out()
        weights = self._model.coef_[0]
        ranked = []
        for row, facts in enumerate(claims):
            start, end = features.indptr[row : row + 2]
            at = features.indices[start:end]
            parts = features.data[start:end] * weights[at]
            learned = [Reason(f"từ “{names[i]}”", round(float(w), 3)) for i, w in zip(at, parts, strict=True)]
            rest = float(parts.sum()) - sum(reason.weight for reason in learned)
            bias = self._bias(float(parts.sum())) + rest
            total = _ranked(learned + _fact_reasons(facts), bias)
            ranked.append(Ranked(total.score, total.reasons[:8]))
        return ranked

    def _bias(self, learned: float) -> float:
        """What no word explains: the intercept, and by how much the calibration moves these log odds."""
        intercept = float(self._model.intercept_[0])
        if self._knots is None:
            return intercept
        # numpy comes with scikit-learn, which a trained model needs anyhow
        import numpy as np

        return float(np.interp(intercept + learned, self._knots[0], self._knots[1])) - learned
