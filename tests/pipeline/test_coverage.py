"""The intervals hold the truth as often as they say, on a slice of the grid; what must fail does."""

from typing import cast

import pytest

from bench import coverage


def figures(report: dict[str, object], target: str) -> dict[str, float]:
    return cast("dict[str, float]", report[target])


def check(report: dict[str, object], least: float, mean: float, worst_side: float) -> None:
    for target in ("prevalence", "recall"):
        found = figures(report, target)
        assert found["coverage_min"] >= least
        assert found["coverage_mean"] >= mean
        assert found["flattering_max"] <= worst_side
        # positive controls: what other tools report is caught by the same test
        assert found["coverage_min_naive"] < least
    assert figures(report, "prevalence")["coverage_min_bootstrap"] < least


def test_a_slice_of_the_grid_is_covered() -> None:
    report = coverage.run()
    check(report, least=0.91, mean=0.94, worst_side=0.06)
    assert figures(report, "prevalence")["width_against_wilson_fpc"] <= 0.90
    assert figures(report, "recall")["width_against_exact"] <= 0.95
    assert figures(report, "prevalence")["cells"] == figures(report, "recall")["cells"] == 12


@pytest.mark.release
def test_the_whole_grid_is_covered() -> None:
    report = coverage.run(2_000, full=True)
    check(report, least=0.93, mean=0.95, worst_side=0.04)
    assert figures(report, "prevalence")["width_against_wilson_fpc"] <= 0.90
    assert figures(report, "recall")["width_against_exact"] <= 0.95


def test_the_whole_grid_is_that_of_the_specification() -> None:
    assert len(coverage.prevalence_cells(full=True)) == 96
    assert len(coverage.recall_cells(full=True)) >= 230


def test_the_same_seed_gives_the_same_figures() -> None:
    first, again = coverage.run(5), coverage.run(5)
    assert first["recall"] == again["recall"]
    assert first["prevalence"] == again["prevalence"]
    assert coverage.run(5, seed=2)["recall"] != first["recall"]
