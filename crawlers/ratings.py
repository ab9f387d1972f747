"""Other fact-checkers' ratings in ours; what cannot be mapped stays None beside the original words."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from models.vocabulary import Rating

_TABLE = Path(__file__).with_name("ratings.tsv")
_CLAUSE = re.compile(r"[.:;,!?(–—|/\n]")


@lru_cache(maxsize=1)
def _known_words() -> dict[str, Rating]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return {words: Rating(rating) for words, rating in (line.split("\t") for line in lines)}


def first_clause(words: str) -> str:
    """A rating up to its first punctuation and 60 characters: a label, not a story."""
    plain = " ".join(unicodedata.normalize("NFC", words).split())
    return _CLAUSE.split(plain)[0].strip(" \"'“”")[:60]


def map_rating(words: str, value: object = None, worst: object = None, best: object = None) -> Rating | None:
    """Our rating for a textual one, or for schema.org numbers if there are no words; None if unclear.

    Numbers: the worst end of the scale is false, the best is true, the two steps above the worst on a
    scale of five are misleading (the usual 1 false … 5 true of ClaimReview); the rest stays unmapped.
    """
    label = first_clause(words).lower()
    if label:
        return _known_words().get(label)
    try:
        low, high, at = float(str(worst or 1)), float(str(best or 5)), float(str(value))
    except ValueError:
        return None
    if not low < high or not low <= at <= high:
        return None
    share = (at - low) / (high - low)
    if share in (0.0, 1.0):
        return Rating.TRUE if share else Rating.FALSE
    return Rating.MISLEADING if share <= 0.5 else None
