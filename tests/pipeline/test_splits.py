"""What is tested is not known to the side that teaches: by claim, copy, story, source or time."""

import random
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from classify.calibrating import expected_error, fitted, platt, steps
from pipeline import heldout, splits
from pipeline.labels import Label
from pipeline.splits import Split
from tests.conftest import NOW
from tests.promises.labelled import World


@pytest.fixture(scope="module")
def labels() -> list[Label]:
    """Two hundred labels of twelve sources; every fourth shares its story with the one before."""
    made = World(5).labels(200)
    return [replace(one, group=made[at - 1].group) if at % 4 == 3 else one for at, one in enumerate(made)]


def test_no_split_leaks_and_every_label_is_tested_once(labels: list[Label]) -> None:
    across, ahead = splits.across(labels), splits.ahead(labels)
    assert across.by_source
    assert sorted(at for one in across.splits for at in one.test) == list(range(200))
    assert heldout.leak(labels) is None
    assert {at for one in ahead.splits for at in one.test} == set(range(150, 200))


def test_a_planted_leak_of_each_kind_is_found(labels: list[Label]) -> None:
    later = [replace(one, decided_at=NOW + timedelta(days=9)) for one in labels[:2]]
    rows = [*labels, *later, replace(labels[7], claim_id=900, group="elsewhere", source="elsewhere")]
    rows[200] = replace(rows[200], claim_id=901, text="một câu khác hẳn", group="x", source="y")

    def ways(train: list[int], test: list[int]) -> list[str]:
        return splits.leaks(rows, Split(train, test), source=True, time=True)

    assert "claim" in ways([3], [3])
    assert "story" in ways([2], [3])
    assert "copy" in ways([7], [202])
    assert ways([200], [202]) == ["time"]
    same = next(at for at in range(4, 200, 4) if rows[at].source == rows[0].source)
    assert ways([0], [same]) == ["source"]


def test_control_random_halves_leak(labels: list[Label]) -> None:
    order = random.Random(1).sample(range(200), 200)
    found = splits.leaks(labels, Split(order[:100], order[100:]), source=True, time=True)
    assert {"story", "source", "time"} <= set(found)


def test_a_word_that_only_gives_the_source_away_does_not_flatter() -> None:
    from classify.ranking import Terms, Told

    draw = random.Random(3)
    rumour = [draw.random() < 0.5 for _ in range(12)]
    made = [replace(one, is_false=rumour[int(one.source[3:])]) for one in World(6).labels(120)]
    marks = {f"bao{at}": f"dau{'abcdefghijklm'[at]}" for at in range(12)}
    made = [replace(one, text=f"{marks[one.source]} {marks[one.source]} tin") for one in made]
    truth = np.array([one.is_false for one in made])
    terms = Terms([one.text for one in made], Told([one.group for one in made]))

    def right(plan: list[Split]) -> float:
        hits = []
        for one in plan:
            train, test = np.array(one.train), np.array(one.test)
            hits += list((terms.scored(train, truth[train], test) > 0) == truth[test])
        return float(np.mean(hits))

    story = [Split([at for at in range(120) if at % 5 != k], list(range(k, 120, 5))) for k in range(5)]
    assert right(story) > 0.95  # the leak: the source's mark is known
    assert right(splits.across(made).splits) < 0.8


def test_one_ruling_source_is_said_and_stories_are_kept_apart(labels: list[Label]) -> None:
    alone = [replace(one, source="bao") for one in labels]
    plan = splits.across(alone)
    assert not plan.by_source
    assert all(not splits.leaks(alone, one, source=False, time=False) for one in plan.splits)


def test_calibration_makes_chances_true_where_raw_ones_are_not() -> None:
    draw = np.random.default_rng(7)
    for n, maker in ((500, platt), (4_000, steps), (4_000, fitted)):
        odds = draw.normal(-1, 1.5, n + 4_000)
        truth = draw.random(n + 4_000) < 1 / (1 + np.exp(-odds))
        raw = 3 * odds + 2  # far too sure, and too high
        chances = 1 / (1 + np.exp(-maker(raw[:n], truth[:n])(raw[n:])))
        assert expected_error(truth[n:], chances) < 0.035
        assert expected_error(truth[n:], 1 / (1 + np.exp(-raw[n:]))) > 0.1


def test_a_score_that_misleads_gets_no_weight() -> None:
    truth = np.array([True] * 10 + [False] * 30)
    found = platt(np.where(truth, -1.0, 1.0), truth)
    assert found.line[0] == 0
    assert 1 / (1 + np.exp(-found.line[1])) == pytest.approx(0.25, abs=0.03)
