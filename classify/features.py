"""What the gate's models see of a text: words and letters without identity, with and without diacritics.

Numbers are reduced to their length, and phones, addresses, dates and times to one sign each, so that no model
can learn a number by heart (rule 1, rule 9). Training and inference share this module: they cannot drift
apart.
"""

import re
from functools import lru_cache
from itertools import pairwise

from classify.sentences import split
from classify.text import STRIP, strip_marks

_RENDERED = re.compile("‹([a-z_]+)·[0-9]{0,2}·[0-9a-f]{8}›")
_PLAIN_SIGNS = re.compile("‹(?:tên|số nhà)›")
_SIGNS = {
    "phone": " xphonex ", "citizen_id": " #4 ", "bank_account": " #4 ", "email": " xemailx ",
    "plate": " #2 #4 ",    "handle": " xhandlex ", "url": " xurlx ",
}  # fmt: skip
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@])(?:[a-z0-9\-]{1,63}\.){1,3}(?:com|net|org|vn|info|xyz|top|vip|club|online|"
    r"site|shop|cc|me|ly)(?:/\S*)?(?!\w)"
)
_EMAIL = re.compile(r"(?<![\w.\-])[\w.\-]+@[\w\-]+\.[\w.]+")
_PHONE = re.compile(r"(?<!\w)(?:\+84|84|0)[ .\-]?[2-9][\dx](?:[ .\-]?[\dx]){4,8}(?!\w)")
_DATE = re.compile(r"(?<!\d)\d{1,2}\s?[/\-]\s?\d{1,2}(?:\s?[/\-]\s?\d{4})?(?![\d/])")
_TIME = re.compile(r"(?<!\w)\d{1,2}\s?(?:h|g|giờ|gio|:)\s?\d{0,2}(?!\w)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+|#\d|[%?!]|[\U0001f300-\U0001faff\u2600-\u27bf]")
_SPELLING = {
    "k": "khong", "ko": "khong", "kh": "khong", "hok": "khong", "hong": "khong", "hk": "khong", "kg": "khong",
    "hem": "khong", "dc": "duoc", "dk": "duoc", "mn": "moi nguoi", "mng": "moi nguoi",
    "bik": "biet", "bit": "biet",
    "ck": "chuyen khoan", "vo": "vao", "nghen": "nhe", "nha": "nhe", "nhen": "nhe", "nghe": "nghe",
    "z": "vay", "v": "vay", "r": "roi",
    "j": "gi", "ng": "nguoi", "nguoi": "nguoi", "tr": "trieu", "cu": "cu", "ngan": "nghin", "xa": "xa",
    "tui": "toi", "e": "em", "a": "anh",
    "c": "chi", "ad": "ad", "dt": "dien thoai", "sdt": "so dien thoai", "ib": "inbox", "lh": "lien he",
    "cty": "cong ty", "bv": "benh vien",
    "ubnd": "uy ban", "zalo": "zalo", "chich": "tiem", "coi": "xem", "bhxh": "bao hiem xa hoi",
    "bhyt": "bao hiem y te", "cccd": "can cuoc",
    "nv": "nhan vien", "tk": "tai khoan", "stk": "so tai khoan", "fb": "facebook", "tp": "thanh pho",
    "ca": "ca",
}  # fmt: skip


def _quick_table() -> dict[int, str | None]:
    """Small letters without marks, every digit a zero, other signs a space: for the first stage."""
    table: dict[int, str | None] = dict.fromkeys((*range(0xC0), *range(0x2000, 0x2070)), " ")
    table |= {code: plain.lower() if plain else None for code, plain in STRIP.items()}
    table |= {ord(c): c.lower() for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return table | {ord(c): "0" for c in "0123456789"}


_QUICK = _quick_table()


def prepared(text: str) -> str:
    """Lower-case form of a normalised text in which identifiers, addresses, dates and numbers are signs.

    Masked and unmasked identifiers give the same sign, so that the gate judges both alike.
    """
    if "‹" in text:
        text = _RENDERED.sub(lambda m: _SIGNS[m.group(1)], _PLAIN_SIGNS.sub(" ", text))
    text = text.lower()
    if "@" in text:
        text = _EMAIL.sub(" xemailx ", text.replace("z@lo", "zalo"))
    if "." in text or "/" in text:
        text = _ADDRESS.sub(" xurlx ", text)
    if _DIGIT.search(text) is None:
        return text
    text = _PHONE.sub(" xphonex ", text)
    text = _DATE.sub(" xdatex ", text)
    text = _TIME.sub(" xtimex ", text)
    return _NUMBER.sub(lambda m: f" #{min(4, sum(c.isdigit() for c in m.group()))} ", text)


@lru_cache(maxsize=65_536)
def _folded(word: str) -> tuple[tuple[str, ...], bool]:
    """A word as the first block sees it, and whether it carries diacritics."""
    plain = strip_marks(word)
    return tuple(_SPELLING.get(plain, plain).split()), plain != word and not word.isascii()


def words(text: str) -> list[str]:
    """Words of a normalised text without diacritics, common chat spellings resolved.

    Numbers are ``#`` and their length; ``#4`` is four digits or more.
    """
    return [plain for word in _WORD.findall(prepared(text)) for plain in _folded(word)[0]]


def terms(text: str) -> tuple[list[str], list[str]]:
    """The blocks that the models read of a normalised text: words and pairs without marks, and those with.

    A text written without diacritics has an empty second block, so it is judged by the first alone.
    """
    raw = _WORD.findall(prepared(text))
    folded = [_folded(word) for word in raw]
    plain = [part for parts, _ in folded for part in parts]
    accented = [word for word, (_, marked) in zip(raw, folded, strict=True) if marked]
    accented += [
        f"{raw[at]} {raw[at + 1]}" for at in range(len(raw) - 1) if folded[at][1] or folded[at + 1][1]
    ]
    return plain + list(map(" ".join, pairwise(plain))), accented


def gate_terms(text: str) -> tuple[list[str], list[str]]:
    """What the scope gate reads: `terms`, and in the first block pairs with a gap and the ends of sentences.

    A pair of words that stand one word apart (Guthrie et al. 2006) survives another word in the middle, which
    is how one writer's sentence differs from the next one's.
    """
    plain, accented = terms(text)
    single = plain[: (len(plain) + 1) // 2]
    gapped = [f"{one}_{other}" for one, other in zip(single, single[2:], strict=False)]
    return plain + gapped + _ends(text), accented


def _ends(text: str) -> list[str]:
    """The first and the last one, two and three words of each sentence.

    Between twins of nearly the same words they tell telling, asking and feeling apart.
    """
    found: list[str] = []
    for span in split(text):
        single = words(span.text)
        for length in (1, 2, 3):
            found += ["^" + " ".join(single[:length]), " ".join(single[-length:]) + "$"]
    return found


def quick_terms(text: str) -> list[str]:
    """The first stage's view: words and pairs without diacritics, all digits alike."""
    found = quick_words(text)
    return found + list(map(" ".join, pairwise(found)))


def quick_words(text: str) -> list[str]:
    """The words alone of the first stage's view."""
    if "‹" in text:
        text = _RENDERED.sub(" 0000 000 000 ", _PLAIN_SIGNS.sub(" ", text))
    return text.translate(_QUICK).split()
