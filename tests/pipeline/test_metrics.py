"""The weekly figures: what counts as false, as answered, as enough; and that a closed week never changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update

from models import audit
from models.claims import Claim, FrameUnit
from models.counters import TIP_LINE, bump
from models.decisions import Appeal, Correction, Verdict
from models.desk import WeeklyFigure
from models.errors import WeekError
from models.retention import erase_claim
from models.vocabulary import ClaimState, Opinion, Outcome
from pipeline import decisions, metrics, sampling, targets
from pipeline import statistics as limits
from pipeline.compose import Desk
from pipeline.disclosure import LEAST, suppress
from pipeline.figures import COULD_NOT, Figure, is_wide, shown, state_vi, with_states
from pipeline.tally import Stratum, Tally, tally
from tests.pipeline.weeks import (
    LONG_AFTER,
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


def by_name(figures: list[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


def test_an_audited_week_gives_both_targets(desk: Desk) -> None:
    later = audited(desk, unflagged=600, answered=40, late=2, missed=1)
    found = by_name(metrics.weekly(later, WEEK))
    _, n, size = 1, 100, 600
    low, high = limits.hyper_limits(1, n, size)
    assert found["known_answered"].value == 40
    assert found["known_late"].value == 2
    assert (found["audit_frame"].value, found["audit_judged"].value, found["audit_false"].value) == (
        600,
        100,
        1,
    )
    answered = found["answered"]
    assert answered.value == pytest.approx(40 / (42 + 6))
    assert (answered.low, answered.high) == pytest.approx((40 / (42 + high), 40 / (42 + low)))
    assert (answered.n, answered.level, answered.enough) == (100, 0.95, True)
    assert answered.method == "hypergeometric mid-p, proportional strata pooled"
    prevalence = found["prevalence"]
    assert prevalence.value == pytest.approx((42 + 6) / 642)
    assert (prevalence.low, prevalence.high) == pytest.approx(((42 + low) / 642, (42 + high) / 642))
    assert found["claims_in_scope"].value == 642


def test_unproven_never_counts_as_false_and_misleading_does(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 300)
    queued = arrive(sqlite_desk, 60, state=ClaimState.QUEUED, flagged=True, tag="q")
    settle(sqlite_desk, people, queued[:30], Opinion.UNPROVEN, IN_TIME)
    settle(sqlite_desk, people, queued[30:], Opinion.MISLEADING, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    taken = [one for one in drawn_claims(sqlite_desk) if one not in queued]
    settle(sqlite_desk, people, taken, Opinion.TRUE, TUESDAY_AFTER)
    found = by_name(metrics.weekly(at(sqlite_desk, LONG_AFTER), WEEK))
    assert found["known_answered"].value == 30
    assert found["audit_false"].value == 0
    assert found["prevalence"].value == pytest.approx(30 / 360)
    counted = found["prevalence_unproven_counted"].value
    assert counted is not None
    assert counted > 30 / 360
    assert found["false_flag_rate"].value == pytest.approx(0.5)


def test_an_answer_after_the_promise_is_late(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 100)
    known = arrive(sqlite_desk, 2, state=ClaimState.QUEUED, flagged=True, tag="q")
    # arrived on Monday the 9th: the 72 hours end with Thursday the 12th, local time
    settle(sqlite_desk, people, known[:1], Opinion.FALSE, datetime(2026, 11, 12, 16, 59, tzinfo=UTC))
    settle(sqlite_desk, people, known[1:], Opinion.FALSE, datetime(2026, 11, 12, 17, 1, tzinfo=UTC))
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    with sqlite_desk.reading() as session:
        counts = tally(session, sqlite_desk, WEEK)
    assert counts is not None
    assert (counts.answered, counts.late) == (1, 1)


def test_what_only_the_audit_found_stays_a_miss_even_if_answered_at_once(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 120, day=date(2026, 11, 15))
    after = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    sampling.draw(at(sqlite_desk, after), WEEK)
    taken = drawn_claims(sqlite_desk)
    settle(sqlite_desk, people, taken[:1], Opinion.FALSE, after + timedelta(hours=1))
    with sqlite_desk.reading() as session:
        counts = tally(session, sqlite_desk, WEEK)
    assert counts is not None
    assert (counts.answered, counts.late, counts.counted) == (0, 0, (1, 1, 120))


def test_what_was_queued_before_the_draw_and_answered_in_time_after_it_is_answered(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 120, day=date(2026, 11, 15))
    queued = arrive(sqlite_desk, 30, day=date(2026, 11, 15), state=ClaimState.QUEUED, flagged=True, tag="q")
    after = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)
    sampling.draw(at(sqlite_desk, after), WEEK)
    settle(sqlite_desk, people, queued[:20], Opinion.FALSE, after + timedelta(hours=5))
    with sqlite_desk.reading() as session:
        counts = tally(session, sqlite_desk, WEEK)
    assert counts is not None
    # drawn or not, they left V: which of them were drawn could not matter to anybody
    assert (counts.answered, counts.late, counts.counted[2]) == (20, 0, 130)


def test_a_claim_found_not_ours_was_judged(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 60)
    later = at(sqlite_desk, TUESDAY_AFTER)
    sampling.draw(later, WEEK)
    one = drawn_claims(sqlite_desk)[0]
    given_ = decisions.ReviewInput(Opinion.NOT_OURS, "Đây là lời than phiền, không phải tin.")
    decisions.record_review(later, one, people.an, given_)
    with sqlite_desk.reading() as session:
        assert session.get(Claim, one) is None
        counts = tally(session, sqlite_desk, WEEK)
    assert counts is not None
    assert counts.counted == (0, 1, 60)


def test_too_few_draws_give_no_percentage(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 300)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    settle(sqlite_desk, people, drawn_claims(sqlite_desk)[:29], Opinion.TRUE, TUESDAY_AFTER)
    found = by_name(metrics.weekly(sqlite_desk, WEEK))
    for name in ("answered", "prevalence", "answered_mentions", "prevalence_mentions"):
        figure = found[name]
        assert (figure.value, figure.low, figure.high, figure.enough) == (None, None, None, False)
        assert figure.state == "too few data"


def test_a_week_without_a_frame_says_so(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 40)
    answered = by_name(metrics.weekly(sqlite_desk, WEEK))["answered"]
    assert (answered.value, answered.state, answered.provisional) == (None, "too few data", True)
    assert "not been drawn" in answered.method


def test_without_a_commitment_there_are_no_statistics(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    arrive(sqlite_desk, 300)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    settle(sqlite_desk, people, drawn_claims(sqlite_desk), Opinion.TRUE, TUESDAY_AFTER)
    prevalence = by_name(metrics.weekly(sqlite_desk, WEEK))["prevalence"]
    assert (prevalence.value, prevalence.state) == (None, "no statistics for the week")


def test_no_false_claim_known_leaves_recall_undefined(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, answered=0, late=0, missed=0, unflagged=400)
    found = by_name(metrics.weekly(later, WEEK))
    assert found["answered"].state == "no false harmful item known this week"
    most = limits.hyper_limits(0, 100, 400)[1]
    assert found["answered"].method.endswith(f"up to {most} may exist")
    assert found["prevalence"].value == 0
    assert found["prevalence"].state == "indicates met (this week)"


def test_few_false_claims_show_counts_and_pool_weeks(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, answered=5, late=0, missed=1)
    found = by_name(metrics.weekly(later, WEEK))
    assert found["answered"].value is None
    assert "5 answered, 0 late, 1 missed" in found["answered"].method
    assert found["answered_quarter"].enough is False


def test_nothing_answered_is_not_met(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, answered=0, late=3, missed=0)
    answered = by_name(metrics.weekly(later, WEEK))["answered"]
    assert (answered.value, answered.low, answered.high, answered.state) == (0, 0, 0, "NOT MET")


def test_draws_that_nobody_could_judge_are_reported_both_ways(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 600)
    known = arrive(sqlite_desk, 40, state=ClaimState.QUEUED, flagged=True, tag="k")
    settle(sqlite_desk, people, known, Opinion.FALSE, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    taken = drawn_claims(sqlite_desk)
    settle(sqlite_desk, people, taken[:95], Opinion.TRUE, TUESDAY_AFTER)
    with sqlite_desk.sessions.begin() as session:
        for gone in taken[95:]:
            erase_claim(session, gone)  # by age: nobody judged them
    found = by_name(metrics.weekly(sqlite_desk, WEEK))
    best, worst = found["answered_missing_none_false"], found["answered_missing_all_false"]
    assert best.low is not None
    assert worst.low is not None
    assert worst.low < best.low
    assert found["prevalence_missing_all_false"].high > found["prevalence"].high  # type: ignore[operator]


def test_mentions_weigh_the_figures(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    commit(sqlite_desk)
    arrive(sqlite_desk, 400)
    known = arrive(sqlite_desk, 20, state=ClaimState.QUEUED, flagged=True, tag="k", mentions=lambda _: 10)
    settle(sqlite_desk, people, known, Opinion.FALSE, IN_TIME)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    settle(sqlite_desk, people, drawn_claims(sqlite_desk), Opinion.TRUE, TUESDAY_AFTER)
    found = by_name(metrics.weekly(sqlite_desk, WEEK))
    assert found["prevalence"].value == pytest.approx(20 / 420)
    assert found["prevalence_mentions"].value == pytest.approx(200 / 600)
    low, claim_low = found["answered_mentions"].low, found["answered"].low
    assert low is not None
    assert claim_low is not None
    assert low > claim_low  # ten mentions each: the possible misses weigh less


def test_figures_of_the_desk_are_counted_in_their_week(desk: Desk) -> None:
    later = audited(desk, unflagged=200, answered=12, late=0, missed=0)
    with desk.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 5)
        bump(session, TIP_LINE, MONDAY, Outcome.NOT_OURS, 2)
        bump(session, "bao", MONDAY + timedelta(days=6), Outcome.NOT_OURS, 30)
        bump(session, "bao", MONDAY + timedelta(days=7), Outcome.NOT_OURS, 500)
        one = session.scalars(select(Correction.id)).first()
        for name, due in (("a", 12), ("b", 20)):
            session.add(
                Appeal(
                    correction_id=one,
                    public_id=name,
                    reason="",
                    round=2,
                    received_day=MONDAY + timedelta(days=1),
                    due_day=date(2026, 11, due),
                )
            )
    found = by_name(metrics.weekly(later, WEEK))
    assert found["tips_received"].value == 7
    assert found["dropped_not_ours"].value == 32
    assert found["appeals_open"].value == 2
    assert found["appeals_overdue"].value == 1
    assert found["corrections_published"].value == 12
    assert found["corrections_other_languages"].value == 0
    assert found["time_to_answer_days"].value == 2
    assert found["open_claims"].value == 0


def test_agreement_is_reckoned_from_the_two_blind_opinions(sqlite_desk: Desk) -> None:
    people = staff(sqlite_desk)
    ids = arrive(sqlite_desk, 30, state=ClaimState.QUEUED, flagged=True)
    settle(sqlite_desk, people, ids[:10], Opinion.FALSE, IN_TIME)
    settle(sqlite_desk, people, ids[10:25], Opinion.NOT_A_CLAIM, IN_TIME)
    split = (Opinion.FALSE, Opinion.NOT_A_CLAIM)
    settle(sqlite_desk, people, ids[25:], Opinion.NOT_A_CLAIM, IN_TIME, opinions=split)
    found = by_name(metrics.weekly(sqlite_desk, WEEK))
    expected = limits.krippendorff_alpha({(2, 2): 10, (2, 0): 15, (2, 1): 5})
    assert found["agreement"].value == pytest.approx(expected)
    assert found["agreement"].n == 30
    raw = found["agreement_on_false"]
    assert raw.value == pytest.approx(20 / 25)
    low, high = limits.wilson(10, 15)
    assert (raw.low, raw.high) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert raw.n == 15


def test_a_week_closes_when_its_promise_has_ended_and_its_draws_are_judged(desk: Desk) -> None:
    later = audited(desk, unflagged=200, answered=30, late=1, missed=1)
    wednesday = at(desk, datetime(2026, 11, 18, 16, 59, tzinfo=UTC))
    assert metrics.close_week(wednesday, WEEK) is False
    before = metrics.weekly(later, WEEK)
    assert metrics.close_due(later) == [WEEK]
    assert metrics.close_due(later) == []
    after = metrics.weekly(later, WEEK)
    assert [replace(one, provisional=True) for one in after] == before
    assert not any(one.provisional for one in after)


def test_a_closed_week_never_changes(sqlite_desk: Desk) -> None:
    later = audited(sqlite_desk, unflagged=200, answered=30, late=1, missed=1)
    assert metrics.close_week(later, WEEK)
    before = metrics.weekly(later, WEEK)
    with sqlite_desk.reading() as session:
        counts = tally(session, later, WEEK)
    with sqlite_desk.sessions.begin() as session:
        bump(session, TIP_LINE, MONDAY, Outcome.KEPT, 50)
        ids = session.scalars(select(Claim.id).where(Claim.state == ClaimState.NEW)).all()
        for one in ids:
            erase_claim(session, one)
        people_rows = session.execute(select(func.count()).select_from(Verdict)).scalar()
        assert people_rows == 31
        session.execute(update(Claim).values(state=ClaimState.QUEUED))
    much_later = at(sqlite_desk, LONG_AFTER + timedelta(days=400))
    assert metrics.weekly(much_later, WEEK) == before
    with sqlite_desk.reading() as session:
        # the counts behind the figures outlive the claims, in the frame
        kept = tally(session, much_later, WEEK)
        assert kept == counts
        assert session.scalar(select(func.count()).where(FrameUnit.is_false.is_(True))) == 32
        assert sampling.verify_draw(session, sqlite_desk.keys.sampling, WEEK)
        assert audit.verify(session).ok


def test_a_week_whose_draws_nobody_judges_closes_before_its_claims_are_erased(sqlite_desk: Desk) -> None:
    commit(sqlite_desk)
    arrive(sqlite_desk, 40)
    sampling.draw(at(sqlite_desk, TUESDAY_AFTER), WEEK)
    assert metrics.close_week(at(sqlite_desk, datetime(2026, 12, 2, 16, 0, tzinfo=UTC)), WEEK) is False
    assert metrics.close_week(at(sqlite_desk, datetime(2026, 12, 2, 17, 0, tzinfo=UTC)), WEEK) is True


def test_every_missed_week_is_closed_on_return(sqlite_desk: Desk) -> None:
    for back in range(3):
        arrive(sqlite_desk, 12, day=MONDAY - timedelta(weeks=2 * back), tag=str(back))
    much_later = at(sqlite_desk, datetime(2026, 12, 8, 3, 0, tzinfo=UTC))
    sampling.draw_due(much_later)
    # weeks without claims are closed as well; the promise of the week before has not ended yet
    assert metrics.close_due(much_later) == [f"2026-W{n}" for n in range(42, 49)]
    with sqlite_desk.reading() as session:
        assert session.scalar(select(func.count(WeeklyFigure.week.distinct()))) == 7


def test_the_series_runs_from_the_first_week_to_the_present(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 5, day=MONDAY - timedelta(weeks=2))
    figures = metrics.series(at(sqlite_desk, TUESDAY_AFTER), 26)
    assert list(dict.fromkeys(one.week for one in figures)) == [
        "2026-W44",
        "2026-W45",
        "2026-W46",
        "2026-W47",
    ]
    assert {one.week for one in metrics.series(at(sqlite_desk, TUESDAY_AFTER), 2)} == {"2026-W46", "2026-W47"}
    assert {one.week for one in metrics.series(at(sqlite_desk, LONG_AFTER), 1)} == {"2026-W51"}


def test_what_is_no_week_is_refused(sqlite_desk: Desk) -> None:
    with pytest.raises(WeekError):
        metrics.weekly(sqlite_desk, "2025-W53")
    with pytest.raises(WeekError):
        metrics.close_week(sqlite_desk, "tuần này")


def test_small_topics_are_hidden_and_their_size_with_them(sqlite_desk: Desk) -> None:
    arrive(sqlite_desk, 60)  # two topics of thirty, seven of none
    found = by_name(metrics.weekly(sqlite_desk, WEEK))
    hidden = found["claims_in_scope_disaster"]
    assert (hidden.value, hidden.n, hidden.enough, hidden.state) == (None, 0, False, "hidden")
    assert shown(hidden) == "được ẩn"
    shown_topics = [one for one in found.values() if one.name.startswith("claims_in_scope_") and one.value]
    assert [one.value for one in shown_topics] == [30.0]  # one of the two is hidden for the others' sake


@given(
    st.dictionaries(st.text("abcdefghi", min_size=1, max_size=2), st.integers(0, 60), min_size=2, max_size=9)
)
def test_no_small_cell_is_shown_or_can_be_worked_out(cells: dict[str, int]) -> None:
    public = suppress(cells)
    total = sum(cells.values())
    visible = [n for n in public.values() if n is not None]
    hidden = [name for name, n in public.items() if n is None]
    assert all(n >= LEAST for n in visible)
    if hidden:
        rest = total - sum(visible)
        assert len(hidden) > 1
        assert rest >= LEAST or len(hidden) == len(cells)


def whole(x: int = 0, n: int = 100, size: int = 1000, answered: int = 50, late: int = 0) -> Tally:
    strata = (Stratum(size=size, drawn=n, judged=n, positives=x, judged_mentions=n, hits=(1,) * x),)
    return Tally(
        WEEK,
        True,
        answered,
        late,
        answered,
        late,
        items=size + answered + late,
        mentions=size + answered + late,
        strata=strata,
    )


@pytest.mark.parametrize(
    ("counts", "recall", "prevalence"),
    [
        (whole(x=0, n=1000, answered=50), "indicates met (this week)", "indicates met (this week)"),
        (whole(x=30, n=1000, answered=50), "NOT MET", "indicates met (this week)"),
        (whole(x=20, n=100, answered=50), "NOT MET", "NOT MET"),
        (whole(x=2, n=900, answered=50), "indicates met (this week)", "indicates met (this week)"),
        (whole(x=0, n=500, answered=50), "indicates met (this week)", "indicates met (this week)"),
        (
            whole(x=0, n=100, answered=50),
            COULD_NOT.format(n=294),
            "indicates met (this week)",
        ),
        (whole(x=1, n=480, answered=50), "undecided", "indicates met (this week)"),
    ],
)
def test_states_come_from_the_interval(counts: Tally, recall: str, prevalence: str) -> None:
    found = by_name(with_states(targets.target_figures(counts)))
    assert (found["answered"].state, found["prevalence"].state) == (recall, prevalence)


def test_a_point_at_the_target_is_never_enough() -> None:
    figure = Figure("answered", WEEK, 0.99, 0.89, 1.0, 0.95, 300, "", enough=True)
    assert with_states([figure])[0].state == "undecided"
    under = Figure("prevalence", WEEK, 0.05, 0.01, 0.10, 0.95, 300, "", enough=True)
    assert with_states([under])[0].state == "undecided"


def test_only_a_quarter_end_can_claim_a_target() -> None:
    assert [week for week in (f"2026-W{n:02d}" for n in range(1, 54)) if targets.is_look(week)] == [
        "2026-W13",
        "2026-W26",
        "2026-W39",
        "2026-W53",
    ]
    assert targets.is_look("2027-W52")
    weeks = [whole(x=0, n=300, answered=60) for _ in range(13)]
    blind = by_name(with_states(targets.year_to_date(weeks, "2026-W13")))
    assert blind["answered_year_to_date"].state == "verdict sensitivity too low/unknown"
    assert blind["prevalence_year_to_date"].state == "TARGET MET"
    assert blind["prevalence_year_to_date"].level == 1 - 0.05 / 4
    seen = by_name(with_states(targets.year_to_date(weeks, "2026-W13", seeds=(95, 100))))
    assert seen["answered_year_to_date"].state == "TARGET MET"
    assert "TARGET MET" not in {one.state for one in with_states(targets.target_figures(weeks[0]))}


def test_strata_that_are_not_proportional_are_weighted() -> None:
    strata = (
        Stratum(size=900, drawn=50, judged=50, judged_mentions=50),
        Stratum(size=100, drawn=50, judged=50, positives=10, judged_mentions=50, hits=(1,) * 10),
    )
    counts = Tally(WEEK, True, 50, 0, 50, 0, 1050, 1050, strata)
    assert not counts.proportional
    found = by_name(targets.target_figures(counts))
    assert found["prevalence"].value == pytest.approx((50 + 20) / 1050)  # pooled it would be 50 + 100
    assert found["prevalence"].method == "stratified Horvitz-Thompson, mid-p gamma"
    assert found["prevalence_mentions"].value == pytest.approx((50 + 20) / 1050)


def test_a_stratum_that_nobody_judged_gives_no_figure() -> None:
    strata = (Stratum(size=900, drawn=90, judged=90), Stratum(size=100, drawn=10, judged=0))
    counts = Tally(WEEK, True, 50, 0, 50, 0, 1050, 1050, strata)
    assert by_name(with_states(targets.target_figures(counts)))["answered"].state == "too few data"


def test_intervals_are_rounded_outwards_and_written_with_a_comma() -> None:
    figure = Figure("answered", WEEK, 0.888, 0.7395, 0.9501, 0.95, 300, "", enough=True)
    assert shown(figure) == "88,8% [73% – 96%]"
    share = Figure("prevalence", WEEK, 0.05, 0.0312, 0.0887, 0.95, 300, "", enough=True)
    assert shown(share, "en") == "5.0% [3.1% – 8.9%]"
    exact = Figure("answered", WEEK, 0.9, 0.9, 0.9, 0.95, 300, "", enough=True)
    assert shown(exact) == "90,0% [90% – 90%]"
    assert shown(replace(figure, value=None)) == "chưa đủ dữ liệu"
    assert is_wide(replace(figure, low=0.5))
    assert not is_wide(figure)


def test_every_state_has_its_words() -> None:
    assert state_vi("TARGET MET") == "ĐẠT MỤC TIÊU"
    sentence = COULD_NOT.format(n=120)
    assert sentence.startswith("cannot tell yet, 120 more audits are needed")
    assert state_vi(sentence).startswith("chưa kết luận được, cần thêm 120 mẫu:")


def loaded(desk: Desk, unflagged: int, flagged: int) -> Desk:
    """A drawn week whose flagged claims are settled, three fifths of them false."""
    people = staff(desk)
    commit(desk)
    arrive(desk, unflagged)
    queued = arrive(desk, flagged, state=ClaimState.QUEUED, flagged=True, tag="q")
    false = flagged * 3 // 5
    settle(desk, people, queued[:false], Opinion.FALSE, IN_TIME)
    settle(desk, people, queued[false:], Opinion.TRUE, IN_TIME)
    sampling.draw(at(desk, TUESDAY_AFTER), WEEK)
    return desk


@pytest.mark.release
def test_a_week_of_fifty_thousand_claims_is_reported_in_time(sqlite_desk: Desk) -> None:
    desk = loaded(sqlite_desk, 48_500, 1_500)
    start = process_time()
    found = by_name(metrics.weekly(desk, WEEK))
    assert process_time() - start < 5
    assert found["claims_in_scope"].value == 50_000
    assert found["known_answered"].value == 900
    start = process_time()
    assert metrics.close_week(at(desk, LONG_AFTER), WEEK)
    assert process_time() - start < 10


def test_a_larger_week_is_asked_for_in_no_more_queries_and_loads_no_more_rows(sqlite_desk: Desk) -> None:
    desk = loaded(sqlite_desk, 150, 60)
    asked: list[str] = []
    made: list[object] = []

    def note(one: object, _: object) -> None:
        made.append(one)

    event.listen(desk.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    event.listen(Claim, "load", note)
    try:
        metrics.weekly(desk, WEEK)
        small = len(asked), len(made)
        assert len(made) <= 60  # the claims of the week's corrections
        arrive(desk, 1_500, tag="more")
        asked.clear()
        made.clear()
        metrics.weekly(desk, WEEK)
        assert (len(asked), len(made)) == small
    finally:
        event.remove(Claim, "load", note)
