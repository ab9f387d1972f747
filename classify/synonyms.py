"""One word for the several that south and north, officials and people, and chat use for the same thing.

The table (`data/synonyms.tsv`: variant,
standard) was written for this product. A variant is compared with its
diacritics where the text has any; in a text without, only variants that cannot be mistaken are replaced.
"""

import re
from functools import cache
from typing import NamedTuple

from classify.corpus import DATA
from classify.errors import TrainingDataError
from classify.text import normalise, strip_marks

TABLE = DATA / "synonyms.tsv"
_LONGEST = 5
_WORD = re.compile(r"[^\W_]+")
# single words that mean the same thing with and without diacritics in nearly every text
_SAFE_BARE = frozenset(
    [
        "chich",
        "heo",
        "ghe",
        "sanh",
        "lanh",
        "xai",
        "biu",
        "benh",
        "binh",
        "free",
        "link",
        "app",
        "game",
        "scam",
        "stk",
        "tk",
        "bv",
        "hs",
        "sv",
        "cty",
        "gv",
        "bs",
        "nkt",
        "xn",
        "nh",
        "hok",
        "hong",
        "hem",
        "ngan",
        "ngung",
        "tuyen",
        "xiu",
        "vacxin",
        "vaccine",
        "bhxh",
        "bhyt",
        "cccd",
        "cmnd",
        "csgt",
        "ubnd",
        "kcn",
        "xkld",
        "otp",
        "website",
    ]
)
_CHAT = {
    "k": "khong", "ko": "khong", "hk": "khong", "hok": "khong", "hem": "khong", "hong": "khong",
    "dc": "duoc", "dk": "dang ky", "mn": "moi nguoi", "ck": "chuyen khoan", "vo": "vao", "r": "roi",
    "j": "gi",
    "ng": "nguoi", "tr": "trieu", "tui": "toi", "dt": "dien thoai", "sdt": "so dien thoai", "tp": "thanh pho",
    "lh": "lien he", "ib": "inbox", "nc": "nuoc", "trc": "truoc", "vs": "voi", "hs": "hoc sinh",
    "nv": "nhan vien",
    "mk": "minh", "bt": "biet", "bik": "biet", "bit": "biet", "ntn": "nhu the nao", "gd": "gia dinh",
    "sk": "suc khoe",
    "pn": "phu nu", "tt": "trung tam", "mg": "mien giam", "bc": "bao cao", "ql": "quan ly", "yte": "y te",
    "t7": "thu bay", "cn": "chu nhat", "hsg": "hoc sinh gioi", "ae": "anh em", "mng": "moi nguoi",
    "nx": "nua",
    "lun": "luon", "wa": "qua", "gt": "gioi thieu", "thg": "thang", "dg": "dang", "fai": "phai",
    "bh": "bao hiem",
}  # fmt: skip
_SYLLABLE = re.compile(
    r"^(?:b|c|ch|d|f|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|q|r|s|t|th|tr|v|x|z|j)?"
    r"(?:a|ai|ao|au|ay|e|eo|eu|i|ia|ie|ieu|iu|o|oa|oai|oao|oay|oe|oi|oo|u|ua|uay|ue|ui|uo|uoi|uou|uu|uy|"
    r"uya|uye|y|ye|yeu)"
    r"(?:c|ch|m|n|ng|g|nh|p|t|k)?$"
)
_SOME = 0.1
_MOSTLY = 0.65
"""Share of words that must look like Vietnamese syllables; of English about half do."""
_CLIPPED = re.compile(r"^[a-z]*[aeiouy]g$")


class Word(NamedTuple):
    """One word of a text in lower case, as written and without diacritics."""

    marked: str
    plain: str


def split(text: str) -> list[Word]:
    """The words and figures of a text, in order."""
    return [Word(found, strip_marks(found)) for found in _WORD.findall(normalise(text).lower())]


def marked_share(text: str) -> float:
    """Share of the words of two letters and more that carry diacritics: about .8 in written Vietnamese.

    A text that is not Vietnamese at all lacks none and has 1.
    """
    words = _lettered(text)
    if not words:
        return 0.0
    return 1.0 if _is_foreign(words) else _marked(words)


def is_foreign(text: str) -> bool:
    """Whether a text is in a language that is written in Latin letters and is not Vietnamese."""
    words = _lettered(text)
    return bool(words) and _is_foreign(words)


def _lettered(text: str) -> list[Word]:
    return [word for word in split(text) if len(word.plain) > 1 and word.plain.isalpha()]


def _marked(words: list[Word]) -> float:
    return sum(word.marked != word.plain for word in words) / len(words)


def _is_foreign(words: list[Word]) -> bool:
    ours = sum(word.marked != word.plain or _SYLLABLE.match(word.plain) is not None for word in words)
    return _marked(words) <= _SOME and ours < _MOSTLY * len(words)


@cache
def _tables() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """(by diacritics, without them): the variant to the standard's words without diacritics."""
    marked: dict[str, tuple[str, ...]] = {}
    bare: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != 2:
            raise TrainingDataError(f"{TABLE.name} line {number}: {len(columns)} columns, expected 2")
        variant, standard = columns[0], tuple(strip_marks(columns[1]).lower().split())
        marked[variant] = standard
        plain = strip_marks(variant)
        if " " in variant or plain in _SAFE_BARE:
            bare.setdefault(plain, standard)
        if len(standard) > 1:
            # a standard of several words is taken whole, before a variant of one of them is
            marked.setdefault(columns[1], standard)
            bare.setdefault(" ".join(standard), standard)
    return marked, bare


def spelled(plain: str) -> str:
    """A word of chat as it is written elsewhere: "thag" is thang, "fai" is phai."""
    if plain in _CHAT:
        return _CHAT[plain]
    if _CLIPPED.match(plain) and len(plain) > 2:
        return plain[:-1] + "ng"
    return "ph" + plain[1:] if len(plain) > 2 and plain[0] == "f" else plain


def standard(text: str) -> list[str]:
    """The words of a text without diacritics, each variant as its standard, chat spellings resolved."""
    words = split(text)
    marked, bare = _tables()
    is_marked = any(word.marked != word.plain for word in words)
    table = marked if is_marked else bare
    keys = [word.marked if is_marked else spelled(word.plain) for word in words]
    found: list[str] = []
    at = 0
    while at < len(words):
        size = next(
            (n for n in range(min(_LONGEST, len(words) - at), 0, -1) if " ".join(keys[at : at + n]) in table),
            0,
        )
        if size:
            found += table[" ".join(keys[at : at + size])]
        else:
            word = words[at]
            found += spelled(word.plain).split() if word.marked == word.plain else [word.plain]
        at += max(1, size)
    return found
