"""Written constraints that overrule the gate's model: each is short, has its reason, and has a test.

They only ever drop, sentence by sentence, so that a mixed message keeps its claim alone (rule 3). Text with
diacritics is compared with diacritics: without them "nhận quyền lợi" and "nhân quyền" look alike.
"""

import re
from typing import NamedTuple

from classify.features import prepared
from classify.text import has_marks, normalise, strip_marks


class Constraint(NamedTuple):
    """The same phrases for text with and without diacritics, and why such sentences are never ours."""

    name: str
    accented: re.Pattern[str]
    plain: re.Pattern[str]
    reason: str


def _constraint(name: str, reason: str, phrases: str, accented_only: str = "") -> Constraint:
    """Phrases separated by bars.

    Those that mean something else without diacritics are compared with them only.
    """
    full = phrases + ("|" + accented_only if accented_only else "")
    return Constraint(
        name,
        re.compile(rf"(?<!\w)(?:{full})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{strip_marks(phrases)})(?!\w)"),
        reason,
    )


CONSTRAINTS: tuple[Constraint, ...] = (
    _constraint(
        "petition",
        "a petition or an accusation is addressed to power; it is no claim for a fact-check desk",
        "đơn tố cáo|đơn khiếu nại|đơn kiến nghị|tố cáo ông|tố cáo bà|tố cáo cán bộ|tố cáo lãnh đạo|"
        "đề nghị thanh tra|"
        "kính gửi ông|kính gửi quốc hội|kính gửi toà soạn|kính gửi tòa soạn|kiến nghị quốc hội|"
        "kiến nghị chính phủ|yêu cầu làm rõ|"
        "đề nghị làm rõ|làm đơn này|kêu oan|ký tên tập thể",
    ),
    _constraint(
        "blame",
        "who is to blame, and what authorities do or fail to do, is never ours, whether or not it is true",
        "ai chịu trách nhiệm|chịu trách nhiệm đây|trách nhiệm thuộc về ai|vô trách nhiệm|tắc trách|"
        "hách dịch|quan liêu|"
        "hành dân|cửa quyền|bao che|buông lỏng|con ông cháu cha|đùn đẩy|làm ngơ|thờ ơ|vô cảm|sách nhiễu|"
        "nhũng nhiễu|"
        "không ai giải quyết|không ai thưa|không ai nghe máy|không ai trả lời|nói không biết|"
        "trả lời không biết|chẳng ai giải quyết|không thấy ai giải quyết|mạng người rẻ|nửa vời|báo cáo láo|"
        "bệnh thành tích|"
        "đánh trống bỏ dùi|đem con bỏ chợ|sống chết mặc bay|ngồi mát|lấy lệ|coi thường dân|khổ dân|"
        "khổ người dân",
    ),
    _constraint(
        "corruption",
        "an allegation against an official or a public body is never ours, whether or not it is true",
        "tham nhũng|ăn hối lộ|nhận hối lộ|đòi hối lộ|đưa hối lộ|ăn chia|bôi trơn|phong bì|móc ngoặc|rút ruột|"
        "bỏ túi riêng|ăn chặn|ăn bớt|cắt xén|bảo kê|thông đồng|tiếp tay|lợi ích nhóm|sân sau|chạy chức|"
        "chạy án|mua ghế|"
        "khai man lý lịch|có bàn tay của|biển thủ|tham ô|đút lót|vòi vĩnh|gợi ý bồi dưỡng|đòi bồi dưỡng|"
        "đưa tiền thì lọt|không có tiền thì|quen biết mới",
        "chạy chọt|ém nhẹm|chung chi|dấu khống",
    ),
    _constraint(
        "demand",
        "what an authority should do is policy, not a fact",
        "kêu gọi bộ|kêu gọi chính phủ|kêu gọi quốc hội|kêu gọi tỉnh|nhà nước nên|nhà nước phải|nhà nước cần|"
        "chính phủ nên|"
        "chính phủ phải|chính phủ cần|tỉnh nên|xã nên|sở nên|bộ nên|chính quyền phải|chính quyền nên|"
        "chính quyền cần|"
        "cơ quan bảo hiểm cần|đề nghị bỏ|đề nghị nhà nước|đề nghị chính phủ|mong cấp trên|mong các cấp|"
        "mong lãnh đạo|"
        "đề nghị các cấp|sao nhà nước|sao chính quyền|sao không cho",
    ),
    _constraint(
        "politics",
        "policy, politics, protest and rights are out of scope",
        "dự thảo luật|đại biểu quốc hội|đại biểu cho rằng|phiên thảo luận|thảo luận tổ|phiên chất vấn|"
        "biểu tình|"
        "bầu cử|tự do ngôn luận|đảng cộng sản|bộ chính trị",
        "nhân quyền|đình công|đả đảo|thể chế",
    ),
    _constraint(
        "worship",
        "belief and prayer are nobody's business here",
        "lạy chúa|lạy phật|lạy trời|a di đà phật|nam mô|cầu nguyện|cầu siêu|thánh lễ|giáo xứ|ơn trên",
        "cầu an|amen",
    ),
)


def veto(sentence: str) -> Constraint | None:
    """The first constraint that the sentence meets, or None."""
    lowered = prepared(normalise(sentence))
    marked = has_marks(lowered)
    for constraint in CONSTRAINTS:
        if (constraint.accented if marked else constraint.plain).search(lowered):
            return constraint
    return None
