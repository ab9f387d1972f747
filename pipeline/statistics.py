"""Limits of the weekly figures: exact and gamma intervals for what a stratified audit saw.

Intervals hold for the week's finite set of claims under the desk's own random draw; nothing is assumed of
the score. Sources: exact and mid-p limits of the hypergeometric distribution; Fay and Feuer 1997 and its
mid-p form (Fay and Kim, doi 10.1002/bimj.201600111) for weighted sums, with a finite population correction
and fully counted strata; melding (Fay, Proschan and Brittain 2015) for the error of reviewers; Wilson 1927.
scipy is imported inside functions: no command that needs no limit waits for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, lgamma, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
DRAWS = 20_000
_HUGE = 1e250
MIN_SEEDS = 50
MIN_SENSITIVITY = 0.80

Draws = NDArray[np.float64]
Counted = tuple[int, int, int]  # positives, judged, size of one stratum


@lru_cache(maxsize=100_000)
def hyper_limits(x: int, n: int, size: int, alpha: float = ALPHA, *, midp: bool = True) -> tuple[int, int]:
    """Limits of the number of positives among `size` when `n` drawn at random hold `x`."""
    half = 0.5 if midp else 0.0
    least = alpha / 2 - 1e-9  # an exact tie belongs inside, whatever the rounding

    def below(m: int) -> bool:
        at, under = _hypergeometric(x, size, m, n)
        return under + (1 - half) * at >= least

    def above(m: int) -> bool:
        at, under = _hypergeometric(x, size, m, n)
        return 1 - under - half * at >= least

    most = size - n + x
    return _first(above, x, most), most - _first(lambda k: below(most - k), 0, most - x)


def _hypergeometric(x: int, size: int, m: int, n: int) -> tuple[float, float]:
    """P(X = x) and P(X < x) for `n` drawn from `size` of which `m` are positive.

    scipy.stats has it too, at fifty times the price: every limit asks some twenty times.
    """
    rest = size - m
    log_at = _log_choose(m, x) + _log_choose(rest, n - x) - _log_choose(size, n)
    # terms relative to P(X = x), which may be too small to be written; the scale is kept beside them
    term, under, scale = 1.0, 0.0, log_at
    for k in range(x, max(0, n - rest), -1):
        term *= k * (rest - n + k) / ((m - k + 1) * (n - k + 1))
        under += term
        if under > _HUGE:
            term, under, scale = term / _HUGE, under / _HUGE, scale + log(_HUGE)
        if term < 1e-18 * under:
            break
    return exp(log_at), min(1.0, exp(scale + log(under))) if under else 0.0


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest number from `low` at which a condition holds that stays true up to `high`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


@dataclass(frozen=True)
class WeightedSum:
    """A weighted sum of positives as a share of the whole, and what an unseen one could add.

    `counted` comes from strata that were seen whole; `total` and `variance` are of the sampled strata;
    `next_weight` and `next_variance` belong to the heaviest unit that was not drawn. The share cannot lie
    outside `least` (what was seen) and `most` (all but what was seen to be negative).
    """

    counted: float
    total: float
    variance: float
    next_weight: float
    next_variance: float
    least: float
    most: float

    @property
    def estimate(self) -> float:
        """The Horvitz-Thompson estimate."""
        return self.counted + self.total

    def clip(self, share: float) -> float:
        """The share, held to what is possible after what was seen."""
        return min(max(share, self.least), self.most)

    def below(self, share: float) -> float:
        """The distribution of the lower limit at `share`, sampled part only."""
        if self.total == 0:
            return 1.0
        if self.variance == 0:
            return float(share >= self.total)
        return _gamma_cdf(share, self.total, self.variance)

    def above(self, share: float) -> float:
        """The distribution of the upper limit at `share`: one more positive, of the heaviest weight."""
        return _gamma_cdf(share, self.total + self.next_weight, self.variance + self.next_variance)


def _gamma_cdf(value: float, mean: float, variance: float) -> float:
    from scipy.special import gammainc

    return float(gammainc(mean * mean / variance, value * mean / variance))


def stratified(strata: Sequence[Counted]) -> WeightedSum:
    """The share of positives over strata; raises `ValueError` if one of them was not sampled."""
    whole = sum(size for _, _, size in strata)
    counted = total = variance = next_weight = next_variance = 0.0
    for x, n, size in strata:
        if size == 0:
            continue
        if n == 0:
            raise ValueError("unsampled stratum: merge it before the draw")
        if n == size:
            counted += x / whole
            continue
        weight, left = size / (n * whole), (size - n) / (size - 1)
        total += weight * x
        variance += weight * weight * x * left * (1 - x / n)
        if weight > next_weight:
            next_weight, next_variance = weight, weight * weight * left
    least = sum(x for x, _, _ in strata) / whole
    most = 1 - sum(n - x for x, n, _ in strata) / whole
    return WeightedSum(counted, total, variance, next_weight, next_variance, least, most)


def gamma_limits(strata: Sequence[Counted], alpha: float = ALPHA) -> tuple[float, float, float]:
    """Estimate and mid-p gamma limits of the share of positives over strata."""
    return midp_limits(stratified(strata), alpha)


def midp_limits(share: WeightedSum, alpha: float = ALPHA) -> tuple[float, float, float]:
    """Estimate and mid-p gamma limits of a weighted sum."""
    if share.next_weight == 0:  # everything was seen
        return share.counted, share.counted, share.counted

    def both(value: float) -> float:
        return 0.5 * share.below(value) + 0.5 * share.above(value)

    low = 0.0 if share.total == 0 else _quantile(both, alpha / 2)
    high = _quantile(both, 1 - alpha / 2)
    return share.estimate, share.clip(share.counted + low), share.clip(share.counted + high)


def gamma_claim_limit(strata: Sequence[Counted], confidence: float) -> float:
    """The one-sided upper limit of Fay and Feuer: the only one that a "target met" may rest on."""
    share = stratified(strata)
    if share.next_weight == 0:
        return share.counted
    return share.clip(share.counted + _quantile(share.above, confidence))


def fay_feuer_limits(strata: Sequence[Counted], alpha: float = ALPHA) -> tuple[float, float, float]:
    """Estimate and two-sided Fay-Feuer limits (no mid-p), for several weeks pooled."""
    share = stratified(strata)
    if share.next_weight == 0:
        return share.counted, share.counted, share.counted
    low = 0.0 if share.total == 0 else _quantile(share.below, alpha / 2)
    return share.estimate, share.clip(share.counted + low), gamma_claim_limit(strata, 1 - alpha / 2)


def _quantile(distribution: Callable[[float], float], probability: float) -> float:
    low, high = 0.0, 1.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if distribution(middle) >= probability else (middle, high)
    return high


def recall_limits(
    answered: float, late: float, missed: tuple[float, float, float]
) -> tuple[float, float, float] | None:
    """Recall and its limits from what is known and (estimate, low, high) of the missed; None if undefined."""
    estimate, low, high = missed
    if answered + late + estimate == 0:
        return None
    if answered == 0:
        return 0.0, 0.0, 0.0
    known = answered + late
    return answered / (known + estimate), answered / (known + high), answered / (known + low)


def missed_limits(
    x: int, n: int, size: int, alpha: float = ALPHA, *, midp: bool = True
) -> tuple[float, int, int]:
    """Estimate and limits of the positives among `size` unflagged and rejected claims."""
    if not size:
        return 0.0, 0, 0
    low, high = hyper_limits(x, n, size, alpha, midp=midp)
    return (size * x / n if n else 0.0), low, high


def n_min(answered: int, late: int, size: int, confidence: float = 1 - ALPHA) -> int | None:
    """The smallest audit that could show a recall of 90 % by finding nothing; None if it cannot be shown."""
    spare = (answered - 9 * late) // 9 + 1
    if spare <= 0:
        return None
    return min(size, ceil(size * (1 - float((1 - confidence) ** (1 / spare)))))


def sensitivity_state(recognised: int, seeds: int) -> str | None:
    """Why T1 cannot be claimed, or None if seeds show that reviewers recognise false claims."""
    if seeds < MIN_SEEDS or recognised / seeds < MIN_SENSITIVITY:
        return "verdict sensitivity too low/unknown — T1 cannot be claimed"
    return None


def melded_missed(
    audit: Counted, seeds: tuple[int, int], seed: int, alpha: float = ALPHA
) -> tuple[float, float]:
    """Limits of the missed, corrected for reviewers who recognised `seeds` = (recognised, shown).

    Raises `ValueError` while no seed was recognised; `sensitivity_state` says when a correction means little.
    """
    x, n, size = audit
    draw = np.random.default_rng(seed)
    seen = np.full(DRAWS, x / n) if n == size else _middle(draw, x, n)
    missed = seen * size / _sensitivity(draw, *seeds)
    low, high = np.quantile(missed, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def melded_share(
    strata: Sequence[Counted], seeds: tuple[int, int], seed: int, alpha: float = ALPHA
) -> tuple[float, float]:
    """Limits of the share of positives over strata, corrected for reviewers as in `melded_missed`."""
    share = stratified(strata)
    draw = np.random.default_rng(seed)
    lower = _gamma_draws(draw, share.total, share.variance)
    upper = _gamma_draws(draw, share.total + share.next_weight, share.variance + share.next_variance)
    total = share.counted + np.where(draw.random(DRAWS) < 0.5, lower, upper)
    corrected = np.minimum(1.0, total / _sensitivity(draw, *seeds))
    low, high = np.quantile(corrected, [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def _sensitivity(draw: np.random.Generator, recognised: int, shown: int) -> Draws:
    if recognised == 0:
        raise ValueError("no seed was recognised: there is nothing to correct with")
    return _middle(draw, recognised, shown)


def _gamma_draws(draw: np.random.Generator, mean: float, variance: float) -> Draws:
    if mean == 0 or variance == 0:
        return np.full(DRAWS, mean)
    return draw.gamma(mean * mean / variance, variance / mean, DRAWS)


def _middle(draw: np.random.Generator, k: int, n: int) -> Draws:
    """Draws half from the lower and half from the upper confidence distribution of a share k/n."""
    lower = draw.beta(k, n - k + 1, DRAWS) if k else np.zeros(DRAWS)
    upper = draw.beta(k + 1, n - k, DRAWS) if k < n else np.ones(DRAWS)
    return np.where(draw.random(DRAWS) < 0.5, lower, upper)


def wilson(k: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Wilson's interval of a share k/n."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    share, spread = k / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / n / 4) / (1 + spread)
    # the ends are exact; rounding must not leave a trace of a limit where there is none
    return (centre - half if k else 0.0), (centre + half if k < n else 1.0)


def median_limits(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float, float]:
    """Median and its order-statistic interval; the whole range while there are too few values for one."""
    from scipy.stats import binom

    ordered = sorted(values)
    n = len(ordered)
    at = max(0, int(binom.ppf(alpha / 2, n, 0.5)) - 1)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return middle, ordered[at], ordered[n - 1 - at]


def krippendorff_alpha(groups: Mapping[tuple[int, int], int]) -> float | None:
    """Nominal alpha of two categories from {(reviews, of these positive): units}; None if it is undefined.

    Krippendorff's coincidence matrix: a unit of m reviews adds its ordered pairs with weight 1/(m-1).
    """
    pairable = {key: units for key, units in groups.items() if key[0] > 1}
    positive = sum(k * units for (_, k), units in pairable.items())
    total = sum(m * units for (m, _), units in pairable.items())
    if positive in {0, total}:
        return None
    differing = sum(2 * k * (m - k) / (m - 1) * units for (m, k), units in pairable.items())
    expected = 2 * positive * (total - positive) / (total - 1)
    return 1 - differing / expected
