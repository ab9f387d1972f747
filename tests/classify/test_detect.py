"""Check-worthiness: an open sum of written cues."""

import math

import numpy as np
import pytest

from classify import cues
from classify.artefact import load
from classify.detect import FEATURES, LABELS, SHAPES, check_score, features


@pytest.mark.parametrize(
    ("claim", "other"),
    [
        (
            "Từ ngày 1/12 ai chưa cập nhật căn cước sẽ bị khóa tài khoản, phải nộp 50 ngàn.",
            "Mừng quá trời, thương bà con mình quá.",
        ),
        (
            "Trạm y tế tiêm vắc xin sởi miễn phí sáng thứ tư ngày 12/11.",
            "Ai cũng mong cho con mình khỏe mạnh, hạnh phúc.",
        ),
        ("Uống nước lá này ba ngày là hết tiểu đường.", "Trời ơi sao kỳ vậy nè!"),
    ],
)
def test_claims_score_over_feelings(claim: str, other: str) -> None:
    assert check_score(claim)[0] > check_score(other)[0]


def test_the_score_is_the_logistic_of_the_shown_weights() -> None:
    sentence = "Gọi 0937.218.446 nộp phạt."
    score, reasons = check_score(sentence)
    weights = load().check_weights
    total = float((features(sentence) * weights[:-1]).sum() + weights[-1])
    assert score == pytest.approx(1 / (1 + math.exp(-total)))
    assert reasons
    shown = {reason.feature: reason.weight for reason in reasons}
    assert shown["có liên kết, số liên hệ"] == pytest.approx(
        float(weights[FEATURES.index("reach")]), abs=1e-3
    )


def test_reasons_are_vietnamese_and_weightiest_first() -> None:
    _, reasons = check_score("Nghe nói mai học sinh toàn tỉnh nghỉ học, có thật không mọi người?")
    assert [abs(r.weight) for r in reasons] == sorted((abs(r.weight) for r in reasons), reverse=True)
    assert {reason.feature for reason in reasons} <= {*LABELS.values(), *SHAPES.values()}
    assert len(reasons) <= 6


def test_every_cue_has_a_name_for_the_reviewer() -> None:
    assert set(LABELS) == set(cues.NAMES)
    assert len(load().check_weights) == len(FEATURES) + 1


@pytest.mark.parametrize("sentence", ["", "?", "😂", "x" * 3000])
def test_odd_sentences_have_a_score(sentence: str) -> None:
    assert 0 <= check_score(sentence)[0] <= 1


def test_long_phrases_win_over_short_ones() -> None:
    found = dict(zip(cues.NAMES, cues.counts(["co", "that", "khong"]), strict=True))
    assert found["verify"] == 1
    assert np.array(cues.counts([])).sum() == 0
