"""The learner: it ranks by what it was told, stays within its memory, and agrees with a reference."""

import numpy as np
import pytest

from classify import learner as learning
from classify import views as making
from classify.learner import _STRICT, Learner, Machine
from classify.views import View, views

TEXTS = [
    *(f"nộp phí hồ sơ {at} để nhận tiền trợ cấp" for at in range(30)),
    *(f"lịch tiêm chủng tháng {at} tại trạm y tế" for at in range(90)),
]
TRUTH = [True] * 30 + [False] * 90


def test_nothing_is_said_before_both_labels_are_known() -> None:
    learner = Learner(TEXTS, None, 0)
    assert not learner.scores().any()
    learner.learn([0], [True])
    assert not learner.scores().any()
    learner.learn([40], [False])
    assert learner.scores().any()


def test_unread_rows_like_the_positives_come_first() -> None:
    learner = Learner(TEXTS, None, 0)
    learner.learn([0, 40], [True, False])
    assert set(np.argsort(-learner.scores())[:30].tolist()) == set(range(30))


def test_labels_turned_round_turn_the_order_round() -> None:
    learner = Learner(TEXTS, None, 0)
    learner.learn([0, 40], [False, True])
    assert set(np.argsort(learner.scores())[:30].tolist()) == set(range(30))


def test_the_memory_is_bounded_and_still_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SUPPORT", 20)
    learner = Learner(TEXTS, None, 0)
    rows = np.random.default_rng(1).permutation(120).tolist()
    for row in rows[:100]:
        learner.learn([row], [TRUTH[row]])
    scores = learner.scores()
    assert len(learner._held) == 20
    left = rows[100:]
    positives = [scores[row] for row in left if TRUTH[row]]
    negatives = [scores[row] for row in left if not TRUTH[row]]
    assert min(positives) > max(negatives)


def test_a_machine_agrees_with_liblinear() -> None:
    from sklearn.svm import LinearSVC

    rng = np.random.default_rng(0)
    dense = rng.normal(size=(80, 6)).astype(np.float32)
    truth = dense[:, 0] + 0.5 * rng.normal(size=80) > 0.6
    held = np.arange(60)
    machine = Machine(View(None, dense), _STRICT, 60)
    machine.remember(held, held)
    mine = machine.scores(held, truth[held])
    share = np.where(truth[held], 1.0, 0.1 * truth[held].sum() / (~truth[held]).sum())
    model = LinearSVC(C=1 / 9, loss="squared_hinge", dual=False, tol=1e-8, max_iter=10_000)
    model.fit(dense[held], truth[held], sample_weight=share / share.mean())
    # the score leaves the constant out: it moves every row alike
    theirs = model.decision_function(dense) - model.intercept_[0]
    assert mine == pytest.approx(theirs, abs=0.01)


def test_the_views_of_a_large_pool_are_close_to_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "WHOLE", 0)  # the features themselves, not what was made of them
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(1_000, 12)).astype(np.float32)
    made = views([f"tin {at}" for at in range(1_000)], vectors, 0).rich
    some = np.arange(900, 950)
    own = np.diag(View(None, made.dense).products(some, some))
    # exactly 1 for the vectors and .15 for the style, were every row a landmark
    assert own == pytest.approx(1.15, abs=0.2)


@pytest.mark.parametrize("texts", [["?"] * 3, ["", "\ud800", "a"], ["một"]])
def test_views_of_poor_texts_are_finite(texts: list[str]) -> None:
    for view in views(texts, None, 0)[:2]:
        assert isinstance(view, View)
        rows = np.arange(len(texts))
        assert np.isfinite(view.products(rows, rows)).all()
        assert np.isfinite(view.scores(rows, np.ones(len(texts)))).all()
