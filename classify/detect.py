"""Claim detection: how much a sentence states something that can be checked, and which written cues say so.

An additive model over cues that a reader can verify; its weights are learned from the training sentences
whose
writers marked which of a text's sentences state the claim, and are shown to the reviewer with each score.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from classify import cues
from classify.artefact import SHIPPED, Floats, load
from classify.features import words
from classify.text import normalise

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

SHAPES: dict[str, str] = {
    "number": "có con số", "several_numbers": "có nhiều con số", "date": "có ngày tháng",
    "time": "có giờ giấc",
    "question_mark": "là câu hỏi", "exclamation": "giọng hô hào", "short": "câu quá ngắn",
    "long": "câu đủ dài",
}  # fmt: skip

FEATURES: tuple[str, ...] = (*cues.NAMES, *SHAPES)
"""The inputs of the model in order; the last weight of the artefact is the bias."""


class Reason(NamedTuple):
    """One cue and how much it moved the score (log odds); ``feature`` is in Vietnamese."""

    feature: str
    weight: float


def features(sentence: str) -> Floats:
    """Which cues the sentence has (0 or 1), in the order of `FEATURES`."""
    found = words(normalise(sentence))
    numbers = sum(word[0] == "#" for word in found)
    shapes = (
        numbers > 0, numbers > 2, "xdatex" in found, "xtimex" in found, "?" in found, "!" in found,
        len(found) < 7,
        len(found) > 18,
    )  # fmt: skip
    return np.array([*(count > 0 for count in cues.counts(found)), *shapes], dtype=np.float32)


def check_score(sentence: str) -> tuple[float, tuple[Reason, ...]]:
    """Check-worthiness 0..1 of one sentence, and its cues from the weightiest down."""
    weights = _weights()
    present = features(sentence)
    contributions = present * weights[:-1]
    total = float(contributions.sum() + weights[-1])
    reasons = [
        Reason(_label(FEATURES[at]), round(float(contributions[at]), 3))
        for at in np.argsort(-np.abs(contributions), kind="stable")
        if abs(float(contributions[at])) >= 0.05
    ]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), tuple(reasons[:6])


def _label(feature: str) -> str:
    return LABELS.get(feature) or SHAPES[feature]


@cache
def _weights() -> Floats:
    return load(SHIPPED).check_weights
