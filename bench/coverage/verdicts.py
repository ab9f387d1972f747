"""Reviewers who err: the default protocol with its correction must hold, single verdicts as they are not.

Reviewers recognise a false claim with sensitivity Se; seeds measure it (section 4). In the product a flagged
claim that reviewers rejected keeps that verdict when it is drawn: whatever they overlooked is in no count,
known or drawn alike, so the whole total is divided by the sensitivity. The specification's variant, where a
drawn rejected claim is reviewed again, is run beside it, and so is the product's flow under that variant's
formula: it fails, which is why the product does not use it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from bench.coverage import rivals
from bench.coverage.counting import Count, Report, bar, count_all
from bench.coverage.recall import Missed, recalls
from bench.coverage.weeks import (
    BANDS,
    PREVALENCE_CUTS,
    RECALL_CUTS,
    Cell,
    Floats,
    Ints,
    audit,
    band_sizes,
    false_by_band,
    mixed,
    proportional,
    spreads,
)
from pipeline import statistics as limits
from pipeline.frame import REJECTED, UNSCORED
from pipeline.statistics import Counted

PART = 4
SPECIFICITY = 0.97  # of a single reviewer; adjudicated positives have none to lose
ANSWERED = 0.97
DRAW_SEED = 202647
CONTRAST = 200  # replications of what is only shown for contrast
RAW = ("raw_prevalence", "raw_answered")
MUST_HOLD = ("default_prevalence", "default_answered", "product_prevalence", "product_answered")


@dataclass(frozen=True)
class Row:
    """How good reviewers are, how common false claims are, how many draws and seeds there are."""

    sensitivity: float
    prevalence: float
    audit: int
    seeds: int

    @property
    def cell(self) -> Cell:
        """The week of this row: 5,000 claims, a ranker of AUC .85 that flags 92 % of the false ones."""
        return Cell(5_000, self.prevalence, self.audit, 0.85)

    def stream(self, seed: int) -> np.random.Generator:
        """The random numbers of this row."""
        shares = (round(self.sensitivity * 100), round(self.prevalence * 10_000))
        return np.random.default_rng([seed, PART, *shares, self.audit, self.seeds])


def cells(*, full: bool) -> list[Row]:
    """Sixteen rows, the same for both targets."""
    rows = [Row(*point) for point in product((0.85, 0.95), (0.02, 0.08), (300, 1_000), (100, 400))]
    return rows if full else [rows[0], rows[-4]]


def simulate(row: Row, replications: int, seed: int) -> dict[str, Count]:
    """Both targets under every protocol."""
    draw = row.stream(seed)
    false = draw.binomial(row.cell.size, row.prevalence, replications)
    recognised = draw.binomial(row.seeds, row.sensitivity, replications).tolist()
    seeds = [(max(1, s), row.seeds) for s in recognised]
    return _stream(row, draw, false, seeds) | _flow(row, draw, false, seeds)


def _stream(
    row: Row, draw: np.random.Generator, false: Ints, seeds: Sequence[tuple[int, int]]
) -> dict[str, Count]:
    """T2 from one audit of the whole stream, as the specification has it."""
    cell = row.cell
    sizes = band_sizes(np.full(len(false), cell.size), PREVALENCE_CUTS)
    by_band = false_by_band(draw, false, cell.size - false, sizes, cell.shift)
    plan = mixed(cell.audit, spreads(cell, PREVALENCE_CUTS))
    seen = audit(draw, by_band, sizes, plan, (UNSCORED, *BANDS))
    positives = draw.binomial(seen.hits, row.sensitivity)
    alarms = draw.binomial(seen.drawn - seen.hits, 1 - SPECIFICITY)
    truths = (false / cell.size).tolist()
    adjudicated, single = seen.seen_as(positives).counted(), seen.seen_as(positives + alarms).counted()
    corrected = (limits.melded_share(one, s, DRAW_SEED) for one, s in zip(adjudicated, seeds, strict=True))
    return {
        "default_prevalence": count_all(corrected, truths),
        "raw_prevalence": count_all((limits.gamma_limits(one)[1:] for one in single), truths),
        "uncorrected_prevalence": count_all((limits.gamma_limits(one)[1:] for one in adjudicated), truths),
    }


@dataclass(frozen=True)
class _Flow:
    """The counts of a week whose flagged part went through the same reviewers."""

    known: list[tuple[int, int]]
    product: list[list[Counted]]
    again: list[Counted]


def _flow(
    row: Row, draw: np.random.Generator, false: Ints, seeds: Sequence[tuple[int, int]]
) -> dict[str, Count]:
    """Both targets from an audit of all that is not known: unflagged and rejected."""
    cell = row.cell
    detected = draw.binomial(false, cell.detection)
    positive = draw.binomial(detected, row.sensitivity)
    answered = draw.binomial(positive, ANSWERED)
    missed, other = false - detected, cell.size - false
    alarms = draw.binomial(other, cell.false_alarms)
    unflagged = other - alarms
    bands = band_sizes(missed + unflagged, RECALL_CUTS)
    by_band = false_by_band(draw, missed, unflagged, bands, cell.shift, cell.threshold)
    rejected = (detected - positive)[:, None]
    sizes = np.concatenate([bands, rejected + alarms[:, None]], axis=1)
    positives = np.concatenate([by_band, rejected], axis=1)
    seen = audit(draw, positives, sizes, proportional(cell.audit), (*BANDS, REJECTED))
    again = draw.binomial(seen.hits, row.sensitivity)
    kept = again.copy()
    kept[:, -1] = 0  # a rejected claim keeps its verdict when it is drawn
    known = list(zip(answered.tolist(), (positive - answered).tolist(), strict=True))
    pooled = [sum_of(one) for one in seen.seen_as(again).counted()]
    flow = _Flow(known, seen.seen_as(kept).counted(), pooled)
    found = _corrected(flow, false, seeds, cell.size)
    return found | {"raw_answered": _raw(row, draw, (false, detected, missed), (alarms, unflagged))}


def _corrected(flow: _Flow, false: Ints, seeds: Sequence[tuple[int, int]], size: int) -> dict[str, Count]:
    shares: list[rivals.Interval] = []
    recall: list[rivals.Interval] = []
    again: list[Missed] = []
    mistaken: list[Missed] = []
    rows = zip(flow.known, flow.product, flow.again, seeds, strict=True)
    for (answered, late), product_, pooled, s in rows:
        known = answered + late
        strata = [(known, known, known), *product_] if known else product_
        low, high = limits.melded_share(strata, s, DRAW_SEED)
        shares.append((low, high))
        recall.append((min(1.0, answered / (size * high)), min(1.0, answered / (size * low)) if low else 1.0))
        again.append(second_look(pooled, s))
        if len(mistaken) < CONTRAST:
            mistaken.append(second_look(sum_of(product_), s))
    truths = [a / n if n else 0.0 for (a, _), n in zip(flow.known, false.tolist(), strict=True)]
    return {
        "product_prevalence": count_all(shares, (false / size).tolist()),
        "product_answered": count_all(recall, truths),
        "default_answered": count_all(recalls(flow.known, again), truths),
        "without_second_look_answered": count_all(
            recalls(flow.known[:CONTRAST], mistaken), truths[:CONTRAST]
        ),
        "uncorrected_answered": count_all(_plain(flow), truths),
    }


def second_look(audited: Counted, seeds: tuple[int, int]) -> Missed:
    """Limits of the missed where a drawn rejected claim is reviewed again: estimate / sensitivity, melded."""
    x, n, size = audited
    draw = np.random.default_rng(DRAW_SEED)
    ratio = size * _middle(draw, x, n) / _middle(draw, *seeds)
    low, high = np.quantile(ratio, [0.025, 0.975])
    return 0.0, float(low), float(high)


def _middle(draw: np.random.Generator, k: int, n: int) -> Floats:
    half = limits.DRAWS // 2
    lower = draw.beta(k, n - k + 1, half) if k else np.zeros(half)
    upper = draw.beta(k + 1, n - k, half) if k < n else np.ones(half)
    return draw.permutation(np.concatenate([lower, upper]))


def _plain(flow: _Flow) -> list[rivals.Interval | None]:
    return recalls(flow.known, [limits.missed_limits(*sum_of(one)) for one in flow.product])


def sum_of(strata: Sequence[Counted]) -> Counted:
    """The strata pooled."""
    x, n, size = (sum(one[at] for one in strata) for at in range(3))
    return x, n, size


def _raw(
    row: Row, draw: np.random.Generator, false: tuple[Ints, Ints, Ints], other: tuple[Ints, Ints]
) -> Count:
    """T1 from single verdicts as they are, and an audit of the unflagged part alone."""
    whole, detected, missed = false
    alarms, unflagged = other
    truly = draw.binomial(draw.binomial(detected, row.sensitivity), ANSWERED)
    positive = truly + draw.binomial(alarms, 1 - SPECIFICITY)
    hits = rivals.simple(draw, missed, missed + unflagged, row.audit)
    seen = draw.binomial(hits, row.sensitivity) + draw.binomial(row.audit - hits, 1 - SPECIFICITY)
    sizes = (missed + unflagged).tolist()
    found = [limits.missed_limits(x, row.audit, size) for x, size in zip(seen.tolist(), sizes, strict=True)]
    known = [(n, 0) for n in positive.tolist()]
    return count_all(recalls(known, found), (truly / np.maximum(1, whole)).tolist())


def report(grid: Sequence[Row], counts: Sequence[Mapping[str, Count]], *, full: bool) -> Report:
    """Every row by name, and whether section 8.6 is reached."""
    least = 0.93 if full else 0.90
    bars = {f"{name}_min": bar(_least(counts, name), least=least) for name in MUST_HOLD}
    for name in RAW:
        bars[f"{name}_fails_every_row"] = bar(max(one[name].coverage for one in counts), most=least - 0.005)
    return {
        "rows": [
            {
                "sensitivity": row.sensitivity,
                "prevalence": row.prevalence,
                "audit": row.audit,
                "seeds": row.seeds,
                **{name: round(one.coverage, 4) for name, one in count.items()},
                **{f"{name}_width": round(count[name].mean_width, 4) for name in MUST_HOLD},
            }
            for row, count in zip(grid, counts, strict=True)
        ],
        "without_second_look_answered_min": round(_least(counts, "without_second_look_answered"), 4),
        "uncorrected_answered_min": round(_least(counts, "uncorrected_answered"), 4),
        "uncorrected_prevalence_min": round(_least(counts, "uncorrected_prevalence"), 4),
        "bars": bars,
    }


def _least(counts: Sequence[Mapping[str, Count]], name: str) -> float:
    return min(one[name].coverage for one in counts)
