"""From a model's log odds to chances that hold: Platt's sigmoid, or steps that only rise where labels abound.

Fitted on scores of rows that the model had not seen. Platt's sigmoid is the default because it was the best
at every size up to 1,000 labels that was measured; from `STEPS_FROM` labels isotonic regression takes its
place if its cross-validated log loss is lower. J. Platt, Probabilistic outputs for support vector machines
(1999), with his softened targets; B. Zadrozny and C. Elkan, Transforming classifier scores into accurate
multiclass probability estimates (2002).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEPS_FROM = 1_000
STEP_ROWS = 60
FOLDS = 5
BINS = 10
_STEPS, _LONGEST, _CLOSE, _RIDGE = 60, 2.0, 1e-8, 1e-6


@dataclass(frozen=True)
class Calibration:
    """New log odds by straight lines between knots; two knots are Platt's sigmoid."""

    knots: Doubles
    values: Doubles

    @property
    def is_sigmoid(self) -> bool:
        """Whether it is one straight line, which a linear model can take into its weights."""
        return len(self.knots) == 2

    @property
    def line(self) -> tuple[float, float]:
        """Slope and offset of Platt's sigmoid."""
        slope = float((self.values[1] - self.values[0]) / (self.knots[1] - self.knots[0]))
        return slope, float(self.values[0] - slope * self.knots[0])

    def __call__(self, scores: Doubles) -> Doubles:
        """Log odds for raw log odds."""
        if self.is_sigmoid:
            slope, offset = self.line
            return slope * scores + offset
        found: Doubles = np.interp(scores, self.knots, self.values)
        return found


def fitted(scores: Doubles, truth: Bools) -> Calibration:
    """The calibration of these unseen rows; deterministic."""
    sigmoid = platt(scores, truth)
    if len(truth) < STEPS_FROM:
        return sigmoid
    return steps(scores, truth) if _loss(steps, scores, truth) < _loss(platt, scores, truth) else sigmoid


def agreed(rounds: Sequence[Doubles], truth: Bools) -> Calibration:
    """The mean of what several rounds of cross-fitting say: of sigmoids, or the steps of the first round."""
    found = [fitted(scores, truth) for scores in rounds]
    if not all(one.is_sigmoid for one in found):
        return found[0]
    return Calibration(found[0].knots, np.mean([one.values for one in found], axis=0))


def crossed(scores: Doubles, truth: Bools, folds: NDArray[np.intp]) -> Doubles:
    """Calibrated log odds of each fold by what the others say, so that a row does not calibrate itself."""
    found = scores.copy()
    for fold in np.unique(folds):
        rest = folds != fold
        if truth[rest].any() and not truth[rest].all():
            found[~rest] = fitted(scores[rest], truth[rest])(scores[~rest])
    return found


def platt(scores: Doubles, truth: Bools) -> Calibration:
    """Platt's sigmoid with his softened targets, by Newton's method; a misleading score gets no weight."""
    high, low = (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2)
    target = np.where(truth, high, low)
    columns = np.stack([scores, np.ones(len(scores))], axis=1)
    line = np.array([0.0, np.log(target.mean() / (1 - target.mean()))])
    for _ in range(_STEPS):
        odds = columns @ line
        chance = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        slant = columns.T @ (target - chance) - _RIDGE * line
        bend = (columns * (chance * (1 - chance))[:, None]).T @ columns + _RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slant)
        line = line + step * min(1.0, _LONGEST / float(np.abs(step).max() or 1.0))
        if float(np.abs(step).max()) < _CLOSE:
            break
    slope, offset = float(line[0]), float(line[1])
    if slope <= 0:
        slope, offset = 0.0, float(np.log(target.mean() / (1 - target.mean())))
    return Calibration(np.array([0.0, 1.0]), np.array([offset, slope + offset]))


def steps(scores: Doubles, truth: Bools) -> Calibration:
    """Isotonic regression over groups of rows with like scores, and straight lines between their middles."""
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, max(2, len(order) // STEP_ROWS))
    middles = np.array([scores[part].mean() for part in parts])
    sizes = np.array([len(part) for part in parts], dtype=np.float64)
    # one success and one failure are added to each group, as Laplace did: nothing is sure
    shares = np.array([(truth[part].sum() + 1) / (len(part) + 2) for part in parts])
    chances = IsotonicRegression().fit_transform(middles, shares, sample_weight=sizes)
    keep = np.concatenate([[True], np.diff(middles) > 0])
    if keep.sum() < 3:
        return platt(scores, truth)
    return Calibration(middles[keep], np.log(chances[keep] / (1 - chances[keep])))


def _loss(maker: Callable[[Doubles, Bools], Calibration], scores: Doubles, truth: Bools) -> float:
    """Mean cross-validated log loss."""
    place = np.arange(len(truth)) % FOLDS
    odds = np.zeros(len(truth))
    for fold in range(FOLDS):
        out = place == fold
        odds[out] = maker(scores[~out], truth[~out])(scores[out])
    return float((np.logaddexp(0, odds) - truth * odds).mean())


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram: mean chance, share found false, rows."""

    chance: float
    share: float
    n: int


def reliability(truth: Bools, chances: Doubles, bins: int = BINS) -> list[Bin]:
    """Bins of as many rows each, lowest chances first."""
    order = np.argsort(chances, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [Bin(float(chances[part].mean()), float(truth[part].mean()), len(part)) for part in parts]


def expected_error(truth: Bools, chances: Doubles, bins: int = BINS) -> float:
    """Expected calibration error over bins of as many rows each (Naeini et al. 2015, Guo et al. 2017)."""
    found = reliability(truth, chances, bins)
    return sum(one.n * abs(one.chance - one.share) for one in found) / max(1, sum(one.n for one in found))
