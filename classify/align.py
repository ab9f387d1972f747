"""Word by word beside each other: which words of one text stand where the other has different ones.

A text that repeats another nearly word for word and puts one other word in its place (another product,
another person, another consequence) says something else, however alike the two are; the same share of other
words in a free retelling says little. So what is counted is what was put in place of something, and how
closely the rest follows the other text.
"""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_NUMBERS = frozenset(
    [
        "hai",
        "bon",
        "nam",
        "sau",
        "bay",
        "tam",
        "chin",
        "muoi",
        "chuc",
        "tram",
        "ngan",
        "nghin",
        "trieu",
        "ty",
        "ti",
        "ruoi",
        "linh",
        "lam",
        "tu",
        "dong",
        "nua",
    ]
)
"""Words of numbers: amounts and counts are compared as values, not as words."""
_LONGEST = 120
_ALIKE = 0.7
_MIDDLING = 5.0


class Aligned(NamedTuple):
    """What the word by word comparison of an asked text with a known one gives.

    ``verbatim`` is the share of words of both that stand in the same order in both, from 0 to 1; ``swapped``
    are (asked words, known words) that stand in each other's place; ``added`` and ``left_out`` are words that
    one side alone has.
    """

    verbatim: float
    swapped: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    added: tuple[str, ...]
    left_out: tuple[str, ...]


def aligned(asked: Sequence[str], known: Sequence[str], *, is_spelled_freely: bool) -> Aligned:
    """Compare two texts by their content words in order.

    Where the asked text is written without diacritics or in chat spelling, a word counts as the known one
    that it is nearly spelled like.
    """
    theirs = [word for word in known if word not in _NUMBERS][:_LONGEST]
    mine = [word for word in asked if word not in _NUMBERS][:_LONGEST]
    if is_spelled_freely:
        mine = _respelled(mine, theirs)
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    in_mine, in_theirs = set(mine), set(theirs)
    swapped: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    added: list[str] = []
    left_out: list[str] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        new = tuple(word for word in mine[a:b] if word not in in_theirs)
        old = tuple(word for word in theirs[c:d] if word not in in_mine)
        if new and old:
            swapped.append((new, old))
        else:
            added += new
            left_out += old
    return Aligned(matcher.ratio() if mine and theirs else 0.0, tuple(swapped), tuple(added), tuple(left_out))


def _respelled(mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """The asked words, each unknown one as the known word that it is nearly spelled like."""
    there = set(theirs)
    free = [word for word in there if word not in set(mine)]
    return [word if word in there else _nearest(word, free) for word in mine]


def _nearest(word: str, others: Sequence[str]) -> str:
    if len(word) < 2:
        return word
    like = [
        (SequenceMatcher(None, word, other, autojunk=False).ratio(), other)
        for other in others
        if other[0] == word[0] and abs(len(other) - len(word)) < 3
    ]
    best = max(like, default=(0.0, word))
    return best[1] if best[0] >= _ALIKE else word


def compared(
    found: Aligned, idf: Callable[[str], float], numbers: tuple[set[float], set[float]]
) -> dict[str, float]:
    """The open figures of an alignment; words count by their rarity, one of middling rarity as 1.

    ``numbers`` are the counted numbers of the asked and of the known text, whatever they count.
    """

    def weight(words: Sequence[str]) -> float:
        return sum(map(idf, words)) / _MIDDLING

    replaced = sum(min(weight(new), weight(old)) for new, old in found.swapped)
    near = max(0.0, found.verbatim - 0.3)
    nearer = max(0.0, found.verbatim - 0.6)
    mine, theirs = numbers
    return {
        "verbatim": found.verbatim,
        "replaced": min(3.0, replaced),
        "replaced_near": min(3.0, replaced) * near,
        "replaced_nearer": min(2.0, replaced) * nearer,
        "replaced_once": float(len(found.swapped) == 1 and nearer > 0),
        "added": min(4.0, weight(found.added)),
        "added_near": min(3.0, weight(found.added)) * near,
        "left_out": min(4.0, weight(found.left_out)),
        "left_out_near": min(3.0, weight(found.left_out)) * near,
        "other_number": float(bool(mine - theirs) and bool(theirs - mine)),
        "lost_number": float(bool(theirs - mine)),
    }
