"""The audit's alarm finds what it is for and seldom rings in vain; the scores' distance comes with its p."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models.claims import Claim, FrameUnit
from models.desk import WeeklyFigure
from models.weeks import iso_week
from pipeline import metrics
from pipeline.calibration import SCORES_KEPT
from pipeline.compose import Desk
from pipeline.drift import FACTORS, RINGS_AT, audit_alarm, e_value, input_drift, step
from pipeline.figures import Figure, count, shown, state_vi, with_states
from pipeline.sampling import draw, verify_draw
from tests.conftest import NOW
from tests.pipeline.weeks import LONG_AFTER, MONDAY, TUESDAY_AFTER, WEEK, arrive, at, audited, commit

Draw = np.random.Generator


def by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def audit_of(
    draw_: Draw, recall: float, n: int = 300, size: int = 5_000, prevalence: float = 0.08
) -> tuple[int, int, int, int]:
    """One week with that recall, every detected claim answered: (A, N_V, n, x)."""
    false = int(draw_.binomial(size, prevalence))
    answered = int(draw_.binomial(false, recall))
    others, missed = size - answered, false - answered
    return answered, others, n, int(draw_.hypergeometric(missed, others - missed, n))


def simulated(draw_: Draw, recall: float) -> float:
    """The e-value of such a week."""
    value = e_value(*audit_of(draw_, recall))
    assert value is not None
    return value


def rings(draw_: Draw, recall: float, weeks: int, before: float = 0.0) -> int | None:
    """The week of the first alarm; None if there is none."""
    statistic = before
    for week in range(1, weeks + 1):
        statistic = step(statistic, simulated(draw_, recall))
        if statistic >= RINGS_AT:
            return week
    return None


def settled_state(draw_: Draw) -> float:
    """The statistic after half a good year."""
    statistic = 0.0
    for _ in range(26):
        statistic = step(statistic, simulated(draw_, 0.95))
    return statistic


def test_a_drop_of_recall_from_95_to_75_is_found_in_about_two_weeks() -> None:
    draw_ = np.random.default_rng(20261116)
    delays = [rings(draw_, 0.75, 60, settled_state(draw_)) for _ in range(200)]
    assert median(one or 60 for one in delays) <= 2


def test_a_drop_to_85_is_found_in_some_weeks() -> None:
    draw_ = np.random.default_rng(20261117)
    delays = [rings(draw_, 0.85, 60, settled_state(draw_)) for _ in range(100)]
    assert median(one or 60 for one in delays) <= 10


def false_alarms(years: int, rule: Callable[[Draw], bool]) -> float:
    draw_ = np.random.default_rng(20261118)
    return sum(rule(draw_) for _ in range(years)) / years


def test_a_good_year_hardly_ever_rings() -> None:
    assert false_alarms(500, lambda draw_: rings(draw_, 0.95, 52) is not None) <= 0.01


def test_positive_control_weekly_point_estimates_ring_in_vain() -> None:
    """The same good years with a careless rule: more misses in the sample than the tolerated share."""

    def careless(draw_: Draw) -> bool:
        weeks = (audit_of(draw_, 0.95) for _ in range(52))
        return any(seen / n > answered / (9 * others) for answered, others, n, seen in weeks)

    assert false_alarms(50, careless) > 0.9


def test_under_the_tolerated_rate_the_evidence_is_one_in_the_mean() -> None:
    draw_ = np.random.default_rng(3)
    # exactly 90 %: 9 answered for each missed
    answered, others, missed = 360, 4_640, 40
    values = [
        e_value(answered, others, 300, int(draw_.hypergeometric(missed, others - missed, 300)))
        for _ in range(20_000)
    ]
    assert np.mean([one for one in values if one is not None]) <= 1.03


def test_the_evidence_is_the_mean_of_three_likelihood_ratios() -> None:
    p0 = 90 / (9 * 2_000)
    wanted = np.mean([c**4 * ((1 - c * p0) / (1 - p0)) ** 96 for c in FACTORS])
    assert e_value(90, 2_000, 100, 4) == pytest.approx(wanted)
    # a factor that would miss more than everything is dropped
    assert e_value(400, 100, 50, 10) == pytest.approx(
        np.mean([c**10 * ((1 - c * 4 / 9) / (5 / 9)) ** 40 for c in (1.5, 2.0)])
    )
    assert e_value(900, 100, 50, 10) is None
    assert e_value(0, 2_000, 100, 3) is e_value(90, 2_000, 0, 0) is e_value(90, 0, 0, 0) is None
    huge = e_value(90, 50_000, 5_000, 5_000)
    assert huge is not None
    assert np.isfinite(step(1e300, huge))


def test_the_statistic_starts_anew_after_an_alarm() -> None:
    assert step(51.9, 1.0) == pytest.approx(52.9)
    assert step(52.0, 1.0) == 1.0


def counts(week: str, answered: int, frame: int, judged: int, false: int) -> list[Figure]:
    return [
        count("known_answered", week, answered),
        count("audit_frame", week, frame),
        count("audit_judged", week, judged),
        count("audit_false", week, false),
    ]


def close_by_hand(desk: Desk, figure: Figure, when: datetime) -> None:
    row = figure.as_dict() | {"computed_at": when}
    with desk.sessions.begin() as session:
        session.execute(insert(WeeklyFigure), [row])


def test_the_alarm_goes_from_closed_week_to_closed_week(desk: Desk) -> None:
    statistic = 0.0
    weeks = [f"2026-W{n}" for n in range(40, 44)]
    for number, (week, false) in enumerate(zip(weeks, (1, 9, 0, 12), strict=True)):
        with desk.reading() as session:
            found = with_states([audit_alarm(session, week, counts(week, 90, 2_000, 300, false))])[0]
        value = e_value(90, 2_000, 300, false)
        assert value is not None
        statistic = step(statistic, value)
        assert found.value == pytest.approx(statistic)
        assert (found.n, found.enough) == (300, True)
        assert found.state == ("alarm" if statistic >= RINGS_AT else "quiet")
        assert state_vi(found.state) in {"báo động", "bình thường"}
        close_by_hand(desk, found, NOW + timedelta(days=number))
        assert shown(found, "en") == f"{statistic:.1f}"
    with desk.reading() as session:
        states = session.scalars(select(WeeklyFigure.method).order_by(WeeklyFigure.week)).all()
    assert [one.split(":")[0] for one in states] == ["quiet", "alarm", "quiet", "alarm"]


def test_a_week_that_closes_after_a_later_one_builds_on_it(sqlite_desk: Desk) -> None:
    later = Figure("audit_alarm", "2026-W45", 7.0, None, None, 0.95, 300, "quiet", enough=True)
    close_by_hand(sqlite_desk, later, NOW)
    with sqlite_desk.reading() as session:
        found = audit_alarm(session, "2026-W44", counts("2026-W44", 90, 2_000, 300, 1))
    value = e_value(90, 2_000, 300, 1)
    assert value is not None
    assert found.value == pytest.approx(8 * value)


def test_a_week_without_an_audit_adds_nothing(sqlite_desk: Desk) -> None:
    with sqlite_desk.reading() as session:
        assert audit_alarm(session, WEEK, []).method == "too few data: no audit has been judged yet"
    before = Figure("audit_alarm", "2026-W45", 7.0, None, None, 0.95, 300, "quiet", enough=True)
    close_by_hand(sqlite_desk, before, NOW)
    with sqlite_desk.reading() as session:
        found = audit_alarm(session, WEEK, counts(WEEK, 0, 500, 300, 2))
    assert (found.value, found.enough) == (7.0, True)
    assert found.method.endswith("nothing to add this week")


def test_a_closed_week_keeps_its_alarm(desk: Desk) -> None:
    later = audited(desk, unflagged=600, answered=40, late=2, missed=1)
    figure = by_name(metrics.weekly(later, WEEK))["audit_alarm"]
    assert figure.value == pytest.approx(step(0.0, e_value(40, 600, 100, 1) or 0.0))
    assert metrics.close_week(later, WEEK)
    kept = by_name(metrics.weekly(later, WEEK))["audit_alarm"]
    assert (kept.value, kept.state, kept.provisional) == (figure.value, "quiet", False)


# scores


def weeks_of_scores(desk: Desk, per_week: int, this_week: Callable[[int], float | None]) -> None:
    """Four frozen weeks of even scores, and one week of others."""
    for back in (4, 3, 2, 1):
        day = MONDAY - timedelta(weeks=back)
        commit(desk, day)
        arrive(desk, per_week, day=day, tag=str(back))
        draw(
            at(desk, datetime(day.year, day.month, day.day, 3, tzinfo=UTC) + timedelta(days=8)), iso_week(day)
        )
    commit(desk)
    arrive(desk, per_week, score=this_week)


def test_the_distance_of_the_scores_is_that_of_two_samples(desk: Desk) -> None:
    weeks_of_scores(desk, 60, lambda place: (place % 97) / 120)
    expected = ks_2samp(
        [round((place % 97) / 120, 3) for place in range(60)],
        [round((place % 97) / 97, 3) for place in range(60)] * 4,
        method="asymp",
    )
    live = by_name(metrics.weekly(at(desk, LONG_AFTER), WEEK))["score_drift"]
    assert live.value == pytest.approx(expected.statistic)
    assert f"p = {expected.pvalue:.2g}" in live.method
    assert (live.n, live.state) == (60, "alarm" if expected.pvalue < 0.01 else "quiet")
    # frozen with the frame: what becomes of the claims and their scores later changes nothing
    draw(at(desk, TUESDAY_AFTER), WEEK)
    with desk.sessions.begin() as session:
        session.execute(update(Claim).values(score=0.999))
    assert by_name(metrics.weekly(at(desk, LONG_AFTER), WEEK))["score_drift"] == live


@pytest.mark.parametrize(("shift", "state"), [(0.0, "quiet"), (0.4, "alarm")])
def test_shifted_scores_are_said_in_words(sqlite_desk: Desk, shift: float, state: str) -> None:
    weeks_of_scores(sqlite_desk, 150, lambda place: min(1.0, (place % 97) / 97 + shift))
    found = by_name(metrics.weekly(at(sqlite_desk, LONG_AFTER), WEEK))["score_drift"]
    assert found.state == state
    assert "never relied on" in found.method


def test_too_few_scores_say_nothing(sqlite_desk: Desk) -> None:
    weeks_of_scores(sqlite_desk, 20, lambda place: place / 20)
    found = by_name(metrics.weekly(at(sqlite_desk, LONG_AFTER), WEEK))["score_drift"]
    assert (found.value, found.state) == (None, "too few data")


def test_scores_leave_the_frame_after_fourteen_weeks(sqlite_desk: Desk) -> None:
    first = MONDAY - timedelta(weeks=SCORES_KEPT)
    weeks = [iso_week(first), iso_week(first + timedelta(weeks=1))]
    for number, week in enumerate(weeks):
        arrive(sqlite_desk, 40, day=first + timedelta(weeks=number), tag=week)
        draw(at(sqlite_desk, TUESDAY_AFTER), week)
    kept = select(FrameUnit.week, func.count(FrameUnit.score)).group_by(FrameUnit.week)
    with sqlite_desk.reading() as session:
        assert dict(session.execute(kept).all()) == dict.fromkeys(weeks, 40)
    closed = metrics.close_due(at(sqlite_desk, datetime(2026, 11, 19, 3, tzinfo=UTC)))
    assert closed[-1] == WEEK
    with sqlite_desk.reading() as session:
        assert dict(session.execute(kept).all()) == {weeks[0]: 0, weeks[1]: 40}
        assert all(verify_draw(session, sqlite_desk.keys.sampling, week) for week in weeks)


def _topics(session: Session, week: str, n: dict[str, int]) -> None:
    names = {"audit_alarm": 1} | {f"claims_in_scope_{topic}": count for topic, count in n.items()}
    for name, value in names.items():
        row = {"value": float(value), "level": 0.95, "n": value, "method": "count", "enough": True}
        session.add(WeeklyFigure(week=week, name=name, computed_at=NOW, **row))


@pytest.mark.parametrize(
    ("now", "state"), [({"health": 80, "women": 20}, "quiet"), ({"health": 20, "women": 80}, "alarm")]
)
def test_other_topics_than_before_ring(sqlite_desk: Desk, now: dict[str, int], state: str) -> None:
    figures = [count(f"claims_in_scope_{topic}", WEEK, n) for topic, n in now.items()]
    with sqlite_desk.sessions.begin() as session:
        assert not input_drift(session, WEEK, figures).enough
        for week in ("2026-W40", "2026-W41", "2026-W42"):
            _topics(session, week, {"health": 75, "women": 25})
        session.flush()
        (found,) = with_states([input_drift(session, WEEK, figures)])
    assert (found.state, found.enough) == (state, True)
    assert found.value == pytest.approx(0.05 if state == "quiet" else 0.55)
