"""The windows that the product pools: four weeks, a quarter, a year; each week's V is a stratum."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from bench.coverage.counting import Count, Report, bar, summary, worst
from bench.coverage.weeks import BANDS, Cell, Ints, audit, proportional, reviewed, tally_of
from pipeline import targets
from pipeline.tally import Tally

PART = 3
WINDOWS = {"4_weeks": 4, "quarter": 13, "year": 52}
# weeks differ: a quiet one, usual ones, a busy one
BUSY = (0.6, 0.9, 1.0, 1.1, 1.4)
TARGETS = ("answered", "prevalence")


def cells(*, full: bool) -> list[Cell]:
    """Weeks small and large, false claims rare and common, audits small and usual."""
    if not full:
        return [Cell(500, 0.02, 100, 0.85), Cell(2_000, 0.08, 100, 0.95)]
    grid = product(((1_000, 100), (5_000, 300)), (0.005, 0.02, 0.08), (0.70, 0.90))
    return [Cell(size, share, n, auc) for (size, n), share, auc in grid]


def simulate(cell: Cell, replications: int, seed: int) -> dict[str, Count]:
    """Every window and both targets over the same weeks."""
    draw = cell.stream(seed, PART)
    n_weeks = max(WINDOWS.values()) if replications > 50 else WINDOWS["quarter"]
    years: list[list[Tally]] = [[] for _ in range(replications)]
    totals = np.zeros((3, replications), dtype=np.int64)  # false, answered, all
    found: dict[str, Count] = {}
    for at in range(n_weeks):
        one = replace(cell, size=int(cell.size * BUSY[at % len(BUSY)]))
        totals += _week(one, draw, years, at)
        names = [name for name, weeks in WINDOWS.items() if weeks == at + 1]
        for name in names:
            found |= _window(name, years, totals)
    return found


def _week(cell: Cell, draw: np.random.Generator, years: list[list[Tally]], at: int) -> Ints:
    weeks = reviewed(cell, draw, draw.binomial(cell.size, cell.prevalence, len(years)))
    seen = audit(draw, weeks.missed_by_band, weeks.sizes, proportional(cell.audit), BANDS).counted()
    label = f"2027-W{at + 1:02d}"
    known = zip(weeks.answered.tolist(), weeks.late.tolist(), strict=True)
    for year, counted, both in zip(years, seen, known, strict=True):
        year.append(tally_of(counted, both, cell.size, label))
    return np.stack([weeks.false, weeks.answered, np.full(len(years), cell.size)])


def _window(name: str, years: Sequence[Sequence[Tally]], totals: Ints) -> dict[str, Count]:
    found = {f"{target}_{name}": Count() for target in TARGETS}
    for year, (false, answered, whole) in zip(years, totals.T.tolist(), strict=True):
        truths = {"answered": answered / false if false else None, "prevalence": false / whole}
        for figure in targets.over(year, year[-1].week):
            truth = truths[figure.name]
            if truth is not None and figure.low is not None and figure.high is not None:
                found[f"{figure.name}_{name}"].add(figure.low, figure.high, truth)
    return found


def report(grid: Sequence[Cell], counts: Sequence[Mapping[str, Count]], *, full: bool) -> Report:
    """Coverage of each window and whether it is that of a single week."""
    least = 0.93 if full else 0.90
    found: Report = {}
    for name in dict.fromkeys(name for one in counts for name in one):
        own = [(cell, one[name]) for cell, one in zip(grid, counts, strict=True) if one[name].n]
        coverages = [count.coverage for _, count in own]
        found[name] = {
            **summary(counts, name),
            "worst": worst([cell for cell, _ in own], coverages, 1),
            "bars": {"coverage_min": bar(min(coverages), least=least)},
        }
    return found
