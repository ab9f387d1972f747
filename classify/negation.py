"""Opposite statements: what a text denies, which side of a pair it takes, whether it warns of the thing.

All on standard words without diacritics (`classify.synonyms.standard`), so that one row covers the words
of south and north, of officials and of chat.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Opposite(NamedTuple):
    """A question that a claim answers with one side or the other, each with its name for reviewers."""

    name: str
    yes: str
    no: str
    yes_words: str
    no_words: str


_PAY = (
    r"(?:phai |bi |chi )?nop|thu tien|thu them|thu phi|thu(?= \d)|dat coc|tra tien|tra(?= \d)|nap tien|"
    r"nap von|le phi|"
    r"ton tien|ton(?= (?:\d|mot|hai|ba|bon|nam|sau|bay|tam|chin|muoi|tram))|mat tien|dong tien|moc tien|"
    r"phi|tu dong|phai tra|tu chi"
)
_FREE = (
    r"mien phi|mien toan bo|khong (?:phai )?(?:nop|phi|gop|dat coc|tra|mat|thu|ton|lay)(?: \w+)?|tang khong|"
    r"chang mat(?: \w+)?|nha nuoc lo|nha nuoc cho|khong con (?:phai )?(?:nop|ton|tra|mat|thu)(?: \w+)?|"
    r"(?:het|khoi) (?:phai )?(?:nop|ton|tra|mat|dong)(?: \w+)?"
)
OPPOSITES = (
    Opposite("tiền", "miễn phí", "phải trả tiền", _FREE, _PAY),
    Opposite("quyền lợi", "được nhận", "mất, không được",
             r"duoc nhan|duoc cap|duoc ho tro|duoc tang|duoc tro cap|duoc vay|duoc mien|van duoc|duoc cho|"
             r"duoc phat|duoc giam|duoc \d+|duoc nghi|van con|duoc them|nhan|duoc huong",
             r"bi cat|mat quyen|thu hoi|ngung cap|ngung chi|khong duoc|khong co khoan|khong ho tro|"
             r"tra lai|het duoc|"
             r"bi ngung|mat luon|khong them|khong con(?! (?:phai|nop|ton|tra|mat|thu))|khong co vu|bi tang"),
    Opposite("hoạt động", "mở, chạy như thường", "đóng, ngừng",
             r"mo cua|mo lai|hoat dong tro lai|thong xe|tro lai|binh thuong|van chay|van mo|co nuoc|"
             r"chay lai|nhu thuong|"
             r"nhu cu|nhu truoc|giu nguyen|van dung|van con|van duoc|co gia tri|khong doi|khong phai doi|"
             r"luu thong|"
             r"con han|van \w+",
             r"dong cua|ngung|cam|khong chay|tam dong|het han|het gia tri|phai doi|khoa|nghi hoc|bi cat|"
             r"cat|het (?:hieu luc|gia tri|nhan|cap|phat|cho|hoat dong)|"
             r"khong co pha|bo"),
    Opposite("mức", "tăng", "giảm", r"(?:duoc |bi )?tang(?= (?:luong|\d|gia|len|them|tien|muc|hoc|luong))|"
    r"cao hon|gap",
             r"(?:duoc |bi )?giam(?= (?:luong|\d|gia|con|bot|tien|muc|hoc|mot))|thap hon|cat giam|bi bot|"
             r"giam con"),
    Opposite("phép", "cho phép", "cấm", r"cho phep|duoc phep|duoc ban|duoc qua|duoc luu thong|cho ban",
             r"cam|khong cho|khong duoc phep|khong duoc"),
    Opposite("buộc", "bắt buộc", "không cần", r"phai|bat buoc|yeu cau|can phai",
             r"khong phai|khong bat buoc|tu nguyen|khong can|khong yeu cau|chua phai|khong ai phai|"
             r"ai thich|cung khong"),
    Opposite("học", "nghỉ học", "đi học", r"nghi hoc|khong toi lop",
             r"van toi lop|van di hoc|hoc binh thuong|hoc tro lai|khong nghi"),
    Opposite("an toàn", "an toàn", "nguy hiểm", r"an toan|vo hai|khong gay|khong chua chat|khong doc|"
    r"sach",
             r"nguy hiem|co doc|doc hai|gay|chua chat|nhiem|co chat|liet"),
    Opposite("tác dụng", "chữa, ngừa được", "không có tác dụng",
             r"chua|ngua|giup|tan het|het benh|khoi benh|rua sach",
             r"(?:khong|chang) (?:the )?(?:chua|ngua|giup|het|khoi benh|rua|duoi|tri|nghe|thay the)|"
             r"khong tac dung|bac si noi"),
    Opposite("xảy ra", "có", "không có",
             r"co ca|da co|phat hien|da vo|bi vo|bi sap|bi bat|da chet|bi ngat|bi liet|do bo|xuat hien|vo|"
             r"bat coc|"
             r"nhiem|lam ngap|co xe|co nguoi|ngat|chet|gay",
             r"khong (?:he )?(?:co|bi|lay|nhiem|xay ra|phat hien|vo|do bo|vao|tron|tran)|chua co|suy yeu|"
             r"yeu thanh|"
             r"khong \w+ nao|khong xe nao|van nguyen|kho rao|da sua"),
    Opposite("nước", "dâng", "rút", r"vuot|dang cao|dang len|tran vao|qua muc", r"rut|dang rut"),
    Opposite("trước sau", "trả sau", "trả trước", r"tra sau|co luong|sau khi co|nop sau|luc nhan luong",
             r"nop truoc|tra truoc|truoc khi bay|coc truoc|roi moi|nop du"),
    Opposite("phạt", "bị phạt", "không bị phạt", r"bi phat|phat", r"khong (?:bi |co )?phat|khong xu phat"),
    Opposite("khóa", "bị khóa", "không bị khóa", r"khoa|bi khoa|the het", r"khong (?:bi )?khoa|"
    r"rut tien binh thuong|van rut"),
    Opposite("cách làm", "qua mạng", "tại chỗ", r"qua zalo|duong dan|trang web|ung dung|qua mang",
             r"tai tru so|ra xa|o uy ban|tai uy ban|khong gui|khong duoc bam|dung bam"),
    Opposite("sự thật", "có thật", "bịa đặt", r"co that|la that|dung su that",
             r"khong co that|bia dat|tin gia|sai su that|khong dung|khong co chuyen|bac bo|dinh chinh|"
             r"tin don sai|khong co vu"),
)  # fmt: skip
"""The second side is looked for first and taken out, so that "không thu phí" is no "thu phí"."""

_PATTERNS = tuple(
    tuple(re.compile(rf"(?<!\w)(?:{side})(?!\w)") for side in (one.yes_words, one.no_words))
    for one in OPPOSITES
)
# pairs of which the first side begins with a negation: it is looked for first
_YES_FIRST = frozenset(["tiền", "an toàn", "hoạt động"])
_NEGATORS = frozenset(["khong", "chua", "chang", "dung", "cham", "het"])
_SKIPPED = frozenset(
    [
        "phai",
        "duoc",
        "bi",
        "co",
        "can",
        "con",
        "ai",
        "nao",
        "gi",
        "cho",
        "de",
        "the",
        "mot",
        "dong",
        "nguoi",
        "da",
        "cua",
        "o",
        "ca",
        "la",
        "tra",
        "va",
        "nhung",
    ]
)
_STANCE = re.compile(
    r"(?<!\w)(?:tin gia|sai su that|bia dat|khong co chuyen|bac bo|khong dung|dinh chinh|canh bao|lua dao|"
    r"dung tin|"
    r"gia mao|tin don|canh giac|coi chung bi lua|mao danh)(?!\w)"
)
_TAIL = re.compile(
    r"(?: (?:phai|dung|that|thiet|duoc|co))? (?:khong|chua)(?: (?:vay|ta|a|ha|moi nguoi|ba con|may|cac|"
    r"nhi|nhe|nha))*\s*$"
)
_QUESTION = re.compile(
    r"(?<!\w)co (?:that|thiet|dung|phai)(?: \w+)? khong(?!\w)"
    r"(?! (?:duoc|phai|can|co|con|cho|bi|mat|ton|thu|nop)(?!\w))|(?<!\w)(?:dung|phai|that) khong(?!\w)"
)


class Stance(NamedTuple):
    """Sides taken (pair, 0 for yes and 1 for no), words denied, words said, whether the text warns."""

    sides: frozenset[tuple[int, int]]
    denied: frozenset[str]
    said: frozenset[str]
    warns: bool


def stance(standard: Sequence[str]) -> Stance:
    """What the standard words of a text assert and deny; a question at the end denies nothing."""
    text = _QUESTION.sub(" ", " ".join(standard))
    text = _TAIL.sub("", text)
    words = text.split()
    denied = _denied(words)
    said = frozenset(word for at, word in enumerate(words) if word not in denied or words.count(word) > 1)
    return Stance(_sides(text), denied, said, _STANCE.search(text) is not None)


def _denied(words: Sequence[str]) -> frozenset[str]:
    """The next two words that carry meaning behind each negation."""
    found: set[str] = set()
    for at, word in enumerate(words):
        if word in _NEGATORS:
            behind = [one for one in words[at + 1 : at + 6] if one not in _SKIPPED and one not in _NEGATORS]
            found.update(behind[:2])
    return frozenset(found)


def _sides(text: str) -> frozenset[tuple[int, int]]:
    found = set()
    for pair, (yes, no) in enumerate(_PATTERNS):
        if OPPOSITES[pair].name in _YES_FIRST:
            on_yes = yes.search(text) is not None
            on_no = no.search(yes.sub(" ", text) if on_yes else text) is not None
        else:
            on_no = no.search(text) is not None
            on_yes = yes.search(no.sub(" ", text) if on_no else text) is not None
        if on_yes != on_no:
            found.add((pair, int(on_no)))
    return frozenset(found)


def opposed(a: Stance, b: Stance) -> tuple[int, int]:
    """(pairs on which the two take different sides, pairs on which they agree)."""
    against = sum((pair, 1 - side) in b.sides for pair, side in a.sides)
    return against, len(a.sides & b.sides)


def denied_by_one(a: Stance, b: Stance) -> int:
    """How many words one denies that the other says plainly."""
    return len((a.denied - b.denied) & b.said) + len((b.denied - a.denied) & a.said)


def told(a: Stance, b: Stance) -> str | None:
    """The opposite in words of reviewers ("ý trái ngược: miễn phí / phải trả tiền"), or None."""
    for pair, side in sorted(a.sides):
        if (pair, 1 - side) in b.sides:
            one = OPPOSITES[pair]
            first, second = (one.no, one.yes) if side else (one.yes, one.no)
            return f"ý trái ngược: {first} / {second}"
    return None
