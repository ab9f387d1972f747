"""The written constraints veto what they are for, with and without diacritics, and nothing of ours."""

import pytest

from classify.constraints import PHRASES, veto
from classify.corpus import load_scope
from classify.scope import ScopeGate
from classify.text import normalise, strip_marks

EXAMPLES = [
    "Chúng tôi làm đơn khiếu nại vì đất bị thu hồi mà bồi thường chưa thỏa đáng.",
    "Cống hư cả năm không ai sửa, hỏi ai chịu trách nhiệm?",
    "Nghe nói ông phó phòng nhận hối lộ 20 triệu của nhà thầu.",
    "Nhà nước nên tăng trợ cấp cho người già neo đơn.",
    "Đại biểu Quốc hội tranh luận về mức lương cơ sở trong phiên thảo luận.",
    "Lạy Chúa xin cho con khỏi bệnh, cả giáo xứ cầu nguyện cho con.",
    "Gọi đường dây nóng hoài mà hổng ai trả lời.",
    "Tui đề nghị công khai danh sách hộ được xét.",
    "Đáng lẽ xã phải hỏi ý dân trước khi làm.",
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_vetoes_what_it_is_for(example: str) -> None:
    for text in (example, strip_marks(example), example.upper(), strip_marks(example).upper()):
        assert veto(text) is True, text


@pytest.mark.parametrize(
    "text",
    [
        "Người dân được nhận quyền lợi bảo hiểm từ ngày 1/7.",
        "Nguoi dan duoc nhan quyen loi bao hiem tu ngay 1/7.",
        "Cần có chứng chỉ tiếng Khmer mới được dạy.",
        "Can co chung chi tieng Khmer moi duoc day.",
        "Công an tỉnh thông báo lịch làm căn cước lưu động.",
        "Ai da dang ky thi mang giay to den.",
        "De nghi nguoi dan chu y mang theo can cuoc.",
        "Ho so thieu se khong duoc su dung, can bo can xem ban chinh.",
        "Gửi ai, chịu phí bao nhiêu, trách nhiệm ra sao đều ghi trong phiếu hẹn.",
    ],
)
def test_it_leaves_notices_alone(text: str) -> None:
    assert veto(text) is False


def test_the_list_is_one_undivided_sorted_list() -> None:
    lines = PHRASES.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    phrases = [line.removesuffix("!") for line in lines]
    assert len(set(phrases)) == len(phrases)
    assert phrases == sorted(phrases, key=lambda phrase: (strip_marks(phrase), phrase))
    for phrase in phrases:
        words = phrase.split(" ")
        assert len(words) > 1, phrase
        assert all(word.isalpha() for word in words), phrase
        assert phrase == normalise(phrase).lower()


def test_every_phrase_is_met_as_its_mark_says() -> None:
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        phrase = line.removesuffix("!")
        assert veto(f"Nghe {phrase}, rồi thôi."), line
        assert line.endswith("!") or veto(f"nghe {strip_marks(phrase)}, roi thoi"), line


def test_constraints_cost_next_to_nothing_of_ours() -> None:
    rows = [row for row in load_scope() if row.in_scope]
    for form in (str, strip_marks):
        whole = [form(row.text) for row in rows if not row.claims]
        marked = [form(row.text[start:end]) for row in rows for start, end in row.claims]
        for texts in (whole, marked):
            assert sum(map(veto, texts)) <= len(texts) * 0.005


def test_a_vetoed_sentence_is_never_kept(gate: ScopeGate) -> None:
    claim = (
        "UBND xã thông báo hộ nghèo nhận 500.000 đồng tiền Tết tại hội trường ấp từ ngày 12/1, "
        "nhớ mang theo căn cước."
    )
    for bad in EXAMPLES:
        kept = [span.text for span in gate.decide(f"{claim} {bad}").sentences]
        assert bad not in kept
