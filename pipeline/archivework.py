"""What a Dask worker does with a part of the archive: values in, values out, no database.

The same functions of `classify` judge here as for one item. What a worker needs for all parts (an index) is
made once in its process.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.searching import claim_keys

if TYPE_CHECKING:
    from classify.match import ClaimIndex, Hit
    from classify.rank import ClaimFacts, Ranked, Ranker
    from pipeline.settings import Settings

Texts = Sequence[tuple[int, str]]


def scores(texts: Sequence[str]) -> list[float]:
    """Check-worthiness (0..1) of sentences, as the reader gives it."""
    from classify.detect import check_score

    return [check_score(text)[0] for text in texts]


def ranked(ranker: "Ranker", facts: "Sequence[ClaimFacts]") -> "Sequence[Ranked]":
    """Scores of claims with their reasons."""
    return ranker.score(facts)


def matches(index: "Packed", asked: Sequence[tuple[str, Collection[int]]]) -> "list[list[Hit]]":
    """The known claims that are shown with each text, but those that are hidden from it."""
    from pipeline.matching import best

    held = index.opened()
    return [best(held, text, hidden) for text, hidden in asked]


def alike(index: "Packed", asked: Texts) -> list[list[int]]:
    """For each claim the earlier ones that say the same, the nearest first."""
    held = index.opened()
    return [
        [hit.id for hit in held.search(text, k=NEAREST) if hit.is_match and hit.id < number]
        for number, text in asked
    ]


def words(texts: Sequence[str]) -> list[list[int]]:
    """The keys under which each text is searched."""
    return [claim_keys(text) for text in texts]


NEAREST = 4
_HELD: "dict[str, ClaimIndex]" = {}


@dataclass(frozen=True)
class Packed:
    """The texts of an index, with meaning if settings say which encoder; opened once in a process."""

    key: str
    texts: Texts
    settings: "Settings | None" = None

    def opened(self) -> "ClaimIndex":
        """The index of these texts; the process keeps the one that it opened last."""
        from pipeline.matching import index_of

        if self.key not in _HELD:
            _HELD.clear()
            # vectors that are kept are read; what has none is found by its words
            _HELD[self.key] = index_of(self.texts, self.settings, most=0)
        return _HELD[self.key]
