"""Finding personal identifiers as Vietnamese write them, and their canonical numbers.

Each finder yields candidates in order of trust; `classify.mask` takes the first that claims a stretch.
Money, dates, public short numbers (113, 1900 xxxx) and law numbers are left alone on purpose: they
are what a claim is about.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from classify.text import strip_marks


class Candidate(NamedTuple):
    """A stretch that identifies somebody: its kind and the one canonical form of all its spellings."""

    start: int
    end: int
    kind: str
    canonical: str


HOUSE_SIGN = "‹số nhà›"
"""What stands for the number of somebody's home; it needs no token, because no claim is matched by it."""

_DIGIT = "[0-9oOlI]"
_LOOKALIKE = str.maketrans("oOlI", "0011")
_GAP = r"[ .\-–_,·]{0,2}"
_PHONE = re.compile(
    rf"(?:(?<![\w.,/])|(?<=[^\W\d_][.,/])|(?<=\d\d\d\d[.,/]))(?:\(?\+{_GAP}84\)?{_GAP}\(?0?\)?|0084|84|\(?[0oO])\)?{_GAP}"
    rf"(?P<body>[35789](?:{_GAP}\)?{_GAP}{_DIGIT}){{8}}|2(?:{_GAP}\)?{_GAP}{_DIGIT}){{9}})(?![0-9])(?!\w)"
)
_GLUED = re.compile(r"(?<=[^\W\d_])(?:0|\+?84)[35789]\d{8}(?!\d)|(?<![\d.,/])0[35789]\d{8}(?=[^\W\d_])")
_PUBLIC = re.compile(r"1[89]00(?:\d{4}|\d{6})")
_PARTLY_HIDDEN = re.compile(
    r"(?<![\w.,])[0oO][35789](?=[0-9. \-]{0,12}[xX*])[0-9xX*](?:[ .\-]?[0-9xX*]){4,7}(?![\w*])"
)
_SHORT_HIDDEN = re.compile(r"(?<![\w.,])0[35789]\d{1,2}[ .\-]?[xX*]{3,7}(?![\w*])")
_CALL = r"(?:zalo|z@lo|sdt|dt|dien thoai|tel|phone|lien he|lh|call|alo|goi|nhan tin|ib|hotline|so may|momo)"
_BARE_NINE = re.compile(
    rf"\b{_CALL}[ :.\-]{{0,3}}(?:so)?[ :.\-]{{0,3}}([35789](?:[ .\-]?\d){{8}})(?![\d])", re.IGNORECASE
)
_LANDLINE = re.compile(
    rf"\b{_CALL}[ :.\-]{{1,3}}(?:so)?[ :.\-]{{0,3}}([2-8]\d{{2,3}}[ .\-]?\d{{3,4}})(?![\d.,]?\d)",
    re.IGNORECASE,
)
_WORDS = {
    "khong": "0", "hong": "0", "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5",
    "lam": "5",
    "sau": "6", "bay": "7", "tam": "8", "chin": "9",
}  # fmt: skip
_SPOKEN = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELT = re.compile(
    rf"(?<!\w)(?:khong|hong|0)(?:[ ,.\-]{{0,2}}(?:{_SPOKEN}|[0-9])){{9}}(?!\w)", re.IGNORECASE
)
_DATE_INSIDE = re.compile(r"(?<!\d)\d{1,2}[.\-]\d{1,2}[.\-](?:19|20)\d\d(?!\d)")
_SPACED_DATE = re.compile(r"\d{1,2}[ .\-]\d{1,2}[ .\-](?:19|20)\d\d")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_MONEY_NEXT = re.compile(
    r"\s{0,2}(?:đ|d|đồng|dong|vnđ|vnd|k|ngàn|ngan|nghìn|nghin|"
    r"triệu|trieu|tr|tỷ|tỉ|ty|ti|usd|đô|do la|%|m2|ha|kg|tấn|người|hộ)(?!\w)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@(?:[\w\-]{1,63}\.){1,4}[A-Za-z]{2,12}(?!\w)")
_EMAIL_SPELT = re.compile(
    r"(?<![\w.+\-])([\w.+\-]{2,64})\s{0,2}(?:\(at\)|\[at\]|\(a còng\)|a còng|a cong)\s{0,2}"
    r"([\w\-]{2,30})\s{0,2}(?:\.|\(dot\)|\[dot\]|chấm|cham)\s{0,2}(com|vn|net|org)(?!\w)",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"(?<![\w.,/])([1-9]\d)[ \-]?([A-Z]{1,2}|[A-Z]\d)[ \-.]{1,2}(\d{3}\.\d{2}|\d{5}|\d{4})(?![\w/]|[.,]\d)"
)
_PLATE_JOINED = re.compile(
    r"(?<![\w.,/])([1-9]\d)-?([A-Z]{1,2}|[A-Z]\d)-?(\d{3}\.\d{2}|\d{5})(?![\w/]|[.,]\d)"
)
_PLATE_CUE = re.compile(
    r"(?:biển số|bien so|biển kiểm soát|bks|bsx|bs|biển)[ :]{1,3}"
    r"(\d{2})[ \-]?([a-z]{1,2}\d?)[ \-.]{0,2}(\d{3}[. ]?\d{2}|\d{4})(?!\w)",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z0-9_][\w.]{1,29}(?<!\.)")
# small letters lie between the capitals of Vietnamese, so that no range holds the capitals alone
_CAPITAL = (
    "["
    + "".join(chr(code) for code in (*range(0x41, 0x250), *range(0x1E00, 0x1F00)) if chr(code).isupper())
    + "]"
)
_TAGGED = re.compile(rf"(?<![\w@])@{_CAPITAL}\w{{0,9}}(?: {_CAPITAL}\w{{0,9}}){{1,4}}")
_NAMED = re.compile(
    r"\b(?:facebook|fb|fanpage|tiktok|telegram|tele|instagram|insta|ig|zalo|z@lo|skype|viber|line|wechat|nick|"
    r"id zalo|id)"
    r"(?: cá nhân| ca nhan| id| tên| ten| là| la){0,2}\s?[:=]\s?@?([A-Za-z][\w.]{2,39})(?<!\.)",
    re.IGNORECASE,
)
_BANKS = (
    "vietcombank|vcb|agribank|vietinbank|ctg|bidv|sacombank|techcombank|tcb|mbbank|mb bank|"
    "mb|acb|vpbank|tpbank|"
    "hdbank|vib|shb|lpbank|kienlongbank|ocb|msb|seabank|eximbank|momo"
)
_ACCOUNT = re.compile(
    rf"(?<!\w)(?:stk|so tai khoan|so tk|tai khoan|tk|ngan hang|nh|{_BANKS})(?!\w)[^\d\n‹›@/]{{0,30}}"
    r"(?<![\d.,])(\d(?:[ .\-]?\d){5,18})(?![\d])(?!/)",
    re.IGNORECASE,
)
_ACCOUNT_BEFORE_BANK = re.compile(
    rf"(?<![\w.,/‹·])(\d(?:[ .\-]?\d){{5,18}})(?= ?[,\-(]? ?(?=[a-z])(?:ngan hang|{_BANKS})(?!\w))",
    re.IGNORECASE,
)
_CITIZEN_CUE = re.compile(
    r"(?<!\w)(?:cccd|cmnd|cmt|can cuoc|chung minh|so dinh danh|ma dinh danh)(?!\w)[^\d\n‹›@/]{0,24}"
    r"(\d(?:[ .\-]?\d){11}|\d(?:[ .\-]?\d){8})(?![\d])",
    re.IGNORECASE,
)
_TWELVE = re.compile(r"(?<![\w.,/‹·])0\d{2}[ .]?\d{3}[ .]?\d{6}(?![\w/]|[.,]\d)")
_ALLEY = r"(?:hem|ngo|ngach|kiet|to|lo|can|phong)(?: so)? \d{1,4}[a-z]?(?:/\d{1,4}[a-z]?){0,3}"
_HOME = r"(?:nha|dia chi|d/c|ngu|tru)"
_ROAD = r"(?:duong|hem|ap|khom|kp|to|khu pho) "
_NUMBER_AT_HOME = re.compile(r"\d[A-Za-z]?/\d|[sS][oO] (?:nha ?:? ?)?\d|nha:? \d")
_HOUSE = re.compile(
    r"(?<!\w)(?:"
    r"(?:so nha|nha so|dia chi nha(?: so)?|"
    r"(?:thuong tru|tam tru|cu ngu|ngu)(?: tai| o)?(?: nha)? so)[ :]{1,3}"
    rf"|{_HOME}(?! so)(?: \w{{1,7}}| ‹ten›){{0,3}}? (?:o |tai )?so (?:nha )?"
    rf"(?=\d{{1,4}}[a-z]?(?:/|,| {_ROAD}))"
    rf"|{_HOME}(?: \w{{1,7}}| ‹ten›){{0,3}}?(?: ?: ?| )"
    rf"(?=\d{{1,4}}[a-z]?/\d{{1,4}}[a-z/\d]{{0,8}},? {_ROAD})"
    rf")((?:\d{{1,4}}[a-z]?(?:[/\-]\d{{1,4}}[a-z]?){{0,4}}|{_ALLEY})(?:,? {_ALLEY}){{0,3}})(?![\w.])",
    re.IGNORECASE,
)
_LONG_RUN = re.compile(r"(?<![\w.,/‹·])\d{9,19}(?![\w/]|[.,]\d)")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text.translate(_LOOKALIKE))


def _is_amount(text: str, end: int) -> bool:
    """Whether the number that ends here is money or a count, by the unit behind it."""
    return _MONEY_NEXT.match(text, end) is not None


def phones(text: str, folded: str) -> Iterator[Candidate]:
    """Mobile and landline numbers in any spoken or written form; +84 and 0 forms are one number."""
    for found in _PHONE.finditer(text):
        raw = found.group()
        body = _digits(found.group("body"))
        bare_84 = raw.startswith("84")
        if _DATE_INSIDE.search(raw) or (
            bare_84 and (_GROUPED.fullmatch(raw) or _is_amount(text, found.end()))
        ):
            continue
        yield Candidate(found.start(), found.end(), "phone", "0" + body)
    yield from _cued_phones(text, folded)


def _cued_phones(text: str, folded: str) -> Iterator[Candidate]:
    """Numbers stuck to a word, half hidden, without their zero behind a cue word, or spelt out."""
    for found in _GLUED.finditer(text):
        yield Candidate(found.start(), found.end(), "phone", "0" + found.group()[-9:])
    yield from _hidden_phones(text)
    yield from _called_phones(text, folded)


def _hidden_phones(text: str) -> Iterator[Candidate]:
    """Mobile numbers of which some digits are written as x."""
    for pattern in (_PARTLY_HIDDEN, _SHORT_HIDDEN):
        for found in pattern.finditer(text):
            known = re.sub(r"[^\dx]", "", found.group().lower().replace("*", "x").replace("o", "0"))
            yield Candidate(found.start(), found.end(), "phone", known)


def _called_phones(text: str, folded: str) -> Iterator[Candidate]:
    """Numbers that only a word before them makes a phone, and numbers spelt out."""
    for found in _BARE_NINE.finditer(folded):
        if not _is_amount(text, found.end(1)):
            yield Candidate(found.start(1), found.end(1), "phone", "0" + _digits(found.group(1)))
    for found in _LANDLINE.finditer(folded):
        if not _is_amount(text, found.end(1)) and len(_digits(found.group(1))) in {6, 7, 8}:
            yield Candidate(found.start(1), found.end(1), "phone", _digits(found.group(1)))
    for found in _SPELT.finditer(folded):
        spoken = re.findall(rf"{_SPOKEN}|[0-9]", found.group().lower())
        number = "".join(_WORDS.get(word, word) for word in spoken)
        if len(number) == 10 and number[1] in "235789":
            yield Candidate(found.start(), found.end(), "phone", number)


def emails(text: str) -> Iterator[Candidate]:
    """E-mail addresses, also with the sign spelt out."""
    for found in _EMAIL.finditer(text):
        yield Candidate(found.start(), found.end(), "email", found.group().lower())
    for found in _EMAIL_SPELT.finditer(text):
        name, host, top = (part.lower() for part in found.groups())
        yield Candidate(found.start(), found.end(), "email", f"{name}@{host}.{top}")


def plates(text: str) -> Iterator[Candidate]:
    """Vehicle plates: 64-B1 123.45, 64C-12345, 29A 123.45; small letters only behind a cue word."""
    for pattern in (_PLATE_CUE, _PLATE, _PLATE_JOINED):
        for found in pattern.finditer(text):
            number = _digits(found.group(3))
            year_like = len(number) == 4 and number[:2] in {"19", "20"}
            if pattern is not _PLATE_CUE and year_like:
                continue
            start = found.start(1)
            yield Candidate(start, found.end(), "plate", found.group(1) + found.group(2).upper() + number)


def handles(text: str) -> Iterator[Candidate]:
    """@names, tagged full names, and account names behind "fb:", "telegram:" and the like."""
    for pattern in (_TAGGED, _HANDLE):
        for found in pattern.finditer(text):
            yield Candidate(found.start(), found.end(), "handle", found.group()[1:].lower())
    for found in _NAMED.finditer(text):
        yield Candidate(found.start(1), found.end(1), "handle", found.group(1).lower())


def numbers(text: str, folded: str) -> Iterator[Candidate]:
    """Citizen numbers (12 or 9 digits) and bank accounts (6-19 digits behind or before a cue word)."""
    for found in _CITIZEN_CUE.finditer(folded):
        yield Candidate(found.start(1), found.end(1), "citizen_id", _digits(found.group(1)))
    for pattern in (_ACCOUNT, _ACCOUNT_BEFORE_BANK):
        for found in pattern.finditer(folded):
            raw = found.group(1)
            if _is_amount(text, found.end(1)) or _GROUPED.fullmatch(raw) or _loose_groups(raw):
                continue
            if _PUBLIC.fullmatch(_digits(raw)):
                continue
            yield Candidate(found.start(1), found.end(1), "bank_account", _digits(raw))
    for found in _TWELVE.finditer(text):
        yield Candidate(found.start(), found.end(), "citizen_id", _digits(found.group()))
    for found in _LONG_RUN.finditer(text):
        number = found.group()
        if number.endswith("00000") or _PUBLIC.fullmatch(number) or _is_amount(text, found.end()):
            continue
        kind = (
            "citizen_id" if len(number) == 9 or (len(number) == 12 and number[0] == "0") else "bank_account"
        )
        yield Candidate(found.start(), found.end(), kind, number)


def houses(folded: str) -> Iterator[Candidate]:
    """The number of somebody's home, with its alley and group; street, commune and offices stay."""
    if _NUMBER_AT_HOME.search(folded):
        for found in _HOUSE.finditer(folded):
            yield Candidate(found.start(1), found.end(1), "house", HOUSE_SIGN)


def _loose_groups(raw: str) -> bool:
    """Few digits in short groups ("2 12 2025") are dates and counts, not an account."""
    groups = re.split(r"[ .\-]", raw)
    few = len(_digits(raw)) < 8 or (len(groups[0]) < 3 and len(_digits(raw)) < 10)
    return len(groups) > 1 and (
        (few and min(map(len, groups)) < 2) or _SPACED_DATE.fullmatch(raw) is not None
    )


def fold(text: str) -> str:
    """The text without diacritics at equal length, so that offsets hold.

    Decomposed marks are kept out by NFC.
    """
    folded = strip_marks(text)
    return folded if len(folded) == len(text) else text
