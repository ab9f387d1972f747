"""Calibration: true chances look true, wrong ones do not, and only random draws say anything about them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt

import numpy as np
import pytest

from models.vocabulary import ClaimState, Opinion
from pipeline import calibration, metrics
from pipeline.calibration import BINS, MIN_JUDGED, Judged, as_judged, bias, bins, enough, error
from pipeline.compose import Desk
from pipeline.figures import Figure, shown
from pipeline.sampling import draw
from tests.pipeline.weeks import (
    LONG_AFTER,
    MONDAY,
    TUESDAY_AFTER,
    WEEK,
    arrive,
    at,
    commit,
    drawn_claims,
    settle,
    staff,
)

Draw = np.random.Generator


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def sampled(draw_: Draw, n: int, size: int = 20_000, wrong_by: float = 1.0) -> tuple[Judged, float]:
    """A stratified draw from a week whose scores are chances times `wrong_by`, and the week's true bias."""
    chances = draw_.beta(0.6, 6, size)
    false = draw_.random(size) < chances
    scores = np.minimum(1.0, chances * wrong_by)
    high = chances > np.quantile(chances, 0.9)
    rows: list[tuple[float, bool, float, bool]] = []
    for stratum in (high, ~high):  # as many from the few high ones as from the many low ones
        places = np.flatnonzero(stratum)
        taken = draw_.choice(places, n // 2, replace=False)
        rows += [(float(scores[at_]), bool(false[at_]), n / 2 / places.size, True) for at_ in taken]
    return as_judged(rows), float(np.mean(scores - false))


def test_true_chances_are_calibrated_and_doubled_ones_are_not() -> None:
    right, _ = sampled(np.random.default_rng(1), 1_000)
    wrong, _ = sampled(np.random.default_rng(1), 1_000, wrong_by=2.5)
    assert error(right) < 0.04
    assert error(wrong) > 0.08
    low, high = bias(right)[1:]
    assert low < 0 < high
    assert bias(wrong)[1] > 0  # scores are too high


def test_positive_control_without_weights_the_sample_speaks_for_itself_alone() -> None:
    """Half of the draws are from the tenth with the highest scores: unweighted, false claims look common."""
    found, _ = sampled(np.random.default_rng(2), 2_000)
    careless = Judged(found.scores, found.false, np.ones(found.n), found.drawn)
    weighted = float(np.average(found.false, weights=found.weights))
    unweighted = float(np.average(careless.false, weights=careless.weights))
    assert weighted == pytest.approx(0.6 / 6.6, abs=0.02)
    assert unweighted > 2 * weighted


def test_the_bias_interval_holds_the_truth() -> None:
    draw_, held, runs = np.random.default_rng(20261116), 0, 300
    for _ in range(runs):
        found, truth = sampled(draw_, 600, wrong_by=1.3)
        _, low, high = bias(found)
        held += low <= truth <= high
    assert held / runs >= 0.95 - 3 * sqrt(0.95 * 0.05 / runs)


def test_a_complete_count_has_a_bias_without_an_interval() -> None:
    rows = [(0.1 * (place % 10), place % 7 == 0, 1.0, True) for place in range(200)]
    value, low, high = bias(as_judged(rows))
    assert low == value == high
    assert value == pytest.approx(0.45 - 29 / 200)


def test_the_error_is_the_weighted_gap_of_ten_bins() -> None:
    # one bin a score; every second claim of weight 3 is false
    rows = [(place // 20 / 10, place % 2 == 0, 1 / 3, True) for place in range(200)]
    found = as_judged(rows)
    assert error(found) == pytest.approx(np.mean([abs(k / 10 - 0.5) for k in range(10)]))
    table = bins(found)
    assert [one.n for one in table] == [20] * BINS
    assert [one.score for one in table] == pytest.approx([k / 10 for k in range(10)])
    assert all(one.low < one.share == 0.5 < one.high for one in table)


def test_the_order_of_the_rows_does_not_matter() -> None:
    found, _ = sampled(np.random.default_rng(5), 400)
    rows = list(
        zip(found.scores, found.false.astype(bool), found.chances, found.drawn.astype(bool), strict=True)
    )
    draw_ = np.random.default_rng(6)
    draw_.shuffle(rows)
    again = as_judged(rows)
    assert (error(again), bias(again)) == (error(found), bias(found))


@pytest.mark.parametrize(("positives", "said"), [(9, False), (10, True)])
def test_under_ten_false_among_the_draws_nothing_is_said(positives: int, said: bool) -> None:
    known = [(0.9, True, 1.0, False)] * 50  # known before the draw: they prove nothing about what is missed
    drawn = [(0.2, place < positives, 0.1, True) for place in range(300)]
    assert enough(as_judged(known + drawn)) is said


def test_no_bin_of_the_table_is_small() -> None:
    assert MIN_JUDGED // BINS >= 11
    rows = [(0.2, place < 20, 0.1, True) for place in range(MIN_JUDGED - 1)]
    assert not enough(as_judged(rows))
    assert not enough(as_judged([]))


def judged_week(desk: Desk) -> Desk:
    """A drawn and judged week: of the draws those with the highest scores are false."""
    people = staff(desk)
    commit(desk)

    def score(place: int) -> float:
        return (place % 97) / 97

    ids = arrive(desk, 600, score=score)
    scores = {claim: score(place) for place, claim in enumerate(ids)}
    known = arrive(desk, 40, state=ClaimState.QUEUED, flagged=True, tag="known", score=lambda _: 0.9)
    settle(desk, people, known, Opinion.FALSE, datetime(2026, 11, 11, 3, tzinfo=UTC))
    draw(at(desk, TUESDAY_AFTER), WEEK)
    taken = [one for one in drawn_claims(desk) if one not in known]
    false = [one for one in taken if scores[one] >= 0.85]
    settle(desk, people, false, Opinion.FALSE, TUESDAY_AFTER)
    settle(desk, people, [one for one in taken if one not in false], Opinion.NOT_A_CLAIM, TUESDAY_AFTER)
    return at(desk, TUESDAY_AFTER + timedelta(days=3))


def test_a_judged_week_is_reckoned_from_its_frame(desk: Desk) -> None:
    later = judged_week(desk)
    found = by_name(metrics.weekly(later, WEEK))
    one, off = found["calibration_error"], found["calibration_bias"]
    assert (one.n, one.enough, one.state) == (140, True, "")
    assert off.value is not None
    assert off.low is not None
    assert off.high is not None
    # the mean score is a good half, false are the highest seventh and the forty known ones
    assert off.low < 0.52 - 0.2 < off.high
    assert off.state == "alarm"
    assert shown(one, "en") == f"{one.value:.3f}"
    assert shown(off, "en") == f"{off.value:.3f} [{off.low:.3f} – {off.high:.3f}]"
    table = calibration.reliability(later, WEEK)
    assert sum(row.n for row in table) == 140
    assert [row.score for row in table] == sorted(row.score for row in table)
    assert all(row.low <= row.share <= row.high for row in table)
    # closed, the same numbers come from the frame, and later weeks see them too
    assert metrics.close_week(later, WEEK)
    assert calibration.reliability(later, WEEK) == table
    assert by_name(metrics.weekly(later, WEEK))["calibration_error"].value == one.value
    arrive(desk, 5, day=MONDAY + timedelta(weeks=2), tag="later")
    next_weeks = by_name(metrics.weekly(at(desk, LONG_AFTER), "2026-W48"))
    assert next_weeks["calibration_error"].value == pytest.approx(one.value)
    assert by_name(metrics.weekly(at(desk, LONG_AFTER), "2027-W08"))["calibration_error"].enough is False


def test_a_young_desk_says_too_few(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    found = by_name(metrics.weekly(at(sqlite_desk, LONG_AFTER), WEEK))
    assert found["calibration_error"].state == found["calibration_bias"].state == "too few data"
    assert "10 are needed" in found["calibration_error"].method
    assert calibration.reliability(sqlite_desk, WEEK) == []
