"""Two claims side by side with what differs marked, so that an eye finds it at once."""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from review_ui.templating import masked

_WORD = re.compile(r"\w+(?:[.,]\d+)*|‹[^‹›]{0,80}›")


def sides(ours: str, theirs: str, differs: str | None) -> tuple[Markup, Markup]:
    """Both texts as pages show them; `differs` is what the matcher said ("ngày: 3/9 / 9/9")."""
    if not differs:
        return masked(ours), masked(theirs)
    first, second = _values(differs)
    return _marked(ours, _found(ours, first, theirs)), _marked(theirs, _found(theirs, second, ours))


def _values(differs: str) -> tuple[list[str], list[str]]:
    """The values of each side; none where the line names no values."""
    _, _, told = differs.partition(": ")
    first, slash, second = told.partition(" / ")
    return (first.split(", "), second.split(", ")) if slash else ([], [])


def _found(text: str, values: Sequence[str], other: str) -> list[tuple[int, int]]:
    """Where the values stand in a text; if they are written otherwise there, the words the other lacks."""
    pattern = "|".join(re.escape(value) for value in values if value)
    if pattern:
        whole = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
        spans = [one.span() for one in whole.finditer(text)]
        if spans:
            return spans
    there = {word.lower() for word in _WORD.findall(other)}
    return [one.span() for one in _WORD.finditer(text) if one[0].lower() not in there and "‹" not in one[0]]


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    out, at = Markup(), 0
    for start, end in spans:
        out += masked(text[at:start]) + Markup("<mark>") + masked(text[start:end]) + Markup("</mark>")
        at = end
    return out + masked(text[at:])
