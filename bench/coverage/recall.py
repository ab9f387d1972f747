"""T1: the share of false claims answered, from an audit of everything not known (sections 3.3, 7.2, 8.3).

The same audit gives T2 as the product publishes it: (known + missed) / all.
"""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from bench.coverage import prevalence, rivals
from bench.coverage.counting import Count, Counts, Report, bar, count_all, relative_width, summary, worst
from bench.coverage.weeks import (
    BANDS,
    RECALL_CUTS,
    Cell,
    Reviewed,
    audit,
    mixed,
    proportional,
    reviewed,
    spreads,
    tally_of,
)
from pipeline import statistics as limits
from pipeline import targets

PART = 2
OURS, REFERENCE = "midp", "srs_exact"

Missed = tuple[float, float, float]


def cells(*, full: bool) -> list[Cell]:
    """The grid of the specification; cells whose unflagged part is no larger than the audit are left out."""
    if not full:
        return prevalence.slice_()
    sizes, shares, audits, aucs = (
        [500, 5_000, 50_000],
        [0.005, 0.02, 0.08, 0.15],
        [100, 300, 1000],
        [0.70, 0.85, 0.95],
    )
    grid = [Cell(*point) for point in product(sizes, shares, audits, aucs, [0.75, 0.92, 0.99])]
    return [cell for cell in grid if cell.audit < cell.unflagged]


def simulate(cell: Cell, replications: int, seed: int) -> dict[str, Count]:
    """Every method in one cell."""
    draw = cell.stream(seed, PART)
    weeks = kept(reviewed(cell, draw, draw.binomial(cell.size, cell.prevalence, replications)), cell.audit)
    known = list(zip(weeks.answered.tolist(), weeks.late.tolist(), strict=True))
    truths = (weeks.answered / weeks.false).tolist()
    even = audit(draw, weeks.missed_by_band, weeks.sizes, proportional(cell.audit), BANDS)
    tilted = mixed(cell.audit, spreads(cell, RECALL_CUTS, cell.threshold))
    uneven = audit(draw, weeks.missed_by_band, weeks.sizes, tilted, BANDS).counted()
    missed = weeks.missed_by_band.sum(axis=1)
    plain = rivals.simple(draw, missed, weeks.rest, cell.audit)
    sizes = weeks.rest.tolist()
    ours: list[Missed] = [
        targets.missed(tally_of(one, both, cell.size))
        for one, both in zip(even.counted(), known, strict=True)
    ]
    exact: list[Missed] = [
        limits.missed_limits(x, cell.audit, size, midp=False)
        for x, size in zip(plain.tolist(), sizes, strict=True)
    ]
    gamma = [scaled(limits.gamma_limits(one), size) for one, size in zip(uneven, sizes, strict=True)]
    columns = np.full((len(plain), 1), cell.audit)
    resampled = rivals.bootstrap_totals(draw, plain[:, None], columns, weeks.rest[:, None]).tolist()
    again = [
        (x * size / cell.audit, low, high)
        for x, size, (low, high) in zip(plain.tolist(), sizes, resampled, strict=True)
    ]
    methods = {
        OURS: ours,
        REFERENCE: exact,
        "neyman_gamma": gamma,
        "bootstrap": again,
    }
    found = {name: count_all(recalls(known, values), truths) for name, values in methods.items()}
    detected = (weeks.answered + weeks.late).tolist()
    found["naive"] = count_all(rivals.shares(weeks.answered.tolist(), detected), truths)
    # the other target, from the same audit
    shares = ((sum(both) + low, sum(both) + high) for both, (_, low, high) in zip(known, ours, strict=True))
    found["prevalence"] = count_all(
        ((low / cell.size, high / cell.size) for low, high in shares), (weeks.false / cell.size).tolist()
    )
    return found


def kept(weeks: Reviewed, n: int) -> Reviewed:
    """Weeks with a false claim and with more in V than the audit draws: others have no interval to test."""
    fit = (weeks.rest > n) & (weeks.false > 0)
    return Reviewed(
        *(rows[fit] for rows in (weeks.false, weeks.answered, weeks.late, weeks.missed_by_band, weeks.sizes))
    )


def scaled(share: tuple[float, float, float], size: int) -> Missed:
    """A share and its limits as numbers of claims."""
    return share[0] * size, share[1] * size, share[2] * size


def recalls(known: Iterable[tuple[int, int]], missed: Iterable[Missed]) -> list[rivals.Interval | None]:
    """The intervals of the answered from those of the missed; None where nothing is known nor found."""
    found = [limits.recall_limits(*both, one) for both, one in zip(known, missed, strict=True)]
    return [None if one is None else one[1:] for one in found]


def report(grid: Sequence[Cell], counts: Sequence[Counts], *, full: bool) -> Report:
    """The grid's figures and whether they reach section 8.3."""
    own = [one[OURS] for one in counts]
    least = 0.93 if full else 0.91
    names = (REFERENCE, "neyman_gamma", "bootstrap", "naive")
    return {
        OURS: summary(counts, OURS, REFERENCE, flattering="under"),
        **{name: summary(counts, name, REFERENCE, flattering="under") for name in names},
        "prevalence_same_audit": summary(counts, "prevalence", flattering="over"),
        "worst": worst(grid, [one.coverage for one in own]),
        "bars": {
            "coverage_min": bar(min(one.coverage for one in own), least=least),
            "coverage_mean": bar(sum(one.coverage for one in own) / len(own), least=0.95 if full else 0.94),
            "lower_over_truth": bar(max(one.under / one.n for one in own), most=0.04 if full else 0.06),
            "width": bar(relative_width(counts, OURS, REFERENCE), most=0.95),
            "neyman_coverage_min": bar(min(one["neyman_gamma"].coverage for one in counts), least=least),
            "prevalence_coverage_min": bar(min(one["prevalence"].coverage for one in counts), least=least),
            "naive_fails": bar(
                min(one["naive"].coverage for one in counts if one["naive"].n), most=least - 0.01
            ),
            "bootstrap_fails": bar(min(one["bootstrap"].coverage for one in counts), most=least - 0.01),
        },
    }
