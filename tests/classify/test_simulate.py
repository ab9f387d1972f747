"""Replaying a labelled set: the same seed the same queue, everything read once."""

import numpy as np
import pytest

from classify.errors import EvaluationError
from classify.learner import Learner
from classify.simulate import Replay, features, replay

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


def test_labels_that_follow_nothing_are_not_found_early() -> None:
    # positive control: what the check above measures does not come by itself
    mixed = np.random.default_rng(3).permutation(LABELS).tolist()
    assert replay(TEXTS, mixed, seed=7).read_at["95"] > 0.5


def test_the_same_seed_gives_the_same_queue(played: Replay) -> None:
    assert replay(TEXTS, LABELS, seed=7) == played
    assert replay(TEXTS, LABELS, seed=7, made=features(TEXTS, None)) == played
    assert replay(TEXTS, LABELS, seed=8).order[:2] != played.order[:2]


def test_vectors_find_what_words_cannot() -> None:
    texts = [f"{at} xyz" for at in range(80)]
    labels = [at % 8 == 0 for at in range(80)]
    near = np.random.default_rng(0).normal(size=(80, 16)).astype(np.float32) * 0.05
    near[labels, 0] += 1
    near[[not label for label in labels], 1] += 1
    assert replay(texts, labels, 1, vectors=near).read_at["90"] < 0.3
    assert replay(texts, labels, 1).read_at["90"] > 0.4


def test_near_copies_with_one_label_teach_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []

    def learn(self: Learner, rows: list[int], labels: list[bool]) -> None:
        told.extend(rows)
        real(self, rows, labels)

    real = Learner.learn
    monkeypatch.setattr(Learner, "learn", learn)
    words = [f"mot{at} hai{at} ba{at} bốn{at} năm{at} sáu{at}" for at in range(12)]
    labels = [at % 3 == 0 for at in range(12)]
    replay(words * 3, labels * 3, seed=2)
    assert len(told) == 12  # each text once, whichever copy was read first
    told.clear()
    # positive control: copies that were judged otherwise are not the same lesson
    replay(words * 2, labels + [not label for label in labels], seed=2)
    assert len(told) > 18


def test_the_rule_of_a_quarter_stops_at_a_quarter() -> None:
    quarter = replay(TEXTS, LABELS, seed=7, stop="quarter").stop
    assert quarter is not None
    assert 0.25 <= quarter["at"] <= 0.27


def test_the_rule_of_recall_claims_no_more_than_is_true_here() -> None:
    done = replay(TEXTS, LABELS, seed=7, stop="recall90")
    assert done.stop is not None
    assert done.stop["recall"] >= done.stop["claimed_low"] >= 0.9
    assert sorted(done.order) == list(range(len(TEXTS)))


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


@pytest.mark.parametrize("texts", [["", " ", "\x00", "\ud800"], ["?"] * 4, ["a" * 200_000, "b", "c", "d"]])
def test_texts_without_a_word_are_played_too(texts: list[str]) -> None:
    assert sorted(replay(texts, [True, False, True, False], seed=1).order) == [0, 1, 2, 3]
