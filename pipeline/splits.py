"""Which labels a model may learn from when it is judged on others: apart by story, by source and by time.

A model that has met a story, its copies or its publisher's habits would be judged too well. Folds hold
whole sources; a story that two sources share is taken out of the training side. `ahead` also lets no training
label be younger than a tested one. Where one source holds most labels, or a side would have one answer only,
sources cannot be kept apart: folds are by story then, and `by_source` says so.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.labels import NEAR_COPY, Label

FOLDS = 5
LARGEST_FOLD = 0.5
LEAST_ROWS = 16
SHARE_BEFORE = 0.75


@dataclass(frozen=True)
class Split:
    """Row numbers of one training side and of what is tested with it."""

    train: list[int]
    test: list[int]


@dataclass(frozen=True)
class Plan:
    """Splits that test a row at most once, and whether sources are kept apart."""

    splits: list[Split]
    by_source: bool


def across(labels: Sequence[Label]) -> Plan:
    """Splits that test every label once."""
    places = _by_source(labels)
    if places is not None:
        splits = [_split(labels, places, fold) for fold in range(FOLDS)]
        splits = [one for one in splits if one.test]
        if all(_teaches(labels, one.train) for one in splits):
            return Plan(splits, by_source=True)
    splits = [_split(labels, _by_story(labels), fold) for fold in range(FOLDS)]
    return Plan([one for one in splits if one.test and _teaches(labels, one.train)], by_source=False)


def ahead(labels: Sequence[Label]) -> Plan:
    """The last quarter of the labels, each tested by what other sources had taught before its first day."""
    plan = across(labels)
    order = sorted(range(len(labels)), key=lambda at: (labels[at].decided_at, labels[at].claim_id))
    start = int(SHARE_BEFORE * len(order))
    if not order or start == len(order):
        return Plan([], plan.by_source)
    first = labels[order[start]].decided_at
    late = {at for at in order if labels[at].decided_at >= first}
    splits = [
        Split([at for at in one.train if at not in late], [at for at in one.test if at in late])
        for one in plan.splits
    ]
    return Plan([one for one in splits if one.test and _teaches(labels, one.train)], plan.by_source)


def leaks(labels: Sequence[Label], split: Split, *, source: bool, time: bool) -> list[str]:
    """In which ways the tested side of a split is known to its training side; empty if in none."""
    train, test = [labels[at] for at in split.train], [labels[at] for at in split.test]
    found = []
    if {one.claim_id for one in train} & {one.claim_id for one in test}:
        found.append("claim")
    if {one.group for one in train} & {one.group for one in test}:
        found.append("story")
    if source and {one.source for one in train} & {one.source for one in test}:
        found.append("source")
    if time and train and test and max(_when(train)) >= min(_when(test)):
        found.append("time")
    if _copied(train, test):
        found.append("copy")
    return found


def _when(labels: Sequence[Label]) -> list[float]:
    return [one.decided_at.timestamp() for one in labels]


def _copied(train: Sequence[Label], test: Sequence[Label]) -> bool:
    from classify.near import bands, signature, similarity

    known: dict[tuple[int, int], list[bytes]] = {}
    for one in train:
        signed = signature(one.text)
        for place in bands(signed):
            known.setdefault(place, []).append(signed)
    for one in test:
        signed = signature(one.text)
        rivals = {other for place in bands(signed) for other in known.get(place, ())}
        if any(similarity(signed, other) >= NEAR_COPY for other in rivals):
            return True
    return False


def _split(labels: Sequence[Label], places: Sequence[int], fold: int) -> Split:
    test = [at for at, place in enumerate(places) if place == fold]
    met = {labels[at].group for at in test}
    train = [at for at, place in enumerate(places) if place != fold and labels[at].group not in met]
    return Split(train, test)


def _by_story(labels: Sequence[Label]) -> list[int]:
    from classify.fitting import folds

    return [int(fold) for fold in folds([one.group for one in labels], FOLDS, 0)]


def _by_source(labels: Sequence[Label]) -> list[int] | None:
    """A fold for each label, whole sources together, the largest first; None if too few hold too much."""
    sizes = Counter(one.source or one.group for one in labels)
    filled = [0] * FOLDS
    place: dict[str, int] = {}
    for source, n in sorted(sizes.items(), key=lambda pair: (-pair[1], _digest(pair[0]))):
        fold = min(range(FOLDS), key=lambda at: (filled[at], at))
        place[source] = fold
        filled[fold] += n
    if len(sizes) < FOLDS or max(filled) > LARGEST_FOLD * len(labels):
        return None
    return [place[one.source or one.group] for one in labels]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _teaches(labels: Sequence[Label], rows: Sequence[int]) -> bool:
    return len(rows) >= LEAST_ROWS and len({labels[at].is_false for at in rows}) == 2
