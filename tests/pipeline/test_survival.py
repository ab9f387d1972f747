"""Time to answer: the curve is Kaplan and Meier's, open claims count, and late verdicts find their week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import exp, log, sqrt

import numpy as np
import pytest

from models.vocabulary import ClaimState, Opinion, Rating
from pipeline import metrics, survival
from pipeline.compose import Desk
from pipeline.figures import Figure, shown, state_vi
from pipeline.statistics import wilson
from pipeline.survival import Point, Times, at_day, points
from tests.pipeline import verdicts
from tests.pipeline.conftest import People
from tests.pipeline.weeks import MONDAY, WEEK, arrive, at, settle, staff

Z = 1.959963984540054


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, 0, tzinfo=UTC)


def found_false(
    desk: Desk, people: People, days: Sequence[int | None], *, day: date = MONDAY, tag: str = "f"
) -> list[int]:
    """False claims of one day, each answered so many days later, or agreed on the next day and still open."""
    ids = arrive(desk, len(days), day=day, state=ClaimState.QUEUED, flagged=True, tag=tag)
    for wait in sorted({one for one in days if one is not None}):
        some = [claim for claim, one in zip(ids, days, strict=True) if one == wait]
        settle(desk, people, some, Opinion.FALSE, noon(day + timedelta(days=wait)))
    waiting = [claim for claim, one in zip(ids, days, strict=True) if one is None]
    settle(desk, people, waiting, Opinion.FALSE, noon(day + timedelta(days=1)), answer=False)
    return ids


def by_hand(answered: Sequence[int], waiting: Sequence[int]) -> list[tuple[int, float, float, float, int]]:
    """The product-limit estimate with exponential Greenwood limits, from the definition."""
    left, spread, rows = 1.0, 0.0, []
    for day in sorted({*answered, *waiting}):
        at_risk = sum(one >= day for one in (*answered, *waiting))
        ended = list(answered).count(day)
        left *= 1 - ended / at_risk
        spread += ended / (at_risk * (at_risk - ended)) if at_risk > ended else 0.0
        half = Z * sqrt(spread) / log(left) if 0 < left < 1 else 0.0
        rows.append((day, 1 - left, 1 - left ** exp(half), 1 - left ** exp(-half), at_risk))
    return rows


def test_the_curve_is_the_product_limit_with_exponential_greenwood_limits() -> None:
    times = Times((0, 1, 1, 2, 2, 5), (1, 2, 7, 7))
    for found, wanted in zip(points(times), by_hand(times.answered, times.waiting), strict=True):
        assert tuple(found) == pytest.approx((wanted[0], wanted[1], *sorted(wanted[2:4]), wanted[4]))
    shares = [round(one.share, 4) for one in points(times)]
    assert shares == [0.1, 0.3, 0.5333, 0.6889, 0.6889]


def test_without_open_claims_the_curve_is_the_plain_share() -> None:
    curve = points(Times((0, 0, 1, 1, 1, 2, 4, 4, 4, 9), ()))
    assert [(one.day, round(one.share, 6)) for one in curve] == [
        (0, 0.2),
        (1, 0.5),
        (2, 0.6),
        (4, 0.9),
        (9, 1),
    ]


def test_positive_control_the_answered_alone_would_flatter() -> None:
    # ten were answered on the next day; ten more have waited for three weeks
    whole = points(Times((1,) * 10, (21,) * 10))
    alone = points(Times((1,) * 10, ()))
    assert whole[-1].share == pytest.approx(0.5)
    assert alone[-1].share == 1.0


def test_nobody_or_everybody_answered_has_limits_too() -> None:
    assert points(Times((), (2, 5, 5))) == [
        Point(2, 0.0, 0.0, wilson(0, 3)[1], 3),
        Point(5, 0.0, 0.0, wilson(0, 2)[1], 2),
    ]
    assert points(Times((2,) * 12, ())) == [Point(2, 1.0, 1 - wilson(0, 12)[1], 1.0, 12)]
    # everybody is answered only because the last one was: one claim cannot prove much
    tail = points(Times((1,) * 49 + (3,), (2,) * 50))[-1]
    assert tail.share == 1.0
    assert tail.low < 0.6
    assert points(Times((), ())) == []


def test_a_day_that_nobody_was_followed_to_has_no_share() -> None:
    curve = points(Times((1,) * 8, (4,) * 4))
    assert at_day(curve, 3, 12) == curve[0]
    assert at_day(curve, 5, 12) is None
    everybody = points(Times((1,) * 12, ()))
    assert at_day(everybody, 30, 12) == everybody[-1]
    before = at_day(curve, 0, 12)
    assert before is not None
    assert (before.share, before.low, before.high) == (0.0, 0.0, wilson(0, 12)[1])


def coverage(n: int, runs: int, *, open_counted: bool = True) -> float:
    """How often the limits of days 1, 3 and 7 hold the truth, at the worst of the three.

    Answers take two days in the mean and one in five never comes; follow-up ends after three to nine days.
    """
    draw = np.random.default_rng(20261116)
    truth = {day: 0.8 * (1 - exp(-(day + 0.5) / 2)) for day in (1, 3, 7)}
    held, given = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    for _ in range(runs):
        wait = np.floor(draw.exponential(2, n) + 0.5)
        wait[draw.random(n) < 0.2] = 999
        end = draw.integers(3, 10, n)
        answered = tuple(int(one) for one in wait[wait <= end])
        waiting = tuple(int(one) for one in end[wait > end]) if open_counted else ()
        curve = points(Times(answered, waiting))
        for day, share in truth.items():
            point = at_day(curve, day, n)
            if point is not None:
                given[day] += 1
                held[day] += point.low <= share <= point.high
    return min(held[day] / given[day] for day in truth)


def test_nominal_95_limits_hold_the_truth() -> None:
    # three standard errors of 400 runs below the nominal level: the full count below has the real bar
    assert coverage(40, 400) >= 0.95 - 3 * sqrt(0.95 * 0.05 / 400)


def test_positive_control_the_answered_alone_do_not_hold_it() -> None:
    assert coverage(40, 100, open_counted=False) < 0.5


@pytest.mark.release
@pytest.mark.parametrize("n", [15, 40, 200])
def test_nominal_95_limits_hold_the_truth_in_93_of_100(n: int) -> None:
    assert coverage(n, 4_000) >= 0.93


def test_a_weeks_open_claims_are_counted(desk: Desk) -> None:
    people = staff(desk)
    found_false(desk, people, [0] * 4 + [1] * 8 + [2] * 6 + [5] * 3 + [None] * 9)
    now = at(desk, noon(MONDAY + timedelta(days=10)))
    found = by_name(metrics.weekly(now, WEEK))
    wanted = points(Times((0,) * 4 + (1,) * 8 + (2,) * 6 + (5,) * 3, (10,) * 9))
    for days, at_ in ((1, 1), (3, 2), (7, 3)):
        one = found[f"answered_within_{days}_days"]
        assert (one.value, one.low, one.high) == pytest.approx(wanted[at_][1:4])
        assert (one.n, one.level, one.method) == (30, 0.95, "Kaplan-Meier, exponential Greenwood")
        assert (one.state, one.provisional) == ("", True)
    for days in (14, 30):
        one = found[f"answered_within_{days}_days"]
        assert (one.value, one.enough, one.state) == (None, False, "too few data")
        assert one.method.endswith("followed for 10 days at most")
    median = found["time_to_answer_days"]
    assert (median.value, median.low, median.high) == (2, 1, 5)


def test_under_eleven_false_claims_give_no_share(sqlite_desk: Desk) -> None:
    found_false(sqlite_desk, staff(sqlite_desk), [1] * 10)
    found = by_name(metrics.weekly(at(sqlite_desk, noon(MONDAY + timedelta(days=9))), WEEK))
    assert found["answered_within_3_days"].value is None
    assert found["time_to_answer_days"].method == "too few data: 10 false claims, 11 are needed"


def test_a_median_that_is_not_reached_says_why(sqlite_desk: Desk) -> None:
    found_false(sqlite_desk, staff(sqlite_desk), [1] * 6 + [None] * 9)
    found = by_name(metrics.weekly(at(sqlite_desk, noon(MONDAY + timedelta(days=9))), WEEK))
    median = found["time_to_answer_days"]
    assert (median.value, median.n, median.enough) == (None, 15, False)
    assert median.method == "under half are answered: the curve of 15 false claims has not come to a half"
    assert median.state == "under half are answered"
    assert shown(median) == state_vi(median.state) == "chưa đến một nửa được trả lời, nên chưa có trung vị"


def test_a_median_may_have_no_upper_limit_yet() -> None:
    figure = Figure("time_to_answer_days", WEEK, 2.0, 1.0, None, 0.95, 20, "", enough=True)
    assert shown(figure) == "2,0 [từ 1,0]"
    assert shown(figure, "en") == "2.0 [from 1.0]"
    assert shown(replace(figure, high=4.0), "en") == "2.0 [1.0 – 4.0]"


def test_a_late_verdict_counts_to_the_week_of_arrival(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    ids = arrive(sqlite_desk, 20, state=ClaimState.QUEUED, flagged=True)
    in_time = noon(MONDAY + timedelta(days=1))
    settle(sqlite_desk, people, ids[:12], Opinion.FALSE, in_time)
    later = at(sqlite_desk, noon(MONDAY + timedelta(days=12)))
    before = by_name(metrics.weekly(later, WEEK))["answered_within_7_days"]
    settle(sqlite_desk, people, ids[12:], Opinion.MISLEADING, noon(MONDAY + timedelta(days=11)))
    found = by_name(metrics.weekly(later, WEEK))
    assert (before.n, found["answered_within_7_days"].n) == (12, 20)
    assert found["answered_within_7_days"].value == pytest.approx(12 / 20)
    assert found["answered_within_14_days"].value == 1.0
    next_week = by_name(metrics.weekly(later, "2026-W47"))
    assert next_week["answered_within_7_days"].n == 0


def test_unproven_and_true_claims_are_not_followed(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    found_false(sqlite_desk, people, [1] * 12)
    others = arrive(sqlite_desk, 30, state=ClaimState.QUEUED, flagged=True, tag="o")
    settle(sqlite_desk, people, others[:10], Opinion.UNPROVEN, noon(MONDAY))
    settle(sqlite_desk, people, others[10:20], Opinion.TRUE, noon(MONDAY))
    settle(sqlite_desk, people, others[20:], Opinion.NOT_A_CLAIM, noon(MONDAY))
    found = by_name(metrics.weekly(at(sqlite_desk, noon(MONDAY + timedelta(days=4))), WEEK))
    assert found["answered_within_3_days"].n == 12


def test_a_closed_week_keeps_its_curve_figures(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    ids = found_false(sqlite_desk, people, [1] * 12 + [None] * 8)
    closing = at(sqlite_desk, noon(MONDAY + timedelta(days=25)))
    assert metrics.close_week(closing, WEEK)
    before = metrics.weekly(closing, WEEK)
    curve = survival.curve(closing, WEEK)
    assert by_name(before)["answered_within_14_days"].value == pytest.approx(0.6)
    for claim in ids[12:]:
        late = noon(MONDAY + timedelta(days=30))
        verdicts.settle(sqlite_desk, "", Rating.FALSE, (people.an, people.chi), at=late, claim_id=claim)
    afterwards = at(sqlite_desk, noon(MONDAY + timedelta(days=40)))
    assert metrics.weekly(afterwards, WEEK) == before
    # the pooled curve of a closed week is followed to the day of the closing, whatever came later
    assert survival.curve(afterwards, WEEK) == curve
    assert curve[-1].share == pytest.approx(0.6)


def test_the_curve_pools_thirteen_weeks(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    for back in (0, 5, 12, 13):
        found_false(sqlite_desk, people, [back % 5] * 6, day=MONDAY - timedelta(weeks=back), tag=f"w{back}")
    now = at(sqlite_desk, noon(MONDAY + timedelta(days=6)))
    curve = survival.curve(now, WEEK)
    assert [(day, round(share, 6), at_risk) for day, share, _, _, at_risk in curve] == [
        (0, round(12 / 18, 6), 18),
        (2, 1.0, 6),
    ]
    assert survival.curve(now, "2026-W20") == []  # nothing known of it
    half_a_year_on = at(sqlite_desk, noon(MONDAY + timedelta(days=120)))
    # by then claims that nobody answered would be erased, and the rest would look fast
    assert survival.curve(half_a_year_on, WEEK) == []
