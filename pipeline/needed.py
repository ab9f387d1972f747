"""How many more audits a target needs before its interval can show it, if the share found stays as it is."""

from collections.abc import Callable
from math import ceil

from pipeline import statistics as limits
from pipeline.figures import PREVALENCE_TARGET, RECALL_TARGET
from pipeline.tally import Tally
from pipeline.targets import CLAIM_ALPHA


def more_audits(target: str, counts: Tally) -> int | None:
    """About how many more draws of V would let `target` be claimed at a quarter's end.

    0 if those judged are enough; None if not even a look at all of V would show it at the share found so far.
    The rule is the one of the claim: a one-sided gamma limit (Fay & Feuer 1997) at 5 % / 4.
    """
    x, n, size = counts.counted
    rate = x / n if n else 0.0
    shows = _answered if target == "answered" else _prevalence

    def enough(draws: int) -> bool:
        # a hair is taken off so that 0.03 x 100 does not become four
        return shows(counts, ceil(rate * draws - 1e-9), draws)

    if counts.items == 0:
        return None
    if n and enough(n):
        return 0
    return _least(enough, n, size) - n if enough(size) else None


def _least(holds: Callable[[int], bool], low: int, high: int) -> int:
    """A number from `low` to `high` at which it begins to hold; it holds for `high`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _answered(counts: Tally, x: int, draws: int) -> bool:
    size = counts.counted[2]
    high = _top([(x, draws, size)], size)
    known = counts.answered + counts.late
    return counts.answered > 0 and counts.answered / (known + high) >= RECALL_TARGET


def _prevalence(counts: Tally, x: int, draws: int) -> bool:
    size = counts.counted[2]
    known, seen = counts.answered + counts.late, counts.items - size
    return _top([(known, seen, seen), (x, draws, size)], counts.items) < PREVALENCE_TARGET * counts.items


def _top(strata: list[limits.Counted], items: int) -> float:
    """The upper claim limit of a number of false claims; whatever is possible while nothing is judged."""
    if any(size and not n for _, n, size in strata):
        return float(items)
    kept = [one for one in strata if one[2]]
    return limits.gamma_claim_limit(kept, 1 - CLAIM_ALPHA) * items if kept else 0.0
