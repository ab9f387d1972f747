"""Passwords that are tried first, described by rules instead of a list (W1; ASVS 5.0, 6.2.4 and 6.2.11).

Lists of leaked passwords are walks over a keyboard, a few dozen words in Vietnamese and English, names of the
site, years, repetitions, and all of these stuck together. A password is common if it can be cut, without a
rest, into such pieces; two or three words that nobody puts together are not.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

WORDS = Path(__file__).with_name("common_words.txt")
_WALKS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyzabc",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qweasdzxc",
    "qweasdzxcrtyfghvbnuiojklm",
    "123qweasdzxc",
    "147258369",
    "159357",
    "azertyuiop",
)
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}
)
_INSIDE = re.compile(r"(?<=[^\W\d])[0134578@$!](?=[^\W\d])")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LONGEST_WORD = 24
_MOST_DIGITS = 8
_LEAST_WALK = 3
_MOST_WORDS = 3


def plain(text: str) -> str:
    """Small letters and digits alone: no diacritics, đ as d, no blanks and signs."""
    bare = "".join(
        one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one)
    )
    return _NOT_PLAIN.sub("", bare.replace("đ", "d"))


def is_common(password: str, known: Iterable[str] = ()) -> bool:
    """Whether a password is made of what is guessed first; `known` are words that an attacker knows too."""
    more = frozenset(word for text in known for word in _pieces(text))
    bare = plain(password)
    low = password.lower()
    everywhere = plain(low.translate(_LEET))
    inside = plain(_INSIDE.sub(lambda found: found[0].translate(_LEET), low))
    return any(_cuts(text, more) for text in {bare, everywhere, inside})


def _pieces(text: str) -> Iterable[str]:
    words = [plain(part) for part in re.split(r"[\s._-]+", text)]
    return [word for word in (*words, plain(text)) if len(word) > 2]


def _cuts(text: str, more: frozenset[str]) -> bool:
    """Whether the text can be cut without a rest; fewest different words first, digits counted."""
    if not text:
        return False
    # best[n]: the cheapest way to cut the first n letters, as (loose digits, words)
    best: list[tuple[int, frozenset[str]] | None] = [None] * (len(text) + 1)
    best[0] = (0, frozenset())
    for at in range(len(text)):
        here = best[at]
        if here is not None:
            _extend(text, at, here, more, best)
    end = best[-1]
    return end is not None


def _extend(
    text: str,
    at: int,
    here: tuple[int, frozenset[str]],
    more: frozenset[str],
    best: list[tuple[int, frozenset[str]] | None],
) -> None:
    digits, words = here
    for length in range(1, min(_LONGEST_WORD, len(text) - at) + 1):
        piece = text[at : at + length]
        if _is_walk(piece) or piece in more or _YEAR.fullmatch(piece) or _is_repeated(piece):
            found = (digits, words)
        elif piece in _words() and len(words | {piece}) <= _MOST_WORDS:
            found = (digits, words | {piece})
        elif length == 1 and piece.isdigit() and digits < _MOST_DIGITS:
            found = (digits + 1, words)
        else:
            continue
        old = best[at + length]
        if old is None or (len(found[1]), found[0]) < (len(old[1]), old[0]):
            best[at + length] = found


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    """Words that passwords are made of again and again, one list for both languages, without marks."""
    return frozenset(WORDS.read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
def _walked() -> str:
    return " ".join((*_WALKS, *(walk[::-1] for walk in _WALKS)))


def _is_walk(piece: str) -> bool:
    return len(piece) >= _LEAST_WALK and piece in _walked()


def _is_repeated(piece: str) -> bool:
    return len(piece) >= _LEAST_WALK and len(set(piece)) == 1
