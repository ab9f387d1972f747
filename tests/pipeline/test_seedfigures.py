"""Both targets corrected for what reviewers do not recognise: beside the others, and true in simulation."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline import metrics, seedfigures, targets
from pipeline import statistics as limits
from pipeline.compose import Desk
from pipeline.figures import Figure, shown, state_vi, with_states
from pipeline.tally import Stratum, Tally
from tests.pipeline.sown import settled_seeds
from tests.pipeline.weeks import LONG_AFTER, WEEK, at, audited

UNKNOWN = "verdict sensitivity too low/unknown"


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def staff_id(desk: Desk) -> int:
    """Anybody: who wrote a seed plays no part in a figure."""
    from sqlalchemy import select

    from models.desk import Staff

    with desk.reading() as session:
        return session.scalars(select(Staff.id).order_by(Staff.id)).first() or 0


def week_of(answered: int, size: int, n: int, x: int, rejected: int = 0, week: str = WEEK) -> Tally:
    """A week with A answered in time, and V in which n were judged and x found false."""
    size += rejected
    stratum = Stratum(size=size, drawn=n, judged=n, positives=x, judged_mentions=n, hits=(1,) * x)
    return Tally(week, True, answered, 0, answered, 0, answered + size, answered + size, (stratum,))


def both(counts: Tally, seeds: tuple[int, int]) -> dict[str, Figure]:
    """The targets of a week with their corrected ones."""
    plain = [targets.recall(counts), targets.prevalence(counts)]
    return by_name(with_states([*plain, *seedfigures.corrected(plain, counts, seeds, counts.week)]))


@pytest.mark.parametrize(
    ("seeds", "value", "state"),
    [
        ((0, 0), None, UNKNOWN),
        ((10, 10), None, UNKNOWN),
        ((12, 12), 1.0, UNKNOWN),
        ((49, 49), 1.0, UNKNOWN),
        ((39, 50), 0.78, UNKNOWN),
        ((40, 50), 0.80, ""),
        ((95, 100), 0.95, ""),
    ],
)
def test_the_sensitivity_says_when_it_is_unknown(
    seeds: tuple[int, int], value: float | None, state: str
) -> None:
    (figure,) = with_states([seedfigures.sensitivity(seeds, WEEK)])
    assert figure.value == pytest.approx(value)
    assert (figure.n, figure.state) == (seeds[1], state)
    assert figure.method == "Wilson" or figure.method.startswith(UNKNOWN)
    assert state_vi(UNKNOWN).startswith("độ nhạy")
    if value is not None:
        assert (figure.low, figure.high) == pytest.approx(limits.wilson(*seeds))
        assert "[" in shown(figure)


def test_corrected_figures_stand_beside_the_uncorrected_and_say_less_good_things() -> None:
    found = both(week_of(120, 3000, 300, 2), (85, 100))
    recall, better = found["answered_corrected"], found["answered"]
    share, lower = found["prevalence_corrected"], found["prevalence"]
    assert recall.value == pytest.approx(0.85 * (better.value or 0))
    assert share.value == pytest.approx((lower.value or 0) / 0.85)
    for one in (recall, share):
        assert one.low is not None
        assert one.value is not None
        assert one.high is not None
        assert one.low < one.value < one.high
        assert one.method == "melding: 85 of 100 seeds recognised"
        assert one.n == 300
    assert (recall.low or 0) < (better.low or 0)
    assert (share.high or 0) > (lower.high or 0)


@pytest.mark.parametrize("seeds", [(0, 0), (10, 10), (49, 49), (0, 60)])
def test_without_enough_seeds_there_is_no_corrected_figure(seeds: tuple[int, int]) -> None:
    found = both(week_of(120, 3000, 300, 2), seeds)
    assert found["answered"].enough
    for name in ("answered_corrected", "prevalence_corrected"):
        assert (found[name].value, found[name].state) == (None, UNKNOWN)


def test_a_low_sensitivity_is_corrected_for_all_the_more() -> None:
    found = both(week_of(120, 3000, 300, 0), (60, 100))
    assert found["answered_corrected"].value == pytest.approx(0.6)
    assert found["answered_corrected"].state == "NOT MET"


def test_where_the_uncorrected_has_no_value_the_corrected_has_none_and_says_the_same() -> None:
    found = both(week_of(120, 3000, 20, 0), (95, 100))
    assert not found["answered"].enough
    assert found["answered_corrected"].method == found["answered"].method
    unsampled = targets.unsampled(WEEK)
    (recall, share) = seedfigures.corrected(unsampled, None, (95, 100), WEEK)
    assert recall.method == share.method == targets.UNDRAWN


def test_a_complete_count_is_corrected_too() -> None:
    found = both(week_of(90, 60, 60, 0), (80, 100))
    assert found["answered"].low == found["answered"].high == 1.0
    assert found["answered_corrected"].value == pytest.approx(0.8)
    assert (found["answered_corrected"].high or 1) < 0.95


def test_nothing_answered_stays_nothing() -> None:
    stratum = Stratum(size=600, drawn=100, judged=100, judged_mentions=100)
    counts = Tally(WEEK, True, 0, 3, 0, 3, 603, 603, (stratum,))
    corrected = both(counts, (95, 100))["answered_corrected"]
    assert (corrected.value, corrected.low, corrected.high) == (0.0, 0.0, 0.0)


def test_the_same_week_gives_the_same_figures() -> None:
    counts = week_of(120, 3000, 300, 2)
    assert both(counts, (85, 100)) == both(counts, (85, 100))


# in the weekly report


def test_the_weekly_figures_take_the_quarters_seeds_and_no_others(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=600, answered=40, late=2, missed=1)
    who = staff_id(later)
    settled_seeds(later, 55, 60, who)
    settled_seeds(later, 0, 60, who, quarter="2026-Q3")
    found = by_name(metrics.weekly(later, WEEK))
    assert (found["verdict_sensitivity"].n, found["verdict_sensitivity"].state) == (60, "")
    assert found["answered_corrected"].value == pytest.approx(55 / 60 * (found["answered"].value or 0))
    assert found["prevalence_corrected"].enough


def test_a_desk_without_seeds_says_so(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=600, answered=40, late=2, missed=1)
    found = by_name(metrics.weekly(later, WEEK))
    for name in ("verdict_sensitivity", "answered_corrected", "prevalence_corrected"):
        assert (found[name].value, found[name].state) == (None, UNKNOWN)
    assert found["answered"].enough


def test_a_closed_week_does_not_change_when_later_seeds_settle(desk: Desk) -> None:
    later = audited(desk, unflagged=200, answered=30, late=1, missed=1)
    who = staff_id(later)
    settled_seeds(later, 55, 60, who)
    open_before = by_name(metrics.weekly(later, WEEK))
    assert metrics.close_week(later, WEEK)
    before = metrics.weekly(later, WEEK)
    settled_seeds(later, 0, 40, who)
    assert metrics.weekly(at(later, LONG_AFTER), WEEK) == before
    kept = by_name(before)
    assert kept["verdict_sensitivity"].n == 60
    assert kept["answered_corrected"].value == open_before["answered_corrected"].value


def test_positive_control_an_open_week_does_change(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    settled_seeds(later, 55, 60, staff_id(later))
    before = metrics.weekly(later, WEEK)
    settled_seeds(later, 0, 40, staff_id(later))
    assert metrics.weekly(later, WEEK) != before


# claims at a quarter's end


def claims(answered: int, seeds: tuple[int, int], x: int = 0) -> dict[str, Figure]:
    weeks = [week_of(answered, 3000, 300, x, week=f"2026-W{n:02d}") for n in range(1, 14)]
    plain = targets.year_to_date(weeks, "2026-W13", seeds)
    return by_name(with_states(plain + seedfigures.year_to_date(weeks, "2026-W13", plain, seeds)))


def test_a_target_is_claimed_only_if_the_corrected_limit_reaches_it_too() -> None:
    sure = claims(answered=200, seeds=(400, 400))
    assert sure["answered_year_to_date"].state == "TARGET MET"
    assert sure["answered_corrected_year_to_date"].state == "TARGET MET"
    doubtful = claims(answered=200, seeds=(95, 100))
    assert (doubtful["answered_year_to_date"].low or 0) > 0.9  # by itself it would have been claimed
    assert doubtful["answered_corrected_year_to_date"].state == "undecided"
    assert doubtful["answered_year_to_date"].state == "undecided"


def test_a_corrected_limit_is_one_sided_and_lower_for_recall_and_upper_for_prevalence() -> None:
    found = claims(answered=200, seeds=(95, 100))
    recall, share = found["answered_corrected_year_to_date"], found["prevalence_corrected_year_to_date"]
    assert (recall.high, share.low) == (None, None)
    assert recall.level == share.level == 1 - 0.05 / 4
    assert (recall.low or 1) < (recall.value or 0)
    assert (share.high or 0) > (share.value or 1)
    assert (share.high or 0) > (found["prevalence_year_to_date"].high or 1)


@pytest.mark.parametrize("seeds", [(0, 0), (49, 49), (70, 100)])
def test_t1_is_never_claimed_with_a_sensitivity_that_is_low_or_unknown(seeds: tuple[int, int]) -> None:
    found = claims(answered=200, seeds=seeds)
    for name in ("answered_year_to_date", "answered_corrected_year_to_date"):
        assert found[name].state == UNKNOWN
    assert found["prevalence_year_to_date"].enough


# the truth, in a simulation of how claims are settled


def settled_week(
    draw: np.random.Generator, sensitivity: float, *, n: int, seeds: int
) -> tuple[Tally, tuple[int, int], float, float]:
    """A week whose every false claim two people recognise with one probability, flagged, drawn or seed alike.

    Gives the counts that the desk sees, its seeds, and the true recall and prevalence.
    """
    size, false = 3000, 150
    flagged = int(draw.binomial(false, 0.9))
    answered = int(draw.binomial(flagged, sensitivity))
    rejected, unflagged = flagged - answered, false - flagged
    rest = size - answered
    # what was rejected is in V, and drawn again it stays rejected: nobody judges it a second time
    kinds = draw.multivariate_hypergeometric([unflagged, rejected, rest - unflagged - rejected], n)
    x = int(draw.binomial(kinds[0], sensitivity))
    counts = week_of(answered, rest, n, x)
    recognised = int(draw.binomial(seeds, sensitivity))
    return counts, (recognised, seeds), answered / false, false / size


def coverage(sensitivity: float, runs: int, *, n: int = 300, seeds: int = 200) -> dict[str, float]:
    """How often each interval holds the truth; `drawn_alone` divides the drawn part alone."""
    draw = np.random.default_rng(round(1000 * sensitivity) + n + seeds)
    names = ("answered", "prevalence", "answered_corrected", "prevalence_corrected", "drawn_alone")
    held = dict.fromkeys(names, 0)
    for _ in range(runs):
        counts, of_quarter, recall, share = settled_week(draw, sensitivity, n=n, seeds=seeds)
        found = both(counts, of_quarter)
        for name, figure in found.items():
            truth = recall if name.startswith("answered") else share
            held[name] += (figure.low or 0) <= truth <= (figure.high or 0)
        low, high = (one * counts.counted[2] for one in limits.melded_share([counts.counted], of_quarter, 1))
        held["drawn_alone"] += (
            counts.answered / (counts.answered + high) <= recall <= counts.answered / (counts.answered + low)
        )
    return {name: n_held / runs for name, n_held in held.items()}


@pytest.mark.parametrize("sensitivity", [0.85, 0.95])
def test_the_corrected_intervals_hold_the_truth(sensitivity: float) -> None:
    held = coverage(sensitivity, 150)
    assert held["answered_corrected"] >= 0.92
    assert held["prevalence_corrected"] >= 0.92


def test_positive_control_uncorrected_intervals_do_not_nor_does_half_a_correction() -> None:
    held = coverage(0.85, 60, n=1500)
    assert held["answered"] < 0.5
    assert held["drawn_alone"] < 0.5
    assert held["prevalence"] < 0.93


@pytest.mark.release
@pytest.mark.parametrize("sensitivity", [0.80, 0.85, 0.90, 0.95, 0.99])
@pytest.mark.parametrize("seeds", [50, 100, 400])
def test_the_corrected_intervals_hold_the_truth_on_a_grid(sensitivity: float, seeds: int) -> None:
    held = coverage(sensitivity, 1000, seeds=seeds)
    assert held["answered_corrected"] >= 0.93
    assert held["prevalence_corrected"] >= 0.93
