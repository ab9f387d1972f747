"""Each written constraint vetoes what it is for, with and without diacritics, and nothing of ours."""

import pytest

from classify.constraints import CONSTRAINTS, veto
from classify.corpus import load_scope
from classify.scope import ScopeGate
from classify.text import strip_marks

EXAMPLES = {
    "petition": "Chúng tôi làm đơn khiếu nại vì đất bị thu hồi mà bồi thường chưa thỏa đáng.",
    "blame": "Cống hư cả năm không ai sửa, hỏi ai chịu trách nhiệm?",
    "corruption": "Nghe nói ông phó phòng nhận hối lộ 20 triệu của nhà thầu.",
    "demand": "Nhà nước nên tăng trợ cấp cho người già neo đơn.",
    "politics": "Đại biểu Quốc hội tranh luận về mức lương cơ sở trong phiên thảo luận.",
    "worship": "Lạy Chúa xin cho con khỏi bệnh, cả giáo xứ cầu nguyện cho con.",
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_it_vetoes_what_it_is_for(name: str) -> None:
    for text in (EXAMPLES[name], strip_marks(EXAMPLES[name]), EXAMPLES[name].upper()):
        found = veto(text)
        assert found is not None, text
        assert found.name == name


def test_every_constraint_has_a_reason_and_an_example() -> None:
    assert {constraint.name for constraint in CONSTRAINTS} == set(EXAMPLES)
    assert all(len(constraint.reason) > 20 for constraint in CONSTRAINTS)


@pytest.mark.parametrize(
    "text",
    [
        "Người dân được nhận quyền lợi bảo hiểm từ ngày 1/7.",
        "Nguoi dan duoc nhan quyen loi bao hiem tu ngay 1/7.",
        "Cần có chứng chỉ tiếng Khmer mới được dạy.",
        "Can co chung chi tieng Khmer moi duoc day.",
        "Công an tỉnh thông báo lịch làm căn cước lưu động.",
        "Ai da dang ky thi mang giay to den.",
    ],
)
def test_it_leaves_notices_alone(text: str) -> None:
    assert veto(text) is None


def test_constraints_cost_next_to_nothing_of_ours() -> None:
    inside = [row.text for row in load_scope() if row.in_scope and not row.claims]
    assert sum(veto(text) is not None for text in inside) <= len(inside) * 0.005


def test_a_vetoed_sentence_is_never_kept(gate: ScopeGate) -> None:
    claim = (
        "UBND xã thông báo hộ nghèo nhận 500.000 đồng tiền Tết tại hội trường ấp từ ngày 12/1, "
        "nhớ mang theo căn cước."
    )
    for bad in EXAMPLES.values():
        kept = [span.text for span in gate.decide(f"{claim} {bad}").sentences]
        assert bad not in kept
