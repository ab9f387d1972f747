"""Rule 6: a correction shares no run of more than six words with a text that a member of the public wrote.

A quotation can be searched for and leads back to the person who wrote it (Ayers et al. 2018).
"""

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_RUN = 6


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
