"""What makes a text hard to follow for somebody who listens or reads slowly: long sentences, many figures.

Hints and never a gate: a lead decides. Lengths count syllables, which Vietnamese writes as words of their
own; guides for plain language ask for sentences of fifteen to twenty words (ISO 24495-1 has no figure), which
is about twenty-five syllables.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.spoken import sentences

LONG_SENTENCE = 25
MANY_FIGURES = 2
LONG_TITLE = 90

_SYLLABLE = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d+(?:[.,/:]\d+)*")
_UNGROUPED = re.compile(r"(?<![\d.,/])[1-9]\d{4,}(?![\d.,/])")
_SHORT = re.compile(r"(?<!\w)[A-ZĐ]{2,8}(?!\w)")
SHOUTED_WORDS = 4
_SHOWN = 60


class HintKind(StrEnum):
    """What a hint is about."""

    LONG_SENTENCE = "long_sentence"
    FIGURES = "figures"
    UNGROUPED = "ungrouped"
    ABBREVIATIONS = "abbreviations"
    SHOUTED = "shouted"
    LONG_TITLE = "long_title"


@dataclass(frozen=True)
class Hint:
    """One hint: how many, and the words that it is about."""

    kind: HintKind
    n: int
    words: str


@dataclass(frozen=True)
class Measured:
    """How long a text is."""

    characters: int
    syllables: int
    sentences: int


def measured(text: str) -> Measured:
    """Characters, syllables and sentences of a text."""
    return Measured(len(text.strip()), _count(text), len(sentences(text)))


def hints(text: str, *, title: bool = False) -> list[Hint]:
    """What could be said more plainly, in reading order of the kinds."""
    found: list[Hint] = []
    if title and len(text.strip()) > LONG_TITLE:
        found.append(Hint(HintKind.LONG_TITLE, len(text.strip()), _start(text)))
    for sentence in sentences(text):
        if _count(sentence) > LONG_SENTENCE:
            found.append(Hint(HintKind.LONG_SENTENCE, _count(sentence), _start(sentence)))
        figures = _FIGURE.findall(sentence)
        if len(figures) > MANY_FIGURES:
            found.append(Hint(HintKind.FIGURES, len(figures), _start(sentence)))
    found += _listed(HintKind.UNGROUPED, _UNGROUPED.findall(text))
    found += _listed(HintKind.ABBREVIATIONS, _SHORT.findall(text))
    return found + _shouted(text)


def _shouted(text: str) -> list[Hint]:
    """Four words in capitals on end: harder to read, and what rumours look like."""
    run: list[str] = []
    for word in [*_SYLLABLE.findall(text), ""]:
        if len(word) > 1 and word.isupper():
            run.append(word)
        elif len(run) >= SHOUTED_WORDS:
            return [Hint(HintKind.SHOUTED, len(run), _start(" ".join(run)))]
        else:
            run = []
    return []


def _count(text: str) -> int:
    return len(_SYLLABLE.findall(text))


def _listed(kind: HintKind, words: Sequence[str]) -> list[Hint]:
    once = list(dict.fromkeys(words))
    return [Hint(kind, len(once), ", ".join(once[:5]))] if once else []


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1].rpartition(" ")[0] + "…"
