"""Typed values of a claim: amounts, dates, places, agencies, diseases, shares, counts, negation.

Two sentences that say nearly the same with another amount, place or date are two claims; `differs` names
the value.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from classify.kinds import Kind, kinds
from classify.mask import RENDERED
from classify.money import DIGITS, amounts
from classify.places import Gazetteer
from classify.quantities import read
from classify.text import has_marks, normalise, strip_marks


class Values(NamedTuple):
    """What a sentence pins down.

    Amounts are in VND; ``counts`` are (unit, number); ``poles`` are sides of opposites,
    ``kinds`` members of classes that exclude one another.
    """

    amounts: frozenset[int]
    dates: frozenset[str]
    places: frozenset[str]
    agencies: frozenset[str]
    diseases: frozenset[str]
    percents: frozenset[float]
    counts: frozenset[tuple[str, float]]
    negated: frozenset[str]
    poles: frozenset[tuple[int, int]]
    tokens: frozenset[str]
    words: frozenset[str]
    kinds: frozenset[Kind]


_PERCENT = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|phan tram)")
_DAY = re.compile(
    r"(?<![\d/.,])(\d{1,2})\s?[/\-]\s?(\d{1,2})(?:\s?[/\-]\s?(\d{4}))?"
    r"(?![\d/]|[.,]\d|\s?(?:k|ngan|nghin|trieu|tr|cu|ty|ti|dong|d|%|nguoi|tuoi|thang|ngay|gio|lan)(?!\w))"
)
_DAY_WORDS = re.compile(r"ngay (\d{1,2}) thang (\d{1,2})(?: nam (\d{4}))?")
_MONTH = re.compile(r"thang (\d{1,2}|gieng|chap)(?![\d/])")
_LUNAR = re.compile(
    r"(?:mung|mong) (\d{1,2}|mot|hai|ba|bon|tu|nam|sau|bay|tam|chin|muoi)(?: (tet|thang gieng|\d{1,2}))?"
)
_YEAR = re.compile(r"(?<![\d.,/])((?:19|20)\d\d)(?!\d|[.,]\d)")
_WEEKDAY = re.compile(
    r"(?<!\w)(?:thu (hai|ba|tu|nam|sau|bay|[2-7])|(chu nhat))(?= (?:tuan|nay|toi|ngay)|[ ,.;]|$)"
)
_NOT = (
    r"khong|chua|chang|cham dut|ko|k|khong con|khong phai|khong can|khong duoc|"
    r"khoi(?= (?:can|phai|nop|dong|tra|mat|ton|duoc))"
)
_NEGATION = re.compile(rf"(?<!\w)(?:{_NOT}) (\w+(?: \w+)?)")
_NEGATION_BARE = re.compile(rf"(?<!\w)(?:{_NOT}|hong) (\w+(?: \w+)?)")
_SPOKEN_NOT = re.compile(r"(?<!\w)(?:hổng|hông)(?!\w)")
_QUESTION_END = re.compile(
    r"(?:phai |dung |that |thiet |duoc |co )?(?:khong|ko|hong|k|chua)(?: (?:vay|ta|a|ha|mn|moi nguoi|ba con|"
    r"may|cac)[^?.!]{0,30})?\s?[?]*\s*$"
)

AGENCIES: dict[str, str] = {
    "công an": "cong an", "bảo hiểm xã hội": "bao hiem xa hoi|bhxh", "sở y tế": "so y te",
    "bộ y tế": "bo y te",
    "ủy ban nhân dân": "uy ban nhan dan|ubnd|uy ban", "ngân hàng": "ngan hang", "điện lực": "dien luc",
    "cơ quan thuế": "chi cuc thue|cuc thue|co quan thue|thue tinh",
    "tòa án": "toa an", "viện kiểm sát": "vien kiem sat", "bệnh viện": "benh vien", "trạm y tế": "tram y te",
    "sở giáo dục": "so giao duc|so gddt|so gd", "bưu điện": "buu dien|buu cuc", "hải quan": "hai quan",
    "trung tâm dịch vụ việc làm": "trung tam dich vu viec lam|trung tam viec lam", "sở nội vụ": "so noi vu",
    "bộ nội vụ": "bo noi vu",
    "sở nông nghiệp": "so nong nghiep", "đài khí tượng": "dai khi tuong|trung tam du bao|"
    "trung tam khi tuong", "hội phụ nữ": "hoi phu nu",
    "hội chữ thập đỏ": "hoi chu thap do|chu thap do", "cảnh sát giao thông": "canh sat giao thong|csgt",
    "bộ công an": "bo cong an",
}  # fmt: skip
DISEASES: dict[str, str] = {
    "sốt xuất huyết": "sot xuat huyet", "tay chân miệng": "tay chan mieng", "sởi": "soi|rubella",
    "cúm": "cum", "covid": "covid|corona",
    "tiểu đường": "tieu duong|dai thao duong", "đột quỵ": "dot quy|tai bien",
    "bệnh dại": "benh dai|cho dai|dai cho", "bạch hầu": "bach hau",
    "lao": "benh lao|lao phoi", "HIV": "hiv", "viêm gan": "viem gan", "thủy đậu": "thuy dau|trai ra",
    "đau mắt đỏ": "dau mat do",
    "đậu mùa khỉ": "dau mua khi", "uốn ván": "uon van", "sốt rét": "sot ret", "ho gà": "ho ga",
    "gút": "gut|gout",
    "huyết áp": "huyet ap", "suy thận": "suy than|chay than", "hen": "hen suyen", "dạ dày": "da day|bao tu",
    "tự kỷ": "tu ky", "vô sinh": "vo sinh|hiem muon", "ung thư phổi": "ung thu phoi|u phoi",
    "ung thư gan": "ung thu gan|u gan",
    "ung thư vú": "ung thu vu|u vu", "ung thư cổ tử cung": "ung thu co tu cung|hpv", "ung thư": "ung thu",
    "xương khớp": "xuong khop|thoai hoa khop",
    "trĩ": "benh tri", "cận thị": "can thi", "điếc": "diec", "bại liệt": "bai liet|bai nao",
    "sỏi thận": "soi than", "tiêu chảy": "tieu chay",
    "ngộ độc": "ngo doc", "zona": "zona|gioi leo", "viêm não": "viem nao",
}  # fmt: skip
OPPOSITES: tuple[tuple[str, str], ...] = (
    ("mở cửa|mở lại|hoạt động trở lại|thông xe|lưu thông trở lại",
    "đóng cửa|ngừng hoạt động|tạm ngưng|tạm dừng|tạm đóng|ngưng hoạt động|cấm xe"),
    ("tăng", "giảm|hạ"), ("miễn phí|không thu phí|không tốn tiền|không mất tiền|"
    "khỏi đóng tiền|khỏi trả phí|khỏi trả tiền",
    "thu phí|có phí|mất phí|đóng phí|trả phí|nộp phí"),
    ("cho phép|được phép", "cấm|nghiêm cấm|không cho"), ("bắt buộc|phải làm",
    "không bắt buộc|tự nguyện|không cần làm"),
    ("nghỉ học", "đi học lại|học bình thường|học trở lại"), ("an toàn|vô hại",
    "nguy hiểm|có độc|độc hại|gây chết"),
    ("bắt đầu|triển khai", "kết thúc|chấm dứt|hủy|hoãn"), ("tiếp tục|giữ nguyên",
    "ngừng|dừng hẳn|bãi bỏ|bỏ"), ("có thật|là thật", "không có thật|bịa đặt|tin giả|sai sự thật|không đúng"),
    ("gia hạn|lùi|dời lại", "rút ngắn|đúng hạn"), ("được cấp|được nhận|được hưởng",
    "bị cắt|bị thu hồi|mất quyền|không được nhận|không được hưởng"),
    ("phòng|ngừa", "gây|làm"), ("nam giới|đàn ông", "phụ nữ|đàn bà"),
)  # fmt: skip


def _compiled(table: dict[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for name, pattern in table.items())


_AGENCIES = _compiled(AGENCIES)
_DISEASES = _compiled(DISEASES)
_POLES = tuple(
    tuple(re.compile(rf"(?<!\w)(?:{strip_marks(side)})(?!\w)") for side in pair) for pair in OPPOSITES
)
_WORDS = re.compile(r"[a-z]+")


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def values(text: str) -> Values:
    """The typed values of a (masked or plain) sentence."""
    normal = normalise(text)
    tokens = frozenset(found.group(3) for found in RENDERED.finditer(normal))
    normal = RENDERED.sub(" ", normal)
    folded = re.sub(r"\s+", " ", strip_marks(_SPOKEN_NOT.sub("không", normal.lower())))
    stated = _QUESTION_END.sub("", folded)
    # "hỏng" and "Hồng" are no "hổng"
    negation = _NEGATION if has_marks(normal) else _NEGATION_BARE
    said = read(normal)
    diseases = frozenset(name for name, pattern in _DISEASES if pattern.search(folded))
    cancers = frozenset(name for name in diseases if name.startswith("ung thư "))
    return Values(
        amounts=amounts(folded) | said.money,
        dates=_dates(folded) | said.dates,
        places=_places(normal),
        agencies=frozenset(name for name, pattern in _AGENCIES if pattern.search(folded)),
        diseases=diseases - {"ung thư"} if cancers else diseases,
        percents=frozenset(float(found.replace(",", ".")) for found in _PERCENT.findall(folded)),
        counts=frozenset(
            (one.unit, _hour(one.number) if one.unit == "giờ" else one.number) for one in said.counted
        ),
        negated=_negated(stated, negation),
        poles=_sides(stated),
        tokens=tokens,
        words=frozenset(_WORDS.findall(stated)),
        kinds=kinds(normal),
    )


def _hour(number: float) -> float:
    """An hour of the clock as people say it: 21 is nine in the evening, and often just nine."""
    return number - 12 if 12 < number < 24 else number


def _negated(stated: str, negation: re.Pattern[str]) -> frozenset[str]:
    """Words that the text only denies; one that it also asserts ("nộp, không nộp sẽ bị bắt") is left out."""
    denied = Counter(found.split()[0] for found in negation.findall(stated))
    spoken = Counter(_WORDS.findall(stated))
    return frozenset(word for word, times in denied.items() if spoken[word] <= times)


def _dates(folded: str) -> frozenset[str]:
    found: set[str] = set()
    for day, month, _ in (*_DAY.findall(folded), *_DAY_WORDS.findall(folded)):
        if 1 <= int(day) <= 31 and 1 <= int(month) <= 12:
            found.add(f"{int(day)}/{int(month)}")
    for month in _MONTH.findall(_DAY_WORDS.sub(" ", folded)):
        found.add("tháng " + {"gieng": "giêng", "chap": "chạp"}.get(month, month))
    for day, _ in _LUNAR.findall(folded):
        found.add(f"mùng {DIGITS.get(day, 10) if day.isalpha() else int(day)}")
    found.update(f"năm {year}" for year in _YEAR.findall(_DAY.sub(" ", folded)))
    for weekday, sunday in _WEEKDAY.findall(folded):
        found.add("chủ nhật" if sunday else f"thứ {DIGITS.get(weekday, weekday)}")
    return frozenset(found)


def _places(normal: str) -> frozenset[str]:
    return frozenset(strip_marks(hit.places[0].name).lower() for hit in _gazetteer().found(normal))


def _sides(folded: str) -> frozenset[tuple[int, int]]:
    """(pair, side) of the opposites in the text; a pair of which both sides occur says nothing."""
    found = set()
    for pair, (first, second) in enumerate(_POLES):
        mine, theirs = ([hit.span() for hit in side.finditer(folded)] for side in (first, second))
        on_first, on_second = (
            any(not _within(span, other) for span in spans)
            for spans, other in ((mine, theirs), (theirs, mine))
        )
        if on_first != on_second:
            found.add((pair, int(on_second)))
    return frozenset(found)


def _within(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Whether the words stand in a longer phrase of the other side: "thu phí" in "không thu phí"."""
    return any(start <= span[0] and span[1] <= end and (start, end) != span for start, end in others)


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + " đồng"


def _crossed(a: Iterable[object], b: Iterable[object]) -> tuple[set[object], set[object]]:
    """What each side names and the other lacks; empty for both where one side only leaves something out."""
    first, second = set(a), set(b)
    alone, other = first - second, second - first
    return (alone, other) if alone and other else (set(), set())


def _disjoint(a: Iterable[object], b: Iterable[object]) -> tuple[set[object], set[object]]:
    """Both sides whole where they have nothing in common, otherwise empty."""
    first, second = set(a), set(b)
    return (first, second) if first and second and not first & second else (set(), set())


def differs(a: Values, b: Values) -> str | None:
    """Which value differs, in Vietnamese ("số tiền: 500.000 đồng / 2.000.000 đồng"), or None.

    Figures differ as soon as each side names one that the other lacks, whatever else they share; places,
    agencies and diseases only where nothing is shared, because one thing has several of their names. What
    one side leaves out, it does not contradict.
    """
    for name, first, second, shown in _figures(a, b):
        ours, theirs = _crossed(first, second)
        if ours:
            return _told(name, ours, theirs, shown)
    for name, first, second in (
        ("bệnh", a.diseases, b.diseases), ("nơi", a.places, b.places), ("cơ quan", a.agencies, b.agencies),
    ):  # fmt: skip
        ours, theirs = _disjoint(first, second)
        if ours:
            return _told(name, ours, theirs, str)
    return _opposed(a, b)


def _told(name: str, first: set[object], second: set[object], shown: Callable[[object], str]) -> str:
    return f"{name}: {', '.join(sorted(map(shown, first)))} / {', '.join(sorted(map(shown, second)))}"


def _figures(
    a: Values, b: Values
) -> Iterable[tuple[str, Iterable[object], Iterable[object], Callable[[object], str]]]:
    yield "số tiền", a.amounts, b.amounts, lambda v: _money(int(str(v)))
    yield "tỷ lệ", a.percents, b.percents, lambda v: f"{v:g}%"
    for kind in ("/", "tháng", "mùng", "thứ", "năm"):
        yield "ngày", [d for d in a.dates if kind in d], [d for d in b.dates if kind in d], str
    for unit in sorted(({unit for unit, _ in a.counts} & {unit for unit, _ in b.counts}) - {""}):
        first, second = ([n for name, n in side.counts if name == unit] for side in (a, b))
        yield f"con số ({unit})", first, second, lambda v: f"{v:g}"


def _opposed(a: Values, b: Values) -> str | None:
    for pair, side in a.poles:
        if (pair, 1 - side) in b.poles:
            sides = OPPOSITES[pair]
            return f"ý trái ngược: {sides[side].split('|')[0]} / {sides[1 - side].split('|')[0]}"
    for first, second in ((a, b), (b, a)):
        denied = (first.negated - second.negated) & second.words
        if denied and not second.negated:
            return "phủ định: một bên nói không, một bên nói có"
    return None
