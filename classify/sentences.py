"""Sentences with their places in the text, as newspapers and as people on a phone write them."""

import re
from typing import NamedTuple

from classify.text import strip_marks


class Span(NamedTuple):
    """A stretch of a text: ``text`` is exactly ``source[start:end]``."""

    start: int
    end: int
    text: str


_BREAK = re.compile(
    # each run is tried once, from its beginning: a line of a million dots is no line of sentences
    r"(?<![.!?…])[.!?…]++[\"'”’)»\]]*+(?=\s|$)|\n+|(?<=[\w)])[.!?…]+(?=[A-ZĐÀ-Ỹ][^\W\dA-Z])"
    r"|(?<![!?])[!?]++(?=[^\W\d])"
)
_ABBREVIATIONS = frozenset(
    [
        "tp",
        "tx",
        "tt",
        "q",
        "p",
        "h",
        "x",
        "kp",
        "bs",
        "ths",
        "ts",
        "gs",
        "pgs",
        "cn",
        "ks",
        "ong",
        "tr",
        "st",
        "nxb",
        "vd",
        "v",
        "vv",
        "ubnd",
        "no",
        "mr",
        "mrs",
        "dr",
        "sdt",
        "dt",
        "tel",
        "lh",
    ]
)
_LAST_WORD = re.compile(r"(?<![^\W_])([^\W_]+)\.$")


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the full stop before ``end`` closes an abbreviation, an initial or a list number."""
    if text[end - 1] != "." or end - start < 2 or text[end - 2] == ".":
        return False
    word = _LAST_WORD.search(text, max(start, end - 12), end)
    if word is None:
        return False
    last = strip_marks(word.group(1)).lower()
    alone = not text[start : word.start()].strip()
    initial = len(last) == 1 and word.group(1).isupper()
    return last in _ABBREVIATIONS or initial or (alone and last.isdigit())


def has_several(text: str) -> bool:
    """Whether a text may have more than one sentence: a quick look that is wrong on one side alone."""
    text = text.strip()
    found = _BREAK.search(text)
    return found is not None and found.end() < len(text)


def split(text: str) -> list[Span]:
    """The sentences of a text in order, without surrounding blanks; blank sentences are left out."""
    spans: list[Span] = []
    start = 0
    for found in _BREAK.finditer(text):
        end = found.end()
        if _is_abbreviation(text, start, end):
            continue
        _append(spans, text, start, end)
        start = end
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    """Add the trimmed stretch; one without a letter or digit (emoji, dots) joins nothing and is left out."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    kept = piece[left:right]
    if any(c.isalnum() for c in kept):
        spans.append(Span(start + left, start + right, kept))
