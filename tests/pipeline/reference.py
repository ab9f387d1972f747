"""The limits as the specification writes them, slow and plain; the product must agree with them."""

from collections.abc import Callable, Sequence

from scipy.special import gammainc, gammaincinv
from scipy.stats import hypergeom

from pipeline.statistics import Counted


def hyper_limits(x: int, n: int, size: int, *, midp: bool = True) -> tuple[int, int]:
    """Limits of the positives among `size`: smallest and largest number that the draw does not rule out."""
    half = 0.5 if midp else 0.0
    every = range(x, size - n + x + 1)

    def high(m: int) -> bool:
        return float(hypergeom.cdf(x, size, m, n) - half * hypergeom.pmf(x, size, m, n)) >= 0.025 - 1e-9

    def low(m: int) -> bool:
        return float(hypergeom.sf(x - 1, size, m, n) - half * hypergeom.pmf(x, size, m, n)) >= 0.025 - 1e-9

    return min(m for m in every if low(m)), max(m for m in every if high(m))


def gamma_limits(strata: Sequence[Counted]) -> tuple[float, float, float]:
    """Estimate and mid-p gamma limits of the share of positives over strata."""
    whole = sum(size for _, _, size in strata)
    counted, total, variance, heaviest = _sums(strata, whole)
    if heaviest is None:
        return counted, counted, counted
    total_up, variance_up = total + heaviest[0], variance + heaviest[1]

    def both(share: float) -> float:
        upper = float(gammainc(total_up**2 / variance_up, share * total_up / variance_up))
        if total == 0:
            return 0.5 + 0.5 * upper
        if variance == 0:
            return 0.5 * (share >= total) + 0.5 * upper
        return 0.5 * float(gammainc(total**2 / variance, share * total / variance)) + 0.5 * upper

    low = counted + (0.0 if total == 0 else _halved(both, 0.025))
    high = counted + _halved(both, 0.975)
    least, most = _possible(strata, whole)
    return counted + total, min(max(low, least), most), min(max(high, least), most)


def claim_limit(strata: Sequence[Counted], confidence: float) -> float:
    """The one-sided upper limit of Fay and Feuer."""
    whole = sum(size for _, _, size in strata)
    counted, total, variance, heaviest = _sums(strata, whole)
    if heaviest is None:
        return counted
    total, variance = total + heaviest[0], variance + heaviest[1]
    least, most = _possible(strata, whole)
    high = counted + float(gammaincinv(total**2 / variance, confidence)) * variance / total
    return min(max(high, least), most)


def _sums(strata: Sequence[Counted], whole: int) -> tuple[float, float, float, tuple[float, float] | None]:
    counted = total = variance = 0.0
    heaviest: tuple[float, float] | None = None
    for x, n, size in strata:
        if n == size:
            counted += x / whole
            continue
        weight, left = size / (n * whole), (size - n) / (size - 1)
        total += weight * x
        variance += weight**2 * x * left * (1 - x / n)
        if heaviest is None or weight > heaviest[0]:
            heaviest = (weight, weight**2 * left)
    return counted, total, variance, heaviest


def _possible(strata: Sequence[Counted], whole: int) -> tuple[float, float]:
    return sum(x for x, _, _ in strata) / whole, 1 - sum(n - x for x, n, _ in strata) / whole


def _halved(distribution: Callable[[float], float], probability: float) -> float:
    low, high = 0.0, 1.5
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if distribution(middle) >= probability else (middle, high)
    return high
