"""Replaying a labelled set: the same seed the same queue, everything read once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.errors import EvaluationError
from classify.simulate import Replay, replay, upper_limit

TEXTS = [
    *(f"nộp phí hồ sơ {at} để nhận tiền trợ cấp" for at in range(12)),
    *(f"lịch tiêm chủng tháng {at} tại trạm y tế" for at in range(60)),
]
LABELS = [True] * 12 + [False] * 60


@pytest.fixture(scope="module")
def played() -> Replay:
    return replay(TEXTS, LABELS, seed=7)


def test_everything_is_read_once_and_found(played: Replay) -> None:
    assert sorted(played.order) == list(range(len(TEXTS)))
    assert played.curve[-1] == (len(TEXTS), 12)
    reads, found = zip(*played.curve, strict=True)
    assert list(reads) == sorted(set(reads))
    assert list(found) == sorted(found)
    assert played.stop is None


def test_the_queue_finds_early_what_is_alike(played: Replay) -> None:
    assert played.read_at["80"] <= played.read_at["90"] <= played.read_at["95"] < 0.5
    assert played.wss_at["95"] == pytest.approx(1 - played.read_at["95"] - 0.05)


def test_the_same_seed_gives_the_same_queue(played: Replay) -> None:
    assert replay(TEXTS, LABELS, seed=7) == played
    assert replay(TEXTS, LABELS, seed=8).order[:2] != played.order[:2]


def test_stop_rules() -> None:
    quarter = replay(TEXTS, LABELS, seed=7, stop="quarter").stop
    assert quarter is not None
    assert 0.25 <= quarter["at"] < 0.4
    recall = replay(TEXTS, LABELS, seed=7, stop="recall90").stop
    assert recall is not None
    assert recall["recall"] >= recall["claimed_low"] >= 0.9


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    replay(TEXTS[8:20], LABELS[8:20], seed=1, on_progress=lambda read, total: told.append((read, total)))
    assert told[-1] == (12, 12)


@pytest.mark.parametrize("labels", [[True] * 4, [False] * 4, [True, False]])
def test_a_set_that_cannot_be_played_is_refused(labels: list[bool]) -> None:
    with pytest.raises(EvaluationError, match="positive and one negative"):
        replay(TEXTS[:4], labels, seed=1)


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(EvaluationError, match="'never'"):
        replay(TEXTS, LABELS, seed=1, stop="never")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 60), st.integers(1, 60))
def test_the_upper_limit_lies_above_the_share(hits: int, n: int) -> None:
    hits = min(hits, n)
    assert hits / n <= upper_limit(hits, n) <= 1


def test_the_upper_limit_without_hits_follows_the_rule_of_three() -> None:
    assert upper_limit(0, 60) == pytest.approx(3 / 60, abs=0.003)
