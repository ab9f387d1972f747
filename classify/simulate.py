"""Replay of a labelled set as a review queue: how much must be read to find what is there.

Active learning as in technology-assisted review (Cormack & Grossman 2015): one row of each label to start
with, the learner of the live queue, the surest first, retrained after every row and later after batches that
grow; near-copies with one label teach once. Work saved over sampling follows Cohen et al. 2006.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.encoder import Vectors
from classify.errors import EvaluationError
from classify.learner import Learner
from classify.near import bands, signature, similarity
from classify.stopping import RecallRule
from classify.views import Views, views

LEVELS = (80, 90, 95)
STOP_RULES = ("quarter", "recall90")
GROWTH = 0.03
"""A batch is this share of what has been read, and one row at least."""
NEAR_COPY = 0.8
"""Estimated Jaccard from which two rows with one label teach the same thing and are taught once."""
COPY_CAP = 2_000
"""Characters by which copies are told."""
BUCKET = 16


class Replay(NamedTuple):
    """Order of reading (row numbers), (read, found) after each batch, shares read and saved.

    ``stop`` is where the rule said stop, the true recall there, and the recall it claimed at least; None
    without rule.
    """

    order: list[int]
    curve: list[tuple[int, int]]
    read_at: dict[str, float]
    wss_at: dict[str, float]
    stop: dict[str, float] | None


def replay(
    texts: Sequence[str],
    labels: Sequence[bool],
    seed: int,
    stop: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    vectors: Vectors | None = None,
    made: Views | None = None,
) -> Replay:
    """Read everything once in the order of the queue; ``on_progress`` gets (read, all).

    ``stop``: "quarter" stops after the first quarter of the queue; "recall90" as `RecallRule` says, and until
    then mixes the rows in that it draws at random. ``vectors`` come from an encoder, one row a text; ``made``
    are the texts' `features`, which serve every seed. Raises EvaluationError if a label is missing or the
    rule is unknown.
    """
    truth = np.array([bool(label) for label in labels])
    if truth.sum() < 1 or (~truth).sum() < 1 or len(texts) != len(truth):
        raise EvaluationError("simulate: needs at least one positive and one negative row")
    if stop is not None and stop not in STOP_RULES:
        raise EvaluationError(f"stop rule {stop!r}: one of {', '.join(STOP_RULES)}")
    reading = _Reading(truth, seed, stop)
    with _one_thread():
        learner = Learner(texts, None, seed, features(texts, vectors) if made is None else made)
        curve = _read_all(reading, texts, learner, on_progress)
    read_at, wss_at = levels(truth[reading.order], len(truth))
    return Replay(reading.order, curve, read_at, wss_at, reading.stopped)


def features(texts: Sequence[str], vectors: Vectors | None) -> Views:
    """What the learner sees of a pool: half the work of a short replay, and the same whatever the seed."""
    return views(texts, vectors, 0)


def _read_all(
    reading: "_Reading",
    texts: Sequence[str],
    learner: Learner,
    on_progress: Callable[[int, int], None] | None,
) -> list[tuple[int, int]]:
    """Read until nothing is left; gives (read, found) after each batch."""
    curve = [(2, 1)]
    taught = _Taught(texts)
    new = reading.order[:]
    while len(reading.order) < len(texts):
        lessons = [(row, reading.is_hit(row)) for row in new if taught.is_new(row, reading.is_hit(row))]
        learner.learn([row for row, _ in lessons], [hit for _, hit in lessons])
        new = reading.batch(learner.scores(), max(1, int(GROWTH * len(reading.order))))
        curve.append((len(reading.order), reading.found))
        if on_progress is not None:
            on_progress(len(reading.order), len(texts))
    return curve


def _one_thread() -> AbstractContextManager[object]:
    """Matrices are small: a second thread waits busily, and takes the core from another run."""
    import_module("scipy.linalg")  # what is loaded later would not be limited
    limited: AbstractContextManager[object] = import_module("threadpoolctl").threadpool_limits(1)
    return limited


class _Taught:
    """What the learner has been told, so that a near-copy with the same label is told once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._known: defaultdict[tuple[int, int, bool], list[bytes]] = defaultdict(list)

    def is_new(self, row: int, hit: bool) -> bool:
        """Whether no near-copy with this label was told before; if so, this one is from now on."""
        signed = signature(self._texts[row][:COPY_CAP])
        places = [(*band, hit) for band in bands(signed)]
        rivals = {other for place in places for other in self._known[place]}
        if any(similarity(signed, other) >= NEAR_COPY for other in rivals):
            return False
        for place in places:
            # the newest are enough: what stands in many buckets at once is met in another
            self._known[place] = [*self._known[place][1 - BUCKET :], signed]
        return True


def start(truth: NDArray[np.bool_], seed: int) -> list[int]:
    """The two rows that a replay with this seed begins with: a positive and a negative."""
    return _start(truth, np.random.default_rng(seed))


def _start(truth: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
    return [int(rng.choice(np.flatnonzero(truth))), int(rng.choice(np.flatnonzero(~truth)))]


class _Reading:
    """What has been read, in which order, and whether the rule has stopped it."""

    def __init__(self, truth: NDArray[np.bool_], seed: int, stop: str | None) -> None:
        rng = np.random.default_rng(seed)
        self.order = _start(truth, rng)
        self.found = 1
        self.stopped: dict[str, float] | None = None
        self._truth = truth
        self._stop = stop
        self._rng = rng
        self._unread = np.ones(len(truth), dtype=bool)
        self._unread[self.order] = False
        self._rule = RecallRule(len(truth), 1, 2)
        # the next unread row of a random order is a uniform draw from all unread ones
        self._drawn = iter(rng.permutation(len(truth)).tolist())

    def is_hit(self, row: int) -> bool:
        """The label of a row that has been read."""
        return bool(self._truth[row])

    def batch(self, scores: NDArray[np.float64], size: int) -> list[int]:
        """Read so many rows, the best first; rows that the stopping rule wants are drawn at random."""
        pool = np.flatnonzero(self._unread)
        best = iter(pool[np.argsort(-scores[pool], kind="stable")].tolist())
        return [self._read(best) for _ in range(min(size, len(pool)))]

    def _read(self, best: Iterator[int]) -> int:
        waits = self._stop == "recall90" and self.stopped is None
        at_random = waits and self._rng.random() < self._rule.share()
        row = next(row for row in (self._drawn if at_random else best) if self._unread[row])
        hit = bool(self._truth[row])
        self._unread[row] = False
        self.order.append(row)
        self.found += hit
        if waits:
            (self._rule.drawn if at_random else self._rule.ranked)(hit)
        self._look()
        return row

    def _look(self) -> None:
        """Note where the rule stops, the first time it does."""
        if self._stop is None or self.stopped is not None:
            return
        read = len(self.order) / len(self._truth)
        stops = read >= 0.25 if self._stop == "quarter" else self._rule.stops
        if stops:
            claimed = 0.0 if self._stop == "quarter" else self._rule.claimed_low
            recall = self.found / int(self._truth.sum())
            self.stopped = {"at": read, "recall": recall, "claimed_low": claimed}


def levels(found: NDArray[np.bool_], total: int) -> tuple[dict[str, float], dict[str, float]]:
    """Fraction of `total` read when 80, 90 and 95% are found, and what that saves over reading at random.

    `found` tells of each row in the order of reading whether it was one; it may end with the last of them.
    """
    running = np.cumsum(found)
    read_at: dict[str, float] = {}
    wss_at: dict[str, float] = {}
    for level in LEVELS:
        needed = math.ceil(level / 100 * int(running[-1]))
        read = int(np.searchsorted(running, needed)) + 1
        read_at[str(level)] = read / total
        wss_at[str(level)] = (total - read) / total - (1 - level / 100)
    return read_at, wss_at
