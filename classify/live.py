"""The learner of `classify.learner` over a living queue: claims come and go, and the words are hashed.

A replay knows its whole pool beforehand; a queue does not. So the features of a claim are hashed terms
(Weinberger et al. 2009) that no later claim changes, kept as counts, and weighted anew for each training.
What comes out is a shift in log odds that moves a claim in the queue's order and is used for nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.detect import Reason
from classify.features import terms
from classify.learner import TAKE_OVER, Learner
from classify.rank import ranking_text
from classify.text import normalise, strip_marks
from classify.views import Doubles, View, Views

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SIZE = 2**18
"""Places for terms; two terms that share one are told apart by the others of their claims."""
MOST = 3.0
"""How far a claim's log odds may be moved: by a factor of twenty."""
TRUST = 10
"""Labels of the rarer kind at which half of what the learner says is believed."""
SEED = 0
WORD = "từ “{}”"
"""How a term is shown as a reason, as by the promoted model."""
_SHOWN = 3
_HALF = np.float32(0.5**0.5)
_LEAST_SHOWN = 0.01


class Shifts(NamedTuple):
    """The shift of every row in log odds, how far it is trusted 0..1, and what explains it."""

    values: Doubles
    trust: float
    parts: "Sequence[tuple[csr_matrix, Doubles]]"


class _Noted(View):
    """A view that notes the last weight of every term and the spread it gave the pool."""

    def scores(self, rows: NDArray[np.intp], weights: Doubles) -> Doubles:
        """As a view does; what the terms weigh is kept beside it."""
        assert self.sparse is not None  # noqa: S101 -- the views of a living queue are sparse
        each = np.asarray(self.sparse[rows].T @ weights, dtype=np.float64)
        found = np.asarray(self.sparse @ each, dtype=np.float64)
        object.__setattr__(self, "noted", (each, float(found.std()) or 1.0))
        return found


class Pool:
    """The hashed terms of every claim that was met: with and without diacritics, singly and in pairs."""

    def __init__(self) -> None:
        from scipy.sparse import csr_matrix

        self._plain = self._marked = csr_matrix((0, SIZE), dtype=np.float32)
        self.rows = 0

    def add(self, texts: Sequence[str]) -> range:
        """Take in new texts; gives their rows."""
        blocks = [terms(normalise(ranking_text(text))) for text in texts]
        self._plain = _below(self._plain, _hashed(plain for plain, _ in blocks))
        self._marked = _below(self._marked, _hashed(marked for _, marked in blocks))
        first, self.rows = self.rows, self.rows + len(texts)
        return range(first, self.rows)

    def views(self, doubted: Mapping[str, float] | None = None) -> Views:
        """The views of all rows; ``doubted`` says by what factor the weight of a term is shrunk."""
        from scipy.sparse import hstack

        plain, marked = self._parts(doubted or {})
        rich = hstack([_HALF * plain, _HALF * marked], format="csr")
        return Views(_Noted(plain, None), _Noted(rich, None), None)

    def probe(self, texts: Sequence[str], learned: "Shifts") -> Doubles:
        """The shifts of texts that are not in the pool, by what its last training noted."""
        from scipy.sparse import hstack

        if not learned.parts:
            return np.zeros(len(texts))
        blocks = [terms(normalise(ranking_text(text))) for text in texts]
        plain = _weighted(_hashed(some for some, _ in blocks), _rarity(self._plain), ())
        marked = _weighted(_hashed(some for _, some in blocks), _rarity(self._marked), ())
        views = (plain, hstack([_HALF * plain, _HALF * marked], format="csr"))
        found = np.zeros(len(texts))
        for view, (own, each) in zip(views, learned.parts, strict=True):
            found += view @ each - float((own @ each).mean())
        most = MOST * learned.trust
        return np.asarray(np.clip(found, -most, most), dtype=np.float64)

    def _parts(self, doubted: Mapping[str, float]) -> "tuple[csr_matrix, csr_matrix]":
        shrunk = [(terms(normalise(word)), factor) for word, factor in doubted.items()]
        plain = [(some[-1], factor) for (some, _), factor in shrunk if some]
        marked = [(some[-1], factor) for (_, some), factor in shrunk if some]
        return (
            _weighted(self._plain, _rarity(self._plain), plain),
            _weighted(self._marked, _rarity(self._marked), marked),
        )


def reasons(text: str, row: int, learned: Shifts) -> list[Reason]:
    """The terms that moved a text most, the weightiest first, at most 3; ``row`` is its row in the pool."""
    plain, marked = terms(normalise(ranking_text(text)))
    places: dict[int, str] = {}
    for start, some in ((0, plain), (SIZE, marked)):
        if some:
            found = _hashed([one] for one in some).indices + start
            places |= dict(zip(found.tolist(), some, strict=True))
    total: dict[str, float] = {}
    # a word with its marks and without them is one reason, shown as it is written
    shown = {strip_marks(term): term for term in (*plain, *marked)}
    for view, each in learned.parts:
        mine = view[row]
        for place, value in zip(mine.indices.tolist(), mine.data.tolist(), strict=True):
            if place in places:
                term = shown[strip_marks(places[place])]
                total[term] = total.get(term, 0.0) + value * float(each[place])
    best = sorted(total.items(), key=lambda one: (-abs(one[1]), one[0]))[:_SHOWN]
    return [Reason(WORD.format(term), round(by, 3)) for term, by in best if abs(by) >= _LEAST_SHOWN]


def shifts(
    pool: Pool, rows: Sequence[int], labels: Sequence[bool], doubted: Mapping[str, float] | None = None
) -> Shifts:
    """What the labels teach of every row of the pool; nothing until both labels are there.

    The standardised score of the learner, cut off at `MOST`, times a trust that grows with the labels of the
    rarer kind: m / (m + `TRUST`). So one verdict moves little, and fifty nearly all that fifty can.
    """
    false = sum(labels)
    rarer = min(false, len(labels) - false)
    if not rarer:
        return Shifts(np.zeros(pool.rows), 0.0, ())
    trust = rarer / (rarer + TRUST)
    made = pool.views(doubted)
    # one thread: a small system is solved faster by one than by several that wait for each other
    threads: Any = import_module("threadpoolctl")
    with threads.threadpool_limits(1, "blas"):
        # nameless texts: the learner counts them and looks at the views alone
        learner = Learner([""] * pool.rows, None, SEED, made)
        learner.learn(rows, labels)
        raw = learner.scores()
    spread = float(raw.std()) or 1.0
    even = np.clip((raw - raw.mean()) / spread, -MOST, MOST)
    return Shifts(trust * even, trust, _parts(made, false, trust / spread))


def _parts(made: Views, false: int, scale: float) -> "list[tuple[csr_matrix, Doubles]]":
    """What each term of each view adds to the log odds of a claim that holds it."""
    found = []
    for view, share in ((made.words, 1.0), (made.rich, false / TAKE_OVER)):
        noted = getattr(view, "noted", None)
        if noted is not None and view.sparse is not None:
            each, spread = noted
            found.append((view.sparse, scale * share / spread * each))
    return found


def _hashed(blocks: Iterable[Iterable[str]]) -> "csr_matrix":
    """Counts of hashed terms, one row a block, on a log scale."""
    from sklearn.feature_extraction import FeatureHasher

    hasher = FeatureHasher(SIZE, input_type="string", dtype=np.float32, alternate_sign=False)
    found = hasher.transform(blocks)
    found.data = 1 + np.log(found.data)
    return found


def _below(upper: "csr_matrix", lower: "csr_matrix") -> "csr_matrix":
    from scipy.sparse import vstack

    return vstack([upper, lower], format="csr") if upper.shape[0] else lower


def _rarity(counts: "csr_matrix") -> "NDArray[np.float32]":
    """The inverse document frequency of every place in what is in the pool now."""
    often = np.bincount(counts.indices, minlength=SIZE)
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + often)) + 1, dtype=np.float32)


def _weighted(
    counts: "csr_matrix", rarity: "NDArray[np.float32]", shrunk: Sequence[tuple[str, float]]
) -> "csr_matrix":
    """TF-IDF rows of length 1; doubted terms count for less."""
    from scipy.sparse import csr_matrix

    data = counts.data * rarity[counts.indices]
    held = np.diff(counts.indptr)
    sums = np.concatenate([[0.0], np.cumsum(data.astype(np.float64) ** 2)])
    lengths = np.sqrt(sums[counts.indptr[1:]] - sums[counts.indptr[:-1]])
    data /= np.repeat(np.maximum(lengths, 1e-9), held).astype(np.float32)
    for term, factor in shrunk:
        # after the length: what is doubted must not make the other terms of its claims count for more
        data[counts.indices == _hashed([[term]]).indices[0]] *= np.float32(factor)
    return csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
