"""A pool of texts as the learner sees it: words, letters, shapes, surface style and sentence vectors.

Each view is a set of features whose inner products compare two texts. What is curved (style, vectors) is
made flat with landmarks (Williams & Seeger 2001), so that the cost stays linear in the pool.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify import grams
from classify.encoder import Vectors, scaled
from classify.text import normalise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

CAP = 20_000
"""Characters of a text that are read."""
SHAPE_CAP = 1_500
"""Characters whose letters and shapes are counted: they tell style, which shows at once."""
LANDMARKS = 768
STYLE_LANDMARKS = 128
SMALL = 50
"""Texts up to which a shape or a run of letters counts that one text alone holds."""
COMMON = 200
"""So many of the pool's commonest words keep their letters among the shapes."""

WHOLE = 4_096
"""Texts up to which all inner products are made beforehand: 64 MiB a view."""
_DENSER = 16
_BLOCK = 2_048

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SIGNS = ("?", "!", "…", '"', ":", ",", "-", "%")
_QUOTES = str.maketrans("“”‘’'«»", '"' * 7)


@dataclass(frozen=True)
class View:
    """Features of every text of the pool, one row each: sparse, dense, or both side by side.

    ``alone`` is the squared length of what no two texts share, which the sparse part leaves out.
    """

    sparse: "csr_matrix | None"
    dense: Floats | None
    alone: Floats | None = None

    def products(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Doubles:
        """How alike each of the rows is to each of the others."""
        found = np.zeros((len(rows), len(others)))
        if self.sparse is not None:
            # turned round, so that the few rows are turned into columns and not the many
            found += (self.sparse[others] @ self.sparse[rows].T).T.toarray()
        if self.dense is not None:
            found += self.dense[rows] @ self.dense[others].T
        if self.alone is not None:
            found += np.where(rows[:, None] == others, self.alone[rows][:, None], 0)
        return found

    def scores(self, rows: NDArray[np.intp], weights: Doubles) -> Doubles:
        """For every text of the pool, its likeness to the rows, summed with their weights."""
        found: Doubles | float = 0.0
        if self.sparse is not None:
            found = found + self.sparse @ (self.sparse[rows].T @ weights)
        if self.dense is not None:
            found = found + self.dense @ (weights.astype(np.float32) @ self.dense[rows])
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True)
class Square(View):
    """A view of a pool small enough to compare every text with every other beforehand."""

    likeness: Floats | None = None

    def products(self, rows: NDArray[np.intp], others: NDArray[np.intp]) -> Doubles:
        """Looked up."""
        assert self.likeness is not None  # noqa: S101 -- `squared` fills it
        return np.asarray(self.likeness[np.ix_(rows, others)], dtype=np.float64)

    def scores(self, rows: NDArray[np.intp], weights: Doubles) -> Doubles:
        """As of any view."""
        assert self.likeness is not None  # noqa: S101 -- `squared` fills it
        return np.asarray(weights.astype(np.float32) @ self.likeness[rows], dtype=np.float64)


def squared(view: View) -> View:
    """The same view with all its inner products made, if the pool has at most `WHOLE` texts.

    Runs that many texts share are multiplied as dense blocks, the others sparsely: each where it is faster.
    """
    held = view.dense if view.sparse is None else view.sparse
    texts = 0 if held is None else held.shape[0]
    if not 0 < texts <= WHOLE:
        return view
    likeness = np.zeros((texts, texts), dtype=np.float32)
    if view.sparse is not None:
        columns = view.sparse.tocsc()
        often = np.diff(columns.indptr) * _DENSER > texts
        rare = columns[:, ~often].tocsr()
        likeness += (rare @ rare.T).toarray()
        for at in np.array_split(np.flatnonzero(often), 1 + often.sum() // _BLOCK):
            block = columns[:, at].toarray()
            likeness += block @ block.T
    if view.dense is not None:
        likeness += view.dense @ view.dense.T
    if view.alone is not None:
        likeness[np.diag_indices(texts)] += view.alone
    return Square(None, None, None, likeness)


class Views(NamedTuple):
    """Plain words; everything together; and, where there is an encoder, the vectors alone."""

    words: View
    rich: View
    vectors: View | None


def views(texts: Sequence[str], vectors: Vectors | None, seed: int) -> Views:
    """The views of a pool; without vectors, letters take their place in the rich one."""
    read = [normalise(text[:CAP]) for text in texts]
    short = [text[:SHAPE_CAP] for text in read]
    plain, marked = _worded(read)
    words = View(plain.rows, None, plain.alone)
    style = _landmarks(_style(short), STYLE_LANDMARKS, 0.5, seed)
    least = 2 if len(read) > SMALL else 1
    shapes = grams.weighted(_shapes(short), least)
    if vectors is None:
        spelled = grams.weighted((grams.letters(text.lower(), 2, 5) for text in short), least)
        rich = _side_by_side([(0.4, marked), (0.3, shapes), (0.2, spelled)], _weighted(0.15, style))
        return Views(squared(words), squared(rich), None)
    even = scaled(vectors)
    dense = np.hstack([_landmarks(even, LANDMARKS, 2.0, seed), _weighted(0.15, style)])
    rich = _side_by_side([(0.3, marked), (0.3, shapes)], dense)
    return Views(squared(words), squared(rich), squared(View(None, even)))


def _weighted(share: float, features: Floats) -> Floats:
    return np.asarray(math.sqrt(share) * features, dtype=np.float32)


def _side_by_side(parts: Sequence[tuple[float, grams.Weighted]], dense: Floats) -> View:
    """One view whose inner products are the weighted sum of the parts' inner products."""
    from scipy.sparse import hstack

    alone = sum(share * part.alone for share, part in parts)
    rows = hstack([math.sqrt(share) * part.rows for share, part in parts], format="csr")
    return View(rows, dense, np.asarray(alone, dtype=np.float32))


def _worded(texts: Sequence[str]) -> tuple[grams.Weighted, grams.Weighted]:
    """Words of two letters and more, singly and in pairs; and the same of words and signs of any length."""
    spelling = grams.Spelling()
    tokens = [_TOKEN.findall(text.lower()) for text in texts]
    marked = [spelling.codes(found) for found in tokens]
    long = [[len(token) > 1 for token in found] for found in tokens]
    plain = [codes[np.array(kept, dtype=bool)] for codes, kept in zip(marked, long, strict=True)]
    return (
        grams.weighted(grams.runs(codes, 2) for codes in plain),
        grams.weighted(grams.runs(codes, 2) for codes in marked),
    )


def _shapes(texts: Sequence[str]) -> Iterator[NDArray[np.uint64]]:
    """Runs of 1-4 tokens of which only the commonest keep their letters: how a text is built, not what of."""
    tokens = [_TOKEN.findall(text) for text in texts]
    often: Counter[str] = Counter()
    for found in tokens:
        often.update({token.lower() for token in found})
    common = {token for token, _ in often.most_common(COMMON)}
    spelling = grams.Spelling()
    shapes = {token: _shape(token, common) for token in {token for found in tokens for token in found}}
    for found in tokens:
        yield grams.runs(spelling.codes(["^", *(shapes[token] for token in found), "$"]), 4)


def _shape(token: str, common: set[str]) -> str:
    if token[0].isdigit():
        return "0"
    if not token[0].isalnum() or token.lower() in common:
        return token.lower()
    if len(token) > 1 and token.isupper():
        return "XX"
    return "Xx" if token[0].isupper() else "x"


def _style(texts: Sequence[str]) -> Floats:
    """Length, digits, capitals and signs of each text, each column of mean 0 and variance 1."""
    rows = np.array([_surface(text) for text in texts], dtype=np.float64)
    spread = rows.std(axis=0)
    spread[spread == 0] = 1
    # two columns count as one unit of distance each, whatever their number
    even = (rows - rows.mean(axis=0)) / spread / math.sqrt(rows.shape[1])
    return np.asarray(even, dtype=np.float32)


def _surface(text: str) -> list[float]:
    text = text.replace("...", "…").translate(_QUOTES)
    words = text.split()
    letters, count = max(1, len(text)), max(1, len(words))
    digits = sum(map(str.isdigit, text))
    return [
        math.log1p(len(text)),
        math.log1p(len(words)),
        digits / letters,
        sum(map(str.isupper, text)) / letters,
        sum(word[:1].isupper() for word in words) / count,
        sum(len(word) > 1 and word.isupper() for word in words) / count,
        len(text) / count,
        float(digits > 0),
        float(text[:1].isdigit()),
        *(float(sign in text) for sign in _SIGNS),
    ]


def _landmarks(rows: Floats, most: int, sharpness: float, seed: int) -> Floats:
    """Features whose inner products are close to exp(-sharpness·d²/scale) of the rows' distances d.

    The scale is the middle squared distance for vectors (sharpness over 1), 1 for style. Nyström's method on
    at most ``most`` rows; exact for a pool that small.
    """
    chosen = np.random.default_rng(seed).permutation(len(rows))[:most]
    marks = rows[chosen]
    among = _distances(marks, marks)
    scale = float(np.median(among[~np.eye(len(marks), dtype=bool)])) if len(marks) > 1 else 1.0
    scale = 1.0 if sharpness <= 1 or scale <= 0 else scale
    values, directions = np.linalg.eigh(np.exp(-sharpness * among / scale).astype(np.float64))
    kept = values > 1e-5 * values[-1]
    turn = (directions[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    parts = [
        np.exp(-sharpness * _distances(rows[at : at + 4096], marks) / scale) @ turn
        for at in range(0, len(rows), 4096)
    ]
    return np.asarray(np.vstack(parts), dtype=np.float32)


def _distances(rows: Floats, others: Floats) -> Floats:
    """Squared distances of all pairs."""
    own = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(0, own - 2 * rows @ others.T), dtype=np.float32)
