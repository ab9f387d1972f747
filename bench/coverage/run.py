"""The parts of the benchmark and how many replications each of them gets."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from bench.coverage import claims, offgrid, pooled, prevalence, recall, verdicts
from bench.coverage.counting import Report, holds
from bench.coverage.work import over_cells

SEED = 20_261_122
PARTS = ("prevalence", "recall", "off-grid", "false-claims", "verdict-errors", "pooled")
# replications of each part, of the whole grid and of the slice; a melded limit costs twenty thousand draws
REPLICATIONS = {
    "prevalence": (2_000, 400),
    "recall": (2_000, 400),
    "off-grid": (1_500, 300),
    "false-claims": (2_000, 200),
    "verdict-errors": (500, 150),
    "pooled": (1_000, 150),
}


@dataclass(frozen=True)
class Plan:
    """What to run: the whole grid or a slice, how often, with which seed, in how many processes."""

    full: bool = False
    replications: int | None = None
    seed: int = SEED
    processes: int = 1

    def times(self, part: str) -> int:
        """How often each cell of a part is simulated."""
        return self.replications or REPLICATIONS[part][0 if self.full else 1]


def run(parts: Sequence[str] = PARTS, plan: Plan | None = None) -> Report:
    """The parts one after the other, each over its cells; `holds` says whether every bar is reached."""
    plan = plan or Plan()
    start, cpu = perf_counter(), _cpu_seconds()
    reports: Report = {}
    for part in parts:
        began = perf_counter()
        reports[part] = {**_PARTS[part](plan), "seconds": round(perf_counter() - began, 1)}
    return {
        "benchmark": "coverage",
        "grid": "full" if plan.full else "slice",
        "seed": plan.seed,
        "replications": {part: plan.times(part) for part in parts},
        "processes": plan.processes,
        **reports,
        "holds": holds(reports),
        "seconds": round(perf_counter() - start, 1),
        "cpu_seconds": round(_cpu_seconds() - cpu, 1),
    }


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _prevalence(plan: Plan) -> Report:
    grid = prevalence.cells(full=plan.full)
    counts = over_cells(prevalence.simulate, grid, plan.times("prevalence"), plan.seed, plan.processes)
    return prevalence.report(grid, counts, full=plan.full)


def _recall(plan: Plan) -> Report:
    grid = recall.cells(full=plan.full)
    counts = over_cells(recall.simulate, grid, plan.times("recall"), plan.seed, plan.processes)
    return recall.report(grid, counts, full=plan.full)


def _offgrid(plan: Plan) -> Report:
    grid, seed = offgrid.cells(full=plan.full), offgrid.seed_of_release()
    counts = over_cells(offgrid.simulate, grid, plan.times("off-grid"), seed, plan.processes)
    return {**offgrid.report(grid, counts, full=plan.full), "seed": seed}


def _claims(plan: Plan) -> Report:
    rows, times = claims.cells(full=plan.full), plan.times("false-claims")
    return claims.report(rows, over_cells(claims.simulate, rows, times, plan.seed, plan.processes), times)


def _verdicts(plan: Plan) -> Report:
    rows = verdicts.cells(full=plan.full)
    counts = over_cells(verdicts.simulate, rows, plan.times("verdict-errors"), plan.seed, plan.processes)
    return verdicts.report(rows, counts, full=plan.full)


def _pooled(plan: Plan) -> Report:
    grid = pooled.cells(full=plan.full)
    counts = over_cells(pooled.simulate, grid, plan.times("pooled"), plan.seed, plan.processes)
    return pooled.report(grid, counts, full=plan.full)


_PARTS = dict(zip(PARTS, (_prevalence, _recall, _offgrid, _claims, _verdicts, _pooled), strict=True))
