"""How often the 95 % intervals of the two targets hold the truth, simulated over a grid of weeks.

Binormal scores, weekly finite populations, the product's own strata, allocation and limits. `--full` runs
the whole grid with 2,000 replications; otherwise twelve cells of each target with 400. Beside them stand
what the intervals are measured against (simple random sampling with Wilson's interval, the exact interval)
and two that must fail: the share among the flagged, and the percentile bootstrap.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, log, sqrt
from statistics import NormalDist
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from pipeline import frame
from pipeline import statistics as limits

NORMAL = NormalDist()
SEED = 20_261_122
CALIBRATED_AT = 0.05
ANSWERED = 0.97
PREVALENCE_CUTS = (0.50, 0.80, 0.95, 0.99)
RECALL_CUTS = (0.50, 0.80, 0.95)
MIX = 0.25
RESAMPLES = 200

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


@dataclass
class Count:
    """Hits, misses on either side and widths of one method in one cell."""

    n: int = 0
    over: int = 0
    under: int = 0
    width: float = 0.0

    def add(self, low: float, high: float, truth: float) -> None:
        """Count one interval."""
        self.n += 1
        self.over += truth > high + 1e-12
        self.under += truth < low - 1e-12
        self.width += high - low

    @property
    def coverage(self) -> float:
        """The share of intervals that held the truth."""
        return 1 - (self.over + self.under) / self.n


Counts = dict[str, Count]


def prevalence_cells(*, full: bool) -> list[Cell]:
    """The grid of the prevalence target; a complete count is no cell."""
    if not full:
        return [
            Cell(size, share, audit, auc)
            for (size, audit), share, auc in product(
                [(500, 100), (5_000, 300)], [0.02, 0.08, 0.15], [0.85, 0.95]
            )
        ]
    grid = product([500, 5_000, 50_000], [0.005, 0.02, 0.08, 0.15], [100, 300, 1000], [0.70, 0.85, 0.95])
    return [Cell(*point) for point in grid if point[2] < point[0]]


def recall_cells(*, full: bool) -> list[Cell]:
    """The grid of the recall target; cells whose unflagged part is smaller than the audit are left out."""
    if not full:
        return prevalence_cells(full=False)
    cells = [
        Cell(*point, detection)
        for point in product(
            [500, 5_000, 50_000], [0.005, 0.02, 0.08, 0.15], [100, 300, 1000], [0.70, 0.85, 0.95]
        )
        for detection in (0.75, 0.92, 0.99)
    ]
    return [cell for cell in cells if cell.audit < 0.98 * _unflagged(cell)]


def _threshold(cell: Cell) -> float:
    return cell.shift + NORMAL.inv_cdf(1 - cell.detection)


def _unflagged(cell: Cell) -> float:
    flagged = (1 - cell.prevalence) * (1 - NORMAL.cdf(_threshold(cell)))
    return cell.size * (1 - flagged - cell.prevalence * cell.detection)


def week(cell: Cell, draw: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
    """One week: scores, and which claims are false."""
    n_false = int(draw.binomial(cell.size, cell.prevalence))
    scores = draw.standard_normal(cell.size)
    scores[:n_false] += cell.shift
    return scores, np.arange(cell.size) < n_false


def strata_of(scores: Floats, cuts: Sequence[float]) -> Ints:
    """The stratum of each claim by the rank of its score, under ten merged downwards."""
    at = [int(np.ceil(cut * len(scores))) for cut in cuts]
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(scores)] = np.arange(len(scores))
    stratum = np.searchsorted(at, ranks, side="right")
    sizes = np.bincount(stratum, minlength=len(cuts) + 1)
    for high in range(len(cuts), 0, -1):
        if 0 < sizes[high] < frame.MIN_STRATUM:
            stratum[stratum == high] = high - 1
            sizes[high - 1] += sizes[high]
            sizes[high] = 0
    return stratum


def mixed(sizes: Mapping[str, int], spread: Mapping[str, float], n: int) -> dict[str, int]:
    """Three parts proportional and one part Neyman, at least five of each stratum, at most all."""
    total = sum(sizes.values())
    weighted = sum(sizes[name] * spread[name] for name in sizes)
    weights = {
        name: (1 - MIX) * sizes[name] / total + MIX * sizes[name] * spread[name] / weighted for name in sizes
    }
    given = {
        name: min(size, max(frame.FLOOR, int(weights[name] * n) - frame.FLOOR))
        for name, size in sizes.items()
    }
    while sum(given.values()) < n:
        # the stratum that is furthest behind its share gets the next one
        open_ = [name for name in sizes if given[name] < sizes[name]]
        if not open_:
            break
        behind = max(open_, key=lambda name: weights[name] * n - given[name])
        given[behind] += 1
    return given


def _sizes(stratum: Ints) -> dict[str, int]:
    return {str(at): int(n) for at, n in enumerate(np.bincount(stratum)) if n}


def _sample(
    draw: np.random.Generator, stratum: Ints, false: NDArray[np.bool_], given: Mapping[str, int]
) -> list[limits.Counted]:
    sizes = np.bincount(stratum)
    positives = np.bincount(stratum[false], minlength=len(sizes))
    counted = []
    for name, n in given.items():
        size, m = int(sizes[int(name)]), int(positives[int(name)])
        counted.append((int(draw.hypergeometric(m, size - m, n)), n, size))
    return counted


def prevalence_once(cell: Cell, draw: np.random.Generator, found: Counts) -> None:
    """One week and one audit of the whole stream."""
    scores, false = week(cell, draw)
    truth = float(false.mean())
    stratum = strata_of(scores, PREVALENCE_CUTS)
    sizes = _sizes(stratum)
    calibrated = _calibrated(cell, scores)
    spread = {name: _spread(calibrated[stratum == int(name)]) for name in sizes}
    counted = _sample(draw, stratum, false, mixed(sizes, spread, cell.audit))
    found["gamma"].add(*_gamma(tuple(counted)), truth)
    n_false = int(false.sum())
    x = int(draw.hypergeometric(n_false, cell.size - n_false, cell.audit))
    found["wilson_fpc"].add(*_wilson_fpc(x, cell.audit, cell.size), truth)
    found["bootstrap"].add(*_bootstrap(draw, counted), truth)
    top = np.argpartition(scores, cell.size - cell.audit)[cell.size - cell.audit :]
    found["naive"].add(*limits.wilson(int(false[top].sum()), cell.audit), truth)


_known: dict[tuple[limits.Counted, ...], tuple[float, float]] = {}


def _gamma(counted: tuple[limits.Counted, ...]) -> tuple[float, float]:
    if counted not in _known:
        _known[counted] = limits.gamma_limits(counted)[1:]
    return _known[counted]


def _calibrated(cell: Cell, scores: Floats) -> Floats:
    odds = log(CALIBRATED_AT / (1 - CALIBRATED_AT)) + cell.shift * scores - cell.shift**2 / 2
    return np.asarray(1 / (1 + np.exp(-odds)))


def _spread(calibrated: Floats) -> float:
    p = min(0.5, max(0.002, float(calibrated.mean())))
    return sqrt(p * (1 - p))


def _wilson_fpc(x: int, n: int, size: int) -> tuple[float, float]:
    # the finite population correction as a larger sample
    inflated = n * (size - 1) / (size - n)
    z = NORMAL.inv_cdf(0.975)
    share, extra = x / n, z * z / inflated
    centre = (share + extra / 2) / (1 + extra)
    half = z * sqrt(share * (1 - share) / inflated + extra / inflated / 4) / (1 + extra)
    return max(0.0, centre - half), min(1.0, centre + half)


def _bootstrap(draw: np.random.Generator, counted: Sequence[limits.Counted]) -> tuple[float, float]:
    whole = sum(size for _, _, size in counted)
    sums = sum(draw.binomial(n, x / n, RESAMPLES) / n * size for x, n, size in counted) / whole
    low, high = np.quantile(sums, [0.025, 0.975])
    return float(low), float(high)


def recall_once(cell: Cell, draw: np.random.Generator, found: Counts) -> None:
    """One week with its flagged part fully reviewed, and one audit of everything else."""
    scores, false = week(cell, draw)
    flagged = scores > _threshold(cell)
    detected = int((flagged & false).sum())
    answered = int(draw.binomial(detected, ANSWERED))
    rest, rest_false = scores[~flagged], false[~flagged]
    if len(rest) <= cell.audit or not false.any():
        return  # complete count, or nothing to recall
    truth = answered / int(false.sum())
    stratum = strata_of(rest, RECALL_CUTS)
    counted = _sample(draw, stratum, rest_false, frame.allocate(_sizes(stratum), cell.audit))
    x, n, size = (sum(one[at] for one in counted) for at in range(3))
    late = detected - answered
    midp = limits.recall_limits(answered, late, limits.missed_limits(x, n, size))
    if midp is None:
        return  # nothing known and nothing found: no interval is claimed
    found["midp"].add(midp[1], midp[2], truth)
    m = int(rest_false.sum())
    alone = int(draw.hypergeometric(m, size - m, n))
    exact = limits.recall_limits(answered, late, limits.missed_limits(alone, n, size, midp=False))
    if exact is not None:
        found["exact"].add(exact[1], exact[2], truth)
    if detected:
        found["naive"].add(*limits.wilson(answered, detected), truth)


def cell_counts(cell: Cell, replications: int, seed: int, *, recall: bool) -> Counts:
    """All methods of one target in one cell."""
    draw = np.random.default_rng([seed, int(recall), *_digits(cell)])
    names = ("midp", "exact", "naive") if recall else ("gamma", "wilson_fpc", "bootstrap", "naive")
    found: Counts = {name: Count() for name in names}
    once = recall_once if recall else prevalence_once
    for _ in range(replications):
        once(cell, draw, found)
    return found


def _digits(cell: Cell) -> Iterator[int]:
    yield cell.size
    yield cell.audit
    for share in (cell.prevalence, cell.auc, cell.detection):
        yield round(share * 10_000)


def summary(cells: Sequence[Counts], ours: str, other: str, controls: Sequence[str]) -> dict[str, float]:
    """What the grid says of our interval, of the one it is measured against and of those that must fail."""
    own = [cell[ours] for cell in cells if cell[ours].n]
    ratios = [
        (cell[ours].width / cell[ours].n) / (cell[other].width / cell[other].n)
        for cell in cells
        if cell[other].n
    ]
    over = "over" if ours == "gamma" else "under"
    figures = {
        "cells": len(own),
        "coverage_min": min(one.coverage for one in own),
        "coverage_mean": sum(one.coverage for one in own) / len(own),
        "cells_at_93": sum(one.coverage >= 0.93 for one in own) / len(own),
        # the side on which an error would make a target look met
        "flattering_max": max(getattr(one, over) / one.n for one in own),
        "mean_width": sum(one.width / one.n for one in own) / len(own),
        f"width_against_{other}": exp(sum(log(ratio) for ratio in ratios) / len(ratios)),
        f"coverage_min_{other}": min(cell[other].coverage for cell in cells if cell[other].n),
    }
    for name in controls:
        figures[f"coverage_min_{name}"] = min(cell[name].coverage for cell in cells if cell[name].n)
    return {name: round(float(value), 4) for name, value in figures.items()}


def run(replications: int = 400, seed: int = SEED, *, full: bool = False) -> dict[str, object]:
    """Both targets over the grid."""
    start = perf_counter()
    shares = [cell_counts(cell, replications, seed, recall=False) for cell in prevalence_cells(full=full)]
    recalls = [cell_counts(cell, replications, seed, recall=True) for cell in recall_cells(full=full)]
    return {
        "benchmark": "coverage",
        "grid": "full" if full else "reduced",
        "replications": replications,
        "seed": seed,
        "prevalence": summary(shares, "gamma", "wilson_fpc", ["naive", "bootstrap"]),
        "recall": summary(recalls, "midp", "exact", ["naive"]),
        "seconds": round(perf_counter() - start, 1),
    }


def main() -> None:
    """Print one JSON object."""
    full = "--full" in sys.argv[1:]
    print(json.dumps(run(2_000 if full else 400, full=full)))


if __name__ == "__main__":
    main()
