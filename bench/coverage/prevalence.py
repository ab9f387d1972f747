"""T2: the share of false claims, from one audit of the whole stream (sections 3.2, 7.1 and 8.2)."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from bench.coverage import rivals
from bench.coverage.counting import Count, Counts, Report, bar, count_all, relative_width, summary, worst
from bench.coverage.weeks import (
    BANDS,
    PREVALENCE_CUTS,
    Cell,
    audit,
    band_sizes,
    false_by_band,
    mixed,
    spreads,
)
from pipeline import statistics as limits
from pipeline.frame import UNSCORED

PART = 1
OURS, REFERENCE = "gamma_midp", "srs_wilson_fpc"
# five bands have no names in the product, which has four; they only have to be in order
NAMES = (UNSCORED, *BANDS)


def cells(*, full: bool) -> list[Cell]:
    """The grid of the specification; a complete count is no cell."""
    if full:
        sizes, shares, audits, aucs = (
            [500, 5_000, 50_000],
            [0.005, 0.02, 0.08, 0.15],
            [100, 300, 1000],
            [0.70, 0.85, 0.95],
        )
        grid = product(sizes, shares, audits, aucs)
        return [Cell(*point) for point in grid if point[2] < point[0]]
    return slice_()


def slice_() -> list[Cell]:
    """Twelve cells for every day."""
    pairs = [(500, 100), (5_000, 300)]
    return [
        Cell(size, share, n, auc)
        for (size, n), share, auc in product(pairs, [0.02, 0.08, 0.15], [0.85, 0.95])
    ]


def simulate(cell: Cell, replications: int, seed: int) -> dict[str, Count]:
    """Every method in one cell."""
    draw = cell.stream(seed, PART)
    false = draw.binomial(cell.size, cell.prevalence, replications)
    other, truths = cell.size - false, (false / cell.size).tolist()
    sizes = band_sizes(np.full(replications, cell.size), PREVALENCE_CUTS)
    by_band = false_by_band(draw, false, other, sizes, cell.shift)
    seen = audit(draw, by_band, sizes, mixed(cell.audit, spreads(cell, PREVALENCE_CUTS)), NAMES)
    counted = seen.counted()
    plain = rivals.simple(draw, false, np.full(replications, cell.size), cell.audit).tolist()
    # the top of the queue: as many of the highest scores as the audit has draws
    halves = np.tile(np.array([cell.size - cell.audit, cell.audit]), (replications, 1))
    top = false_by_band(draw, false, other, halves, cell.shift)[:, 1].tolist()
    n, size = cell.audit, cell.size
    resampled = rivals.bootstrap_totals(draw, seen.hits, seen.drawn, seen.sizes) / size
    methods = {
        OURS: (limits.gamma_limits(one)[1:] for one in counted),
        "gamma": (limits.fay_feuer_limits(one)[1:] for one in counted),
        REFERENCE: (rivals.wilson_fpc(x, n, size) for x in plain),
        "srs_exact": (rivals.exact(x, n, size, midp=False) for x in plain),
        "srs_midp": (rivals.exact(x, n, size, midp=True) for x in plain),
        "bootstrap": ((low, high) for low, high in resampled.tolist()),
        "naive": rivals.shares(top, [n] * replications),
    }
    return {name: count_all(found, truths) for name, found in methods.items()}


def report(grid: Sequence[Cell], counts: Sequence[Counts], *, full: bool) -> Report:
    """The grid's figures and whether they reach section 8.2."""
    ours = summary(counts, OURS, REFERENCE, flattering="over")
    sharp = [one for cell, one in zip(grid, counts, strict=True) if cell.auc == 0.95]
    own = [one[OURS] for one in counts]
    least = 0.93 if full else 0.91
    others = {
        name: summary(counts, name, REFERENCE, flattering="over")
        for name in (REFERENCE, "srs_exact", "srs_midp", "gamma", "bootstrap", "naive")
    }
    return {
        OURS: ours,
        **others,
        "worst": worst(grid, [one.coverage for one in own]),
        "bars": {
            "coverage_min": bar(min(one.coverage for one in own), least=least),
            "coverage_mean": bar(sum(one.coverage for one in own) / len(own), least=0.95 if full else 0.94),
            "truth_over_upper": bar(max(one.over / one.n for one in own), most=0.04 if full else 0.06),
            "width": bar(relative_width(counts, OURS, REFERENCE), most=0.90),
            "width_at_auc_95": bar(relative_width(sharp, OURS, REFERENCE), most=0.80),
            # the same test must catch what other tools report
            "naive_fails": bar(min(one["naive"].coverage for one in counts), most=least - 0.01),
            "bootstrap_fails": bar(min(one["bootstrap"].coverage for one in counts), most=least - 0.01),
        },
    }
