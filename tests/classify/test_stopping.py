"""The stopping rule: what it promises, and that a rule without the promise would be caught."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stopping import one, stops
from classify.stopping import RecallRule


def too_many(low: int, queues: int, share: float = 0.05) -> bool:
    """Whether so many failures would come by chance in less than one of a thousand runs at that share."""
    tail = sum(math.comb(queues, k) * share**k * (1 - share) ** (queues - k) for k in range(low, queues + 1))
    return tail < 0.001


def test_recall_is_seldom_below_target_where_it_stops() -> None:
    found = stops(40, seed=11)
    assert not too_many(sum(stop.recall < 0.9 for _, stop in found), len(found))


@pytest.mark.release
def test_recall_is_below_target_in_at_most_a_twentieth_of_two_hundred_stops() -> None:
    assert sum(stop.recall < 0.9 for _, stop in stops(200, seed=2)) <= 10


def test_a_rule_that_asks_for_no_confidence_is_caught() -> None:
    # positive control: the same check on the same queues, with a bar that nearly every bet passes
    found = stops(40, seed=11, level=0.05)
    assert too_many(sum(stop.recall < 0.9 for _, stop in found), len(found))


def test_it_stops_long_before_everything_is_read_where_there_is_much_to_find() -> None:
    stop = one(2_000, 0.2, 0.98, seed=3)
    assert stop.ideal <= stop.read < 0.75
    assert stop.recall >= 0.9


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.integers(0, 20))
def test_the_truth_is_known_when_all_is_read_and_never_ruled_out_by_ranked_reading(
    reads: list[tuple[bool, bool]], more: int
) -> None:
    rule = RecallRule(len(reads) + more, 0, 0)
    for at_random, hit in reads:
        assert 0 <= rule.share() <= 1
        (rule.drawn if at_random else rule.ranked)(hit)
        assert 0 <= rule.claimed_low <= 1
    found = sum(hit for _, hit in reads)
    assert found <= rule.most <= found + more
    if not more:
        assert rule.most == found
        assert rule.stops


def test_ranked_reading_alone_proves_nothing() -> None:
    rule = RecallRule(100, 0, 0)
    for at in range(90):
        rule.ranked(at < 5)
    assert rule.most == 15
    assert not rule.stops


def test_it_draws_at_random_only_once_the_ranking_runs_dry() -> None:
    rule = RecallRule(1_000, 0, 0)
    for _ in range(50):
        rule.ranked(True)
        assert rule.share() == 0
    for _ in range(500):
        rule.ranked(False)
    assert rule.share() > 0.5
