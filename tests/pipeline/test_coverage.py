"""The intervals hold the truth as often as they say, no target is claimed wrongly; what must fail does."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
import pytest
from scipy import stats

from bench.coverage import offgrid, pooled, prevalence, recall, verdicts, weeks
from bench.coverage.run import PARTS, Plan, run
from pipeline import frame, statistics

SLICES = {"prevalence": 400, "recall": 400, "false-claims": 24, "verdict-errors": 40, "pooled": 40}


def missed(report: object, path: str = "") -> list[str]:
    """The bars that are not reached, by their path."""
    if not isinstance(report, Mapping):
        return []
    if "at_least" in report:
        return [] if report["holds"] else [f"{path} {report}"]
    return [one for key, value in report.items() for one in missed(value, f"{path} {key}")]


@pytest.mark.parametrize("part", SLICES)
def test_a_slice_of_each_part_reaches_its_bars(part: str) -> None:
    report = run([part], Plan(replications=SLICES[part]))
    assert missed(report) == []
    assert report["holds"] is True


@pytest.mark.release
@pytest.mark.parametrize("part", PARTS)
def test_the_whole_of_each_part_reaches_its_bars(part: str) -> None:
    report = run([part], Plan(full=True, processes=2))
    assert missed(report) == []


def test_a_wrong_interval_does_not_reach_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = statistics.gamma_limits

    def half(strata: Sequence[tuple[int, int, int]], alpha: float = 0.05) -> tuple[float, float, float]:
        estimate, low, high = whole(strata, alpha)
        return estimate, (estimate + low) / 2, (estimate + high) / 2

    monkeypatch.setattr(statistics, "gamma_limits", half)
    report = run(["prevalence"], Plan(replications=100))
    assert any("coverage_min" in one for one in missed(report))


def test_the_grids_are_those_of_the_specification() -> None:
    assert len(prevalence.cells(full=True)) == 96
    assert len(recall.cells(full=True)) == 244
    targets = [one.target for one in offgrid.cells(full=True)]
    assert (targets.count("prevalence"), targets.count("recall")) == (72, 105)
    assert len(verdicts.cells(full=True)) == 16
    assert len(pooled.cells(full=True)) == 12
    on = {(cell.size, cell.prevalence, cell.audit, cell.auc) for cell in recall.cells(full=True)}
    own = {
        (off.cell.size, off.cell.prevalence, off.cell.audit, off.cell.auc) for off in offgrid.cells(full=True)
    }
    assert not on & own


def test_the_result_does_not_depend_on_the_processes() -> None:
    alone = run(["verdict-errors"], Plan(replications=3))
    shared = run(["verdict-errors"], Plan(replications=3, processes=2))
    assert alone["verdict-errors"]["rows"] == shared["verdict-errors"]["rows"]  # type: ignore[index]
    other = run(["verdict-errors"], Plan(replications=3, seed=2))
    assert alone["verdict-errors"]["rows"] != other["verdict-errors"]["rows"]  # type: ignore[index]


def test_each_release_has_its_own_off_grid_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = set()
    for release in ("1.0.0", "1.0.1", "1.0.1"):
        monkeypatch.setattr(offgrid, "version", lambda _, release=release: release)
        seeds.add(offgrid.seed_of_release())
    assert len(seeds) == 2


@pytest.mark.parametrize("top", [np.inf, 1.2])
def test_bands_hold_as_many_false_claims_as_in_weeks_made_claim_by_claim(top: float) -> None:
    rounds, n_false, n_other, shift = 700, 40, 400, 1.1
    draw = np.random.default_rng(5)
    slow = np.zeros((rounds, 4), dtype=np.int64)
    false_scores = _below(draw, (rounds, n_false), shift, top)
    other_scores = _below(draw, (rounds, n_other), 0.0, top)
    for at in range(rounds):
        scores = false_scores[at], other_scores[at]
        order = np.argsort(np.concatenate(scores))
        ranks = np.flatnonzero(order < n_false)
        slow[at] = np.histogram(ranks, [0, 220, 352, 418, 440])[0]
    false, other = np.full(rounds, n_false), np.full(rounds, n_other)
    sizes = weeks.band_sizes(false + other, weeks.RECALL_CUTS)
    assert sizes[0].tolist() == [220, 132, 66, 22]
    fast = weeks.false_by_band(draw, false, other, sizes, shift, top)
    assert (fast.sum(axis=1) == n_false).all()
    for band in range(4):
        table = np.stack([np.bincount(one[:, band], minlength=41) for one in (slow, fast)])
        # bins of five, so that no expected count is tiny
        grouped = np.stack([row[:40].reshape(8, 5).sum(axis=1) for row in table])
        assert stats.chi2_contingency(grouped[:, grouped.sum(axis=0) > 20]).pvalue > 1e-4


def _below(draw: np.random.Generator, shape: tuple[int, int], mean: float, top: float) -> weeks.Floats:
    """Scores under the threshold, drawn anew until they are."""
    found = draw.standard_normal(shape) + mean
    while (over := found >= top).any():
        found[over] = draw.standard_normal(int(over.sum())) + mean
    return found


def test_bands_are_cut_where_the_product_cuts_them() -> None:
    for size in (37, 100, 441, 5_000):
        rows = [frame.Row(at, str(at), "new", at / size, 1, flagged=False) for at in range(size)]
        units, _ = frame.freeze(b"key", rows, set())
        names = [unit.stratum for unit in units]
        own = weeks.band_sizes(np.array([size]), weeks.RECALL_CUTS)
        plan = weeks.proportional(30)
        seen = weeks.audit(np.random.default_rng(1), own * 0, own, plan, weeks.BANDS)
        expected = [names.count(name) for name in dict.fromkeys(names)]
        assert [n for n in seen.sizes[0].tolist() if n] == expected
        given = frame.allocate(frame.sizes_of(units), 30)
        assert [n for n in seen.drawn[0].tolist() if n] == list(given.values())


@pytest.mark.parametrize(
    ("sizes", "n"), [((250, 150, 75, 20, 5), 100), ((900, 60, 40), 30), ((8, 0, 20), 500)]
)
def test_the_mixed_allocation_keeps_its_floor_its_cap_and_its_sum(sizes: tuple[int, ...], n: int) -> None:
    given = weeks.mixed(n, [0.1, 0.2, 0.3, 0.4, 0.5][: len(sizes)])(sizes)
    assert sum(given) == min(n, sum(sizes))
    assert all(min(size, 5) <= one <= size for one, size in zip(given, sizes, strict=True))
    if n < sum(sizes):
        # the last stratum is small and uncertain: it gets more than its share
        assert given[-1] >= ceil(n * sizes[-1] / sum(sizes))
