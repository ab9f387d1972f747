"""What the newest labels would change: a gate against labels that were given to mislead (safety M6).

A model of all labels and one without the newest are held against the same texts: the protected ones, and the
claims of each topic that people had found harmless before the newest labels were given, each by models that
have not met it. A rise beyond the bounds is refused whatever the accuracy says, for accuracy does not see a
few labels aimed at one subject. Protected texts are far from what a desk decides, so chance moves them much:
what leaving out as many other labels, drawn at random, changes as well is let pass there. A claim near the
threshold counts in part, so that forty claims of a topic can tell a rise of a few points.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from pipeline import splits
from pipeline.labels import Label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]

PROTECTED_RISE = 0.01
TOPIC_RISE = 0.025
"""Half a point under what is promised, because a few dozen claims stand for all that may come."""
CHANCE_ROUNDS = 5
SOFT = 0.5
"""Log odds over which a flag comes on: the rest of a step between nought and one."""
LEAST_OLD = 200
"""With fewer labels to hold them against, new ones cannot be told from mistakes of the old."""


@dataclass(frozen=True)
class Change:
    """The share of one kind of harmless text that is flagged, without and with the newest labels."""

    name: str
    before: float
    after: float
    n: int

    @property
    def rise(self) -> float:
        """By what share more are flagged."""
        return self.after - self.before


@dataclass(frozen=True)
class Effect:
    """What the newest labels change, and what leaving out as many others at random changed at most."""

    protected: Change
    topics: list[Change]
    chance_protected: float = 0.0

    @property
    def metrics(self) -> dict[str, float]:
        """The rises, as figures of the registry."""
        found = {"new_labels_protected_rise": self.protected.rise}
        return found | {f"new_labels_rise_{one.name}": one.rise for one in self.topics}

    @property
    def refusal(self) -> str | None:
        """Why a model with these labels may not serve; None if nothing speaks against it."""
        if self.protected.rise > max(PROTECTED_RISE, self.chance_protected):
            return f"the newest labels raise flags of protected texts by {self.protected.rise:.1%}"
        worst = max(self.topics, key=lambda one: one.rise, default=None)
        if worst is None or worst.rise <= TOPIC_RISE:
            return None
        return f"the newest labels raise false flags of {worst.name} by {worst.rise:.1%} of {worst.n}"


def effect(labels: Sequence[Label], since: datetime, threshold: float) -> Effect | None:
    """What the labels given after an instant change; None where there is nothing to compare."""
    new = {at for at, label in enumerate(labels) if label.decided_at > since}
    old = [at for at in range(len(labels)) if at not in new]
    if not new or len(old) < LEAST_OLD or len({labels[at].is_false for at in old}) < 2:
        return None
    trial = _Trial(labels, threshold)
    found = Effect(trial.protected(new), trial.topics(new))
    if found.protected.rise <= PROTECTED_RISE:
        return found
    draw = random.Random(0)
    rises = [
        trial.protected(set(draw.sample(old, min(len(new), len(old) // 2)))).rise
        for _ in range(CHANCE_ROUNDS)
    ]
    return replace(found, chance_protected=max(rises))


class _Trial:
    """Models of all labels and of some, side by side; the words are counted once."""

    def __init__(self, labels: Sequence[Label], threshold: float) -> None:
        import numpy as np

        from classify import protected
        from classify.fitting import folds
        from classify.rank import ranking_text
        from classify.ranking import Terms, Told

        texts = [label.text for label in labels] + [row.text for row in protected.load()]
        groups = [label.group for label in labels]
        lone = [f"protected:{at}" for at in range(len(texts) - len(labels))]
        sources = [label.source or label.group for label in labels]
        told = Told([*groups, *lone], [*sources, *lone])
        self._terms = Terms([ranking_text(text) for text in texts], told)
        self._truth = np.array([label.is_false for label in labels])
        self._fold = folds(groups, 3, 1)
        self._protected = np.arange(len(labels), len(texts))
        self._labels = labels
        even = min(max(threshold, 0.01), 0.99)
        self._edge = float(np.log(even / (1 - even)))
        self._splits = splits.across(labels).splits
        self._whole = _mean(self._flags(range(len(labels)), self._protected))

    def topics(self, removed: Collection[int]) -> list[Change]:
        """How many harmless claims of each topic are flagged without some labels, and with all."""
        cells: dict[str, list[tuple[float, float]]] = {}
        for split in self._splits:
            asked = [at for at in split.test if not self._labels[at].is_false]
            before = self._flags([at for at in split.train if at not in removed], asked)
            for at, *pair in zip(asked, before, self._flags(split.train, asked), strict=True):
                cells.setdefault(self._labels[at].topic, []).append((pair[0], pair[1]))
        return [
            Change(
                f"topic_{topic}",
                _mean([one for one, _ in pairs]),
                _mean([two for _, two in pairs]),
                len(pairs),
            )
            for topic, pairs in sorted(cells.items())
        ]

    def protected(self, removed: Collection[int]) -> Change:
        """How many protected texts are flagged without some labels, and with all."""
        kept = [at for at in range(len(self._labels)) if at not in removed]
        before = _mean(self._flags(kept, self._protected))
        return Change("protected", before, self._whole, len(self._protected))

    def _flags(self, rows: Sequence[int], asked: "Sequence[int] | Rows") -> list[float]:
        """How far each asked row is over the threshold, softly; nought where nothing can be learned."""
        import numpy as np

        from classify.errors import TrainingDataError

        taught, wanted = np.array(rows, dtype=np.int64), np.array(asked, dtype=np.int64)
        truth = self._truth[taught]
        if not len(wanted) or len(taught) < splits.LEAST_ROWS or truth.all() or not truth.any():
            return [0.0] * len(wanted)
        try:
            chances = self._terms.chances(taught, truth, self._fold[taught], wanted)
        except TrainingDataError:
            return [0.0] * len(wanted)
        over = np.log(chances / (1 - chances)) - self._edge
        return [float(one) for one in np.clip(over / (2 * SOFT) + 0.5, 0.0, 1.0)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def newest_since(labels: Sequence[Label], present: datetime | None) -> datetime:
    """From when labels count as new: since the model that serves was made, or the newest quarter."""
    if present is not None:
        return present
    days = sorted(label.decided_at for label in labels)
    return days[max(0, int(splits.SHARE_BEFORE * len(days)) - 1)]
