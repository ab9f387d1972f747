"""The stretch of a claim that is rated, where the rest of it is opinion and is left alone (rule 3).

Offsets count code points of the claim's sentence in NFC and stand at the edges of words, so that two people
who mean the same stretch give the same one.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import UsageError


@dataclass(frozen=True)
class Part:
    """From the code point `start` up to `end`, which is not in it."""

    start: int
    end: int


def words_of(text: str) -> list[tuple[str, Part]]:
    """The words of a sentence with their places, as a form numbers them from one."""
    plain = unicodedata.normalize("NFC", text)
    found, at = [], 0
    for word in plain.split():
        start = plain.index(word, at)
        at = start + len(word)
        found.append((word, Part(start, at)))
    return found


def of_words(text: str, first: str, last: str) -> Part | None:
    """The part from one numbered word to another, as typed; None for the whole sentence or two empty fields.

    Raises `UsageError`.
    """
    words = words_of(text)
    if not first.strip() and not last.strip():
        return None
    begin, end = _number(first, 1, len(words)), _number(last, len(words), len(words))
    if begin > end:
        raise UsageError("part: its first word comes after its last")
    if (begin, end) == (1, len(words)):
        return None
    return Part(words[begin - 1][1].start, words[end - 1][1].end)


def _number(typed: str, empty: int, most: int) -> int:
    typed = typed.strip()
    number = (int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0) if typed else empty
    if not 1 <= number <= most:
        raise UsageError(f"part: choose words 1 to {most}")
    return number


def check(text: str, part: Part | None, *, rated: bool) -> None:
    """Raise `UsageError` unless this part of the sentence can be rated."""
    if part is None:
        return
    if not rated:
        raise UsageError("part: only a rating can be of a part")
    places = [place for _, place in words_of(text)]
    edges = {place.start for place in places}, {place.end for place in places}
    if part.start not in edges[0] or part.end not in edges[1] or part.start >= part.end:
        raise UsageError("part: must begin and end with a word of the claim")
    if (part.start, part.end) == (places[0].start, places[-1].end):
        raise UsageError("part: is the whole claim; leave it empty")


def part_of(start: int | None, end: int | None) -> Part | None:
    """A part from two columns, which are both empty where the whole claim is rated."""
    return None if start is None or end is None else Part(start, end)


def cut(text: str, part: Part) -> tuple[str, str, str]:
    """What stands before the part, the part itself, and what follows it."""
    plain = unicodedata.normalize("NFC", text)
    return plain[: part.start], plain[part.start : part.end], plain[part.end :]


def numbers(text: str, part: Part | None) -> tuple[str, str]:
    """The first and last word of a part as `of_words` takes them; two empty texts for the whole claim."""
    if part is None:
        return "", ""
    words: Sequence[tuple[str, Part]] = words_of(text)
    inside = [at for at, (_, place) in enumerate(words, 1) if part.start <= place.start < part.end]
    return (str(inside[0]), str(inside[-1])) if inside else ("", "")
