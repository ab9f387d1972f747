"""The gate: what it admits, what it keeps of it, and that it needs no training library to run."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.corpus import TOPICS, load_scope
from classify.mask import Masker
from classify.scope import DROPPED, WINDOW_SYLLABLES, ScopeGate, windows
from classify.sentences import split
from classify.text import strip_marks

OURS = [
    (
        "benefits",
        "UBND xã thông báo hộ nghèo nhận 500.000 đồng tiền Tết tại hội trường ấp từ ngày 12/1, "
        "nhớ mang theo căn cước.",
    ),
    (
        "health",
        "Uống nước lá này mỗi ngày 3 chén thì khối u tự teo, ai cần lá sấy sẵn thì inbox, 250k một ký.",
    ),
    (
        "disaster",
        "Đài Khí tượng Thủy văn tỉnh cảnh báo đêm nay triều cường vượt báo động 3, "
        "các xã ven sông có nguy cơ ngập sâu.",
    ),
    (
        "legal_identity",
        "Công an gọi điện nói ai chưa cập nhật định danh mức 2 thì bị khóa tài khoản, "
        "phải tải ứng dụng theo đường link gửi qua zalo.",
    ),
    (
        "recruitment",
        "Tuyển nữ 18-25 tuổi đi làm nhà hàng bên Campuchia, bao ăn ở, lương 25 triệu, "
        "ứng trước 10 triệu cho gia đình.",
    ),
]
NOT_OURS = [
    "Hôm nay trời đẹp, cả nhà ra vườn hái dừa rồi nấu chè ăn với nhau.",
    "Đội tuyển thắng 2-0 ở trận bán kết tối qua, người hâm mộ xuống đường ăn mừng.",
    "Theo tôi chính sách hỗ trợ hộ nghèo nên làm nhanh hơn, dân chờ lâu quá rồi.",
    "Quán cà phê cần tuyển phục vụ ca tối, lương 25k/giờ, ai rảnh ghé quán hỏi nha.",
    "Lạy Chúa xin chữa lành cho con, chúng con cầu nguyện mỗi đêm.",
    "Sáng qua, hội nghị tổng kết phong trào thi đua biểu dương 12 tập thể và 27 cá nhân xuất sắc.",
    "Cán bộ xã hách dịch, đi làm hồ sơ hộ nghèo ba lần không xong, ai chịu trách nhiệm đây?",
]
"""Texts of the tests' own, in none of the training files."""


@pytest.mark.parametrize(("topic", "text"), OURS)
def test_claims_are_admitted_with_their_topic(gate: ScopeGate, topic: str, text: str) -> None:
    answer = gate.decide(text)
    assert answer.in_scope
    assert answer.topic == topic


@pytest.mark.parametrize("text", NOT_OURS)
def test_the_rest_is_dropped_unnamed(gate: ScopeGate, text: str) -> None:
    assert gate.decide(text) == DROPPED
    assert gate.decide(strip_marks(text)) == DROPPED


def test_the_tests_own_texts_are_in_no_training_file() -> None:
    known = {row.text for row in load_scope()}
    assert not known & {text for _, text in OURS}
    assert not known & set(NOT_OURS)


def test_a_mixed_message_keeps_the_claim_alone(gate: ScopeGate) -> None:
    claim = OURS[0][1]
    answer = gate.decide(f"{claim} Cán bộ hách dịch, ai chịu trách nhiệm đây?")
    assert [span.text for span in answer.sentences] == [claim]


def test_spans_are_places_in_the_normalised_text(gate: ScopeGate) -> None:
    text = f"Bà con ơi coi nè. {OURS[3][1]}"
    for span in gate.decide(text).sentences:
        assert text[span.start : span.end] == span.text


def test_a_claim_deep_in_a_long_article_is_judged_in_its_window(gate: ScopeGate) -> None:
    padding = " ".join(
        f"Buổi sáng thứ {n} vườn dừa yên ắng, tiếng chim kêu ngoài bờ rạch nghe vui tai." for n in range(30)
    )
    assert gate.decide(padding) == DROPPED
    answer = gate.decide(f"{padding} {OURS[0][1]} {OURS[3][1]} {padding}")
    assert all("vườn dừa" not in span.text for span in answer.sentences)


def test_windows_hold_whole_sentences_in_order() -> None:
    spans = split(" ".join("Câu này có đúng sáu tiếng." for _ in range(60)))
    groups = windows(spans)
    assert [span for group in groups for span in group] == spans
    assert all(sum(len(span.text.split()) for span in group) <= WINDOW_SYLLABLES for group in groups)
    assert windows([]) == []


def test_scores_are_calibrated_probabilities(gate: ScopeGate) -> None:
    scores = gate.score([text for _, text in OURS] + NOT_OURS)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores[: len(OURS)].min() > scores[len(OURS) :].max()
    assert gate.score([]).shape == (0,)


def test_the_answer_is_the_same_for_masked_text(gate: ScopeGate) -> None:
    masker = Masker(b"k" * 32)
    rows = [row.text for row in load_scope()[::7]]
    same = [gate.decide(text).in_scope == gate.decide(masker.mask(text).text).in_scope for text in rows]
    assert np.mean(same) > 0.99


def test_text_with_and_without_diacritics_meets_its_own_bar(gate: ScopeGate) -> None:
    kept = [gate.decide(text).in_scope for _, text in OURS]
    bare = [gate.decide(strip_marks(text)).in_scope for _, text in OURS]
    assert sum(bare) >= sum(kept) - 1


@pytest.mark.parametrize("text", ["", " ", "\n\n", "!!!", "😂", "a", "\x00", "k" * 5000, "1 " * 3000])
def test_odd_texts_are_dropped_without_error(gate: ScopeGate, text: str) -> None:
    assert gate.decide(text) == DROPPED


def test_the_first_stage_drops_most_of_what_is_not_ours_and_little_of_what_is(gate: ScopeGate) -> None:
    rows = load_scope()
    passed = np.mean([gate.worth_reading(row.text) for row in rows if not row.in_scope])
    kept = np.mean([gate.worth_reading(row.text) for row in rows if row.in_scope])
    assert passed < 0.2
    assert kept > 0.97


def test_reading_needs_neither_scikit_learn_nor_scipy() -> None:
    program = (
        "import sys; from classify.scope import ScopeGate; from classify.reader import Reader;"
        "from classify.mask import Masker;"
        "from classify.places import Gazetteer; r = Reader(ScopeGate.load(), Masker(b'k' * 32), Gazetteer());"
        f"assert r.read({OURS[0][1]!r}).in_scope;"
        "heavy = {'sklearn', 'scipy', 'pandas', 'underthesea', 'skops'};"
        "heavy &= set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_topics_are_the_nine() -> None:
    assert len(TOPICS) == 9


ROWS = [row.text for row in load_scope()]


@given(st.lists(st.sampled_from(ROWS[::7]) | st.sampled_from(("", "Xem thêm.", "a", "!!!")), max_size=14))
def test_the_first_look_passes_whatever_the_first_stage_passes(gate: ScopeGate, texts: list[str]) -> None:
    # of a page, where no sentence gets a look of its own
    if gate.worth_reading("\n".join(texts), sentences=False):
        assert gate.may_hold([texts])
    assert gate.may_hold([[], texts]) == gate.may_hold([texts])


def test_the_first_look_drops_what_is_plainly_not_ours(gate: ScopeGate) -> None:
    assert not gate.may_hold([NOT_OURS[:1], []])
    assert not gate.may_hold([])
    assert gate.may_hold([["chợ " * 40_000]]), "longer than can be read: for the whole path"
