"""Figures of a model on claims that it has not met: by other stories and sources, and later ones.

`held_*` tests every label once; `ahead_*` the newest quarter by what other sources had taught before it. The
reliability diagram's points are registered as figures, so that a model's page needs no training data.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline import splits
from pipeline.labels import Label
from pipeline.modelgates import facts_of

if TYPE_CHECKING:
    from classify.calibrating import Bools, Doubles
    from classify.rank import Ranker

LEAST = 20
"""Claims under which a figure says nothing."""


def figures(
    labels: Sequence[Label], scores: Sequence[float], fit: "Callable[[Sequence[Label]], Ranker]"
) -> dict[str, float]:
    """All held-out figures of the way in which a model was made, and how many labels the busiest gave."""
    from classify.ranking import points, quality

    known = [at for at, score in enumerate(scores) if not math.isnan(score)]
    plan = splits.ahead(labels)
    found = {"split_by_source": float(plan.by_source), "largest_reviewer_share": busiest(labels)}
    if len(known) >= LEAST:
        truth, chances = _arrays(labels, known, [scores[at] for at in known])
        found |= {f"held_{name}": value for name, value in quality(truth, chances).items()}
        found |= points(truth, chances)
    tested: list[int] = []
    ahead: list[float] = []
    for split in plan.splits:
        facts = [facts_of(labels[at].text, labels[at].topic) for at in split.test]
        ranked = fit([labels[at] for at in split.train]).score(facts)
        tested += split.test
        ahead += [one.score for one in ranked]
    if len(tested) >= LEAST:
        truth, chances = _arrays(labels, tested, ahead)
        found |= {f"ahead_{name}": value for name, value in quality(truth, chances).items()}
    return found


def leak(labels: Sequence[Label]) -> str | None:
    """Why the held-out figures cannot be trusted; None if both sides of every split are apart."""
    for plan, time in ((splits.across(labels), False), (splits.ahead(labels), True)):
        for split in plan.splits:
            ways = splits.leaks(labels, split, source=plan.by_source, time=time)
            if ways:
                return f"held-out claims are known to the training side by: {', '.join(ways)}"
    return None


def busiest(labels: Sequence[Label]) -> float:
    """The largest share of the labels that one first reviewer gave."""
    counts = Counter(label.reviewer for label in labels)
    return max(counts.values(), default=0) / max(1, len(labels))


def _arrays(labels: Sequence[Label], rows: Sequence[int], scores: Sequence[float]) -> "tuple[Bools, Doubles]":
    import numpy as np

    return np.array([labels[at].is_false for at in rows]), np.array(scores, dtype=np.float64)
