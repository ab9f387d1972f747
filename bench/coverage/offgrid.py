"""Both targets off the grid that the design was tuned on, with a new seed for each release (section 8.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import product

from bench.coverage import prevalence, recall
from bench.coverage.counting import Count, Report, bar, summary, worst
from bench.coverage.weeks import Cell

LEAST = 0.92  # 1,500 replications over 177 cells leave this much to chance
SIZES, AUCS = (1_200, 9_000, 27_000), (0.78, 0.91)


@dataclass(frozen=True)
class Off:
    """A cell of one of the targets."""

    target: str
    cell: Cell


def seed_of_release() -> int:
    """A seed that nobody tuned anything on: it follows from the version."""
    return int.from_bytes(sha256(b"off-grid " + version("kiemchung").encode()).digest()[:6])


def cells(*, full: bool) -> list[Off]:
    """72 cells of T2 and 105 of T1 at values that the grid does not have."""
    shares = [Cell(*point) for point in product(SIZES, (0.008, 0.03, 0.055, 0.11), (150, 450, 800), AUCS)]
    found = [
        Cell(*point) for point in product(SIZES, (0.008, 0.055, 0.11), (150, 450), AUCS, (0.60, 0.85, 0.97))
    ]
    recalls = [cell for cell in found if 1.15 * cell.audit < cell.unflagged]
    both = [*(Off("prevalence", cell) for cell in shares), *(Off("recall", cell) for cell in recalls)]
    return both if full else both[::22]


def simulate(off: Off, replications: int, seed: int) -> dict[str, Count]:
    """Every method in one cell."""
    simulated = prevalence.simulate if off.target == "prevalence" else recall.simulate
    return simulated(off.cell, replications, seed)


def report(grid: Sequence[Off], counts: Sequence[Mapping[str, Count]], *, full: bool) -> Report:
    """The set's figures and whether they reach section 8.4."""
    found: Report = {}
    for target, ours, other in (
        ("prevalence", prevalence.OURS, prevalence.REFERENCE),
        ("recall", recall.OURS, recall.REFERENCE),
    ):
        own = [counts[at] for at, off in enumerate(grid) if off.target == target]
        cells_ = [off.cell for off in grid if off.target == target]
        least = min(one[ours].coverage for one in own)
        found[target] = {
            ours: summary(own, ours, other),
            "bootstrap": summary(own, "bootstrap", other),
            "worst": worst(cells_, [one[ours].coverage for one in own]),
            "bars": {"coverage_min": bar(least, least=LEAST if full else LEAST - 0.02)},
        }
    return found
