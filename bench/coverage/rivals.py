"""The intervals that ours are measured against, and those that must fail."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from bench.coverage.weeks import NORMAL, Floats, Ints
from pipeline import statistics as limits

RESAMPLES = 200
_Z = NORMAL.inv_cdf(0.975)

Interval = tuple[float, float]


def wilson_fpc(x: int, n: int, size: int) -> Interval:
    """Wilson's interval with the finite population correction, written as a larger sample."""
    inflated = n * (size - 1) / (size - n)
    share, extra = x / n, _Z * _Z / inflated
    centre = (share + extra / 2) / (1 + extra)
    half = _Z * sqrt(share * (1 - share) / inflated + extra / inflated / 4) / (1 + extra)
    return max(0.0, centre - half), min(1.0, centre + half)


def exact(x: int, n: int, size: int, *, midp: bool) -> Interval:
    """The hypergeometric interval of a share, from a simple random sample."""
    low, high = limits.hyper_limits(x, n, size, midp=midp)
    return low / size, high / size


def bootstrap_totals(draw: np.random.Generator, hits: Ints, drawn: Ints, sizes: Ints) -> Floats:
    """Percentile bootstrap limits of the number of false claims, strata resampled: (low, high) rows."""
    share = np.divide(hits, drawn, out=np.zeros(hits.shape), where=drawn > 0)
    again = draw.binomial(drawn[:, None, :], share[:, None, :], (len(hits), RESAMPLES, hits.shape[1]))
    weight = np.divide(sizes, drawn, out=np.zeros(hits.shape), where=drawn > 0)
    totals = np.einsum("rbh,rh->rb", again, weight)
    found: Floats = np.quantile(totals, [0.025, 0.975], axis=1).T
    return found


def simple(draw: np.random.Generator, false: Ints, size: Ints, n: int) -> Ints:
    """False claims in a simple random sample of each week."""
    found: Ints = draw.hypergeometric(false, size - false, n)
    return found


def shares(hits: Sequence[int], n: Sequence[int]) -> list[Interval | None]:
    """Wilson's interval of each share; None where there is nothing to share."""
    return [limits.wilson(x, m) if m else None for x, m in zip(hits, n, strict=True)]
