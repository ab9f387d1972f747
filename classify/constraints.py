"""Written constraints that overrule the gate's model: one list of phrases, without kinds or names.

They only ever drop, sentence by sentence, so that a mixed message keeps its claim alone (rule 3). The answer
is one bit. A phrase is met as it is written or wholly without diacritics, unless it ends in ``!``: then it
means something else without them ("nhân quyền", "nhận quyền").
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise

from classify.corpus import DATA
from classify.features import prepared
from classify.text import normalise, strip_marks

PHRASES = DATA / "vetoes.txt"

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SPELLINGS = {
    "không": ("ko", "k", "hông", "hổng", "hong"),
    "được": ("đc", "dc"),
    "tôi": ("tui",),
}
"""How chats and the south write common words; phrases are written with the first form alone."""

_Index = dict[tuple[str, str], tuple[tuple[str, ...], ...]]


def _spellings(phrase: str) -> Iterator[str]:
    """A phrase of the file in every form in which a sentence may carry it."""
    accented_only = phrase.endswith("!")
    full = normalise(phrase.removesuffix("!"))
    forms = {full}
    for word, others in _SPELLINGS.items():
        if word in full.split():
            forms |= {re.sub(rf"\b{word}\b", other, form) for form in forms for other in others}
    yield from forms
    if not accented_only:
        yield from map(strip_marks, forms)


def _index(phrases: Iterable[str]) -> _Index:
    """The words that may follow each pair of first words."""
    tails: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for phrase in phrases:
        for form in _spellings(phrase):
            first, second, *rest = form.split()
            tails.setdefault((first, second), set()).add(tuple(rest))
    # an empty tail is always met, so longer ones beside it are never looked at
    return {pair: ((),) if () in found else tuple(sorted(found)) for pair, found in tails.items()}


@cache
def _tails() -> _Index:
    return _index(PHRASES.read_text(encoding="utf-8").splitlines())


def veto(sentence: str) -> bool:
    """Whether a sentence holds one of the phrases, and so is not ours."""
    tokens = _TOKEN.findall(prepared(normalise(sentence)))
    tails = _tails()
    if tails.keys().isdisjoint(pairwise(tokens)):
        return False
    return any(
        tuple(tokens[at + 2 : at + 2 + len(tail)]) == tail
        for at, pair in enumerate(pairwise(tokens))
        for tail in tails.get(pair, ())
    )
