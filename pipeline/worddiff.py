"""Two wordings of a text side by side: which words went and which came.

Words are compared as they are written, with the longest matching runs first (Ratcliff and Obershelp 1988,
as in Python's `difflib`); blanks belong to the word before them, so that the pieces put together give the
texts back.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_PIECE = re.compile(r"\S+\s*|\s+")


class Change(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    """A run of words with one fate."""

    change: Change
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in reading order; kept ones are given as they stand in `after`."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    matcher = SequenceMatcher(None, [one.strip() for one in old], [one.strip() for one in new], False)
    pieces: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.KEPT, "".join(new[new_from:new_to])))
            continue
        pieces.append(Piece(Change.GONE, "".join(old[old_from:old_to])))
        pieces.append(Piece(Change.NEW, "".join(new[new_from:new_to])))
    return [piece for piece in pieces if piece.text]
