"""Quality figures: right on sets whose answer is known, with intervals that hold the estimate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.errors import EvaluationError
from classify.evaluation import auc, average_precision, claims, macro_f1, rate, scope, scope_pairs
from classify.scope import ScopeGate

quick = settings(deadline=None, max_examples=40)

INSIDE = (
    "Nghe nói từ tháng 12 người già trên 75 tuổi được nhận 3,5 triệu đồng nếu đóng phí hồ sơ 250.000 đồng"
)
OUTSIDE = "Hôm nay quán mình khai trương, mời cả nhà ghé ăn bánh xèo"


@quick
@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_an_interval_holds_its_estimate(hits: list[bool]) -> None:
    figure = rate("share", np.array(hits))
    assert figure.low <= figure.value <= figure.high
    assert figure.value == pytest.approx(sum(hits) / len(hits))
    assert (figure.n, figure.name) == (len(hits), "share")
    assert figure.low >= 0
    assert figure.high <= 1
    assert rate("share", np.array(hits)) == figure


def test_more_rows_narrow_the_interval() -> None:
    few, many = rate("few", np.array([True, False] * 10)), rate("many", np.array([True, False] * 500))
    assert many.high - many.low < (few.high - few.low) / 3


@pytest.mark.parametrize(
    ("truth", "scores", "area", "precision"),
    [
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1.0, 1.0),
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.0, (1 / 3 + 2 / 4) / 2),
        ([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], 0.5, 0.5),
        ([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], 0.75, (1 + 2 / 3) / 2),
    ],
)
def test_ranking_figures(truth: list[int], scores: list[float], area: float, precision: float) -> None:
    rows, figures = np.array(truth, dtype=bool), np.array(scores)
    assert auc(rows, figures) == pytest.approx(area)
    assert average_precision(rows, figures) == pytest.approx(precision)


@quick
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_ranking_figures_are_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    truth = np.array([label for label, _ in rows])
    scores = np.array([float(score) for _, score in rows])
    if truth.any() and not truth.all():
        assert auc(truth, scores) == pytest.approx(roc_auc_score(truth, scores))
        assert average_precision(truth, scores) == pytest.approx(average_precision_score(truth, scores))
    else:
        assert np.isnan(auc(truth, scores))


def test_macro_f1_weighs_rare_topics_like_common_ones() -> None:
    truth = np.array([0, 0, 0, 0, 1])
    assert macro_f1(truth, truth) == 1
    assert macro_f1(truth, np.zeros(5, dtype=np.int64)) == pytest.approx((8 / 9 + 0) / 2)


def test_scope_counts_what_is_kept_and_admitted(gate: ScopeGate) -> None:
    texts, labels = [INSIDE, OUTSIDE, OUTSIDE, OUTSIDE], ["in", "out", "out", "in"]
    found = scope(gate, texts, labels, ["benefits", None, None, "health"])
    figures = {figure.name: figure for figure in found.figures}
    assert (figures["out admitted"].value, figures["out admitted"].n) == (0, 2)
    assert (figures["in kept"].value, figures["in kept"].n) == (0.5, 2)
    assert figures["topic right of kept"].value == 1
    assert found.wrong == {"admitted": [], "dropped": [4], "topic": []}


def test_scope_pairs_need_both_sides(gate: ScopeGate) -> None:
    found = scope_pairs(gate, [INSIDE, OUTSIDE], [OUTSIDE, OUTSIDE])
    assert [figure.value for figure in found.figures] == [0.5, 0.5, 0.0]
    assert found.wrong["dropped"] == [2]
    with pytest.raises(EvaluationError, match="as many"):
        scope_pairs(gate, [INSIDE], [])


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["in", "maybe"], "row 2: label 'maybe'"), (["in", "in"], "labelled out"), (["in"], "equally many")],
)
def test_bad_labels_are_named(gate: ScopeGate, labels: list[str], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        scope(gate, [INSIDE, OUTSIDE], labels, [None, None])


def test_claims_rank_statements_over_chatter() -> None:
    texts = [INSIDE, "Vui quá trời luôn!", INSIDE.replace("75", "80"), "Nhớ ngày xưa ghê"]
    found = claims(texts, ["check", "no", "check", "no"], ["a", "a", "b", "b"])
    figures = {figure.name: figure for figure in found.figures}
    assert figures["auc"].value == figures["average precision"].value == 1
    assert figures["auc"].n == 2
    assert found.wrong["missed"] == []


def test_claims_tells_the_parts_apart() -> None:
    texts = [INSIDE, "Vui quá trời luôn!", INSIDE.replace("75", "80"), "Nhớ ngày xưa ghê", "Chào cả nhà"]
    found = claims(
        texts, ["check", "no", "check", "no", "no"], ["a", "a", "b", "b", "c"], ["x", "x", "y", "y", "z"]
    )
    parts = {figure.name: figure.n for figure in found.figures if "," in figure.name}
    # a part that has only one of the labels has no average precision
    assert parts == {"average precision, x": 1, "average precision, y": 1}
