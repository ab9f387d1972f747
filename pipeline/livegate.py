"""What each training between models must show before it moves the queue's order (rule 10).

The gates of `pipeline.modelgates` once more, with the shift that was learned on top of the score: protected
texts may not be lifted, nor rise over the threshold, and false flags may not become uneven over topics or
diacritics. That
nothing here flags anything does not count: a model that would is not let near the order either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.labels import Label
from pipeline.modelgates import PROTECTED_RISE, SEED, Rate, facts_of, uneven

if TYPE_CHECKING:
    from classify.live import Pool, Shifts
    from classify.rank import Ranker

FOLDS = 5
LIFT = 0.25
"""How far a part of the protected texts may rise on average, in log odds, once the learner is trusted."""


@dataclass(frozen=True)
class Taught:
    """What a training had before it: the pool, the labels with their rows, and the scores without it."""

    pool: "Pool"
    labels: Sequence[Label]
    rows: Sequence[int]
    scores: Sequence[float]


def refusal(taught: Taught, learned: "Shifts", ranker: "Ranker", threshold: float) -> str | None:
    """Why what was learned may not move the order; None if nothing stands against it."""
    return _protected(taught.pool, learned, ranker, threshold) or _uneven(taught, threshold)


def _protected(pool: "Pool", learned: "Shifts", ranker: "Ranker", threshold: float) -> str | None:
    from classify import protected
    from classify.rank import moved

    texts = [row.text for row in protected.load()]
    moves = pool.probe(texts, learned)
    # part by part, in the order of the file: over the whole set a lift of one subject alone would be diluted
    size = protected.FIRST
    lift = max(float(moves[at : at + size].mean()) for at in range(0, len(moves), size))
    if lift > LIFT * learned.trust:
        return f"would lift the protected texts by {lift:.2f} in log odds"
    scores = [one.score for one in ranker.score([facts_of(text, "health") for text in texts])]
    after = [moved(*pair) >= threshold for pair in zip(scores, moves, strict=True)]
    before = Rate("protected", sum(score >= threshold for score in scores), len(texts))
    flagged = Rate("protected", sum(after), len(texts))
    rise = flagged.value - before.value
    if rise <= PROTECTED_RISE or flagged.interval[0] <= before.interval[1]:
        return None
    return f"would flag {rise:.1%} more of the protected texts than the promoted model"


def _uneven(taught: Taught, threshold: float) -> str | None:
    """Whether false flags of claims that were not learned from become uneven that were even before."""
    from classify.rank import moved
    from classify.text import has_marks

    shifted = _held_out(taught)
    calm = [at for at, label in enumerate(taught.labels) if not label.is_false]
    for what, kinds in (
        ("topics", [label.topic for label in taught.labels]),
        ("text with and without diacritics", [str(has_marks(label.text)) for label in taught.labels]),
    ):
        before = [taught.scores[at] >= threshold for at in calm]
        after = [moved(taught.scores[at], shifted[at]) >= threshold for at in calm]
        named = [kinds[at] for at in calm]
        if uneven(_rates(named, after)) and not uneven(_rates(named, before)):
            return f"would make false flags uneven over {what}"
    return None


def _rates(kinds: Sequence[str], flags: Sequence[bool]) -> list[Rate]:
    counted: dict[str, list[bool]] = {}
    for kind, flag in zip(kinds, flags, strict=True):
        counted.setdefault(kind, []).append(flag)
    return [Rate(kind, sum(some), len(some)) for kind, some in sorted(counted.items())]


def _held_out(taught: Taught) -> list[float]:
    """The shift of each labelled claim by a training that has not seen it."""
    from classify.fitting import folds
    from classify.live import shifts

    fold = folds([label.group for label in taught.labels], FOLDS, SEED)
    found = [0.0] * len(taught.labels)
    for held in range(FOLDS):
        rest = [at for at in range(len(found)) if fold[at] != held]
        learned = shifts(
            taught.pool, [taught.rows[at] for at in rest], [taught.labels[at].is_false for at in rest]
        )
        for at in range(len(found)):
            if fold[at] == held:
                found[at] = float(learned.values[taught.rows[at]])
    return found
