"""Amounts of money in figures as Vietnamese write them: 500k, 2tr5, 1,5 triệu.

Amounts in words are read by `classify.quantities`.
"""

import re

_UNITS = {
    "k": 10**3, "ca": 10**3, "ngan": 10**3, "nghin": 10**3, "tr": 10**6, "trieu": 10**6, "cu": 10**6,
    "ty": 10**9, "ti": 10**9,
    "dong": 1, "d": 1, "vnd": 1,
}  # fmt: skip
_FIGURE = (
    r"\d{1,3}(?:[.,]\d{3}){1,5}|\d{1,3}(?: \d{3}){1,4}(?= ?(?:dong|vnd|d)(?!\w))|"
    r"\d{1,15}(?:[.,]\d{1,2})?"
)
_AFTER_MONEY = (
    r"(?! ?(?:nguoi|ngay|thang|nam|tuan|gio|suat|ho|con|chau|em|be|tre|lan|ky|kg|lieu|dua|ca|tuoi|m|km|"
    r"xa|lo|can|luot|cai|buoi|thag|thg|tap|lop|nha|chiec|tam|may|bo|goi|hop|chai)(?!\w))"
)
_AMOUNT = re.compile(
    rf"(?<![\w.,/])({_FIGURE})\s?(?:(?:-|–|den|toi)\s?({_FIGURE})\s?)?"
    r"(k|ngan|nghin|trieu(?! tap)|tr|cu(?! (?:ba|ong|gia|cao))|ty(?! le)|ti|dong|vnd|d)"
    rf"(?:(\s?)(ruoi|\d{{1,3}})(?![\w.,%]|/\d){_AFTER_MONEY}(?:\s?(ngan|nghin)(?!\w))?)?(?![a-z])"
)
_BARE_AMOUNT = re.compile(
    r"(?<![\w.,/])(\d{1,3}(?:[.,]\d{3}){1,5})(?![\w.,/])(?!\s?(?:nguoi|cong nhan|ho|ca|ha|m|km|suat|con|"
    r"hoc sinh|kg|tan))"
)
DIGITS = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7,
    "tam": 8, "chin": 9,
}  # fmt: skip


def number(written: str) -> float:
    """The value of "1.200.000" or "1,5" as Vietnamese write it; three digits behind a sign are thousands."""
    if re.fullmatch(r"\d{1,3}(?:[., ]\d{3})+", written):
        return float(re.sub(r"[., ]", "", written))
    return float(written.replace(",", "."))


def amounts(folded: str) -> frozenset[int]:
    """Amounts written in figures, in VND, of a lower-case text without diacritics; of a range, both ends."""
    found: set[int] = set()
    for first, second, unit, gap, rest, thousands in _AMOUNT.findall(folded):
        scale = _UNITS[unit]
        if scale == 1 and number(first) < 500:
            continue
        amount = number(first) * scale
        if thousands:
            amount += int(rest) * 1000 if rest.isdigit() else 0
        elif rest and not second and (scale > 10**3 or (scale == 10**3 and not gap)):
            amount += scale / 2 if rest == "ruoi" else int(rest) * scale / 10 ** len(rest)
        found.add(round(amount))
        if second:
            found.add(round(number(second) * scale))
    for written in _BARE_AMOUNT.findall(folded):
        if number(written) >= 10_000:
            found.add(round(number(written)))
    return frozenset(found)
