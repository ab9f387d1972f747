"""How often "target met" is said wrongly: one look at T2, and a year of looks at both targets (section 8.5).

In each of these weeks the truth is the same to the claim, on the wrong side of the target, so that every
claim is a false one. The rule is the product's: quarter ends, and the corrected limit beside the plain one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np

from bench.coverage import prevalence
from bench.coverage.counting import Report, bar
from bench.coverage.weeks import (
    ANSWERED,
    BANDS,
    PREVALENCE_CUTS,
    RECALL_CUTS,
    Cell,
    Ints,
    audit,
    band_sizes,
    false_by_band,
    mixed,
    proportional,
    spreads,
    tally_of,
)
from pipeline import seedfigures, targets
from pipeline import statistics as limits
from pipeline.figures import PREVALENCE_TARGET, RECALL_TARGET, TARGET_MET, YEAR_TO_DATE, Figure, with_states
from pipeline.frame import REJECTED
from pipeline.tally import Tally

PART = 5
WEEKS = 52
SIZE, AUC = 5_000, 0.95
SEEDS = 400
ALPHA = 0.05
CONTRAST = 400  # years of what is only shown for contrast


@dataclass(frozen=True)
class Look:
    """One audit of a stream of which exactly a tenth is false."""

    cell: Cell


@dataclass(frozen=True)
class Year:
    """A year of weeks alike: what is claimed, the true share answered and false, draws, and reviewers."""

    target: str
    recall: float
    prevalence: float
    audit: int
    sensitivity: float = 1.0
    seeds: int = SEEDS

    @property
    def is_wrong(self) -> bool:
        """Whether a claim of the target would be wrong."""
        if self.target == "answered":
            return self.recall < RECALL_TARGET
        return self.prevalence >= PREVALENCE_TARGET

    @property
    def plainly_wrong(self) -> bool:
        """Whether the uncorrected limits alone already keep most claims back."""
        return self.is_wrong and self.sensitivity == 1.0

    def stream(self, seed: int) -> np.random.Generator:
        """The random numbers of this year."""
        shares = (round(one * 10_000) for one in (self.recall, self.prevalence, self.sensitivity))
        return np.random.default_rng([seed, PART, len(self.target), self.audit, self.seeds, *shares])


Row = Look | Year
Rates = dict[str, float]


def cells(*, full: bool) -> list[Row]:
    """24 looks at T2, and years at and near both targets."""
    grid = product((500, 5_000, 50_000), (100, 300, 1_000), (0.70, 0.85, 0.95))
    looks: list[Row] = [Look(Cell(size, 0.10, n, auc)) for size, n, auc in grid if n < size]
    years: list[Row] = [
        Year("answered", 0.8985, 0.05, 300),
        Year("answered", 0.8985, 0.05, 1_000),
        Year("prevalence", 0.8985, 0.10, 300),
        Year("prevalence", 0.8985, 0.10, 1_000),
        Year("prevalence", 0.8985, 0.10, 300, seeds=0),  # nothing to correct with
        # reviewers overlook one in ten: without the correction both targets would look met
        Year("answered", 0.83, 0.05, 1_000, sensitivity=0.90),
        Year("prevalence", 0.83, 0.10, 1_000, sensitivity=0.90),
        # what is left of the power to show a target that is met
        Year("answered", 0.94, 0.05, 300),
        Year("answered", 0.94, 0.05, 1_000),
        Year("answered", 0.94, 0.05, 300, seeds=100),
        Year("answered", 0.94, 0.05, 1_000, seeds=100),
    ]
    return [*looks, *years] if full else [*looks[::8], years[0], years[2]]


def simulate(row: Row, replications: int, seed: int) -> Rates:
    """The share of looks, or of years, in which a target was claimed, and by other rules."""
    if isinstance(row, Look):
        return _look(row.cell, 2 * replications, seed)
    # the corrected limit is dear and always asked for where the plain one is met
    return _year(row, replications if row.plainly_wrong else max(1, replications // 8), seed)


def _look(cell: Cell, replications: int, seed: int) -> Rates:
    draw = cell.stream(seed, PART)
    false = np.full(replications, round(cell.size * cell.prevalence))
    sizes = band_sizes(np.full(replications, cell.size), PREVALENCE_CUTS)
    by_band = false_by_band(draw, false, cell.size - false, sizes, cell.shift)
    plan = mixed(cell.audit, spreads(cell, PREVALENCE_CUTS))
    counted = audit(draw, by_band, sizes, plan, prevalence.NAMES).counted()
    tops = np.array([limits.gamma_claim_limit(one, 1 - ALPHA) for one in counted])
    points = np.array([limits.stratified(one).estimate for one in counted])
    return {
        "claimed": float((tops < PREVALENCE_TARGET).mean()),
        "claimed_by_the_point": float((points < PREVALENCE_TARGET).mean()),
    }


def _year(row: Year, years: int, seed: int) -> Rates:
    draw = row.stream(seed)
    tallies: list[list[Tally]] = [[] for _ in range(years)]
    # a one-sided limit at 95 % every week, as if it were the only look; and the point estimate of each week
    weekly, points = np.zeros((2, min(years, CONTRAST)), dtype=bool)
    met = np.zeros((2, years), dtype=bool)  # by the plain limit, by the product's rule
    first = met.copy()  # by the end of the first quarter
    for at in range(1, WEEKS + 1):
        week = f"2027-W{at:02d}"
        _add_week(row, draw, tallies, at, week)
        for year, past in enumerate(tallies[:CONTRAST]):
            weekly[year] = weekly[year] or _unadjusted(row.target, past, week)
            points[year] = points[year] or _point(row.target, past[-1])
        if targets.is_look(week):
            recognised = draw.binomial(row.seeds, row.sensitivity, years).tolist()
            said = [_said(row, past, week, s) for past, s in zip(tallies, recognised, strict=True)]
            met |= np.array(said).T
        if at == targets.QUARTER_WEEKS:
            first = met.copy()
    return {
        "claimed": float(met[1].mean()),
        "claimed_by_week_13": float(first[1].mean()),
        "claimed_by_week_13_without_correction": float(first[0].mean()),
        "claimed_without_correction": float(met[0].mean()),
        "claimed_at_weekly_looks": float(weekly.mean()),
        "claimed_by_the_weekly_point": float(points.mean()),
    }


def _add_week(
    row: Year, draw: np.random.Generator, tallies: Sequence[list[Tally]], at: int, week: str
) -> None:
    """One more week of each year; what is false and what is answered are given, not drawn."""
    false = round(SIZE * row.prevalence)
    # rounded down over the year, so that the share answered never passes the row's
    answered = int(row.recall * false * at + 1e-9) - int(row.recall * false * (at - 1) + 1e-9)
    recognised = min(false, round(answered / ANSWERED))
    detected = min(false, round(recognised / row.sensitivity))
    cell = Cell(SIZE, row.prevalence, row.audit, AUC, min(0.999, detected / false))
    years = len(tallies)
    missed = np.full(years, false - detected)
    alarms = draw.binomial(SIZE - false, cell.false_alarms, years)
    unflagged = SIZE - false - alarms
    bands = band_sizes(missed + unflagged, RECALL_CUTS)
    by_band = false_by_band(draw, missed, unflagged, bands, cell.shift, cell.threshold)
    rejected = np.full(years, detected - recognised)
    sizes = np.concatenate([bands, (rejected + alarms)[:, None]], axis=1)
    positives = np.concatenate([by_band, rejected[:, None]], axis=1)
    seen = audit(draw, positives, sizes, proportional(row.audit), (*BANDS, REJECTED))
    counted = seen.seen_as(_recognised(draw, seen.hits, row.sensitivity)).counted()
    for past, strata in zip(tallies, counted, strict=True):
        past.append(tally_of(strata, (answered, recognised - answered), SIZE, week))


def _recognised(draw: np.random.Generator, hits: Ints, sensitivity: float) -> Ints:
    if sensitivity == 1.0:
        return hits
    found: Ints = draw.binomial(hits, sensitivity)
    found[:, -1] = 0  # what reviewers rejected keeps that verdict when it is drawn
    return found


def _said(row: Year, past: Sequence[Tally], week: str, recognised: int) -> tuple[bool, bool]:
    """Whether the target is called met: by the plain limit alone, and by the product's rule."""
    seeds = (recognised, row.seeds)
    name = row.target + YEAR_TO_DATE
    plain = targets.year_to_date(past, week, seeds)
    if not _met(plain, name):
        return False, False  # the corrected limit can only take a claim back
    return True, _met([*plain, *seedfigures.year_to_date(past, week, plain, seeds)], name)


def _met(figures: Sequence[Figure], name: str) -> bool:
    return any(one.state == TARGET_MET for one in with_states(figures) if one.name == name)


def _unadjusted(target: str, past: Sequence[Tally], week: str) -> bool:
    counts = targets.pool(past, week)
    size = counts.counted[2]
    if target == "prevalence":
        return limits.gamma_claim_limit(targets.strata_of(counts), 1 - ALPHA) < PREVALENCE_TARGET
    high = limits.gamma_claim_limit([one.counted for one in counts.strata], 1 - ALPHA) * size
    return counts.answered / (counts.answered + counts.late + high) >= RECALL_TARGET


def _point(target: str, week: Tally) -> bool:
    missed = targets.missed(week)[0]
    known = week.answered + week.late
    if target == "prevalence":
        return (known + missed) / week.items < PREVALENCE_TARGET
    return week.answered / (known + missed) >= RECALL_TARGET


def report(rows: Sequence[Row], found: Sequence[Mapping[str, float]], replications: int) -> Report:
    """Every year by name, the worst look, and whether section 8.5 is reached."""
    looks = [one for row, one in zip(rows, found, strict=True) if isinstance(row, Look)]
    years = [(row, one) for row, one in zip(rows, found, strict=True) if isinstance(row, Year)]
    allowed = ALPHA + 2 * sqrt(ALPHA * (1 - ALPHA) / (2 * replications))
    points = [one["claimed_by_the_point"] for one in looks]
    wrong = [one["claimed"] for row, one in years if row.is_wrong]
    contrast = [one["claimed_at_weekly_looks"] for row, one in years if row.is_wrong]
    return {
        "looks": {
            "cells": len(looks),
            "claimed_max": round(max(one["claimed"] for one in looks), 4),
            "claimed_by_the_point": [round(min(points), 4), round(max(points), 4)],
        },
        "years": [
            {
                **{key: getattr(row, key) for key in ("target", "recall", "prevalence", "audit")},
                **{key: getattr(row, key) for key in ("sensitivity", "seeds")},
                "wrong": row.is_wrong,
                **{key: round(value, 4) for key, value in one.items()},
            }
            for row, one in years
        ],
        "bars": {
            "look_claimed_max": bar(max(one["claimed"] for one in looks), most=round(allowed, 4)),
            "year_claimed_max": bar(max(wrong), most=ALPHA),
            # the same count must catch looks every week that share no error
            "weekly_looks_fail": bar(max(contrast), least=ALPHA + 1e-9),
        },
    }
