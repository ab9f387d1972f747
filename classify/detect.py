"""Claim detection: how much a sentence states something that can be checked, and what in it says so.

One additive model over words with and without diacritics, written cues and the sentence's shape; where an
encoder is at hand, the sentence's meaning joins as one more term. Every score is the logistic of a sum, and
the terms of that sum are what the reviewer is shown. Trained by `detecting` on `data/claims`.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from classify import claimartefact, claimcues, cues
from classify.claimartefact import ClaimArtefact
from classify.encoder import Encoder, NoEncoder
from classify.features import terms
from classify.scope import weighted
from classify.text import has_marks, normalise, strip_marks

LABELS: dict[str, str] = {
    "hearsay": "thuật lại lời người khác, tin đồn", "verify": "hỏi tin có thật không",
    "share": "kêu gọi chia sẻ",
    "warn": "cảnh báo", "notice": "văn phong thông báo", "deny": "bác bỏ, đính chính",
    "agency": "nêu cơ quan",
    "pay": "nói tới việc đóng, nộp tiền", "reach": "có liên kết, số liên hệ", "threat": "dọa hậu quả",
    "lure": "lời mời, ưu đãi", "cure": "nói tới cách chữa bệnh", "danger": "nêu mối nguy",
    "feeling": "bày tỏ cảm xúc",
    "complain": "than phiền, nhận xét", "meeting": "đưa tin hội họp", "prayer": "cầu nguyện",
    "memory": "kể chuyện xưa",
    "shop": "mua bán thông thường", "elsewhere": "chuyện ngoài chủ đề", "question": "câu hỏi thường",
    "advice": "lời khuyên, lời chúc",
    "self": "kể về mình, người nhà", "story": "kể chuyện vừa qua", "irony": "giọng mỉa mai, nói đùa",
    "claimfact": "nêu điều kiện, quyền lợi, quy định",
}  # fmt: skip
"""What each cue is called in front of a reviewer."""

MEANING = "nghĩa của cả câu"
"""What the encoder's term is called."""
SHOWN = 6
WORDS_SHOWN = 3
LEAST = 0.05
CUE_VALUE = np.float32(0.3)
"""Value of a cue that is there, beside TF-IDF blocks of length 1: chosen by cross-validation."""

_NAMES = {**LABELS, **claimcues.CLAIM_LABELS, **claimcues.SHAPES}
_NUMBER = re.compile(r"#\d")
_SIGNS = {
    "xdatex": "ngày",
    "xtimex": "giờ",
    "xurlx": "liên kết",
    "xphonex": "số gọi",
    "xemailx": "thư điện tử",
}
_SIGN = re.compile("|".join(_SIGNS))


class Reason(NamedTuple):
    """One part of the sum and how much it moved the score (log odds); ``feature`` is in Vietnamese."""

    feature: str
    weight: float


class _Parts(NamedTuple):
    """The sum of a sentence's written features, and what it consists of."""

    total: float
    reasons: tuple[Reason, ...]


class Detector:
    """The model with its weights and an encoder, which may be none; one serves all threads."""

    def __init__(self, trained: ClaimArtefact, encoder: Encoder | None = None) -> None:
        self._blocks = trained.blocks
        self._cues = trained.cues
        self._meaning = trained.meaning
        self._figures = trained.figures
        # vectors of another model would mean nothing to these weights
        fits = encoder is not None and encoder.name == trained.encoder
        self._encoder: Encoder = encoder if encoder is not None and fits else NoEncoder()

    @classmethod
    def load(cls, encoder: Encoder | None = None) -> "Detector":
        """The shipped weights; raises ArtefactError unless their SHA-256 is the pinned one."""
        return cls(claimartefact.load(), encoder)

    def score(self, sentence: str) -> tuple[float, tuple[Reason, ...]]:
        """Check-worthiness 0..1 of one sentence, and its reasons from the weightiest down."""
        return self.scores([sentence])[0]

    def scores(self, sentences: Sequence[str]) -> list[tuple[float, tuple[Reason, ...]]]:
        """The same for several, encoded at once.

        A sentence without diacritics is judged by its words alone: the encoder fails there.
        """
        seen = [normalise(sentence) for sentence in sentences]
        parts = [self.parts(sentence) for sentence in seen]
        marked = [at for at, sentence in enumerate(seen) if has_marks(sentence)]
        vectors = self._encoder.encode([seen[at] for at in marked]) if marked else None
        meaning: dict[int, float] = {}
        if vectors is not None:
            meaning = dict(zip(marked, self._meaning.said(vectors).tolist(), strict=True))
        return [self._judged(one, meaning.get(at)) for at, one in enumerate(parts)]

    def parts(self, sentence: str) -> _Parts:
        """The written features of a normalised sentence, each with its weight."""
        words: dict[str, tuple[str, float]] = {}
        total = self._figures["bias"]
        for block, found in zip(self._blocks, terms(sentence), strict=True):
            at, values = weighted(found, block.vocabulary, block.idf)
            moved = dict(zip(at.tolist(), (values * block.weights[at]).tolist(), strict=True))
            total += sum(moved.values())
            for term in dict.fromkeys(found):
                _add(words, term, moved.get(block.vocabulary.get(term, -1), 0.0))
        present = np.array(claimcues.present(sentence), dtype=np.float32) * CUE_VALUE * self._cues
        total += float(present.sum())
        told = [
            Reason(_NAMES[name], weight)
            for name, weight in zip(claimcues.NAMES, present.tolist(), strict=True)
        ]
        spoken = [Reason(f"từ “{shown}”", weight) for shown, weight in words.values()]
        return _Parts(total, (*told, *_weightiest(spoken, WORDS_SHOWN)))

    def _judged(self, parts: _Parts, meaning: float | None) -> tuple[float, tuple[Reason, ...]]:
        joint = "" if meaning is None else "joint_"
        slope, offset = self._figures[f"{joint}slope"], self._figures[f"{joint}offset"]
        total = slope * parts.total + (meaning or 0.0) + offset
        reasons = [one._replace(weight=slope * one.weight) for one in parts.reasons]
        if meaning is not None:
            reasons.append(Reason(MEANING, meaning))
        shown = tuple(one._replace(weight=round(one.weight, 3)) for one in _weightiest(reasons, SHOWN))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), shown


def check_score(sentence: str) -> tuple[float, tuple[Reason, ...]]:
    """Check-worthiness 0..1 of one sentence by its words alone, and its reasons."""
    return _lexical().score(sentence)


@cache
def _lexical() -> Detector:
    return Detector.load()


def _weightiest(reasons: Sequence[Reason], most: int) -> list[Reason]:
    felt = [one for one in reasons if abs(one.weight) >= LEAST]
    return sorted(felt, key=lambda one: -abs(one.weight))[:most]


def _add(words: dict[str, tuple[str, float]], term: str, weight: float) -> None:
    """Sum up a term of both blocks under its letters without marks; the marked form is shown."""
    key = strip_marks(term)
    shown, before = words.get(key, (_readable(term), 0.0))
    words[key] = (_readable(term) if term != key else shown, before + weight)


def _readable(term: str) -> str:
    return _SIGN.sub(lambda found: _SIGNS[found.group()], _NUMBER.sub("số", term))


assert set(LABELS) == set(cues.NAMES)  # noqa: S101 - every cue has a name for the reviewer
