"""The reader: one text in, its masked claims out.

Everything else stays in this function's memory and goes with it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from classify import detect, near
from classify.claimcues import starts_with_pronoun
from classify.detect import Reason
from classify.hollow import is_hollow
from classify.mask import Edit, Masked, Masker, Token
from classify.places import Gazetteer
from classify.scope import ScopeGate
from classify.sentences import Span
from classify.text import content_key, normalise, origins

MAX_MENTIONS = 30
"""A longer list of claims is a document to cite, not a text to check; the first ones are kept."""


class ReadMention(NamedTuple):
    """One claim sentence, masked and normalised.

    ``start`` and ``end`` are places in the text as given (with a title: in title, line break, text). The
    places of the tokens are those in ``text``. ``score`` is check-worthiness 0..1. ``context`` is the claim
    sentence right before one that begins with "nó", "bài trên" and the like; shown, never stored.
    """

    text: str
    start: int
    end: int
    topic: str
    score: float
    reasons: tuple[Reason, ...]
    tokens: tuple[Token, ...]
    key: str
    context: str = ""


class Reading(NamedTuple):
    """What is kept of a text; out of scope, nothing is."""

    in_scope: bool
    topic: str | None
    is_local: bool
    mentions: tuple[ReadMention, ...]
    minhash: bytes | None

    @property
    def bands(self) -> tuple[tuple[int, int], ...]:
        """The (band, bucket) pairs under which a store finds near-copies."""
        return tuple(near.bands(self.minhash)) if self.minhash is not None else ()


NOT_OURS = Reading(False, None, False, (), None)


class Reader:
    """Normalise, drop what is plainly not ours, mask, gate, detect. Immutable: one serves all threads."""

    def __init__(self, gate: ScopeGate, masker: Masker, gazetteer: Gazetteer) -> None:
        self._gate = gate
        self._masker = masker
        self._gazetteer = gazetteer

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:
        """Whether `read` could admit any part of a page's texts, in one of the given orders, as a page."""
        return self._gate.may_hold(orders)

    def read(self, text: str, title: str = "", *, page: bool = False) -> Reading:
        """The reading of a text with its title; `NOT_OURS` for everything that the gate does not admit.

        In a message each sentence is looked at by itself; a page is looked at by its windows alone, as the
        first look at its tree did.
        """
        given = f"{title}\n{text}" if title.strip() else text
        if not self._gate.worth_reading(given, sentences=not page):
            return NOT_OURS
        masked, edits = self._masker.mask_with_edits(normalise(given))
        scoped = self._gate.decide(masked.text, sentences=not page)
        if not scoped.in_scope or scoped.topic is None:
            return NOT_OURS
        places = origins(given)
        mentions: dict[str, ReadMention] = {}
        for before, span in pairwise((None, *scoped.sentences)):
            if span is None or is_hollow(span.text):
                continue
            mention = _mention(span, masked, scoped.topic)._replace(context=_context(before, span, masked))
            start, end = (places[_before_mask(at, edits)] for at in (span.start, span.end))
            mentions.setdefault(mention.key, mention._replace(start=start, end=end))
            if len(mentions) == MAX_MENTIONS:
                break
        if not mentions:
            return NOT_OURS
        is_local = self._gazetteer.is_local(masked.text)
        return Reading(True, scoped.topic, is_local, tuple(mentions.values()), near.signature(masked.text))


def _mention(span: Span, masked: Masked, topic: str) -> ReadMention:
    score, reasons = detect.check_score(span.text)
    tokens = tuple(
        token._replace(start=token.start - span.start, end=token.end - span.start)
        for token in masked.tokens
        if span.start <= token.start and token.end <= span.end
    )
    return ReadMention(span.text, span.start, span.end, topic, score, reasons, tokens, content_key(span.text))


def _context(before: Span | None, span: Span, masked: Masked) -> str:
    """What a sentence's opening pronoun stands for: the claim sentence that it follows directly.

    A sentence that the gate did not keep is never taken: only claims may be shown (rule 2).
    """
    if before is None or not starts_with_pronoun(span.text):
        return ""
    between = masked.text[before.end : span.start]
    return "" if between.strip() else before.text


def _before_mask(at: int, edits: tuple[Edit, ...]) -> int:
    """The place in the unmasked text of a place in the masked one.

    Inside a token, the start of what it hides.
    """
    shift = 0
    for edit in edits:
        masked_start = edit.start + shift
        if at <= masked_start:
            break
        if at < masked_start + len(edit.text):
            return edit.start
        shift += len(edit.text) - (edit.end - edit.start)
    return at - shift
