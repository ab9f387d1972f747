"""Names of persons, where a title, a kinship word, a request for contact or a signature announces them.

Vietnamese names are everyday words, so no list alone can find them: a word must have called a person first.
Streets, schools, hospitals and communes named after people have no such word before them and stay, and so do
titles without a name ("bác sĩ nói") and kinship words as pronouns ("anh em", "bà con", "chị Hai").
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from classify.text import STRIP, strip_marks

SIGN = "‹tên›"
"""What stands for a name: no token, because two persons of one name are not one."""

_SIGNS = re.compile("‹(?:tên|số nhà)›")
_MARK = re.compile(f"[{''.join(chr(code) for code, plain in STRIP.items() if plain)}]")
_MOST = 5
# however a text is written
_PLAIN_TOO = frozenset(["bac si", "lien he", "ky ten", "nguoi viet"])
_OWN = frozenset(
    ["em tên", "em ten", "tôi tên", "toi ten", "tui tên", "tui ten", "tên là", "ten la", "mình tên"]
)
_SURE_FAMILY = frozenset([
    "nguyễn", "trần", "phạm", "huỳnh", "đặng", "bùi", "võ", "lê", "nguyen", "tran", "pham", "huynh",
])  # fmt: skip
_BARE_FAMILY = frozenset([
    "nguyen", "tran", "pham", "huynh", "le", "vo", "dang", "bui", "do", "ho", "ngo", "duong", "phan",
])  # fmt: skip
_MIDDLE = frozenset(["thị", "văn"])
_BARE_MIDDLE = frozenset(["thi", "van"])
# "bà con", "cô bác", "anh em": many people, and the word behind them is where they live
_COLLECTIVE = re.compile(r"(?<!\w)(?:ba|co|chu|anh|chi|ong|thay|cac|may|nhung) $")
_COLLECTED = frozenset([
    "con", "bác", "chú", "em", "chị", "bà", "cô", "bac", "chu", "chi", "ba", "co",
])  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_NEXT = re.compile(r" ([^\W\d_]+)")
_REACHED = re.compile(
    r"\A(?:"
    r" ?[:,(\-–.]? ?(?:‹|\+?84|0\d|sdt|dt\b|so\b|qua\b|zalo|de\b|nha\b|nhe\b|nhen\b|nghen\b|lien he|o so)"
    r"| ?[.!?]?\s*$)"
)
_NUMBER_NEXT = re.compile(r" ?[:,(\-–.]? ?(?:‹(?:phone|email)|\+84|0\d|sdt|so )")
_SEPARATOR = (
    r"(?: ?[:\-–] ?|(?:(?<=[bgtl]s)|(?<=ths)|(?<=lh)|(?<=m[rs])|(?<=mrs)|(?<=đ/c))\. ?|,?\n{1,2}| {1,2})"
)
_WITHIN = re.compile(r"[^\W_],? $")
_ORDINALS = frozenset([
    "hai", "ba", "tư", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười", "út", "cả",
])  # fmt: skip
# small letters are a name only where they mean nothing else behind the word of kinship
_SAFE_SMALL = frozenset([
    "diễm", "dũng", "hiếu", "hằng", "khang", "khánh", "kiệt", "loan", "lâm", "ngân", "nhung", "oanh",
    "phượng", "quỳnh", "thúy", "thảo", "trang", "trinh", "trâm", "tuấn", "vy",
])  # fmt: skip
# and these where a number stands behind them
_CALLED = frozenset([
    "bình", "diễm", "duyên", "dũng", "hiếu", "hoa", "huy", "hà", "hùng", "hương", "hạnh", "hải", "hằng",
    "khoa", "khánh", "kiệt", "lan", "linh", "loan", "long", "mai", "minh", "nam", "nga", "ngân", "ngọc",
    "nhung", "oanh", "phúc", "phượng", "quân", "quỳnh", "sơn", "thúy", "thư", "thảo", "trang", "trinh",
    "trâm", "tuấn", "tâm", "tú", "vy", "yến", "đạt",
])  # fmt: skip
_CALLED_SMALL = frozenset(map(strip_marks, _CALLED)) | _CALLED


class Name(NamedTuple):
    """A stretch that is a person's name, its title left out."""

    start: int
    end: int


def _words_of(name: str) -> list[str]:
    text = (files("classify") / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


class _Lists:
    """The name lists as one kind of text spells them: with marks, or without."""

    def __init__(self, *, marked: bool) -> None:
        self.marked = marked
        given = frozenset(_both(" ".join(_words_of("names_given.txt")).split(), marked=marked))
        self.family = frozenset(_both(" ".join(_words_of("names_family.txt")).split(), marked=marked))
        self.known = given | self.family
        kept = frozenset(_spelt(_words_of("names_kept.txt"), marked=marked))
        # without marks a name and an everyday word can look alike: there the capital letter decides
        self.kept = kept if marked else frozenset(row for row in kept if " " in row or row not in self.known)
        self.ordinals = frozenset(_both(_ORDINALS, marked=marked))
        self.said: dict[str, str] = {}
        spelt = set(_PLAIN_TOO)
        places: list[str] = []
        for row in _words_of("names_titles.tsv")[1:]:
            word, kind, bare = row.split("\t")
            if kind == "place":
                places.append(word)
                continue
            self.said |= dict.fromkeys(_both([word], marked=marked), kind)
            if marked or bare == "yes":
                spelt.update(_spelt([word], marked=marked))
        self.trigger = re.compile(rf"({_either(spelt)}){_SEPARATOR}(?=[^\W\d_])")
        # behind what a place, a building, a prize or a storm is called by, "Bà Triệu" is no person
        self.place = re.compile(rf"(?<!\w)(?:{'|'.join(places)})\.? $")


def _either(words: Iterable[str]) -> str:
    """A pattern for whole words, the longest first; a letter begins it, so searching is fast."""
    by_letter: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        by_letter.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(rf"{letter}(?<![\w‹/]{letter})(?:{'|'.join(rest)})" for letter, rest in by_letter.items())


def _spelt(words: Iterable[str], *, marked: bool) -> list[str]:
    return list(words) if marked else [strip_marks(word) for word in words]


def _both(words: Iterable[str], *, marked: bool) -> list[str]:
    """Names as a marked text spells them, and bare: without marks in either text."""
    listed = list(words)
    return [*(listed if marked else []), *map(strip_marks, listed)]


@cache
def _lists(marked: bool) -> _Lists:
    return _Lists(marked=marked)


def announced(text: str) -> bool:
    """Whether any word of the text could announce a name; without one nothing else need be looked at."""
    return _lists(_is_marked(text)).trigger.search(_lower(text)) is not None


def _is_marked(text: str) -> bool:
    """Whether the writer used diacritics; our own signs do not count."""
    if "‹" in text:
        text = _SIGNS.sub("", text)
    return _MARK.search(text) is not None


def _lower(text: str) -> str:
    """Small letters at equal length."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower()[0] for c in text)


def names(text: str, folded: str) -> Iterator[Name]:
    """Names in a normalised text, in order; ``folded`` is the text without marks at equal length."""
    lists = _lists(_is_marked(text))
    at = 0
    lower = _lower(text)
    while found := lists.trigger.search(lower, at):
        end = _name_end(text, folded, found, lists)
        if end is not None:
            yield Name(found.end(), end)
        # "gặp chị Lan", "em tên là Lan": the next announcing word may begin within this one
        at = end or found.start(1) + 1


def _name_end(text: str, folded: str, found: re.Match[str], lists: _Lists) -> int | None:
    """Where the name behind an announcing word ends; None where there is none."""
    lower, start = found.group(1), found.start(1)
    said = text[start : found.end(1)]
    before = folded[max(0, start - 16) : start].lower()
    placed = (said[0].isupper() or lower.endswith("tên")) and lists.place.search(before)
    if placed or (len(said) == 1 and said.isupper()) or (lower in _COLLECTED and _COLLECTIVE.search(before)):
        return None
    run = _run(text, found.end(), lists)
    if not run:
        return _small_end(text, folded, found, lists)
    words = [word.group().lower() for word in run]
    following = _NEXT.match(text, run[-1].end())
    if _is_kept(said, [*words, *([following.group(1)] if following else [])], lists):
        return None
    announces = lists.marked or lists.said.get(lower) != "contact"
    if len(words) > 1 and words[0] in lists.family and announces:
        return run[-1].end()
    if _in_running_capitals(text, run) or "\n" in found.group():
        return None
    return run[-1].end() if _calls(text, folded, found, run, lists) else None


def _calls(text: str, folded: str, found: re.Match[str], run: list[re.Match[str]], lists: _Lists) -> bool:
    """Whether the announcing word makes a name of words that no family's name begins."""
    said, words = text[found.start(1) : found.end(1)], [word.group().lower() for word in run]
    known = words[0] in lists.known and len(words[0]) > 1
    kind = lists.said.get(said.lower(), "role")
    if kind == "contact":
        rest = folded[run[-1].end() : run[-1].end() + 16].lower()
        return lists.known.issuperset(words) and _REACHED.match(rest) is not None
    if kind != "signed" and len(words) == 1 and words[0] in lists.ordinals:
        return False
    if kind == "kin":
        start = found.start(1)
        proper = said[0].isupper() and _WITHIN.search(text[max(0, start - 3) : start]) is not None
        return known or (lists.marked and not proper and len(words[0]) > 1 and not run[0].group().isupper())
    return known and kind != "full"


def _run(text: str, at: int, lists: _Lists) -> list[re.Match[str]]:
    """The words in capital letters from a place on, as far as they can be one name."""
    run: list[re.Match[str]] = []
    word = _WORD.match(text, at)
    while word is not None and len(run) < _MOST and word.group()[0].isupper():
        if run and not _goes_on(text, run, word, lists):
            break
        if not run and _shouts(word) and word.group().lower() not in lists.known:
            break
        run.append(word)
        following = _NEXT.match(text, word.end())
        word = _WORD.match(text, following.start(1)) if following else None
    # where all is in capitals the sentence's own words may be name words as well
    return run[:4] if run and _in_running_capitals(text, run) else run


def _shouts(word: re.Match[str]) -> bool:
    return len(word.group()) > 1 and word.group().isupper()


def _goes_on(text: str, run: list[re.Match[str]], word: re.Match[str], lists: _Lists) -> bool:
    lower = word.group().lower()
    if (lower in lists.kept and lower not in lists.known) or (
        _shouts(word) and (not _shouts(run[0]) or lower not in lists.known)
    ):
        return False
    following = _NEXT.match(text, word.end())
    return following is None or f"{lower} {following.group(1).lower()}" not in lists.kept


def _is_kept(said: str, words: list[str], lists: _Lists) -> bool:
    """Whether the words, alone or with the one before them, are a fixed phrase and nobody's name."""
    phrases = [words[0], " ".join(words[:2])]
    # "chi Cuc" without marks is a woman, "Chi Cuc" an office
    if lists.marked or said[0].isupper():
        phrases += [f"{said} {words[0]}".lower(), " ".join([said, *words[:3]]).lower()]
    return any(phrase in lists.kept for phrase in phrases)


def _in_running_capitals(text: str, run: list[re.Match[str]]) -> bool:
    """Whether a text all in capitals goes on behind the run, so that capitals say nothing."""
    following = _NEXT.match(text, run[-1].end())
    return _shouts(run[-1]) and following is not None and _shouts(following) and following.group(1).isupper()


def _small_end(text: str, folded: str, found: re.Match[str], lists: _Lists) -> int | None:
    """As `_name_end`, for names in small letters: only full ones, sure ones, and those with a number."""
    words: list[re.Match[str]] = []
    word = _WORD.match(text, found.end())
    while word is not None and len(words) < _MOST - 1 and word.group() in lists.known:
        words.append(word)
        following = _NEXT.match(text, word.end())
        word = _WORD.match(text, following.start(1)) if following else None
    if not words:
        return None
    following = _NEXT.match(text, words[-1].end())
    rest = folded[words[-1].end() : words[-1].end() + 12].lower()
    size = _small_size(found.group(1), words, following.group(1) if following else "", rest, lists)
    return words[size - 1].end() if size else None


def _small_size(said: str, words: list[re.Match[str]], following: str, rest: str, lists: _Lists) -> int:
    """How many of the words in small letters are the name; ``rest`` is what stands behind them."""
    spelt = [word.group() for word in words]
    kind = lists.said.get(said, "role")
    if len(spelt) > 2 and kind != "contact":
        families, middles = (lists.family, _MIDDLE) if lists.marked else (_BARE_FAMILY, _BARE_MIDDLE)
        if (spelt[1] in middles and spelt[0] in families) or spelt[0] in _SURE_FAMILY:
            return len(spelt)
    if _is_kept(said, [*spelt, *([following] if following else [])], lists):
        return 0
    if len(spelt) > 1 and lists.marked and spelt[0] in _SURE_FAMILY and not spelt[0].isascii():
        return len(spelt)
    if kind == "contact":
        called = len(spelt) == 1 and spelt[0] in _CALLED_SMALL
        return int(called and _NUMBER_NEXT.match(rest) is not None)
    if kind == "kin" and lists.marked and spelt[0] in _SAFE_SMALL:
        return 1
    return min(2, len(spelt)) if said in _OWN and spelt[0] in _CALLED_SMALL else 0
