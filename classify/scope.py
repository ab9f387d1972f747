"""The scope gate: which texts are ours at all, and which of their sentences state the claim (rules 2 and 3).

Cheap first: a linear model on bare syllables drops most texts; the rest meet the full linear model, the
written constraints, and the sentence model. The answer is one bit, a topic and sentences; everything else is
dropped unnamed. Doubt is a drop.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify import artefact, constraints
from classify.artefact import HEADS, SHIPPED, Floats, ScopeArtefact
from classify.corpus import TOPICS
from classify.features import gate_terms, quick_terms
from classify.sentences import Span, has_several, split
from classify.text import MAX_CHARS, mostly_bare, normalise

WINDOW_SYLLABLES = 110
"""Longer texts are judged in windows of whole sentences, because the models learned on short texts."""
SHORTEST_LOOK = 12
"""Syllables of a sentence that is looked at by itself: of the training texts that a shorter one would have
let through the first stage, none is ours."""


FIRST_LOOK_SHARE = 0.7
"""How far under its own bar the first stage still lets a page pass whose article is not cut out yet.

The last window of an article ends with it; the first look does not know where, and reads on. Of 24,000 made
pages the worst that the gate kept stood at .78 of the bar.
"""


class Scoped(NamedTuple):
    """The gate's answer; ``sentences`` are the claim's alone, in the normalised text."""

    in_scope: bool
    topic: str | None
    sentences: tuple[Span, ...]


class _Piece(NamedTuple):
    """A sentence as the first stage sees it: how many words, their and their pairs' weight, its ends."""

    words: int
    size: int
    weight: float
    first: str
    last: str


DROPPED = Scoped(False, None, ())


class LinearModel:
    """Scores of all heads for one text: sum over blocks of unit-length TF-IDF times weights."""

    def __init__(self, trained: ScopeArtefact) -> None:
        self._blocks = trained.blocks
        self._bias = trained.bias

    def scores(self, text: str) -> Floats:
        """One score (log odds) a head, in the order of `HEADS`."""
        total = self._bias.copy()
        for block, found in zip(self._blocks, gate_terms(text), strict=True):
            at, values = weighted(found, block.vocabulary, block.idf)
            if len(at):
                total += values @ block.weights[at]
        return total


def weighted(found: list[str], vocabulary: dict[str, int], idf: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Positions and unit-length TF-IDF values (sublinear counts) of the known terms of a text."""
    known = Counter(number for term in found if (number := vocabulary.get(term)) is not None)
    if not known:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.float32)
    at = np.fromiter(known, dtype=np.intp, count=len(known))
    counts = np.fromiter(known.values(), dtype=np.float32, count=len(known))
    values: Floats = ((1 + np.log(counts)) * idf[at]).astype(np.float32)
    return at, values / np.float32(math.sqrt(float(values @ values)))


class ScopeGate:
    """The gate with its weights; immutable, so one serves all threads."""

    def __init__(self, trained: ScopeArtefact) -> None:
        self._model = LinearModel(trained)
        self._quick = trained.quick
        self._figures = trained.figures
        self.data_fingerprint = trained.data_fingerprint

    @classmethod
    def load(cls, path: Path | None = None) -> "ScopeGate":
        """The shipped gate, or the one at a path.

        Raises ArtefactError unless its SHA-256 is the pinned one.
        """
        return cls(artefact.load(path or SHIPPED))

    def quick_score(self, text: str) -> float:
        """The first stage's score; under `quick_threshold` a text is dropped without a second look."""
        found = quick_terms(text)
        return sum(map(self._quick.get, found, repeat(0.0))) / math.sqrt(len(found) + 1.0)

    def worth_reading(self, text: str, *, sentences: bool = True) -> bool:
        """The first stage alone: whether a window of the text deserves the full model.

        With `sentences` (a message, not a page) so does one sentence: a short claim between long ones of
        something else.
        """
        if any(self._over(window) for window in rough_windows(text)):
            return True
        return sentences and has_several(text) and self._one_over(split(normalise(text)))

    def _one_over(self, spans: list[Span]) -> bool:
        """Whether a sentence by itself deserves the full model."""
        long = (span.text for span in spans if span.text.count(" ") + 1 >= SHORTEST_LOOK)
        return len(spans) > 1 and any(map(self._over, long))

    def _over(self, text: str) -> bool:
        return self.quick_score(text) >= self._figures["quick_threshold"]

    def may_hold(self, orders: Iterable[Sequence[str]]) -> bool:
        """Whether the first stage could pass any part of a page's texts, in one of the given orders.

        Which of them belong to the article is not known yet. So a window may begin at every sentence
        (`worth_reading` begins one where the last one ended), and the bar is lower for the sake of windows
        with something foreign in them. A longer page than can be read passes.
        """
        known: dict[str, list[_Piece]] = {}
        for texts in orders:
            if sum(map(len, texts)) > MAX_CHARS:
                return True
            for text in texts:
                if text not in known:
                    known[text] = self._pieces(text)
            if self._passes([piece for text in texts for piece in known[text]]):
                return True
        return False

    def _pieces(self, text: str) -> list[_Piece]:
        pieces = []
        for span in split(normalise(text)):
            terms_of = quick_terms(span.text)
            if terms_of:
                words = (len(terms_of) + 1) // 2
                weight = sum(map(self._quick.get, terms_of, repeat(0.0)))
                size = span.text.count(" ") + 1
                pieces.append(_Piece(words, size, weight, terms_of[0], terms_of[words - 1]))
        return pieces

    def _passes(self, pieces: list[_Piece]) -> bool:
        """Whether a window of neighbouring pieces reaches the lower bar; each takes in as many as fit."""
        if not pieces:
            return False
        words = np.cumsum([0, *(piece.words for piece in pieces)])
        size = np.cumsum([0, *(piece.size for piece in pieces)])
        weight = np.cumsum([0.0, *(piece.weight for piece in pieces)])
        joints = (f"{one.last} {other.first}" for one, other in pairwise(pieces))
        joint = np.cumsum([0.0, *map(self._quick.get, joints, repeat(0.0))])
        stop = np.searchsorted(size, size[:-1] + WINDOW_SYLLABLES, "right") - 1
        # a sentence that is longer than a window is one
        stop = np.maximum(stop, np.arange(1, len(size)))
        total = weight[stop] - weight[:-1] + joint[stop - 1] - joint
        bar = FIRST_LOOK_SHARE * self._figures["quick_threshold"]
        # as in `quick_score`: n words and their n - 1 pairs
        return bool((total >= bar * np.sqrt(2.0 * (words[stop] - words[:-1]))).any())

    def score(self, texts: list[str]) -> NDArray[np.float64]:
        """Calibrated probability of being in scope for each text as a whole, before constraints."""
        logits = np.array([self._text_logit(normalise(text)) for text in texts], dtype=np.float64)
        return 1 / (1 + np.exp(-np.clip(self._figures["slope"] * logits + self._figures["offset"], -30, 30)))

    def _text_logit(self, text: str) -> float:
        spans = split(text)
        return self._judge(spans)[0] if spans else -30.0

    def _judge(self, group: list[Span]) -> tuple[float, Floats, list[float]]:
        """Score of a stretch (all its words and its best sentence), its topics', each sentence's."""
        # a line each, so that the model finds the same sentences again
        scores = self._model.scores("\n".join(span.text for span in group))
        each = (
            [float(self._model.scores(span.text)[1]) for span in group]
            if len(group) > 1
            else [float(scores[1])]
        )
        return float(scores[0]) + self._figures["best_share"] * max(each), scores[2:], each

    def decide(self, text: str, *, sentences: bool = True) -> Scoped:
        """Whether the text is ours, its topic and its claim's sentences; anything doubtful is `DROPPED`.

        `sentences` as in `worth_reading`.
        """
        if not self.worth_reading(text, sentences=sentences):
            return DROPPED
        normal = normalise(text)
        groups = windows(split(normal))
        form = "bare_" if mostly_bare(normal) else ""
        strict = self._figures[f"{form}strict_threshold"]
        bar = self._figures[f"{form}threshold"] if len(groups) == 1 else strict
        kept: list[Span] = []
        votes = np.zeros(len(TOPICS), dtype=np.float32)
        for group in groups:
            claims, topics = self._window(group, bar, strict, sentences=sentences)
            kept += claims
            votes += topics
        return Scoped(True, TOPICS[int(votes.argmax())], tuple(kept)) if kept else DROPPED

    def _quick_passes(self, group: list[Span], *, sentences: bool) -> bool:
        return self._over(" ".join(span.text for span in group)) or (sentences and self._one_over(group))

    def _window(
        self, group: list[Span], bar: float, strict: float, *, sentences: bool
    ) -> tuple[list[Span], Floats]:
        """The claim's sentences of one window (none if it is not ours) and its votes for the topics."""
        none = np.zeros(len(TOPICS), dtype=np.float32)
        if not self._quick_passes(group, sentences=sentences):
            return [], none
        allowed = [span for span in group if not constraints.veto(span.text)]
        if len(allowed) < len(group):
            # beside a vetoed sentence there is doubt: the rest is judged without it, and must be surer
            return self._window(allowed, strict, strict, sentences=sentences) if allowed else ([], none)
        score, topics, each = self._judge(group)
        if score < bar:
            return [], none
        if len(group) == 1:
            return group, topics - topics.min()
        share, level = self._figures["sentence_share"], self._figures["sentence_threshold"]
        claims = [span for span, mine in zip(group, each, strict=True) if mine + share * score >= level]
        # the text is ours as a whole: where no sentence stands out, the likeliest states the claim
        return claims or [group[each.index(max(each))]], topics - topics.min()


def windows(spans: list[Span]) -> list[list[Span]]:
    """Neighbouring sentences in groups of at most `WINDOW_SYLLABLES`; a longer sentence stands alone."""
    groups: list[list[Span]] = []
    size = WINDOW_SYLLABLES + 1
    for span in spans:
        length = span.text.count(" ") + 1
        if size + length > WINDOW_SYLLABLES:
            groups.append([])
            size = 0
        groups[-1].append(span)
        size += length
    return groups


def rough_windows(text: str) -> list[str]:
    """A text as it is if it is short; a long one in the same windows as the full stage uses."""
    if text.count(" ") + text.count("\n") < WINDOW_SYLLABLES:
        return [text]
    return [" ".join(span.text for span in group) for group in windows(split(normalise(text)))]


assert HEADS[2:] == TOPICS  # noqa: S101 - the two modules must agree on the order of the topics
