"""Rule 10: what a candidate ranking model must show before a person may promote it (safety M6, M9).

All figures are false flags: claims that people found true, or found to be no claim, which the model would
put in the queue. They come from models that have not seen the claim's story. A difference counts as uneven
when it is larger than the stated bound and the Wilson 95% intervals do not overlap, so that a handful
proves nothing.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from pipeline import splits
from pipeline.labels import Label

if TYPE_CHECKING:
    from classify.rank import ClaimFacts, Ranker
    from classify.reader import Reader

BOUND = 0.10
"""How far the false-flag rates of two topics, or of text with and without diacritics, may lie apart."""
PROTECTED_RISE = 0.01
"""How much more of the protected texts than the present model a candidate may flag, the gate aside."""
MOST_SHOWN = 5
"""So many of all protected texts may come through the gate and the model together; of the first set none."""
WORSE = 0.01
"""How much worse than the present model a candidate may be on claims that neither has seen."""
SEED = 0
_Z = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """So many of n were flagged, with the Wilson 95% interval (Wilson 1927)."""

    name: str
    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high; everything is possible without a row."""
        if not self.n:
            return 0.0, 1.0
        share, z2 = self.value, _Z**2
        middle = (share + z2 / (2 * self.n)) / (1 + z2 / self.n)
        half = _Z / (1 + z2 / self.n) * math.sqrt(share * (1 - share) / self.n + z2 / (4 * self.n**2))
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Judged:
    """What the gates measured, and the first reason for a refusal."""

    metrics: dict[str, float]
    refusal: str | None


def uneven(rates: Iterable[Rate], bound: float = BOUND) -> tuple[Rate, Rate] | None:
    """The two rates that differ most, by more than the bound and beyond doubt; None if all are even."""
    pairs = [sorted(pair, key=lambda rate: rate.value) for pair in combinations(rates, 2)]
    apart = [
        (low, high)
        for low, high in pairs
        if high.value - low.value > bound and low.interval[1] < high.interval[0]
    ]
    return max(apart, key=lambda pair: pair[1].value - pair[0].value, default=None)


def facts_of(text: str, topic: str) -> "ClaimFacts":
    """A claim of which nothing is known but its words: so the words alone are judged."""
    from classify.rank import ClaimFacts

    return ClaimFacts(text, topic, 1, 1, 1, 0, 0.0, 0.0, 0.0)


def out_of_fold(labels: Sequence[Label], fit: "Callable[[Sequence[Label]], Ranker]") -> list[float]:
    """A score for each label by a model that has met neither the claim, its story nor its source.

    Not a number where nothing else teaches enough to test it.
    """
    scores = [math.nan] * len(labels)
    for split in splits.across(labels).splits:
        ranker = fit([labels[at] for at in split.train])
        ranked = ranker.score([facts_of(labels[at].text, labels[at].topic) for at in split.test])
        for at, one in zip(split.test, ranked, strict=True):
            scores[at] = one.score
    return scores


def judge(
    candidate: "Ranker",
    present: "Ranker",
    labels: Sequence[Label],
    scores: Sequence[float],
    unseen: Sequence[int],
    reader: "Reader",
    threshold: float,
) -> Judged:
    """Measure a candidate against rule 10; `unseen` are labels that the present model has not met."""
    from classify.text import has_marks

    tested = [at for at in range(len(labels)) if not math.isnan(scores[at])]
    calm = [at for at in tested if not labels[at].is_false]
    by_topic = _rates(((labels[at].topic, scores[at] >= threshold) for at in calm), "topic")
    by_marks = _rates(
        (("with" if has_marks(labels[at].text) else "without", scores[at] >= threshold) for at in calm),
        "marks",
    )
    through, flagged, before = _protected(candidate, present, reader, threshold)
    lost = _lost(present, labels, scores, [at for at in unseen if at in set(tested)], threshold)
    metrics = {f"false_flag_{rate.name}": rate.value for rate in (*by_topic, *by_marks)}
    metrics |= {f"false_flag_n_{rate.name}": float(rate.n) for rate in (*by_topic, *by_marks)}
    metrics |= {
        "protected_n": float(flagged.n),
        "protected_admitted": float(through.first),
        "protected_shown": float(through.all),
        "protected_over_threshold": flagged.value,
        "protected_over_threshold_before": before.value,
        "lost_to_present": lost[0],
    }
    reasons = [
        _admits(through),
        _rises(flagged, before),
        _is_uneven(by_topic, "topics"),
        _is_uneven(by_marks, "text with and without diacritics"),
        f"worse than the present model by {lost[0]:.1%} of unseen claims" if lost[1] > WORSE else None,
    ]
    return Judged(metrics, next((reason for reason in reasons if reason), None))


def _rates(pairs: Iterable[tuple[str, bool]], kind: str) -> list[Rate]:
    counts: dict[str, list[bool]] = {}
    for name, flagged in pairs:
        counts.setdefault(name, []).append(flagged)
    return [Rate(f"{kind}_{name}", sum(hits), len(hits)) for name, hits in sorted(counts.items())]


class Through(NamedTuple):
    """Protected texts that the gate lets in and the model flags: of the first set, and of all."""

    first: int
    all: int


def _protected(
    candidate: "Ranker", present: "Ranker", reader: "Reader", threshold: float
) -> tuple[Through, Rate, Rate]:
    """Protected texts flagged through the whole reader, and flagged with the gate aside, now and before.

    Of the first set none may come through, of all at most `MOST_SHOWN`, a bound of the gate alone as well.
    """
    from classify import protected

    texts = [row.text for row in protected.load()]
    facts = [facts_of(text, "health") for text in texts]
    flags = [ranked.score >= threshold for ranked in candidate.score(facts)]
    before = [ranked.score >= threshold for ranked in present.score(facts)]
    shown = [at for at, text in enumerate(texts) if flags[at] and reader.read(text).in_scope]
    return (
        Through(sum(at < protected.FIRST for at in shown), len(shown)),
        Rate("protected", sum(flags), len(texts)),
        Rate("protected", sum(before), len(texts)),
    )


def _admits(through: Through) -> str | None:
    return f"flags {through.all} protected texts" if through.first or through.all > MOST_SHOWN else None


def _rises(flagged: Rate, before: Rate) -> str | None:
    rise = flagged.value - before.value
    if rise <= PROTECTED_RISE or flagged.interval[0] <= before.interval[1]:
        return None
    return f"scores {rise:.1%} more of the protected texts as flagged than the present model"


def _is_uneven(rates: Sequence[Rate], what: str) -> str | None:
    pair = uneven(rates)
    if pair is None:
        return None
    low, high = pair
    return (
        f"false flags are uneven over {what}: {high.name} {high.value:.0%} of {high.n}, "
        f"{low.name} {low.value:.0%} of {low.n}"
    )


def _lost(
    present: "Ranker",
    labels: Sequence[Label],
    scores: Sequence[float],
    unseen: Sequence[int],
    threshold: float,
) -> tuple[float, float]:
    """By what share the present model is right more often on unseen claims, and its 95% lower bound."""
    if not unseen:
        return 0.0, 0.0
    old = present.score([facts_of(labels[at].text, labels[at].topic) for at in unseen])
    gaps = []
    for at, ranked in zip(unseen, old, strict=True):
        truth = labels[at].is_false
        gaps.append(int((ranked.score >= threshold) == truth) - int((scores[at] >= threshold) == truth))
    mean = sum(gaps) / len(gaps)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps) / len(gaps))
    return mean, mean - _Z * spread
