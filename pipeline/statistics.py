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
EXACT = 1e-12  # of a limit, which is a share
_HUGE = 1e250
# of each melded pair of distributions a draw takes the lower or the upper one: every combination alike often
_HALVES = (np.arange(DRAWS) // np.array([[1], [2], [4]])) % 2 == 1
MIN_SEEDS = 50
MIN_SENSITIVITY = 0.80

Draws = NDArray[np.float64]
Picks = NDArray[np.bool_]
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
    near, far, step = _guess(x, n, size, alpha)
    low = _first(above, (x, most), near, step)
    return low, most - _first(lambda k: below(most - k), (0, most - x), most - far, step)


def _guess(x: int, n: int, size: int, alpha: float) -> tuple[int, int, int]:
    """About where the limits lie, from Wilson's interval, and how far the search should first step."""
    if n == size:
        return x, x, 1
    low, high = wilson(x, n, alpha)
    left = sqrt((size - n) / (size - 1))
    at = x / n
    near, far = size * (at - (at - low) * left), size * (at + (high - at) * left)
    return int(near), int(far), max(1, int((far - near) / 16))


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


def _first(holds: Callable[[int], bool], within: tuple[int, int], near: int, step: int) -> int:
    """The smallest number within bounds at which a condition holds that stays true up to the upper bound.

    The search begins near a guess and doubles its step, so that a good guess saves most of it.
    """
    low, high = within
    at = min(max(near, low), high)
    if holds(at):
        high = at
        while high > low and holds(at := max(low, high - step)):
            high, step = at, 2 * step
        low = min(at + 1, high)
    else:
        low = at + 1
        while low < high and not holds(at := min(high, low + step)):
            low, step = at + 1, 2 * step
        high = max(low, at)
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

    def lower(self, probability: float) -> float:
        """The quantile of the lower limit's distribution."""
        return _gamma_quantile(probability, self.total, self.variance)

    def upper(self, probability: float) -> float:
        """The quantile of the upper limit's distribution."""
        return _gamma_quantile(probability, self.total + self.next_weight, self.variance + self.next_variance)


def _gamma_cdf(value: float, mean: float, variance: float) -> float:
    from scipy.special import gammainc

    return float(gammainc(mean * mean / variance, value * mean / variance))


def _gamma_quantile(probability: float, mean: float, variance: float) -> float:
    from scipy.special import gammaincinv

    if mean == 0 or variance == 0:
        return mean
    return float(gammaincinv(mean * mean / variance, probability) * variance / mean)


def stratified(strata: Sequence[Counted], *, finite: bool = True) -> WeightedSum:
    """The share of positives over strata; raises `ValueError` if one of them was not sampled.

    `finite` False leaves the finite population correction out, for counts that are not seen without error.
    """
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
        weight, left = size / (n * whole), (size - n) / (size - 1) if finite else 1.0
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

    low = 0.0 if share.total == 0 else _mixture_quantile(share, alpha / 2)
    high = _mixture_quantile(share, 1 - alpha / 2)
    return share.estimate, share.clip(share.counted + low), share.clip(share.counted + high)


def _mixture_quantile(share: WeightedSum, probability: float) -> float:
    """The quantile of the half-and-half mixture of both distributions; it lies between theirs."""
    if share.total == 0:
        return share.upper(2 * probability - 1)

    def short(value: float) -> float:
        return 0.5 * share.below(value) + 0.5 * share.above(value) - probability

    low, high = sorted((share.lower(probability), share.upper(probability)))
    if share.total and not share.variance:  # one of the two is a point: a step, which only halving finds
        return _halved(short, low, high)
    at_low, at_high, side = short(low), short(high), 0
    # regula falsi, Illinois variant (Dowell and Jarratt 1971)
    for _ in range(60):
        if high - low < EXACT or at_high - at_low < EXACT:
            break
        at = high - at_high * (high - low) / (at_high - at_low)
        here = short(at)
        if abs(here) < EXACT:
            return at
        if here > 0:
            high, at_high, at_low = at, here, at_low / 2 if side > 0 else at_low
            side = 1
        else:
            low, at_low, at_high = at, here, at_high / 2 if side < 0 else at_high
            side = -1
    return high


def _halved(short: Callable[[float], float], low: float, high: float) -> float:
    while high - low > EXACT:
        middle = (low + high) / 2
        low, high = (low, middle) if short(middle) >= 0 else (middle, high)
    return high


def gamma_claim_limit(strata: Sequence[Counted], confidence: float) -> float:
    """The one-sided upper limit of Fay and Feuer: the only one that a "target met" may rest on."""
    share = stratified(strata)
    if share.next_weight == 0:
        return share.counted
    return share.clip(share.counted + share.upper(confidence))


def fay_feuer_limits(strata: Sequence[Counted], alpha: float = ALPHA) -> tuple[float, float, float]:
    """Estimate and two-sided Fay-Feuer limits (no mid-p), for several weeks pooled."""
    share = stratified(strata)
    if share.next_weight == 0:
        return share.counted, share.counted, share.counted
    low = share.lower(alpha / 2)
    return share.estimate, share.clip(share.counted + low), gamma_claim_limit(strata, 1 - alpha / 2)


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


def melded_share(
    strata: Sequence[Counted], seeds: tuple[int, int], seed: int, alpha: float = ALPHA
) -> tuple[float, float]:
    """Limits of the share of positives over strata, corrected for what reviewers do not recognise.

    Reviewers recognised `seeds` = (recognised, shown). What was seen whole is corrected as well as what was
    drawn: the desk's known claims went past the same eyes. Of K recognised there were K and a negative
    binomial number more; an error of recognition is not made smaller by a large sample, so that the finite
    population correction is left out. Raises `ValueError` while no seed was recognised.
    """
    share = stratified(strata, finite=False)
    draw = np.random.default_rng(seed)
    drawn = _gamma_draws(draw, share, _HALVES[0])
    sensitivity = _sensitivity(draw, *seeds, _HALVES[1])
    corrected = _seen(draw, strata, sensitivity, _HALVES[2]) + drawn / sensitivity
    low, high = np.quantile(np.minimum(1.0, corrected), [alpha / 2, 1 - alpha / 2])
    return float(low), float(high)


def melded_claim_limit(
    strata: Sequence[Counted], seeds: tuple[int, int], seed: int, confidence: float
) -> float:
    """The one-sided upper limit of the share of positives, corrected as in `melded_share`.

    For a claim the upper distribution of the total is melded with the lower one of the sensitivity.
    """
    share = stratified(strata, finite=False)
    draw = np.random.default_rng(seed)
    upper = np.ones(DRAWS, dtype=bool)
    drawn = _gamma_draws(draw, share, upper)
    sensitivity = _sensitivity(draw, *seeds, ~upper)
    corrected = _seen(draw, strata, sensitivity, upper) + drawn / sensitivity
    return min(1.0, float(np.quantile(corrected, confidence)))


def _seen(draw: np.random.Generator, strata: Sequence[Counted], sensitivity: Draws, upper: Picks) -> Draws:
    """What there was in the strata seen whole, as a share of all: the recognised and the overlooked."""
    if not any(n == size > 0 for _, n, size in strata):
        return np.zeros(DRAWS)
    recognised = sum(x for x, n, size in strata if n == size)
    # numpy's distribution needs at least one success to wait for; none means nothing was overlooked
    overlooked = draw.negative_binomial(np.maximum(1, recognised + upper), np.maximum(sensitivity, 1e-6))
    found = recognised + np.where(recognised + upper > 0, overlooked, 0)
    return np.asarray(found / sum(size for _, _, size in strata))


def _gamma_draws(draw: np.random.Generator, share: WeightedSum, upper: Picks) -> Draws:
    """Draws of the sampled part's share, each from its lower or its upper distribution."""

    def drawn(mean: float, variance: float, n: int) -> Draws:
        sure = mean == 0 or variance == 0
        return np.full(n, mean) if sure else draw.gamma(mean * mean / variance, variance / mean, n)

    found, n_upper = np.empty(DRAWS), int(upper.sum())
    found[~upper] = drawn(share.total, share.variance, DRAWS - n_upper)
    found[upper] = drawn(share.total + share.next_weight, share.variance + share.next_variance, n_upper)
    return found


def _sensitivity(draw: np.random.Generator, recognised: int, shown: int, upper: Picks) -> Draws:
    """Draws of the share of false claims that reviewers recognise, from seeds."""
    if recognised == 0:
        raise ValueError("no seed was recognised: there is nothing to correct with")
    found, n_upper = np.ones(DRAWS), int(upper.sum())
    found[~upper] = draw.beta(recognised, shown - recognised + 1, DRAWS - n_upper)
    if recognised < shown:
        found[upper] = draw.beta(recognised + 1, shown - recognised, n_upper)
    return found


def wilson(k: float, n: float, alpha: float = ALPHA) -> tuple[float, float]:
    """Wilson's interval of a share k/n."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    share, spread = k / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / n / 4) / (1 + spread)
    # the ends are exact; rounding must not leave a trace of a limit where there is none
    return (centre - half if k else 0.0), (centre + half if k < n else 1.0)


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
