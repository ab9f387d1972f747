"""Numbers with what they count, in figures or in words: "bảy lăm tuổi", "4 bữa", "chục triệu", "sáu tấc".

Works on words as written: with diacritics "năm" is five or year and "nam" is neither; without, the unit
behind decides. Colloquial short forms are read as people mean them: "ba trăm rưỡi" of money is 350,000.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from classify.synonyms import Word, split

_DIGITS = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5,
    "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_SCALES = {"ngàn": 10**3, "nghìn": 10**3, "triệu": 10**6, "củ": 10**6, "tỷ": 10**9, "tỉ": 10**9}
_TENS = frozenset(["mươi", "chục"])
_PLAIN = {
    "mot": "mốt", "hai": "hai", "ba": "ba", "bon": "bốn", "tu": "tư", "nam": "năm", "lam": "lăm",
    "sau": "sáu",
    "bay": "bảy", "tam": "tám", "chin": "chín", "muoi": "mười", "chuc": "chục", "tram": "trăm",
    "linh": "linh",
    "le": "lẻ", "ruoi": "rưỡi", "nua": "nửa", "ngan": "ngàn", "nghin": "nghìn", "trieu": "triệu", "ty": "tỷ",
    "ti": "tỷ",
}  # fmt: skip
_UNITS = {
    "tuổi": ("tuổi", 1), "t": ("tuổi", 1), "ngày": ("ngày", 1), "bữa": ("ngày", 1), "hôm": ("ngày", 1),
    "tuần": ("ngày", 7), "tháng": ("tháng", 1), "thg": ("tháng", 1), "quý": ("tháng", 3), "năm": ("năm", 1),
    "giờ": ("giờ", 1), "h": ("giờ", 1), "g": ("giờ", 1), "tiếng": ("giờ", 1), "phút": ("phút", 1),
    "người": ("người", 1), "ng": ("người", 1), "đứa": ("người", 1), "em": ("người", 1), "bé": ("người", 1),
    "mạng": ("người", 1), "cháu": ("người", 1), "trẻ": ("người", 1), "học": ("người", 1), "be": ("người", 1),
    "hs": ("người", 1), "công": ("người", 1), "hộ": ("hộ", 1), "ca": ("ca", 1), "xã": ("xã", 1),
    "trường": ("trường", 1),
    "tấn": ("tấn", 1), "kg": ("kg", 1), "ký": ("kg", 1), "cân": ("kg", 1), "m": ("cm", 100), "mét": ("cm",
    100),
    "cm": ("cm", 1), "phân": ("cm", 1), "tấc": ("cm", 10), "km": ("km", 1), "cây": ("km", 1),
    "lần": ("lần", 1),
    "bận": ("lần", 1), "buổi": ("lần", 1), "liều": ("lần", 1), "mũi": ("lần", 1), "chỗ": ("chỗ", 1),
    "suất": ("suất", 1), "lít": ("lít", 1), "căn": ("căn", 1),
}  # fmt: skip
_PLAIN_UNITS = {
    "tuoi": "tuổi", "ngay": "ngày", "bua": "bữa", "tuan": "tuần", "thang": "tháng", "thag": "tháng",
    "quy": "quý", "nam": "năm", "gio": "giờ", "phut": "phút", "nguoi": "người", "dua": "đứa", "chau": "cháu",
    "ho": "hộ", "xa": "xã", "truong": "trường", "tan": "tấn", "ky": "ký", "met": "mét", "tac": "tấc",
    "lan": "lần",
    "buoi": "buổi", "lieu": "liều", "mui": "mũi", "cho": "chỗ", "suat": "suất", "lit": "lít", "can": "căn",
}  # fmt: skip
_COUNTED = frozenset(_UNITS) | frozenset(_PLAIN_UNITS) - {"cho", "can"}
_VAGUE = frozenset(["vài", "mấy", "vai", "may"])
_BEFORE = {
    "cấp": "cấp", "cap": "cấp", "bão": "số", "bao": "số", "số": "số", "so": "số", "mức": "mức", "muc": "mức",
    "động": "mức", "dong": "mức", "bậc": "mức", "bac": "mức", "thứ": "số",
    "lớp": "lớp", "lop": "lớp",
}  # fmt: skip
_LEVELS = 10_000
"""Numbers under which "cấp 5" and "số 113" are levels and names; "cấp 750.000 đồng" is neither."""
_METRES = re.compile(r"(?<![\d.,])(\d{1,2})(?:,(\d{1,2}) ?(?:m|mét|met)|m(\d{1,2}))(?!\w)")
_FIGURE = re.compile(r"^(\d{1,9})([a-zđ]{0,4})$")
_MONTH = frozenset(["thang", "thag"])
_GROUPED = re.compile(r"(?<=\d)[.](?=\d{3}(?!\d))")
_SHARED_NAMES = frozenset(["ba", "nam", "tu", "sau", "lam", "bay", "hai", "le", "chin", "tam", "bon"])


class Quantity(NamedTuple):
    """A number and what it counts ("" where nothing is named)."""

    unit: str
    number: float


class _Read(NamedTuple):
    """A number read from words: its value, where it ends, and whether its last scale was left unsaid."""

    value: float
    end: int
    is_clipped: bool


def _digit(names: Sequence[str], at: int) -> int | None:
    return _DIGITS.get(names[at]) if at < len(names) else None


def _is(names: Sequence[str], at: int, wanted: frozenset[str]) -> bool:
    return at < len(names) and names[at] in wanted


def _behind_tens(names: Sequence[str], at: int) -> int | None:
    """The ones of 21 to 99. Of 21 they are "mốt": in "năm chục một ngày" a day is counted."""
    is_counting = _is(names, at, frozenset(["một"])) and not _is(names, at + 1, frozenset(_SCALES))
    return None if is_counting else _digit(names, at)


def _below_hundred(names: Sequence[str], at: int) -> _Read | None:
    """Up to 99: "mười hai", "bảy lăm", "hai chục", "chục", "bốn"."""
    first = _digit(names, at)
    if _is(names, at, frozenset(["mười", "chục"])):
        unit = _digit(names, at + 1) if names[at] == "mười" else None
        return _Read(10 + (unit or 0), at + 1 + (unit is not None), False)
    if first is None:
        return None
    if _is(names, at + 1, _TENS | {"mười"}):
        unit = _behind_tens(names, at + 2)
        return _Read(first * 10 + (unit or 0), at + 2 + (unit is not None), False)
    unit = _behind_tens(names, at + 1)
    if unit is not None and first and names[at] != "mốt" and not _is(names, at + 2, _TENS | {"trăm"}):
        return _Read(first * 10 + unit, at + 2, False)
    return _Read(first, at + 1, False)


def _below_thousand(names: Sequence[str], at: int) -> _Read | None:
    """Up to 999: "ba trăm rưỡi" is 350 and "trăm hai" 120, both with the last scale unsaid."""
    first = _digit(names, at)
    hundred = at if _is(names, at, frozenset(["trăm"])) else at + 1
    if not _is(names, hundred, frozenset(["trăm"])) or (hundred > at and first is None):
        return _below_hundred(names, at)
    value, end = float(first or 1) * 100, hundred + 1
    if _is(names, end, frozenset(["rưỡi"])):
        return _Read(value + 50, end + 1, True)
    if _is(names, end, frozenset(["linh", "lẻ"])):
        unit = _digit(names, end + 1)
        return _Read(value + (unit or 0), end + 1 + (unit is not None), False)
    rest = _below_hundred(names, end)
    if rest is None:
        return _Read(value, end, False)
    is_clipped = rest.end == end + 1 and rest.value < 10
    return _Read(value + rest.value * (10 if is_clipped else 1), rest.end, is_clipped)


def spoken(names: Sequence[str], at: int = 0) -> tuple[float, int, bool] | None:
    """The number in words from ``at`` on: its value, its end, whether its scale went unsaid; or None."""
    read = _below_thousand(names, at)
    if read is None:
        return _half(names, at)
    total, end, clipped = read
    if not _is(names, end, frozenset(_SCALES)):
        return total, end, clipped
    scale = _SCALES[names[end]]
    total, end = total * scale, end + 1
    if _is(names, end, frozenset(["rưỡi"])):
        return total + scale / 2, end + 1, False
    rest = _below_thousand(names, end)
    if rest is None or scale == 10**3:
        whole = rest is not None and rest.value >= 100
        return (total + rest.value, rest.end, False) if rest and whole else (total, end, False)
    return _after_scale(names, total, scale, rest)


def _half(names: Sequence[str], at: int) -> tuple[float, int, bool] | None:
    """What needs no number: "nửa triệu" and "triệu rưỡi"."""
    if _is(names, at, frozenset(["nửa"])) and _is(names, at + 1, frozenset(_SCALES)):
        return _SCALES[names[at + 1]] / 2, at + 2, False
    if _is(names, at, frozenset(["triệu", "tỷ"])) and _is(names, at + 1, frozenset(["rưỡi"])):
        return _SCALES[names[at]] * 1.5, at + 2, False
    return None


def _after_scale(names: Sequence[str], total: float, scale: int, rest: _Read) -> tuple[float, int, bool]:
    """What follows "một triệu": "hai" is 200,000, "hai trăm rưỡi" 250,000, "hai trăm ngàn" says so itself."""
    if _is(names, rest.end, frozenset(["ngàn", "nghìn"])):
        return total + rest.value * 1000, rest.end + 1, False
    if rest.value < 10 and not _is(names, rest.end, _COUNTED):
        return total + rest.value * scale / 10, rest.end, False
    if rest.value < 10:
        # "ba triệu hai đứa": three million for two, not 3.2 million
        return total, rest.end - 1, False
    return total + rest.value * scale / 1000, rest.end, False


def _names(words: Sequence[Word], is_marked: bool) -> list[str]:
    return [word.marked if is_marked else _PLAIN.get(word.plain, word.plain) for word in words]


def read(text: str) -> "Numbers":
    """Quantities, money said in words and dates said in words of a text."""
    words = split(_METRES.sub(_centimetres, _GROUPED.sub("", text)))
    is_marked = any(word.marked != word.plain for word in words)
    reader = _Reader(words, is_marked)
    at = 0
    while at < len(words):
        at = max(at + 1, reader.date(at) or reader.figure(at) or reader.words_at(at))
    return Numbers(frozenset(reader.counted), frozenset(reader.money), frozenset(reader.dates))


def _centimetres(found: re.Match[str]) -> str:
    """2,15 mét and 2m15 as 215 cm."""
    return f"{found.group(1)}{(found.group(2) or found.group(3)).ljust(2, '0')} cm"


class Numbers(NamedTuple):
    """What is counted; amounts of money said in words, in VND; days and months said in words."""

    counted: frozenset[Quantity]
    money: frozenset[int]
    dates: frozenset[str]


class _Reader:
    """Collects the numbers of one text; each method takes what begins at a word and gives its end, or 0."""

    def __init__(self, words: Sequence[Word], is_marked: bool) -> None:
        self.counted: set[Quantity] = set()
        self.money: set[int] = set()
        self.dates: set[str] = set()
        self._words = words
        self._is_marked = is_marked
        self._names = _names(words, is_marked)

    def _number(self, at: int) -> tuple[int, int] | None:
        if at >= len(self._words):
            return None
        if self._words[at].plain.isdecimal() and len(self._words[at].plain) <= 2:
            return int(self._words[at].plain), at + 1
        if self._words[at].plain in {"gieng", "chap"}:
            return (1 if self._words[at].plain == "gieng" else 12), at + 1
        if not self._is_marked and self._words[at].plain in _SHARED_NAMES - {"ba", "hai"}:
            later = self._words[at + 1].plain if at + 1 < len(self._words) else ""
            if self._words[at].plain in {"tu", "le", "lam"} or later.isdigit():
                return None
        found = spoken(self._names, at)
        return (int(found[0]), found[1]) if found and found[0] < 32 else None

    def date(self, at: int) -> int:
        """A day or month: "mười hai tháng mười một", "tháng bảy", "rằm tháng chín", "thứ bảy"."""
        word = self._words[at].plain
        if word in _MONTH:
            return self._named(at, "tháng", 1, 12)
        if word == "thu":
            return self._named(at, "thứ", 2, 7)
        first = (15, at + 1) if word == "ram" else self._number(at)
        if first is None or first[1] >= len(self._words) or self._words[first[1]].plain not in _MONTH:
            return 0
        month = self._number(first[1] + 1)
        if month is None or not (1 <= first[0] <= 31 and 1 <= month[0] <= 12):
            return 0
        self.dates.add(f"{first[0]}/{month[0]}")
        return month[1]

    def _named(self, at: int, name: str, least: int, most: int) -> int:
        """A month or weekday by its number."""
        found = self._number(at + 1)
        if found is None or not least <= found[0] <= most:
            return 0
        self.dates.add(f"{name} {found[0]}")
        return found[1]

    def figure(self, at: int) -> int:
        """A number in figures with its unit: "60cm", "4 bữa", "bão số 9"."""
        found = _FIGURE.match(self._words[at].marked)
        if found is None:
            return 0
        glued = found.group(2)
        self._count(at, at + 1, float(found.group(1)), _UNITS.get(glued) if glued else self._unit(at + 1))
        # "2 triệu rưỡi" begins with a figure: `classify.money` reads the whole of it
        is_half = _is(self._names, at + 1, frozenset(_SCALES)) and _is(
            self._names, at + 2, frozenset(["rưỡi"])
        )
        return at + 3 if is_half else at + 1

    def words_at(self, at: int) -> int:
        """A number in words with its unit."""
        found = spoken(self._names, at)
        if found is None:
            return 0
        value, end, is_clipped = found
        if at and self._names[at - 1] in _VAGUE:
            return end
        unit = self._unit(end)
        if value >= 1000:
            self.money.add(round(value))
        elif is_clipped and unit is None:
            self.money.add(round(value * 1000))
        elif not self._count(at, end, value, unit) and value >= 10 and end > at + 1:
            self.counted.add(Quantity("", value))
        return end

    def _count(self, at: int, end: int, value: float, unit: tuple[str, int] | None) -> bool:
        before = _BEFORE.get(self._words[at - 1].marked) if at else None
        if unit:
            later = self._words[end + 1].plain if end + 1 < len(self._words) else ""
            if unit[0] == "giờ" and value < 12 and later in {"chieu", "toi", "dem"}:
                value += 12
            self.counted.add(Quantity(unit[0], value * unit[1]))
        elif before and self._is_level(at, end, value):
            self.counted.add(Quantity(before, value))
        elif self._words[at].plain.isdigit() and value < 1900:
            self.counted.add(Quantity("", value))
        else:
            return False
        return True

    def _is_level(self, at: int, end: int, value: float) -> bool:
        """Whether a number behind "cấp" is one of those: not the money of "cấp 750k", nor a name."""
        word = self._words[at].plain
        return (
            value < _LEVELS
            and (word.isdigit() or word.isalpha())
            and not _is(self._names, end, frozenset(_SCALES))
            and (self._is_marked or word not in _SHARED_NAMES)
        )

    def _unit(self, at: int) -> tuple[str, int] | None:
        if at >= len(self._words):
            return None
        word = self._words[at]
        return _UNITS.get(word.marked if self._is_marked else _PLAIN_UNITS.get(word.plain, word.plain))
