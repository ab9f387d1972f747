"""The figures of claim matching: what they count, by kind, and other engines beside ours."""

from collections.abc import Sequence

import numpy as np
import pytest

from classify.encoder import Vectors
from classify.errors import EvaluationError
from classify.matchfigures import Query, match

FIRST = "Từ tháng 12 người già trên 75 tuổi được nhận 3,5 triệu đồng nếu đóng phí hồ sơ 250.000 đồng"
KNOWN = [("k1", FIRST), ("k2", "Uống nước lá đu đủ trị dứt điểm sốt xuất huyết")]
QUERIES = [
    Query(FIRST.replace("3,5 triệu", "3tr5"), "k1", "quote"),
    Query("lá đu đủ trị dứt sốt xuất huyết", "k2", "short"),
    Query("Mai thành phố cúp điện từ sáng tới chiều", "-"),
    Query("Uống nước lá đu đủ trị dứt điểm tiểu đường", "-", "", is_minimal=True),
]


class Halves:
    """Vectors that tell only whether a text speaks of leaves."""

    name = "halves"

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.array([[1.0, 0.0] if "lá" in text else [0.0, 1.0] for text in texts], dtype=np.float32)


def test_found_sent_and_wrongly_sent_are_measured() -> None:
    ticks = iter([0.0, 0.008])
    found = match(KNOWN, QUERIES, clock=lambda: next(ticks))
    figures = {figure.name: figure.value for figure in found.figures}
    assert figures["recall@1"] == figures["map@5"] == figures["quote: recall@1"] == 1
    assert figures["sent answers right"] == 1
    assert figures["auc match against none"] == figures["auc match against minimal pairs"] == 1
    assert figures["ms a query"] == pytest.approx(2)
    assert found.wrong == {"not first": [], "wrongly sent": []}
    assert figures["bm25: recall@5"] == 1
    assert not any(name.startswith("encoder") for name in figures)


def test_words_alone_take_another_disease_for_the_same_claim() -> None:
    figures = {figure.name: figure.value for figure in match(KNOWN, QUERIES).figures}
    assert figures["bm25: auc match against minimal pairs"] < figures["auc match against minimal pairs"]


def test_an_encoder_is_measured_beside_ours() -> None:
    figures = {figure.name: figure.value for figure in match(KNOWN, QUERIES, Halves()).figures}
    assert figures["encoder: recall@1"] == figures["plain sum: recall@1"] == figures["recall@1"] == 1


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(EvaluationError, match="queries"):
        match(KNOWN, [])
