"""Thirty seconds to be read out over a commune's loudspeakers or a local radio, in Vietnamese.

The text is put together from the correction by rule, whole sentences at a time, in the order in which a
listener needs it: what is going round, that it is not so, what is true, what to do, whom to call. A lead can
write another in its place. Either is given in the words that are said (`pipeline.aloud`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.vocabulary import Rating
from pipeline.aloud import aloud

MAX_SYLLABLES = 90
"""What is read in half a minute at a loudspeaker's pace."""
SYLLABLES_A_SECOND = 3.0
"""A slow, clear reading; echo between loudspeakers swallows anything quicker."""

_SYLLABLE = re.compile(r"[^\W_]+")
_VERDICTS = {
    Rating.FALSE: "Tin này sai sự thật.",
    Rating.MISLEADING: "Tin này gây hiểu lầm.",
    Rating.UNPROVEN: "Tin này chưa có bằng chứng.",
    Rating.TRUE: "Tin này đúng.",
}


class Words(Protocol):
    """The fields of a correction that are read out."""

    @property
    def said(self) -> str:
        """What is going round."""

    @property
    def truth(self) -> str:
        """What is true."""

    @property
    def what_to_do(self) -> str:
        """What a listener can do."""

    @property
    def contact(self) -> str:
        """Whom to call; may be empty."""

    @property
    def spoken(self) -> str:
        """The lead's own text; empty if there is none."""


@dataclass(frozen=True)
class Spoken:
    """A text to be read out; `derived` if the program put it together."""

    text: str
    derived: bool

    @property
    def syllables(self) -> int:
        """How many syllables are said."""
        return syllables_aloud(self.text)

    @property
    def seconds(self) -> int:
        """About how many seconds the reading takes."""
        return round(self.syllables / SYLLABLES_A_SECOND)


def syllables_aloud(text: str) -> int:
    """How many syllables a text has when its figures are said."""
    return len(_SYLLABLE.findall(aloud(text)))


def sentences(text: str) -> list[str]:
    """The sentences of a text; a point inside a number or an address ends none."""
    parts = re.split(r"(?<=[.!?…])\s+|\n+", text.strip())
    return [part.strip() for part in parts if part.strip()]


def spoken(words: Words, rating: Rating, desk: str) -> Spoken:
    """What is read out for a correction: the lead's own words, or what the rule makes of the fields."""
    if words.spoken.strip():
        return Spoken(aloud(words.spoken.strip()), derived=False)
    return Spoken(aloud(_derived(words, rating, desk)), derived=True)


def _derived(words: Words, rating: Rating, desk: str) -> str:
    """Opening, rating and one sentence of each part always; more of them as long as there is time."""
    parts = [
        ("", sentences(words.said)),
        ("Sự thật: ", sentences(words.truth)),
        ("Bà con nên: ", sentences(words.what_to_do)),
        ("Cần hỏi, xin gọi: ", sentences(words.contact)),
    ]
    taken = [1 if found else 0 for _, found in parts]
    best = _put(desk, rating, parts, taken)
    # the truth first, then what to do: one more sentence of each in turn while it still fits
    for at in (1, 2, 1, 2, 0, 3):
        if taken[at] >= len(parts[at][1]):
            continue
        more = [n + (place == at) for place, n in enumerate(taken)]
        longer = _put(desk, rating, parts, more)
        if syllables_aloud(longer) <= MAX_SYLLABLES:
            taken, best = more, longer
    return best if syllables_aloud(best) <= MAX_SYLLABLES else _cut(desk, rating, parts)


def _put(desk: str, rating: Rating, parts: Sequence[tuple[str, list[str]]], taken: Sequence[int]) -> str:
    lines = [f"{desk} xin thông báo."]
    for place, ((lead, found), n) in enumerate(zip(parts, taken, strict=True)):
        if n:
            lines.append(_ended(lead + " ".join(found[:n])))
        if place == 0:
            lines.append(_VERDICTS[rating])
    return "\n".join(lines)


def _cut(desk: str, rating: Rating, parts: Sequence[tuple[str, list[str]]]) -> str:
    """Long sentences are cut at a comma or a word, each part to its share, so that no part is lost."""
    for share in range(24, 3, -1):
        short = [(lead, [_first_words(found[0], share)] if found else []) for lead, found in parts]
        text = _put(desk, rating, short, [1 if found else 0 for _, found in short])
        if syllables_aloud(text) <= MAX_SYLLABLES:
            return text
    return "\n".join((f"{desk} xin thông báo.", _VERDICTS[rating]))


def _first_words(sentence: str, most: int) -> str:
    words = sentence.split()
    if len(words) <= most:
        return sentence
    head = " ".join(words[:most])
    comma = max(head.rfind(","), head.rfind(";"))
    return (head[:comma] if comma > len(head) // 2 else head).rstrip(" ,;:") + "."


def _ended(line: str) -> str:
    return line if line.endswith((".", "!", "?", "…")) else line + "."
