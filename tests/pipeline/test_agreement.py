"""Krippendorff's alpha: the examples of the literature, a slow reading of the definition, and who counts."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.claims import Claim
from models.decisions import Review
from models.vocabulary import ClaimState, Opinion
from models.weeks import NO_WEEK, iso_week
from pipeline import agreement
from pipeline.agreement import Metric, alpha
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import People, hire, put_claim

Units = Sequence[Sequence[int | None]]


def slow_alpha(units: Units, metric: Metric) -> float | None:
    """One minus observed over expected disagreement, pair by pair, as the definition has it."""
    kept = [[value for value in unit if value is not None] for unit in units]
    kept = [unit for unit in kept if len(unit) > 1]
    everything = [value for unit in kept for value in unit]

    def apart(one: int, two: int) -> float:
        if metric is Metric.NOMINAL:
            return float(one != two)
        low, high = sorted((one, two))
        between = sum(everything.count(value) for value in range(low, high + 1))
        return (between - (everything.count(low) + everything.count(high)) / 2) ** 2

    total = len(everything)
    expected = sum(
        apart(everything[i], everything[j]) for i in range(total) for j in range(total) if i != j
    ) / (total * (total - 1) or 1)
    if not expected:
        return None
    observed = 0.0
    for unit in kept:
        pairs = [(i, j) for i in range(len(unit)) for j in range(len(unit)) if i != j]
        observed += sum(apart(unit[i], unit[j]) for i, j in pairs) / (len(unit) - 1)
    return 1 - observed / total / expected


def read(*lines: str) -> list[tuple[int | None, ...]]:
    """Units from one line an observer, a dot where a value is missing."""
    rows = [[None if mark == "." else int(mark) - 1 for mark in line.split()] for line in lines]
    return list(zip(*rows, strict=True))


# Krippendorff (2011), sections A and C to D: figures as printed there
TWO_OBSERVERS = read("1 2 1 1 1 1 1 1 2 1", "2 2 2 1 1 2 1 1 1 1")
FOUR_OBSERVERS = read(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)


@pytest.mark.parametrize(
    ("units", "values", "metric", "printed"),
    [
        (TWO_OBSERVERS, 2, Metric.NOMINAL, 0.095),
        (FOUR_OBSERVERS, 5, Metric.NOMINAL, 0.743),
        (FOUR_OBSERVERS, 5, Metric.ORDINAL, 0.815),
    ],
)
def test_the_examples_of_the_literature(units: Units, values: int, metric: Metric, printed: float) -> None:
    found = alpha(units, values, metric)
    assert found is not None
    assert round(found.value, 3) == printed


def test_control_rows_read_as_units_give_another_figure() -> None:
    turned = [[unit[who] for unit in FOUR_OBSERVERS] for who in range(4)]
    found = alpha(turned, 5)
    assert found is not None
    assert round(found.value, 3) != 0.743


some_units = st.lists(
    st.lists(st.none() | st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=14
)


@settings(max_examples=80, deadline=None)
@given(some_units, st.sampled_from(list(Metric)))
def test_it_is_the_definition(units: Units, metric: Metric) -> None:
    found, expected = alpha(units, 5, metric, draws=20), slow_alpha(units, metric)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.value == pytest.approx(expected)


@settings(max_examples=40, deadline=None)
@given(some_units, st.sampled_from(list(Metric)))
def test_the_order_of_units_and_of_people_does_not_count(
    units: list[list[int | None]], metric: Metric
) -> None:
    before = alpha(units, 5, metric, draws=50)
    mixed = [unit[::-1] for unit in reversed(units)]
    assert alpha(mixed, 5, metric, draws=50) == before


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=20))
def test_full_agreement_is_one_and_units_of_one_value_say_nothing(values: list[int]) -> None:
    found = alpha([(value, value) for value in values], 5)
    if len(set(values)) == 1:
        assert found is None
    else:
        assert found is not None
        assert found.value == 1.0
        assert found.high in {1.0, None}
    assert alpha([(value, None) for value in values], 5) is None


def test_ranks_count_in_the_ordinal_form_alone() -> None:
    near = [(0, 0), (1, 1), (2, 2), (3, 3), (0, 1), (2, 3)]
    far = [(0, 0), (1, 1), (2, 2), (3, 3), (0, 3), (2, 1)]
    nominal = [alpha(units, 4) for units in (near, far)]
    ordinal = [alpha(units, 4, Metric.ORDINAL) for units in (near, far)]
    assert nominal[0] is not None
    assert nominal[1] is not None
    assert nominal[0].value == pytest.approx(nominal[1].value)
    assert ordinal[0] is not None
    assert ordinal[1] is not None
    assert ordinal[0].value > ordinal[1].value


def test_the_interval_narrows_with_more_units_and_holds_the_value() -> None:
    few = [(0, 0), (1, 1), (0, 1), (1, 1), (2, 2), (2, 1), (0, 0), (1, 1), (2, 2), (0, 0), (1, 0), (2, 2)]
    small, large = alpha(few, 3), alpha(few * 30, 3)
    assert small is not None
    assert large is not None
    assert small.low is not None
    assert small.high is not None
    assert large.low is not None
    assert large.high is not None
    assert small.low < small.value < small.high
    assert large.high - large.low < (small.high - small.low) / 3


@pytest.mark.release
def test_the_interval_covers_nearly_as_often_as_it_says() -> None:
    import numpy as np

    chance = np.random.default_rng(5)

    def draw(n: int) -> list[tuple[int, int]]:
        truth = chance.integers(0, 3, n)
        others = np.where(chance.random((2, n)) < 0.8, truth, chance.integers(0, 3, (2, n)))
        return [(int(one), int(two)) for one, two in others.T]

    true = alpha(draw(400_000), 3, draws=1)
    assert true is not None
    inside = 0
    for seed in range(400):
        found = alpha(draw(120), 3, seed=seed)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= true.value <= found.high
    assert 0.91 <= inside / 400 <= 0.98


def put_pairs(
    desk: Desk, pairs: Sequence[tuple[int, Opinion, int, Opinion]], topic: str = "benefits", **changes: str
) -> list[int]:
    """Settled claims with two opinions each."""
    ids = []
    for n, (first, said, second, answered) in enumerate(pairs):
        claim_id = put_claim(desk, f"điều số {n} trong {topic}", topic=topic, state=ClaimState.CLOSED)
        ids.append(claim_id)
        with desk.sessions.begin() as session:
            for who, opinion in ((first, said), (second, answered)):
                session.add(
                    Review(claim_id=claim_id, round=1, staff_id=who, opinion=opinion, reason="lý do", at=NOW)
                )
            claim = session.get_one(Claim, claim_id)
            for name, value in changes.items():
                setattr(claim, name, value)
    return ids


def some(people: People, n: int, differing: int) -> list[tuple[int, Opinion, int, Opinion]]:
    kinds = (Opinion.FALSE, Opinion.TRUE)
    return [(people.an, kinds[k % 2], people.binh, kinds[(k + (k < differing)) % 2]) for k in range(n)]


def the_report(desk: Desk) -> agreement.Report:
    with desk.reading() as session:
        return agreement.report(session, iso_week(NOW))


def test_overall_people_and_topics(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    put_pairs(sqlite_desk, some(people, 14, 2))
    put_pairs(sqlite_desk, [(people.chi, Opinion.FALSE, people.an, Opinion.FALSE)] * 3, topic="health")
    found = the_report(sqlite_desk)
    assert (found.overall.pairs, found.overall.alike) == (17, 15 / 17)
    assert {one.name: one.pairs for one in found.people} == {"an": 17, "binh": 14, "chi": 3}
    assert {one.name: one.pairs for one in found.topics if one.pairs} == {"benefits": 14, "health": 3}
    assert found.overall.nominal is not None
    assert found.overall.ordinal is not None


def test_nothing_but_the_number_is_given_under_eleven_pairs(sqlite_desk: Desk) -> None:
    people = hire(sqlite_desk)
    put_pairs(sqlite_desk, some(people, 10, 5))
    found = the_report(sqlite_desk)
    for row in (found.overall, *found.people, *found.topics):
        assert (row.alike, row.nominal, row.ordinal) == (None, None, None)
    put_pairs(sqlite_desk, some(people, 1, 0))  # the positive control: one more and it is there
    assert the_report(sqlite_desk).overall.nominal is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": ClaimState.THIRD},  # still open: a lead must not learn what the two said
        {"week": NO_WEEK},  # seeds never leave the review tool
    ],
)
def test_open_claims_and_seeds_are_left_out(sqlite_desk: Desk, changes: dict[str, str]) -> None:
    people = hire(sqlite_desk)
    put_pairs(sqlite_desk, some(people, 12, 6), **changes)
    assert the_report(sqlite_desk).overall.pairs == 0


def test_an_old_review_is_left_out_and_a_third_opinion_is_no_pair(desk: Desk) -> None:
    people = hire(desk)
    ids = put_pairs(desk, some(people, 3, 3))
    with desk.sessions.begin() as session:
        third = Review(
            claim_id=ids[0], round=1, staff_id=people.chi, opinion=Opinion.FALSE, reason="lý do", at=NOW
        )
        session.add(third)
        for review in session.query(Review).filter(Review.claim_id == ids[1]):
            review.at = NOW - timedelta(weeks=40)
    found = the_report(desk)
    assert found.overall.pairs == 2
    assert "chi" not in {one.name for one in found.people}
