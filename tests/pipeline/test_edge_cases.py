"""Weeks in which there is little to say: what is said of each, row by row of the specification's table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.retention import erase_claim
from models.vocabulary import ClaimState, Opinion
from pipeline import frame, metrics, sampling, targets
from pipeline import statistics as limits
from pipeline.compose import Desk
from pipeline.figures import (
    COULD_NOT,
    INDICATES_MET,
    NOT_MET,
    TOO_FEW,
    UNDECIDED,
    Figure,
    is_wide,
    shown,
    with_states,
)
from pipeline.tally import Stratum, Tally, tally
from tests.pipeline.weeks import (
    MONDAY,
    TUESDAY_AFTER,
    WEEK,
    arrive,
    at,
    audited,
    commit,
    drawn_claims,
    settle,
    staff,
)

IN_TIME = datetime(2026, 11, 11, 3, 0, tzinfo=UTC)


def figures(desk: Desk, week: str = WEEK) -> dict[str, Figure]:
    return {one.name: one for one in metrics.weekly(desk, week)}


def judged(
    desk: Desk, *, unflagged: int, draws: int | None = None, answered: int = 0, missed: int = 0
) -> dict[str, Figure]:
    """A drawn week of which so many draws, from all strata alike, are judged; the rest stay unjudged."""
    people = staff(desk)
    commit(desk)
    place = {claim: at % 97 for at, claim in enumerate(arrive(desk, unflagged))}
    known = arrive(desk, answered, state=ClaimState.QUEUED, flagged=True, tag="known")
    settle(desk, people, known, Opinion.FALSE, IN_TIME)
    sampling.draw(at(desk, TUESDAY_AFTER), WEEK)
    by_score = sorted(drawn_claims(desk), key=lambda claim: place[claim])
    judged_ = len(by_score) if draws is None else draws
    taken = [by_score[at * len(by_score) // judged_] for at in range(judged_)]
    settle(desk, people, taken[:missed], Opinion.FALSE, TUESDAY_AFTER)
    settle(desk, people, taken[missed:], Opinion.TRUE, TUESDAY_AFTER)
    return figures(desk)


def test_no_positive_in_the_audit_leaves_the_known_part_below_and_a_limit_above(sqlite_desk: Desk) -> None:
    found = judged(sqlite_desk, unflagged=600, answered=40)
    share, recall = found["prevalence"], found["answered"]
    most = limits.hyper_limits(0, 100, 600)[1]
    assert (share.low, share.high) == pytest.approx((40 / 640, (40 + most) / 640))
    assert (recall.value, recall.low, recall.high) == pytest.approx((1.0, 40 / (40 + most), 1.0))
    # said in words beside n and the limit: none found among so many draws
    assert share.method.endswith("no miss found among the draws")
    assert recall.method.endswith("no miss found among the draws")
    assert shown(recall, "en") == "100.0% [71% – 100%]"


def test_a_miss_found_is_not_said_to_be_none(sqlite_desk: Desk) -> None:
    found = judged(sqlite_desk, unflagged=600, answered=40, missed=1)
    assert "no miss" not in found["answered"].method


def test_a_week_without_a_known_false_claim_still_counts_in_the_window(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    week_before = MONDAY - timedelta(weeks=1)
    commit(sqlite_desk, week_before)
    commit(sqlite_desk)
    arrive(sqlite_desk, 200, day=week_before)
    known = arrive(sqlite_desk, 35, day=week_before, state=ClaimState.QUEUED, flagged=True, tag="known")
    settle(sqlite_desk, people, known, Opinion.FALSE, IN_TIME - timedelta(weeks=1))
    arrive(sqlite_desk, 200)
    for week in ("2026-W45", WEEK):
        sampling.draw(at(sqlite_desk, TUESDAY_AFTER), week)
        settle(sqlite_desk, people, drawn_claims(sqlite_desk, week), Opinion.TRUE, TUESDAY_AFTER)
    found = figures(sqlite_desk)
    assert found["answered"].state == "no false harmful item known this week"
    assert found["prevalence"].state == INDICATES_MET
    window = found["answered_4_weeks"]
    assert (window.value, window.n) == (1.0, 200)
    # the window holds what may be hidden in both weeks, not in the one with answers alone
    alone = limits.gamma_limits([(0, 100, 200)])[2] * 200
    assert window.low is not None
    assert window.low < 35 / (35 + alone)


def test_nothing_answered_is_not_met_however_few(sqlite_desk: Desk) -> None:
    found = judged(sqlite_desk, unflagged=200, missed=1)
    answered = found["answered"]
    assert (answered.value, answered.low, answered.high, answered.state) == (0.0, 0.0, 0.0, NOT_MET)


def test_a_complete_count_is_its_own_interval(sqlite_desk: Desk) -> None:
    found = judged(sqlite_desk, unflagged=80, answered=20, missed=2)
    for name, value in (("answered", 20 / 22), ("prevalence", 22 / 100)):
        figure = found[name]
        assert (figure.value, figure.low, figure.high) == pytest.approx((value, value, value))
        assert figure.method == "complete count"
    assert found["answered"].state == INDICATES_MET
    assert found["prevalence"].state == NOT_MET


def test_a_small_stratum_is_merged_before_the_draw(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 120)  # the highest five in a hundred are six claims
    rejected = arrive(sqlite_desk, 4, state=ClaimState.QUEUED, flagged=True, tag="r")
    settle(sqlite_desk, people, rejected, Opinion.NOT_A_CLAIM, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    with sqlite_desk.reading() as session:
        counts = tally(session, sqlite_desk, WEEK)
    assert counts is not None
    assert sorted(one.size for one in counts.strata) == [28, 36, 60]
    assert min(one.drawn for one in counts.strata) >= frame.FLOOR


def test_a_stratum_of_which_every_draw_is_false_keeps_a_limit_below_all() -> None:
    strata = (Stratum(size=900, drawn=60, judged=60), Stratum(size=50, drawn=20, judged=20, positives=20))
    counts = Tally(WEEK, True, 40, 0, 40, 0, 990, 990, strata)
    share = targets.prevalence(counts)
    assert share.value == pytest.approx(90 / 990)
    assert share.low is not None
    assert share.high is not None
    assert share.low < 90 / 990 < share.high


@pytest.mark.parametrize(("draws", "enough"), [(29, False), (30, True)])
def test_thirty_judged_draws_are_the_least(sqlite_desk: Desk, draws: int, enough: bool) -> None:
    found = judged(sqlite_desk, unflagged=300, draws=draws, answered=12)
    share, recall = found["prevalence"], found["answered"]
    assert (share.enough, recall.enough) == (enough, enough)
    assert (share.state == TOO_FEW) is not enough
    assert found["audit_judged"].value == draws


def test_a_part_that_nobody_judged_gives_no_figure(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    scored = arrive(sqlite_desk, 300)
    arrive(sqlite_desk, 60, score=lambda _: None, tag="no score")
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    taken = [one for one in drawn_claims(sqlite_desk) if one in scored]
    settle(sqlite_desk, people, taken, Opinion.TRUE, TUESDAY_AFTER)
    assert len(taken) > 30
    assert figures(sqlite_desk)["prevalence"].state == TOO_FEW


def test_an_audit_that_is_too_small_says_how_many_more_are_needed(sqlite_desk: Desk) -> None:
    found = judged(sqlite_desk, unflagged=600, answered=40)
    least = limits.n_min(40, 0, 600)
    assert least is not None
    assert found["audits_needed"].value == least
    assert found["answered"].state == COULD_NOT.format(n=least - 100)
    assert found["answered"].state.startswith(f"cannot tell yet, {least - 100} more audits are needed")


def test_few_false_claims_are_pooled_over_four_weeks_and_then_over_the_quarter(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, answered=5, late=0, missed=1)
    found = figures(later)
    assert found["answered"].value is None
    assert "answered_4_weeks" not in found
    quarter = found["answered_quarter"]
    assert "5 answered, 0 late, 1 missed" in quarter.method

    week = Tally(WEEK, answered=8, items=508, strata=(Stratum(size=500, drawn=100, judged=100),))
    four = targets.pooled_recall(lambda n: [week] * n, WEEK)
    assert (four.name, four.n) == ("answered_4_weeks", 400)
    assert four.method.startswith("4-week window")
    fewer = targets.pooled_recall(lambda n: [replace(week, answered=3)] * n, WEEK)
    assert (fewer.name, fewer.n) == ("answered_quarter", 1300)
    assert fewer.method.startswith("13-week window")


def test_weeks_are_strata_in_a_window() -> None:
    small = Tally("2026-W45", answered=30, items=230, strata=(Stratum(200, 100, 100, positives=4),))
    large = Tally(WEEK, answered=30, items=2030, strata=(Stratum(2000, 100, 100, positives=1),))
    window = targets.over([small, large], WEEK)[0]
    # each draw of the large week stands for twenty claims, each of the small one for two
    assert window.value == pytest.approx(60 / (60 + 4 * 2 + 1 * 20))


def test_a_week_that_is_not_proportional_keeps_its_strata_in_a_window() -> None:
    strata = (Stratum(900, 50, 50), Stratum(100, 50, 50, positives=10))
    uneven = Tally(WEEK, answered=50, items=1050, strata=strata)
    assert not uneven.proportional
    share = targets.over([uneven], WEEK)[1]
    assert share.value == pytest.approx((50 + 20) / 1050)  # pooled it would be 50 + 100


@pytest.mark.parametrize(
    ("figure", "grey"),
    [
        (Figure("answered", WEEK, 0.8, 0.6, 0.91, 0.95, 100, "", enough=True), True),
        (Figure("answered", WEEK, 0.8, 0.65, 0.94, 0.95, 100, "", enough=True), False),
        (Figure("prevalence", WEEK, 0.01, 0.001, 0.06, 0.95, 100, "", enough=True), True),
        (Figure("prevalence", WEEK, 0.02, 0.005, 0.06, 0.95, 100, "", enough=True), False),
        (Figure("time_to_answer_days", WEEK, 3.0, 2.0, 6.0, 0.95, 40, "", enough=True), False),
    ],
)
def test_a_point_is_grey_where_the_interval_says_too_little(figure: Figure, grey: bool) -> None:
    assert is_wide(figure) is grey


def test_three_positives_are_never_grey() -> None:
    for n, size in ((30, 60), (100, 5_000), (1_000, 50_000)):
        value, low, high = limits.gamma_limits([(3, n, size)])
        assert not is_wide(Figure("prevalence", WEEK, value, low, high, 0.95, n, "", enough=True))


def test_a_draw_after_the_fact_gives_no_statistics_and_takes_the_window_with_it(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    arrive(sqlite_desk, 300)
    known = arrive(sqlite_desk, 40, state=ClaimState.QUEUED, flagged=True, tag="k")
    settle(sqlite_desk, people, known, Opinion.FALSE, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    settle(sqlite_desk, people, drawn_claims(sqlite_desk), Opinion.TRUE, TUESDAY_AFTER)
    found = figures(sqlite_desk)
    for name in ("answered", "prevalence", "answered_4_weeks"):
        assert (found[name].value, found[name].state) == (None, "no statistics for the week")


@pytest.mark.parametrize(("lost", "twice"), [(2, False), (3, True)])
def test_over_two_in_a_hundred_unjudged_the_interval_is_shown_twice(
    sqlite_desk: Desk, lost: int, twice: bool
) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 600)
    known = arrive(sqlite_desk, 40, state=ClaimState.QUEUED, flagged=True, tag="k")
    settle(sqlite_desk, people, known, Opinion.FALSE, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    taken = drawn_claims(sqlite_desk)
    settle(sqlite_desk, people, taken[lost:], Opinion.TRUE, TUESDAY_AFTER)
    with sqlite_desk.sessions.begin() as session:
        for gone in taken[:lost]:
            erase_claim(session, gone)
    found = figures(sqlite_desk)
    assert (found["audit_drawn"].value, found["audit_judged"].value) == (100, 100 - lost)
    assert ("prevalence_missing_all_false" in found) is twice
    if twice:
        worst, plain = found["prevalence_missing_all_false"], found["prevalence"]
        none, recall = found["prevalence_missing_none_false"], found["answered_missing_all_false"]
        assert worst.high is not None
        assert plain.high is not None
        assert worst.high > plain.high
        assert (none.n, recall.n) == (100, 100)


def test_undecided_is_what_is_left() -> None:
    figure = Figure("answered", WEEK, 0.9, 0.85, 0.95, 0.95, 1_000, "", enough=True)
    assert with_states([figure])[0].state == UNDECIDED
