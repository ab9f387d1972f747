"""Rule 6: a correction shares no run of more than six words with a text that a member of the public wrote.

A quotation can be searched for and leads back to the person who wrote it (Ayers et al. 2018).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_RUN = 6
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class SharedRun:
    """A run of words that stands in both texts."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


def shared_run(written: str, sources: Iterable[str], longest: int = LONGEST_RUN) -> SharedRun | None:
    """The first run of more than `longest` words that `written` shares with any source, or None.

    Words are compared without case, marks and punctuation, so that retyping does not hide a quotation.
    """
    from classify.text import strip_marks, syllables

    size = longest + 1
    words = syllables(written)
    plain = [strip_marks(word) for word in words]
    runs = {tuple(plain[at : at + size]): at for at in range(len(plain) - size + 1)}
    if not runs:
        return None
    for source in sources:
        other = [strip_marks(word) for word in syllables(source)]
        for at in range(len(other) - size + 1):
            found = runs.get(tuple(other[at : at + size]))
            if found is not None:
                return SharedRun(tuple(words[found : found + size]))
    return None


@dataclass(frozen=True)
class SharedSpan:
    """Where a shared run stands in what was written: characters from `start` up to `end`, and its words."""

    start: int
    end: int
    n_words: int


def shared_spans(written: str, sources: Iterable[str], longest: int = LONGEST_RUN) -> list[SharedSpan]:
    """Every stretch of `written` that is longer than `longest` words and stands in one source, in order.

    Overlapping runs are one stretch, so that a copied paragraph is marked whole. There is a span if and only
    if `shared_run` finds a run.
    """
    from classify.text import strip_marks, syllables

    size = longest + 1
    places = [found.span() for found in _WORD.finditer(written)]
    words = [strip_marks(written[start:end].lower()) for start, end in places]
    held = [False] * len(words)
    for source in sources:
        other = [strip_marks(word) for word in syllables(source)]
        known = {tuple(other[at : at + size]) for at in range(len(other) - size + 1)}
        for at in range(len(words) - size + 1 if known else 0):
            if tuple(words[at : at + size]) in known:
                held[at : at + size] = [True] * size
    return _stretches(places, held)


def _stretches(places: list[tuple[int, int]], held: list[bool]) -> list[SharedSpan]:
    spans: list[SharedSpan] = []
    first: int | None = None
    for at, inside in enumerate([*held, False]):
        if inside and first is None:
            first = at
        elif not inside and first is not None:
            spans.append(SharedSpan(places[first][0], places[at - 1][1], at - first))
            first = None
    return spans
