"""Written cues of claim detection: who speaks, of which time, and what is done with a fact.

They stand beside `cues`, whose list belongs to the scope gate: a word added there would move its weights.
"""

import re

from classify import cues
from classify.features import words
from classify.text import has_marks, normalise, strip_marks

CLAIM_CUES: dict[str, str] = {
    "reporter":
    "phong vien|chung toi da|chung toi den|chung toi goi|chung toi theo chan|chung toi gap|toa soan|"
    "nhom lam bai|chung toi mua|chung toi nhan duoc|chung toi doc|chung toi xin|chung toi hoi|ghi am|"
    "nguoi viet bai|nhom phong vien|nhom kiem chung|loat bai|ban doc|phan hoi|chung toi ghe|"
    "chung toi da gui",
    "history":
    "thanh lap|khoi cong|khanh thanh|ra doi|hoi do|thuo|ngay ay|the ky|truoc day|ngay xua|thoi do|"
    "hoi xua|nam ngoai|hoi con|nam truoc|bay gio ke|nam do|lich su|truyen thong|ky niem|tung",
    "gathering": "hoi nghi|dai bieu|tham luan|tiet muc|ban to chuc|le trao|khai mac|hoi thi|giai nhat|"
    "doi tham gia|khach moi|bien ban|van nghe|chung ket|khan gia|buoi le|cuoc hop|buoi hop|dai hoi|"
    "phat bieu|cau lac bo",
    "courtesy":
    "kinh gui|tran trong|kinh thua|xin chao|cam on|kinh chuc|chan thanh|han hanh|kinh moi|mong|"
    "rat mong|thong cam|xin loi|chuc mung|than men|than thuong|quy vi|kinh bao|hop tac|vui long",
    "urging": "hay|rang|nho|dung de|dung quen|hay de|chung ta|chung tay|moi nguoi nen|can than|binh tinh|"
    "canh giac|nang cao|nhanh tay|con cho gi|chan cho|co hoi",
    "assurance":
    "uy tin|chat luong|tan tam|chuyen nghiep|dam bao|an tam|yen tam|tin tuong|tin dung|thuong hieu|"
    "dong hanh|nhiet tinh|chu dao|dang cap|tam huyet|hai long",
    "scene":
    "nang|gio|mui|tieng|khoi|bep|san|con hem|buoi sang|chieu|song|anh mat|giong|nu cuoi|ban tay|ngoi|"
    "dung|nhin|lang le|la dua|con duong|can nha",
    "guess": "chac|khong biet|hinh nhu|ai biet|toi nghi|minh nghi|theo minh|tui nghi|sao ma|khong hieu|"
    "dau co biet|nghe vo ly|khong tin|khong dam noi",
    "told":
    "cho biet|khang dinh|xac nhan|ket luan|ket qua|cong bo|thong bao|bao la|noi la|noi rang|nghe noi|"
    "don la|don rang|keu la|loa|dai noi|ho noi|co giao noi|bac si noi|bac si dan|tra loi|khuyen cao|"
    "thua nhan",
    "rule":
    "phai|duoc|khong duoc|khong can|khong phai|bat buoc|cam|mien phi|khong thu|khong mat|khong ton|"
    "mien|toi da|it nhat|thoi han|han cuoi|het han|tu ngay|den ngay|truoc ngay|bi phat|bi khoa|"
    "duoc huong|duoc cap|duoc nhan|ho tro|tro cap|nop tai|khong qua|tre nhat|cham nhat",
    "terms": "luong|phi|coc|gia|trieu|ngan|nghin|phan tram|hoa hong|lai suat|tien|bao an o|moi thang|"
    "mot thang|hop dong|dat coc|nop|dong",
    "ban_or_stop":
    "tam ngung|ngung|dong cua|cam xe|cam|nghi hoc|mo cua|doi lich|doi sang|dinh chi|thu hoi|khoa|"
    "bi cat|het hieu luc|mo lai|ap dung|hieu luc",
    "effect":
    "tri|chua|het benh|khoi|ngua|gay|diet|giam|lam tang|ung thu|vao sinh|ngo doc|tu vong|lay|nhiem|"
    "doc|suy than|bien chung|tac dung|tai phat",
    "false_said":
    "gia mao|tin gia|la gia|bia|khong co chuyen|khong he|khong dung|sai su that|khong co that|"
    "lua dao|mao danh|xung la|tu xung|gia danh|tin don",
}  # fmt: skip
"""Cue name -> alternatives of one to five words without diacritics."""

CLAIM_LABELS: dict[str, str] = {
    "reporter": "người viết kể việc mình làm", "history": "kể chuyện đã lâu, lịch sử",
    "gathering": "tả hội họp, hội thi", "courtesy": "chào hỏi, cảm ơn, cầu mong",
    "urging": "khuyên nhủ, kêu gọi chung", "assurance": "hứa chung chung",
    "scene": "tả cảnh, tả người", "guess": "phỏng đoán, không chắc",
    "told": "nêu điều ai đó cho biết", "rule": "nêu quyền lợi, điều buộc làm",
    "terms": "nêu giá tiền, điều kiện", "ban_or_stop": "nêu việc ngừng, cấm, đổi",
    "effect": "nêu tác dụng, tác hại", "false_said": "nói tin nào đó là giả",
}  # fmt: skip
"""What each of them is called in front of a reviewer."""

SHAPES: dict[str, str] = {
    "number": "có con số", "several_numbers": "có nhiều con số", "date": "có ngày tháng",
    "time": "có giờ giấc",
    "question_mark": "là câu hỏi", "exclamation": "giọng hô hào", "short": "câu quá ngắn",
    "long": "câu đủ dài",
    "old_year": "có năm đã lâu", "first_person": "mở đầu bằng người nói",
    "quoted": "mở đầu bằng lời trích",
    "pronoun": "mở đầu bằng “nó”, “chuyện đó”",
}  # fmt: skip
"""What the shape of a sentence is called."""

NAMES: tuple[str, ...] = (*cues.NAMES, *CLAIM_CUES, *SHAPES)
"""The written features in the order of `present`."""

_OLD_YEAR = re.compile(r"\b(?:1[89]\d\d|20[01]\d)\b|\bnăm (?:[5-9]\d)\b")
_FIRST = re.compile(r"(?:toi|tui|minh|em|con|chung toi|tao|to|t|nha toi|nha em|nha tui|nhom|phong vien)\b")
_PRONOUNS = (
    "nó|họ|ông ấy|bà ấy|ông ta|bà ta|ông đó|bà đó|chuyện đó|chuyện này|việc này|việc đó|"
    "tin này|tin đó|bài trên|bài này|điều đó|điều này|cái này|cái đó|loại này|thuốc đó|"
    "thuốc này|chỗ đó|bên đó|người này|người đó|những người này|số này|trang này|công ty đó|"
    "công ty này|tụi nó|bọn nó"
)
_PRONOUN = re.compile(rf"(?:{_PRONOUNS})\b")
# "ho" without marks opens "hồ sơ" and "hộ nghèo" far more often than "họ"
_BARE_PRONOUN = re.compile(rf"(?:{strip_marks(_PRONOUNS.replace('|họ|', '|'))})\b")
_LOOKUP = cues.table(CLAIM_CUES)


def starts_with_pronoun(sentence: str) -> bool:
    """Whether a sentence begins with a word that stands for something said before it."""
    opening = normalise(sentence).lower().lstrip("\"“'«- ")
    return (_PRONOUN if has_marks(opening) else _BARE_PRONOUN).match(opening) is not None


def present(sentence: str) -> list[bool]:
    """Which written features a normalised sentence has, in the order of `NAMES`."""
    found = words(sentence)
    opening = strip_marks(sentence).lower().lstrip("- ")
    numbers = sum(word[0] == "#" for word in found)
    shapes = (
        numbers > 0, numbers > 2, "xdatex" in found, "xtimex" in found, "?" in found, "!" in found,
        len(found) < 7, len(found) > 18, _OLD_YEAR.search(sentence) is not None,
        _FIRST.match(opening) is not None, opening[:1] in {'"', "“", "«"}, starts_with_pronoun(sentence),
    )  # fmt: skip
    mine = cues.counts_in(found, *_LOOKUP, len(CLAIM_CUES))
    return [*(count > 0 for count in cues.counts(found)), *(count > 0 for count in mine), *shapes]
