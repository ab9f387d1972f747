"""Simulated weeks: finite populations with binormal scores, their strata, and audits drawn from them.

All replications of a cell are drawn at once. Scores are never made one by one: how many false claims lie
below the rank of a cut is found by halving the axis of scores and drawing, for each half, how many false
and how many other claims fall into it. A test holds this against weeks made claim by claim.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline import frame
from pipeline.statistics import Counted
from pipeline.tally import Stratum, Tally

NORMAL = NormalDist()
FAR = 9.0  # beyond nine standard deviations nothing is drawn
HALVINGS = 80
CALIBRATED_AT = 0.05  # the ranker is calibrated at this prevalence, so it is wrong at every other
ANSWERED = 0.97
MIX = 0.25
PREVALENCE_CUTS = (0.50, 0.80, 0.95, 0.99)
RECALL_CUTS = tuple(cut for cut, _ in frame.CUTS[:-1])
BANDS = tuple(name for _, name in frame.CUTS)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Plan = Callable[[tuple[int, ...]], tuple[int, ...]]


@dataclass(frozen=True)
class Cell:
    """One kind of week: its size, how common false claims are, the audit, the ranker, the flagging."""

    size: int
    prevalence: float
    audit: int
    auc: float
    detection: float = 0.92

    @property
    def shift(self) -> float:
        """The distance of the two normal distributions that gives this AUC."""
        return sqrt(2) * NORMAL.inv_cdf(self.auc)

    @property
    def threshold(self) -> float:
        """The score from which a claim is flagged."""
        return self.shift + NORMAL.inv_cdf(1 - self.detection)

    @property
    def false_alarms(self) -> float:
        """The share of other claims that are flagged."""
        return 1 - NORMAL.cdf(self.threshold)

    @property
    def unflagged(self) -> float:
        """About how many claims are not flagged."""
        flagged = (1 - self.prevalence) * self.false_alarms + self.prevalence * self.detection
        return self.size * (1 - flagged)

    def stream(self, seed: int, part: int) -> np.random.Generator:
        """The random numbers of this cell in one part: the same whoever runs it, and in which order."""
        shares = (round(share * 10_000) for share in (self.prevalence, self.auc, self.detection))
        return np.random.default_rng([seed, part, self.size, self.audit, *shares])


def _edges(size: int, cuts: Sequence[float]) -> Ints:
    """The ranks at which the strata of `size` claims end, as `pipeline.frame` cuts them."""
    return np.array([*(int(np.ceil(cut * size)) for cut in cuts), size], dtype=np.int64)


def band_sizes(totals: Ints, cuts: Sequence[float]) -> Ints:
    """The sizes of the score bands of each week, from the lowest."""
    at = {int(total): _edges(int(total), cuts) for total in np.unique(totals)}
    edges = np.array([at[int(total)] for total in totals])
    return np.diff(edges, axis=1, prepend=0)


def false_by_band(
    draw: np.random.Generator,
    false: Ints,
    other: Ints,
    sizes: Ints,
    shift: float,
    top: float = np.inf,
) -> Ints:
    """How many of the `false` claims lie in each band, all scores being below `top`."""
    ranks = np.cumsum(sizes, axis=1)[:, :-1]
    weeks = _Halving(draw, false.copy(), other.copy(), shift, min(top, shift + FAR))
    below = np.stack([weeks.below(rank) for rank in ranks.T], axis=1)
    whole = np.concatenate([below, false[:, None]], axis=1)
    return np.diff(whole, axis=1, prepend=0)


class _Halving:
    """Weeks of which only counts are known: claims above `at`, and false claims below it."""

    def __init__(self, draw: np.random.Generator, false: Ints, other: Ints, shift: float, top: float) -> None:
        self.draw, self.shift, self.top = draw, shift, top
        self.at = np.full(len(false), -FAR)
        self.false, self.other = false, other
        self.found = np.zeros(len(false), dtype=np.int64)
        self.passed = np.zeros(len(false), dtype=np.int64)

    def below(self, ranks: Ints) -> Ints:
        """How many false claims have a rank below this one; ranks must not fall from call to call."""
        low, high = self.at.copy(), np.full(len(self.at), self.top)
        false, other = self.false.copy(), self.other.copy()  # between low and high
        want = ranks - self.passed  # still to be found above low
        got = np.zeros((2, len(low)), dtype=np.int64)
        for _ in range(HALVINGS):
            open_ = np.flatnonzero((want > 0) & (want < false + other))
            if not len(open_):
                break
            middle = (low[open_] + high[open_]) / 2
            a = self._part(false[open_], low[open_], middle, high[open_], self.shift)
            b = self._part(other[open_], low[open_], middle, high[open_], 0.0)
            up = a + b <= want[open_]
            rise, fall = open_[up], open_[~up]
            got[0, rise] += a[up]
            got[1, rise] += b[up]
            want[rise] -= a[up] + b[up]
            false[rise] -= a[up]
            other[rise] -= b[up]
            low[rise] = middle[up]
            high[fall] = middle[~up]
            false[fall], other[fall] = a[~up], b[~up]
        whole = want > 0  # all between low and high: the cut is at high
        got[0, whole] += false[whole]
        got[1, whole] += other[whole]
        self.at = np.where(whole, high, low)
        self.false, self.other = self.false - got[0], self.other - got[1]
        self.found, self.passed = self.found + got[0], self.passed + got.sum(axis=0)
        return self.found.copy()

    def _part(self, n: Ints, low: Floats, middle: Floats, high: Floats, mean: float) -> Ints:
        from scipy.special import ndtr

        under, inside = ndtr(middle - mean) - ndtr(low - mean), ndtr(high - mean) - ndtr(low - mean)
        share = np.divide(under, inside, out=np.full(len(n), 0.5), where=inside > 0)
        return self.draw.binomial(n, np.clip(share, 0.0, 1.0))


@dataclass(frozen=True)
class Audits:
    """What the audits of all replications saw: false among drawn, drawn and size, by stratum."""

    hits: Ints
    drawn: Ints
    sizes: Ints

    def seen_as(self, hits: Ints) -> "Audits":
        """The same draws, of which reviewers called so many false."""
        return Audits(hits, self.drawn, self.sizes)

    def counted(self) -> list[list[Counted]]:
        """The strata of each replication as the limits take them."""
        rows = np.stack([self.hits, self.drawn, self.sizes], axis=2).tolist()
        return [[(x, n, size) for x, n, size in row if size] for row in rows]


@cache
def _groups(sizes: tuple[int, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """The stratum that each stratum is merged into, by the product's rule."""
    ends = frame.merge(dict(zip(names, sizes, strict=True)))
    return tuple(
        names.index(ends[name].split("+")[0]) if size else at
        for at, (name, size) in enumerate(zip(names, sizes, strict=True))
    )


def audit(
    draw: np.random.Generator,
    positives: Ints,
    sizes: Ints,
    plan: Plan,
    names: tuple[str, ...],
) -> Audits:
    """Merge small strata, share the draws out by `plan` and draw without replacement."""
    where = np.array([_groups(tuple(row), names) for row in sizes.tolist()])
    merged, false = np.zeros_like(sizes), np.zeros_like(positives)
    rows = np.arange(len(sizes))[:, None]
    np.add.at(merged, (rows, where), sizes)
    np.add.at(false, (rows, where), positives)
    drawn = np.array([plan(tuple(row)) for row in merged.tolist()], dtype=np.int64)
    return Audits(draw.hypergeometric(false, merged - false, drawn), drawn, merged)


def proportional(n: int) -> Plan:
    """The product's allocation."""

    @cache
    def plan(sizes: tuple[int, ...]) -> tuple[int, ...]:
        given = frame.allocate({str(at): size for at, size in enumerate(sizes) if size}, n)
        return tuple(given.get(str(at), 0) for at in range(len(sizes)))

    return plan


def mixed(n: int, spread: Sequence[float]) -> Plan:
    """Three parts proportional and one part Neyman, over a floor of five of each stratum (or all)."""

    @cache
    def plan(sizes: tuple[int, ...]) -> tuple[int, ...]:
        given = [min(size, frame.FLOOR) for size in sizes]
        weights = _weights(sizes, spread)
        while True:
            left = max(0, min(n, sum(sizes)) - sum(given))
            total = sum(weight for at, weight in enumerate(weights) if given[at] < sizes[at])
            room = [at for at, size in enumerate(sizes) if given[at] < size]
            full = [at for at in room if left * weights[at] / total >= sizes[at] - given[at]]
            if not full:
                break
            for at in full:
                given[at] = sizes[at]
        shares = {at: left * weights[at] / total for at in room}
        for at, share in shares.items():
            given[at] += int(share)
        rest = left - sum(int(share) for share in shares.values())
        for at in sorted(room, key=lambda at: (int(shares[at]) - shares[at], at))[:rest]:
            given[at] += 1
        return tuple(given)

    return plan


def _weights(sizes: Sequence[int], spread: Sequence[float]) -> list[float]:
    weighted = sum(size * s for size, s in zip(sizes, spread, strict=True))
    return [
        (1 - MIX) * size / sum(sizes) + MIX * size * s / weighted
        for size, s in zip(sizes, spread, strict=True)
    ]


def spreads(cell: Cell, cuts: Sequence[float], top: float = np.inf) -> tuple[float, ...]:
    """The square root of p(1 - p) in each band, p being the mean score as the ranker is calibrated."""
    at = np.linspace(-FAR, min(top, cell.shift + FAR), 20_001)
    density = (1 - cell.prevalence) * np.exp(-(at**2) / 2) + cell.prevalence * np.exp(
        -((at - cell.shift) ** 2) / 2
    )
    odds = np.log(CALIBRATED_AT / (1 - CALIBRATED_AT)) + cell.shift * at - cell.shift**2 / 2
    calibrated = 1 / (1 + np.exp(-odds))
    band = np.searchsorted(np.array(cuts), np.cumsum(density) / density.sum(), side="left")
    means = [
        float(np.average(calibrated[band == one], weights=density[band == one]))
        for one in range(len(cuts) + 1)
    ]
    clipped = [min(0.5, max(0.002, mean)) for mean in means]
    return tuple(sqrt(p * (1 - p)) for p in clipped)


@dataclass(frozen=True)
class Reviewed:
    """Weeks whose flagged part is fully reviewed: what is known, and the bands of everything else."""

    false: Ints
    answered: Ints
    late: Ints
    missed_by_band: Ints
    sizes: Ints

    @property
    def rest(self) -> Ints:
        """The size of V in each week."""
        return np.asarray(self.sizes.sum(axis=1))


def reviewed(cell: Cell, draw: np.random.Generator, false: Ints) -> Reviewed:
    """Weeks with so many false claims; those over the threshold are found, and most of them answered."""
    detected = draw.binomial(false, cell.detection)
    return review(cell, draw, false, detected, draw.binomial(detected, ANSWERED))


def review(cell: Cell, draw: np.random.Generator, false: Ints, detected: Ints, answered: Ints) -> Reviewed:
    """The same when it is given how many are detected and how many of them answered."""
    other = cell.size - false
    unflagged = other - draw.binomial(other, cell.false_alarms)
    missed = false - detected
    sizes = band_sizes(missed + unflagged, RECALL_CUTS)
    by_band = false_by_band(draw, missed, unflagged, sizes, cell.shift, cell.threshold)
    return Reviewed(false, answered, detected - answered, by_band, sizes)


def tally_of(counted: Sequence[Counted], known: tuple[int, int], items: int, week: str = "2027-W01") -> Tally:
    """The counts of one week as the product holds them; `known` is (answered, late)."""
    strata = tuple(Stratum(size=size, drawn=n, judged=n, positives=x) for x, n, size in counted)
    return Tally(week, answered=known[0], late=known[1], items=items, strata=strata)
