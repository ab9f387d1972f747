"""The benchmark of reports runs on a small store, and its year holds closed weeks and open ones."""

import pytest

from bench import filled, report_speed
from pipeline import metrics
from pipeline.compose import Desk
from tests.pipeline.weeks import at


def test_a_small_store_is_filled_drawn_closed_and_copied(sqlite_desk: Desk) -> None:
    people = filled.hire(sqlite_desk)
    desk = at(sqlite_desk, report_speed.NOW)
    first, second, last = "2027-W01", "2027-W02", "2027-W52"
    for week in (first, last):
        assert min(filled.fill(desk, people, week, 600)) > 0
        filled.judge(desk, people, week)
    filled.close_and_copy(desk, first, [second])
    whole = {week: metrics.weekly(desk, week) for week in (first, second, last)}
    assert [one[0].provisional for one in whole.values()] == [False, False, True]
    values = {week: {one.name: one.value for one in found} for week, found in whole.items()}
    assert values[first] == values[second]
    assert values[first]["known_answered"] == 10
    assert values[first]["audit_judged"] == values[first]["audit_drawn"]
    pooled = {one.name: one for one in metrics.over(desk, [first, second])}
    assert pooled["prevalence"].enough


@pytest.mark.release
@pytest.mark.parametrize("postgres", [False, True])
def test_reports_of_a_large_year_stay_small(postgres: bool) -> None:
    report = report_speed.run(5_000, postgres=postgres)
    assert isinstance(report["peak_mib"], float)
    assert report["peak_mib"] < 500
