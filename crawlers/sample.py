"""What a source would give: a few of its pages, fetched and read once, and nothing of them stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawlers import charsets, extract
from models.vocabulary import Outcome

if TYPE_CHECKING:
    from crawlers.discover import Fetch, Found
    from crawlers.fetch import Fetched
    from crawlers.ports import TextReader

EACH = 5
MOST = 15
"""Pages in all: at five seconds between two, as long as somebody who waits will wait."""
_SHORTEST = 200
_LONGEST_TITLE = 160


@dataclass(frozen=True, slots=True)
class Sampled:
    """One page as it would be read: KEPT if it is in scope, NOT_OURS if it is not, else what was wrong."""

    url: str
    outcome: Outcome
    title: str = ""


def sample(found: Sequence["Found"], fetch: "Fetch", reader: "TextReader") -> Mapping[str, Sampled]:
    """Read the first pages of each entry point, by their address; entry points take turns."""
    wanted: dict[str, None] = {}
    for place in range(EACH):
        for one in found:
            if place < len(one.sample) and len(wanted) < MOST:
                wanted[one.sample[place]] = None
    return {answer.asked: _read(answer, reader) for answer in fetch(list(wanted))}


def _read(answer: "Fetched", reader: "TextReader") -> Sampled:
    if answer.outcome != Outcome.KEPT:
        return Sampled(answer.asked, answer.outcome)
    html = charsets.decode(answer.body, answer.content_type)
    tree = extract.load(html) if "<" in html[:2000] and not answer.body.startswith(b"%PDF") else None
    if tree is None:
        return Sampled(answer.asked, Outcome.NOT_HTML)
    article = extract.article(html, answer.url, tree)
    title = " ".join(article.title.split())[:_LONGEST_TITLE]
    if len(article.text) < _SHORTEST:
        return Sampled(answer.asked, Outcome.EMPTY, title)
    reading = reader.read(article.text, article.title, page=True)
    ours = reading.in_scope and bool(reading.mentions)
    return Sampled(answer.asked, Outcome.KEPT if ours else Outcome.NOT_OURS, title)
