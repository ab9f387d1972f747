"""Search over corrections, with and without diacritics: a reader on a phone types what comes quickest."""

import re
import unicodedata
from collections.abc import Sequence

from pipeline.public import PublicCorrection

MAX_QUERY = 200
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Lower case without diacritics, đ as d."""
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    return bare.lower().replace("đ", "d")


def search(corrections: Sequence[PublicCorrection], query: str) -> list[PublicCorrection]:
    """Corrections that hold every word of the query, the best first.

    A word in the title counts three times; a query with diacritics prefers texts that hold them too.
    """
    typed = unicodedata.normalize("NFC", query[:MAX_QUERY]).lower()
    words = _WORD.findall(fold(typed))
    if not words:
        return []
    ranked = []
    for at, item in enumerate(corrections):
        score = _score(item, words, typed)
        if score:
            ranked.append((-score, at, item))
    return [item for _, _, item in sorted(ranked, key=lambda one: one[:2])]


def _score(item: PublicCorrection, words: Sequence[str], typed: str) -> float:
    text = item.text()
    whole = f"{text.title} {text.said} {text.truth} {text.how_known} {text.what_to_do}"
    title, body = _WORD.findall(fold(text.title)), _WORD.findall(fold(whole))
    if any(not any(one.startswith(word) for one in body) for word in words):
        return 0.0
    in_title = sum(word in title for word in words)
    exact = sum(word in unicodedata.normalize("NFC", whole).lower() for word in typed.split())
    return 1.0 + 3 * in_title + exact + min(3, sum(body.count(word) for word in words) / 3)
